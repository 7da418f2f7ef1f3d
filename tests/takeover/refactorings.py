"""Projects that are made up, other projects that mean the same, and all the ways to write either down.

Every choice comes from `dice`. What was done is told in words, so that a test can see that all of it happens.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tests.harness import LINEAGE

Fields = dict[str, Any]
Tree = dict[str, Fields]

WORDS = ("a", "b-1", "show", "Show.2", "finals", "2026-12-01", "x_y", "0", "true", "zz-top", "m", "n")
TEXTS = (
    "Best plays",
    'it\'s: a #1 "hit"',
    "Größe – 日本語",
    "costs $${5}",
    "1.10",
    "yes",
    "two\nlines\n",
    "three\n\n  lines\n",
    "a, [b] {c}",
    "~",
)
VALUES: dict[str, tuple[Any, ...]] = {
    "topic": TEXTS,
    "tone": ("hype", "calm", "yes"),
    "contentType": ("clips", "news"),
    "format": ("short", "long"),
    "durationMins": (1, 2.5, 12),
    "platforms": (["tiktok"], ["tiktok", "youtube"], ["youtube", "instagram", "tiktok"]),
    "staging": (True, False),
    "addOns": ({"shoppable": {"active": True, "ids": [1, "2"]}}, {"x": {}}),
    "effects": ([{"zoom": 1.5}, "fade"], {"cut": None}),
}
OWN: dict[str, tuple[Any, ...]] = {
    "schedule": ("2031-05-05 09:00", "2031-01-05 09:00:30", "2032-02-29 23:59"),
    "rerun": (1, "1", "next"),
    "lifecycle": ({"prevent_destroy": True}, {"ignore_changes": ["tone", "schedule"]}),
    "allow_duplicate": (True,),
}
ZONES = {"Europe/Berlin": {"05": 2, "01": 1, "02": 1}, "Etc/GMT-2": {"05": 2, "01": 2, "02": 2}}
"""How many hours ahead of UTC the times above are, by their month."""

API_DEFAULTS = {"entry": "fetch", "format": "short", "durationMins": 1.0, "staging": False, "publishMode": "immediate"}


class Project(Struct, frozen=True):
    """What a project says. `media` are the contents of files, by their path; `done` is what was done to get here."""

    templates: Tree
    jobs: Tree
    defaults: Fields = {}
    zone: str = "Europe/Berlin"
    media: dict[str, bytes] = {}
    done: frozenset[str] = frozenset()


def made_up(dice: random.Random) -> Project:
    """No two jobs are equal, since then nobody could tell which was renamed to which."""
    keys = dice.sample(WORDS, dice.randint(1, 4))
    templates = {key: {"name": f"Show {key}", **_some(VALUES, dice, 0.4)} for key in keys}
    jobs: Tree = {}
    media: dict[str, bytes] = {}
    for key in dice.sample(WORDS, dice.randint(1, 7)):
        job = {**_some(VALUES, dice, 0.3), **_some(OWN, dice, 0.25)}
        if dice.random() < 0.2:
            job |= {"entry": "upload", "file": f"media/{key}.mp4"}
            media[job["file"]] = f"video {key}".encode()
        else:
            job["url"] = f"https://a.b/{key}"
        if dice.random() < 0.5:
            job["template"] = dice.choice(keys)
        jobs[key] = job
    defaults = _some({k: v for k, v in VALUES.items() if k not in ("topic", "format")}, dice, 0.2)
    return Project(templates, jobs, defaults, media=media)


def _some(values: dict[str, tuple[Any, ...]], dice: random.Random, share: float) -> Fields:
    return {name: dice.choice(options) for name, options in values.items() if dice.random() < share}


def refactored(project: Project, dice: random.Random) -> tuple[Project, int]:
    """Another project that means the same; and how many resources have another address in it."""
    done: set[str] = set()
    names = {key: f"{key}.T" if dice.random() < 0.4 else key for key in project.templates}
    zone = dice.choice([*ZONES])
    bodies = {key: _whole(job, project) for key, job in project.jobs.items()}
    defaults = _factored_out(bodies, project, dice)
    media = {path: f"moved/{n}.mov" if dice.random() < 0.5 else path for n, path in enumerate(project.media)}
    jobs: Tree = {}
    renamed = sum(new != old for old, new in names.items())
    for key in dice.sample([*bodies], len(bodies)):
        job = _without(bodies[key], defaults, project, dice)
        job = _spelled_out(job, defaults, dice)
        if "template" in job:
            job["template"] = names[job["template"]]
        if "file" in job:
            job["file"] = media[job["file"]]
        if "platforms" in job:
            job["platforms"] = dice.sample(job["platforms"], len(job["platforms"]))
        if "schedule" in job:
            job["schedule"] = _retimed(job["schedule"], zone, dice)
        new = f"{key}.renamed" if dice.random() < 0.4 else key
        jobs[new] = dict(dice.sample([*job.items()], len(job)))
        renamed += new != key
        done |= _told(key, new, project.jobs[key], job, names)
    done |= {"template renamed"} if any(new != old for old, new in names.items()) else set()
    done |= {"other timezone"} if zone != project.zone else set()
    done |= {"factored out"} if {k: v for k, v in defaults.items() if project.defaults.get(k) != v} else set()
    done |= {"file moved"} if any(new != old for old, new in media.items()) else set()
    done |= {"reordered"} if [*jobs] != [*project.jobs] else set()
    templates = {names[k]: project.templates[k] for k in dice.sample([*names], len(names))}
    moved = {media[path]: content for path, content in project.media.items()}
    return Project(templates, jobs, defaults, zone, moved, frozenset(done)), renamed


def _told(key: str, new: str, before: Fields, after: Fields, names: dict[str, str]) -> set[str]:
    template = before.get("template")
    told = {
        "job renamed": new != key,
        "job and its template renamed": new != key and template is not None and names[template] != template,
        "service's default spelled out": any(f in after and f not in before for f in ("entry", "publishMode")),
        "project's default spelled out": any(f in after and f not in before for f in ("tone", "contentType")),
        "left to a default": any(f in before and f not in after for f in ("tone", "contentType")),
        "time written otherwise": "schedule" in before and before["schedule"] != after["schedule"],
    }
    return {what for what, happened in told.items() if happened}


def _whole(job: Fields, project: Project) -> Fields:
    """With the defaults that apply to it."""
    settled = {**_template(job, project), **job}
    return {**{k: v for k, v in project.defaults.items() if k not in settled}, **job}


def _template(job: Fields, project: Project) -> Fields:
    return project.templates.get(job.get("template", ""), {})


def _factored_out(bodies: Tree, project: Project, dice: random.Random) -> Fields:
    """Defaults that change no job: each has a value of its own, or its template has one."""
    result: Fields = {}
    for name in VALUES:
        own = [b[name] for b in bodies.values() if name in b]
        open_ = [b for b in bodies.values() if name not in {**_template(b, project), **b}]
        if own and not open_ and dice.random() < 0.7:
            result[name] = dice.choice(own)
    return result


def _without(body: Fields, defaults: Fields, project: Project, dice: random.Random) -> Fields:
    """Without what the defaults say, here and there. A default is not applied to what the template sets."""
    template = _template(body, project)
    return {
        k: v for k, v in body.items() if k in template or k not in defaults or v != defaults[k] or dice.random() < 0.3
    }


def _spelled_out(job: Fields, defaults: Fields, dice: random.Random) -> Fields:
    """With what the service assumes. In a job made from a template that would override the template."""
    if "template" in job:
        return job
    added = {k: v for k, v in API_DEFAULTS.items() if k not in job and k not in defaults and dice.random() < 0.3}
    if "schedule" in job:
        added.pop("publishMode", None)
    return {**job, **added}


def _retimed(written: str, zone: str, dice: random.Random) -> str:
    """The same moment, as a time of another zone, with an offset, or in UTC."""
    day, time = written.split(" ")
    hour, rest = int(time[:2]), time[2:]
    utc = hour - ZONES["Europe/Berlin"][day[5:7]]
    local = utc + ZONES[zone][day[5:7]]
    ways = [f"{day}T{utc:02}{rest}Z", f"{day} {utc:02}{rest}+00:00", f"{day} {hour:02}{rest}+0{hour - utc}:00"]
    return dice.choice([*ways, *([f"{day} {local:02}{rest}"] * 2 if local < 24 else [])])


@dataclass
class Writer:
    """Writes a project into files, in a way of its own each time."""

    dice: random.Random
    variables: Fields = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def files(self, project: Project) -> dict[str, str]:
        """Texts by their names; `vars` and the defaults belong into the first."""
        parts: list[str] = [self.section(name, tree) for name, tree in self.parts(project)]
        defaults = f"defaults: {{job: {self.flow(project.defaults)}}}\n" if project.defaults else ""
        variables = f"vars: {json.dumps(self.variables, ensure_ascii=False)}\n" if self.variables else ""
        head = f"version: 1\nlineage: {LINEAGE}\ntimezone: {project.zone}\n"
        if len(parts) == 2 and self.dice.random() < 0.5:
            self.done.add("one file")
            return {"afsync.yaml": "".join([head, variables, defaults, *self.dice.sample(parts, 2)])}
        self.done.add("several files")
        names = [f"p/{'deep/' * self.dice.randint(0, 1)}{self.dice.randint(0, 99)}-{n}.yaml" for n in range(len(parts))]
        main = f"{head}include: ['p/**/*.yaml']\n{variables}{defaults}"
        return {"afsync.yaml": main, **dict(zip(names, parts, strict=True))}

    def parts(self, project: Project) -> list[tuple[str, Tree]]:
        count = self.dice.randint(1, 3)
        jobs: list[Tree] = [{} for _ in range(count)]
        for key, job in project.jobs.items():
            jobs[self.dice.randrange(count)][key] = job
        return [("templates", project.templates), *(("jobs", tree) for tree in jobs)]

    def section(self, name: str, tree: Tree) -> str:
        if not tree:
            return f"{name}: {{}}\n"
        style = self.dice.choice(["json", "flow", "block", "block"])
        self.done.add(style)
        if style == "json":
            return f"{name}: {json.dumps(tree)}\n"
        if style == "flow":
            return f"{name}: {self.flow(tree)}\n"
        merged: list[tuple[str, Fields]] = []
        return f"{name}: # {len(tree)}\n" + "".join(self.entry(k, v, merged) for k, v in tree.items())

    def entry(self, key: str, fields: Fields, merged: list[tuple[str, Fields]]) -> str:
        """A block, with some of its fields merged in from an anchor of an entry above, or for one below."""
        rows = [f"  {self.scalar(key)}:\n"]
        held = next((m for m in merged if m[1].items() <= _hashable(fields).items()), None)
        if held:
            self.done.add("merged from an anchor")
            rows.append(f"    <<: *{held[0]}\n")
            fields = {k: v for k, v in fields.items() if k not in held[1]}
        elif self.dice.random() < 0.5:
            taken = {k: v for k, v in fields.items() if k not in ("url", "file", "name") and self.dice.random() < 0.5}
            name = f"m{len(merged)}"
            rows.append(f"    <<: &{name} {self.flow(taken)}\n")
            merged.append((name, _hashable(taken)))
            fields = {k: v for k, v in fields.items() if k not in taken}
        return "".join([*rows, *(f"    {self.field(k, v)}" for k, v in fields.items())])

    def field(self, name: str, value: Any) -> str:
        if isinstance(value, str) and "\n" in value and self.dice.random() < 0.5:
            self.done.add("block scalar")
            return f"{name}: |\n" + "".join(f"        {line}\n" for line in value.splitlines())
        return f"{name}: {self.flow(self.referred(name, value))}{self.dice.choice(['', '  # why', ' '])}\n"

    def referred(self, name: str, value: Any) -> Any:
        """A reference instead of the value. Variables are no mappings."""
        if name in ("lifecycle", "allow_duplicate", "rerun", "addOns", "effects") or self.dice.random() < 0.7:
            return value
        if isinstance(value, str) and "$" not in value and "\n" not in value and self.dice.random() < 0.3:
            self.done.add("${env.…}")
            self.environ[f"AFSYNC_VAR_TEXT_{len(self.environ)}"] = value
            return f"${{env.AFSYNC_VAR_TEXT_{len(self.environ) - 1}}}"
        self.done.add("${var.…}")
        self.variables[f"v{len(self.variables)}"] = value
        return f"${{var.v{len(self.variables) - 1}}}"

    def flow(self, value: Any) -> str:
        match value:
            case dict():
                return "{" + ", ".join(f"{self.scalar(k)}: {self.flow(v)}" for k, v in value.items()) + "}"
            case list():
                return "[" + ", ".join(map(self.flow, value)) + "]"
            case str():
                return self.scalar(value)
            case _:
                return json.dumps(value)

    def scalar(self, text: str) -> str:
        double, single = json.dumps(text), "'" + text.replace("'", "''") + "'"
        ways = [double, json.dumps(text, ensure_ascii=False)]
        ways += [single] if "\n" not in text else []
        ways += [text] * 2 if text.isalpha() and text not in ("true", "null") else []
        return self.dice.choice(ways)


def _hashable(fields: Fields) -> Fields:
    """Lists and mappings as text, so that items can be compared as a set."""
    return {k: json.dumps(v) for k, v in fields.items()}


def written(project: Project, dice: random.Random) -> tuple[dict[str, str], dict[str, str], Project]:
    """File names to texts, the environment they need, and the project with what was done in writing it."""
    writer = Writer(dice)
    files = writer.files(project)
    return files, writer.environ, replace(project, done=project.done | writer.done)
