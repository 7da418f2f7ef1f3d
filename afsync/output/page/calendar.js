"use strict";
// Which view is shown, and what of it. All texts are in the page already; this makes no markup of any.
(() => {
  const root = document.documentElement, body = document.body, main = document.getElementById("main");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const range = document.getElementById("range"), card = document.getElementById("card");
  const inside = card.querySelector(".card-body"), changes = document.getElementById("changes");
  const SHOWN = 3;
  const views = { month: all(".month"), week: all(".week"), list: all(".list") };
  const whole = range.textContent;
  let view = "month", day = "";

  const small = matchMedia("(max-width: 640px)").matches;
  if (matchMedia("(max-width: 900px)").matches) document.querySelector(".side").open = false;

  function today() {
    try {
      return new Intl.DateTimeFormat("en-CA", { timeZone: body.dataset.zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date());
    } catch {
      return body.dataset.today;
    }
  }

  const first = (at) => views[at][0];
  // The section that has the day, or the nearest one.
  const holding = (at) => all(`.view.${at}`).reduce((best, one) => (one.dataset.at <= day ? one : best), first(at));

  function show(next, focus = false) {
    view = next;
    all(".view.current").forEach((one) => one.classList.remove("current"));
    const one = holding(view) || first("list");
    one.classList.add("current");
    range.textContent = one.dataset.name || whole;
    all("[data-show]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.show === view)));
    const at = views[view].indexOf(one);
    const goes = { previous: at > 0, next: at < views[view].length - 1 };
    for (const way of ["previous", "next"]) document.querySelector(`[data-go=${way}]`).disabled = view !== "list" && !goes[way];
    if (view === "list") {
      const to = all(".group:not([hidden])", one).find((group) => group.dataset.day >= day);
      // Twice: days that were never shown are only then as high as they are.
      if (to && to.previousElementSibling) for (const wait of [(f) => f(), requestAnimationFrame]) wait(() => to.scrollIntoView());
      else up();
    } else up();
    history.replaceState(null, "", `#${view}/${day}`);
    if (focus) main.focus({ preventScroll: true });
  }

  function up() {
    main.scrollTo(0, 0);
    scrollTo(0, 0);
  }

  function go(way) {
    if (way === "today") {
      day = today();
      return show(view);
    }
    const step = way === "next" ? 1 : -1;
    if (view === "list") {
      const days = all(".group:not([hidden])").map((group) => group.dataset.day);
      const near = step > 0 ? days.find((d) => d > day) : days.reverse().find((d) => d < day);
      if (near) day = near;
      return show(view);
    }
    const at = views[view].indexOf(holding(view)) + step;
    if (at < 0 || at >= views[view].length) return;
    day = views[view][at].dataset.at;
    show(view);
  }

  function mark() {
    const now = today();
    all("[data-day]").forEach((one) => one.classList.contains("row") || one.classList.toggle("today", one.dataset.day === now));
    all(".columns").forEach((one) => one.classList.remove("today"));
  }

  function choose() {
    const off = { s: new Set(), t: new Set(), p: new Set() };
    all("[data-facet]").forEach((box) => box.checked || off[box.dataset.facet].add(box.value));
    all("[data-s]").forEach((one) => {
      const { s, t, p } = one.dataset, platforms = p ? p.split(" ") : [];
      const hidden = off.s.has(s) || off.t.has(t) || (platforms.length > 0 && platforms.every((x) => off.p.has(x)));
      one.hidden = hidden || (changes.checked && !one.classList.contains("changed") && !one.classList.contains("ghost"));
    });
    all(".month td").forEach((cell) => {
      const shown = all(".chip:not([hidden])", cell);
      // One more line than fits says no less than "+1 more" would.
      const most = shown.length === SHOWN + 1 ? SHOWN + 1 : SHOWN;
      shown.forEach((chip, n) => chip.classList.toggle("extra", n >= most));
      const more = cell.querySelector(".more");
      if (!more) return;
      more.hidden = shown.length <= most;
      more.textContent = `+${shown.length - most} more`;
    });
    all(".group").forEach((group) => { group.hidden = !group.querySelector(".row:not([hidden])"); });
    document.querySelector(".empty").hidden = all(".group:not([hidden])").length > 0;
  }

  function open(rows, title) {
    const copies = rows.map((row) => { const copy = row.cloneNode(true); copy.removeAttribute("id"); return copy; });
    const name = document.createElement("p"), list = document.createElement("ul");
    name.className = "day-name";
    name.textContent = title;
    list.append(...copies);
    inside.replaceChildren(name, list);
    card.setAttribute("aria-label", title);
    card.showModal();
    card.scrollTop = 0;
  }

  function follow(link) {
    const to = document.getElementById(link.getAttribute("href").slice(1));
    if (!to || to === main) return false;
    if (to.classList.contains("row")) open([to], to.dataset.day);
    else if (to.classList.contains("group")) {
      const rows = all(".row:not([hidden])", to);
      if (!rows.length) return false;
      open(rows, rows[0].dataset.day);
    }
    return true;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']"), button = event.target.closest("button");
    if (link && follow(link)) event.preventDefault();
    else if (button && button.dataset.show) show(button.dataset.show);
    else if (button && button.dataset.go) go(button.dataset.go);
    else if ((button && button.classList.contains("close")) || event.target === card) card.close();
  });
  document.addEventListener("change", choose);

  // From video to video: up and down in time, left and right by day.
  function move(from, key) {
    const links = all(".current .chip:not(.extra):not([hidden]) a, .current .card:not([hidden]) a");
    if (key === "ArrowUp" || key === "ArrowDown") return links[links.indexOf(from) + (key === "ArrowDown" ? 1 : -1)];
    const here = from.closest("[data-day]"), days = [...new Set(links.map((one) => one.closest("[data-day]")))];
    const there = days[days.indexOf(here) + (key === "ArrowRight" ? 1 : -1)];
    return there && links.find((one) => there.contains(one));
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || card.open || event.target.closest("input, summary")) return;
    const from = event.target.closest(".chip a, .card a");
    if (from && event.key.startsWith("Arrow")) {
      const to = move(from, event.key);
      if (to) { to.focus(); event.preventDefault(); }
      return;
    }
    const keys = { m: "month", w: "week", l: "list", a: "list" };
    const ways = { t: "today", j: "next", n: "next", k: "previous", p: "previous", ArrowRight: "next", ArrowLeft: "previous" };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (keys[key]) show(keys[key]);
    else if (ways[key]) go(ways[key]);
    else if (key === "ArrowDown") { const to = main.querySelector(".current .chip:not(.extra):not([hidden]) a, .current .card:not([hidden]) a"); if (!to) return; to.focus(); }
    else return;
    event.preventDefault();
  });

  const asked = /^#(month|week|list)\/(\d{4}-\d\d-\d\d)$/.exec(location.hash);
  root.classList.add("live");
  mark();
  choose();
  const days = all(".column").map((one) => one.dataset.day), now = today();
  day = asked ? asked[2] : now < days[0] || now > days[days.length - 1] ? body.dataset.today : now;
  if (day < days[0] || day > days[days.length - 1]) day = days[0];
  show(asked ? asked[1] : small ? "list" : "month");
})();
