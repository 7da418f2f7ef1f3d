// Opens the page in a real browser and prints, as JSON, what happened: `node browser.mjs SAMPLE HOSTILE MANY`.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.env.AFSYNC_NODE_MODULES}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [sample, hostile, many] = process.argv.slice(2).map((path) => `file://${path}`);
const browser = await chromium.launch({ executablePath: process.env.AFSYNC_CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
const found = { console: [], requests: [], dialogs: [], axe: [], keys: {}, overflow: [] };

async function opened(url, options = {}) {
  const context = await browser.newContext({ bypassCSP: false, ...options });
  const page = await context.newPage();
  page.on("console", (message) => found.console.push(message.text()));
  page.on("pageerror", (error) => found.console.push(String(error)));
  page.on("dialog", (dialog) => { found.dialogs.push(dialog.message()); dialog.dismiss(); });
  page.on("request", (request) => request.url().split("#")[0] === url || found.requests.push(request.url()));
  await page.goto(url);
  return page;
}

const current = (page) => page.evaluate(() => document.querySelector(".current").dataset.view);
const range = (page) => page.evaluate(() => document.getElementById("range").textContent);

for (const [width, height] of [[390, 844], [834, 1112], [1440, 900]]) {
  for (const colorScheme of ["light", "dark"]) {
    for (const url of [sample, hostile]) {
      const page = await opened(url, { viewport: { width, height }, colorScheme });
      // What the page forbids itself holds for the tool as well, unless it runs outside of the page's own rules.
      await page.evaluate(axe);
      for (const view of ["m", "w", "l"]) {
        await page.keyboard.press(view);
        if (url === sample || (width === 1440 && colorScheme === "light")) {
          const result = await page.evaluate(() => window.axe.run());
          found.axe.push(...result.violations.map((v) => `${width} ${colorScheme} ${view} ${v.id}: ${v.nodes[0].html.slice(0, 200)} ${v.nodes[0].failureSummary}`));
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) found.overflow.push(`${width} ${view} ${wide}`);
      }
      await page.context().close();
    }
  }
}

const page = await opened(sample, { viewport: { width: 1440, height: 900 } });
await page.evaluate(() => history.replaceState(null, "", "#month/2026-12-09"));
await page.reload();
const keys = found.keys;
keys.first = [await current(page), await range(page)];
await page.keyboard.press("j");
keys.next = await range(page);
await page.keyboard.press("ArrowLeft");
await page.keyboard.press("w");
keys.week = [await current(page), await range(page)];
await page.keyboard.press("l");
keys.list = await current(page);
await page.keyboard.press("m");
await page.keyboard.press("ArrowDown");
keys.focused = await page.evaluate(() => document.activeElement.closest("[data-day]").dataset.day);
await page.keyboard.press("ArrowRight");
keys.right = await page.evaluate(() => document.activeElement.closest("[data-day]").dataset.day);
await page.keyboard.press("Enter");
keys.opened = await page.evaluate(() => document.getElementById("card").open);
await page.evaluate(axe);
found.axe.push(...(await page.evaluate(() => window.axe.run("#card"))).violations.map((v) => `card ${v.id}`));
await page.keyboard.press("Escape");
keys.closed = await page.evaluate(() => !document.getElementById("card").open);
keys.back = await page.evaluate(() => document.activeElement.matches(".chip a"));
await page.click(".current .more:not([hidden])");
keys.day = await page.evaluate(() => document.querySelectorAll("#card .row").length);
await page.keyboard.press("Escape");
await page.check("#changes");
keys.changes = await page.evaluate(() => [...document.querySelectorAll(".current .chip")].filter((c) => c.checkVisibility()).length);
await page.uncheck("#changes");
await page.emulateMedia({ media: "print" });
found.print = await page.evaluate(() => ({
  chips: [...document.querySelectorAll(".current .chip")].every((chip) => chip.checkVisibility()),
  chrome: [...document.querySelectorAll(".side, .switch, .moves")].some((one) => one.checkVisibility()),
}));

// Seconds that the page kept its processor busy: they are the same on a machine that has other things to do.
const timed = await opened("about:blank", { viewport: { width: 1440, height: 900 } });
const tools = await timed.context().newCDPSession(timed);
await tools.send("Performance.enable", { timeDomain: "threadTicks" });
const busy = async () => (await tools.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value;
const drawn = () => timed.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
found.busy = {};
for (const step of ["opened", "w", "l", "m"]) {
  const from = await busy();
  await (step === "opened" ? timed.goto(many) : timed.keyboard.press(step));
  await drawn();
  found.busy[step] = (await busy()) - from;
}
found.requests = found.requests.filter((url) => url !== many);
await browser.close();
console.log(JSON.stringify(found, null, 1));
