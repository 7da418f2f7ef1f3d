"""One wrong thing each: where it is found, what it is called, and what is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from afsync.errors import Severity
from tests.config.support import a_job, problems

FETCH = "url: https://a.b/c"
ZONE = "timezone: Europe/Berlin\n"
CASES: dict[str, tuple[str, str, list[str]]] = {
    # the whole file
    "empty": ("", "1:1 empty_file", ["afsync init"]),
    "only a comment": ("# nothing\n", "1:1 empty_file", ["empty"]),
    "a list": ("- a\n", "1:1 wrong_type", ["mapping", "version: 1"]),
    "a text": ("hello\n", "1:1 wrong_type", ["mapping"]),
    "no version": ("jobs: {}\n", "1:1 missing", ["`version` is missing", "add `version: 1`"]),
    "another version": ("version: 2\n", "1:10 unknown_version", ["must be 1", "the number 2", "newer"]),
    "a quoted version": ('version: "1"\n', "1:10 unknown_version", ["must be 1", 'the text "1"']),
    # YAML
    "a tab": ("version: 1\njobs:\n\ta: {}\n", "3:1 syntax", ["tab", "use spaces, not tabs"]),
    "an open quote": ('version: 1\nstate: "x\n', "2:8 syntax", ["never closed"]),
    "an open list": ("version: 1\ninclude: [a\nstate: x\n", "2:10 syntax", ["`[`", "not closed", "`]`"]),
    "an open mapping": ("version: 1\napi: {exclusive: true\nstate: x\n", "2:6 syntax", ["`{`", "not closed"]),
    "a list cut off": ("version: 1\ninclude: [a,\n\n", "2:10 syntax", ["opens here", "`]`"]),
    "a list cut off at once": ("version: 1\ninclude: [\n", "2:10 syntax", ["opens here", "`]`"]),
    "a mapping cut off": ("version: 1\nvars: {a: [b], c:\n", "2:7 syntax", ["opens here", "`}`"]),
    "a pair in a list cut off": ("version: 1\nvars: {a: [b, c: {d: e},\n", "2:11 syntax", ["opens here"]),
    "a value left out": ("version: 1\ninclude: [a, , b]\n", "2:14 syntax", ["a value is missing here"]),
    "a stray colon": (a_job("topic: this: that"), "4:16 syntax", ["`:`", "quotes"]),
    "no space after the colon": (a_job("url:https://a.b", "topic: x"), "4:5 syntax", ["missing after `url:`"]),
    "no space, further below": (a_job("topic: x", "url:https://a.b", "tone: y"), "5:5 syntax", ["after `url:`"]),
    "a reference misspelt": (a_job('topic: "${occurence.week}"', FETCH), "4:12 bad_interpolation", ["`${occurrence."]),
    "a rule in a word": (a_job("repeat: weekly", FETCH), "4:13 wrong_type", ["`repeat: {every: week"]),
    "a day in full": ("version: 1\npolicy: {blackouts: [{days: [Friday]}]}\n", "2:30 unknown_value", ["mean `fri`?"]),
    "a day without a list": ("version: 1\npolicy: {blackouts: [{days: monday}]}\n", "2:29 wrong_type", ["as [mon]"]),
    "a stray at": (a_job("topic: @you"), "4:12 syntax", ["`@`", "quotes"]),
    "a stray backtick": (a_job("topic: `x`"), "4:12 syntax", ["begin with ``", "quotes"]),
    "a stray percent": (a_job("topic: %x"), "4:12 syntax", ["`%`", "quotes"]),
    "a bad escape": (a_job('topic: "C:\\queue"'), "4:16 syntax", ["`\\q`", "backslash"]),
    "a quote inside quotes": (a_job("topic: 'it's'"), "4:16 syntax", ["already complete", "in single quotes"]),
    "quotes of two words": (a_job('topic: "a" and "b"'), "4:16 syntax", ["already complete", "in single quotes"]),
    "bad indentation": (a_job("topic: x", " tone: y"), "5:10 syntax", ["`:`", "indentation"]),
    "indentation back to nowhere": ("version: 1\njobs:\n    a: {}\n  b: {}\n", "4:3 syntax", ["indentation"]),
    "no colon": ("version: 1\njobs\n  a: 1\n", "2:1 syntax", ["without its `:`"]),
    "a list on the key's line": ("version: 1\ninclude: - a\n", "2:10 syntax", ["list item"]),
    "a control character": ("version: 1\nstate: a\x07b\n", "2:9 bad_character", ["U+0007"]),
    "an escaped NUL": ('version: 1\nstate: "a\\0b"\n', "2:8 bad_character", ["U+0000"]),
    "half a character": ('version: 1\nstate: "\\ud83d"\n', "2:8 bad_character", ["U+D83D"]),
    "the same key": ("version: 1\njobs: {}\nversion: 1\n", "3:1 duplicate_key", ["`version`", "line 1"]),
    "the same job": ("version: 1\njobs:\n  a: {url: 'https://a.b'}\n  a: {}\n", "4:3 duplicate_key", ["`a`", "line 3"]),
    "a number as key": ("version: 1\nvars:\n  2026: x\n", "3:3 non_string_key", ["`2026`", '"2026"']),
    "a mapping as key": ("version: 1\nvars: {{a: b}: c}\n", "2:8 non_string_key", ["quotes"]),
    "a tag": ("version: 1\nstate: !secret x\n", "2:8 unknown_tag", ["`!secret`"]),
    "a Python tag": ("version: 1\njobs: !!python/object:os.system {}\n", "2:7 unknown_tag", ["`!!python/object"]),
    "a binary tag": ("version: 1\nstate: !!binary aGk=\n", "2:8 unknown_tag", ["`!!binary`"]),
    "a tag that does not fit": ("version: 1\nstate: !!int x\n", "2:8 wrong_type", ["`!!int`"]),
    "an undefined handle": ("version: 1\nstate: !e!x y\n", "2:8 syntax", ["tag"]),
    "no such anchor": ("version: 1\njobs: *none\n", "2:7 unknown_alias", ["`*none`", "`&none`"]),
    "an anchor in itself": ("version: 1\njobs: &a\n  b: *a\n", "3:6 alias_loop", ["contains itself"]),
    "two documents": ("version: 1\n---\nversion: 1\n", "2:1 several_documents", ["second document", "---"]),
    "YAML 1.1": ("%YAML 1.1\n---\nversion: 1\n", "2:1 yaml_version", ["YAML 1.1", "1.2"]),
    "infinity": ("version: 1\nvars: {a: .inf}\n", "2:11 bad_number", ["`.inf`", "finite"]),
    "not a number": ("version: 1\nvars: {a: .nan}\n", "2:11 bad_number", ["`.nan`"]),
    "too large a number": ("version: 1\nvars: {a: 1e999}\n", "2:11 bad_number", ["finite"]),
    "too many digits": ("version: 1\nvars: {a: " + "9" * 5000 + "}\n", "2:11 bad_number", ["too large"]),
    "merging a text": ("version: 1\njobs:\n  a:\n    <<: x\n", "4:5 bad_merge", ["`<<`", "mapping"]),
    "merging twice": (
        "version: 1\nvars: &v {a: 1}\njobs:\n  a:\n    <<: {url: 'https://a.b'}\n    <<: {tone: x}\n",
        "6:5 duplicate_key",
        ["`<<: [*a, *b]`"],
    ),
    # keys
    "an unknown key": ("version: 1\njob: {}\n", "2:1 unknown_key", ["`job`", "did you mean `jobs`?"]),
    "an unknown key like nothing": ("version: 1\nzzz: {}\n", "2:1 unknown_key", ["`zzz`", "known here", "templates"]),
    "an unknown field": (a_job(FETCH, "platform: [tiktok]"), "5:5 unknown_key", ["did you mean `platforms`?"]),
    "an unknown setting": ("version: 1\napi: {url: x}\n", "2:7 unknown_key", ["`url`", "base_url"]),
    "an unknown default": ("version: 1\ndefaults: {jobs: {}}\n", "2:12 unknown_key", ["did you mean `job`?"]),
    "a source as default": ("version: 1\ndefaults: {job: {url: x}}\n", "2:18 unknown_key", ["`url`"]),
    "a key of somewhere else": (a_job(FETCH, "approved: job_1"), "5:5 unknown_key", ["did you mean `approve`?"]),
    "an approval of no id": (a_job(FETCH, "approve: 'job_1 '"), "5:14 bad_form", ["`job_1 `", "space"]),
    "an approval of everything": (a_job(FETCH, "approve: true"), "5:14 wrong_type", ["`approve`"]),
    "a title": (a_job(FETCH, "title: x"), "5:5 unknown_key", ["did you mean `topic`?"]),
    "a title beside a topic": (a_job(FETCH, "title: x", "topic: y"), "5:5 unknown_key", ["`topic` is there already"]),
    "a template's title": (
        "version: 1\ntemplates:\n  t:\n    title: x\n    name: y\n",
        "4:5 unknown_key",
        ["did you mean `topic`?"],
    ),
    "a time of another name": (a_job(FETCH, "publishAt: x"), "5:5 unknown_key", ["did you mean `schedule`?"]),
    "the same with another spelling": (a_job(FETCH, "publish_at: x"), "5:5 unknown_key", ["mean `schedule`?"]),
    "a date where no schedule can be": (
        "version: 1\npolicy: {blackouts: [{hours: '22:00 to 23:00', date: x}]}\n",
        "2:48 unknown_key",
        ["did you mean `dates`?"],
    ),
    "an unknown lifecycle": (a_job(FETCH, "lifecycle: {prevent_destory: 1}"), "5:17 unknown_key", ["prevent_destroy"]),
    "a key with a space": ("version: 1\njobs:\n  a b: {url: 'https://a.b'}\n", "3:3 bad_key", ["`a b`", "letters"]),
    "a key with a dash first": ("version: 1\ntemplates:\n  -a: {name: x}\n", "3:3 bad_key", ["`-a`"]),
    "a key too long": (f"version: 1\njobs:\n  ? {'k' * 101}\n  : {{url: 'https://a.b'}}\n", "3:5 bad_key", ["100"]),
    "a variable's name": ("version: 1\nvars: {a.b: 1}\n", "2:8 bad_key", ["`a.b`"]),
    # types
    "jobs as a list": ("version: 1\njobs: []\n", "2:7 wrong_type", ["`jobs` must be a mapping", "a list"]),
    "a job as a text": ("version: 1\njobs: {a: x}\n", "2:11 wrong_type", ["`a` must be a mapping"]),
    "a number in quotes": (a_job(FETCH, 'durationMins: "1"'), "5:19 wrong_type", ["a number", '"1"', "quotes"]),
    "a number as boolean": (a_job(FETCH, "durationMins: true"), "5:19 wrong_type", ["must be a number, not true"]),
    "a text as number": (a_job(FETCH, "topic: 7"), "5:12 wrong_type", ["must be a text", "the number 7", "quotes"]),
    "yes": (a_job(FETCH, "staging: yes"), "5:14 wrong_type", ["true or false", '"yes"', "1.2: write `true`"]),
    "true in quotes": (a_job(FETCH, "staging: 'true'"), "5:14 wrong_type", ["write true, without quotes"]),
    "a boolean as number": (a_job(FETCH, "staging: 1"), "5:14 wrong_type", ["true or false", "the number 1"]),
    "one platform": (a_job(FETCH, "platforms: tiktok"), "5:16 wrong_type", ["a list", "[tiktok]"]),
    "a list as text": (a_job(FETCH, "tone: [a]"), "5:11 wrong_type", ["`tone` must be a text, not a list"]),
    "add-ons as a list": (a_job(FETCH, "addOns: [a]"), "5:13 wrong_type", ["`addOns` must be a mapping"]),
    "rerun as a list": (a_job(FETCH, "rerun: [1]"), "5:12 wrong_type", ["`rerun` must be"]),
    "a variable as mapping": ("version: 1\nvars: {a: {b: 1}}\n", "2:11 wrong_type", ["a variable is"]),
    "half a credit": ("version: 1\nlimits: {max_credits: 1.5}\n", "2:23 wrong_type", ["integer", "1.5"]),
    "include as a text": ("version: 1\ninclude: a.yaml\n", "2:10 wrong_type", ["a list", "[a.yaml]"]),
    "a schedule as number": (a_job(FETCH, "schedule: 20261201"), "5:15 wrong_type", ["a text", "`schedule: 2026-"]),
    "hours as a number": ("version: 1\npolicy: {blackouts: [{hours: 22}]}\n", "2:30 wrong_type", ["22:00 to 06:00`"]),
    # values
    "nothing after the colon": (a_job(FETCH, "topic:", "tone: x"), "5:5 no_value", ["`topic` has no value", "remove"]),
    "null": (a_job(FETCH, "topic: null"), "5:12 no_value", ["`topic` has no value"]),
    "an empty text": (a_job(FETCH, 'tone: ""'), "5:11 no_value", ["`tone` is empty"]),
    "no platforms": (a_job(FETCH, "platforms: []"), "5:16 no_value", ["`platforms` is empty"]),
    "a long topic": (a_job(FETCH, "topic: " + "x" * 501), "5:12 out_of_range", ["501 characters", "500"]),
    "no minutes": (a_job(FETCH, "durationMins: 0.5"), "5:19 out_of_range", ["at least 1", "0.5"]),
    "too many minutes": (a_job(FETCH, "durationMins: 121"), "5:19 out_of_range", ["at most 120", "121"]),
    "a format": (a_job(FETCH, "format: shrot"), "5:13 unknown_value", ["`short` or `long`", "did you mean `short`?"]),
    "a format like nothing": (a_job(FETCH, "format: 9:16"), "5:13 unknown_value", ["use `short` or `long`"]),
    "an entry": (a_job("entry: uplaod"), "4:12 unknown_value", ["did you mean `upload`?"]),
    "a platform": (a_job(FETCH, "platforms: [tiktok, YouTube]"), "5:25 unknown_value", ["did you mean `youtube`?"]),
    "a platform twice": (a_job(FETCH, "platforms: [tiktok, tiktok]"), "5:16 duplicate_item", ["`tiktok`", "twice"]),
    "a profile": (a_job(FETCH, "productionProfile: tv"), "5:24 unknown_value", ["`vertical_reel`"]),
    "a day of the week": (
        "version: 1\npolicy: {blackouts: [{days: [saturday]}]}\n",
        "2:30 unknown_value",
        ["`days[0]` must be `mon`", "did you mean `sat`?"],
    ),
    "a key of a window": (
        "version: 1\npolicy: {publish_windows: [{day: [sat]}]}\n",
        "2:29 unknown_key",
        ["unknown key `day`", "did you mean `days`?"],
    ),
    "a key of an exception": (
        a_job(FETCH, "repeat: {every: day, at: '09:00', from: 2026-12-01}", "except: {2026-12-28: {topics: x}}"),
        "6:27 unknown_key",
        ["unknown key `topics`", "did you mean `topic`?"],
    ),
    "an ignored field": (a_job(FETCH, "lifecycle: {ignore_changes: [toen]}"), "5:34 unknown_value", ["`tone`"]),
    "a comment in a mapping on one line": (
        "version: 1\njobs:\n  a: {topic: Two #1 hits, tone: x}\n",
        "3:18 syntax",
        ["`#` begins a comment"],
    ),
    "a comment in a list on one line": (a_job(FETCH, "platforms: [tiktok # later]"), "5:24 syntax", ["`#`"]),
    "a comment in a key": ("version: 1\njobs:\n  b:\n    topic: x\n  a #1:\n    topic: y\n", "5:5 syntax", ["`#`"]),
    "an ampersand in front": (a_job(FETCH, "topic: & wow"), "5:13 syntax", ["anchor"]),
    "an asterisk in front": (a_job(FETCH, "topic: * wow"), "5:13 syntax", ["reference"]),
    "a bar in front": (a_job(FETCH, "topic: | wow"), "5:14 syntax", ["`|`"]),
    "a question mark in front": (a_job(FETCH, "topic: ? wow"), "5:12 syntax", ["`?`"]),
    "the base of a merge": ("version: 1\n||||||| 1a2b\njobs: {}\n", "2:1 merge_conflict", ["merge conflict"]),
    "a URL": (a_job("url: clips.twitch.tv/x"), "4:10 bad_url", ["`clips.twitch.tv/x`", "https://"]),
    "an ftp URL": (a_job("url: ftp://a.b/c"), "4:10 bad_url", ["http(s)"]),
    "a URL with a space": (a_job("url: https://a.b/c d"), "4:10 bad_url", ["http(s)"]),
    "a URL with a port like no other": (a_job("url: https://a.b:99999/"), "4:10 bad_url", ["not a URL"]),
    "a password in a URL": (a_job("url: https://u:p@a.b/c"), "4:10 bad_url", ["password"]),
    "a URL among several": (a_job("urls: ['https://a.b', x]"), "4:27 bad_url", ["`x`"]),
    "an id with a tab": (a_job(FETCH, "fromTemplateId: \"tpl\\t1\""), "5:21 bad_form", ["`tpl\t1`", "tab"]),
    "http for the key": ("version: 1\napi: {base_url: 'http://a.b/v1'}\n", "2:17 bad_url", ["https"]),
    "a base URL with a query": ("version: 1\napi: {base_url: 'https://a.b/v1?x'}\n", "2:17 bad_url", ["`?`"]),
    "a policy that is an alias": ("version: 1\npolicy: *nope\n", "2:9 unknown_alias", ["*nope"]),
    "a policy with a tag": ("version: 1\npolicy: !x {}\n", "2:9 unknown_tag", ["`!x`"]),
    "blackouts with a tag": ("version: 1\npolicy: {blackouts: !x []}\n", "2:21 unknown_tag", ["`!x`"]),
    "a quarantine as a list": ("version: 1\napi: {quarantine: [1m]}\n", "2:19 wrong_type", ["a text"]),
    "the state as a list": ("version: 1\nstate: [x]\n", "2:8 wrong_type", ["`state: .afsync/state.json`"]),
    "a quarantine": ("version: 1\napi: {quarantine: 10}\n", "2:19 bad_form", ["`10`", "10m"]),
    "a long quarantine": ("version: 1\napi: {quarantine: 48h}\n", "2:19 out_of_range", ["24h"]),
    "a lineage": ("version: 1\nlineage: mine\n", "2:10 bad_form", ["`mine`", "UUID"]),
    "a time zone": ("version: 1\ntimezone: Europe/Berlni\n", "2:11 unknown_timezone", ["mean `Europe/Berlin`?"]),
    "a directory of zones": ("version: 1\ntimezone: Europe\n", "2:11 unknown_timezone", ["`Europe`"]),
    "a path as a zone": ("version: 1\ntimezone: ../../etc\n", "2:11 unknown_timezone", ["IANA"]),
    "percent": ("version: 1\nlimits: {max_deletes: 130%}\n", "2:23 bad_form", ["`130%`", "30%"]),
    "a negative limit": ("version: 1\nlimits: {max_deletes: -1}\n", "2:23 out_of_range", ["at least 0"]),
    "negative credits": ("version: 1\nlimits: {max_credits: -1}\n", "2:23 out_of_range", ["at least 0"]),
    "the state elsewhere": ("version: 1\nstate: ../state.json\n", "2:8 outside_project", ["outside"]),
    "a state in an unknown store": ("version: 1\nstate: gs://b/k\n", "2:8 bad_form", ["`gs://`", "s3://", "branch:"]),
    "a state in a bad branch": ("version: 1\nstate: branch:a..b\n", "2:8 bad_form", ["branch:NAME"]),
    "a state with another endpoint": ("version: 1\nstate: s3://abc/k?endpoint=x\n", "2:8 bad_form", ["?region="]),
    "the state at the root": ("version: 1\nstate: /tmp/state.json\n", "2:8 outside_project", ["outside"]),
    # interpolation
    "no such variable": (
        a_job("url: ${var.ulr}", head="vars: {url: 'https://a.b'}\n"),
        "5:10 unknown_var",
        ["`ulr`", "did you mean `url`?"],
    ),
    "no variables at all": (a_job(FETCH, "tone: ${var.x}"), "5:11 unknown_var", ["`x`", "vars:"]),
    "no such environment": (a_job(FETCH, "tone: a ${env.AFSYNC_VAR_NOPE}"), "5:11 unknown_env", ["`AFSYNC_VAR_NOPE`"]),
    "the key": (a_job(FETCH, "tone: ${env.AURAFLUX_API_KEY}"), "5:11 forbidden_env", ["AURAFLUX_API_KEY"]),
    "the key's file": (a_job(FETCH, "tone: ${env.auraflux_api_key_file}"), "5:11 forbidden_env", ["cannot be read"]),
    "half a reference": (a_job(FETCH, "tone: a ${var.x"), "5:11 bad_interpolation", ["not closed", "$${"]),
    "a reference to nothing": (a_job(FETCH, "tone: ${tone}"), "5:11 bad_interpolation", ["`${tone}`", "${var.name}"]),
    "a reference in the settings": ("version: 1\nstate: ${env.HOME}\n", "2:8 bad_interpolation", ["`jobs`"]),
    "a variable in a variable": (
        "version: 1\nvars: {a: 1, b: '${var.a}'}\n",
        "2:17 bad_interpolation",
        ["cannot use another"],
    ),
    "a list inside of a text": (
        a_job(FETCH, "tone: a ${var.l}", head="vars: {l: [x]}\n"),
        "6:11 bad_interpolation",
        ["a list"],
    ),
    "a variable of the wrong type": (
        a_job(FETCH, "durationMins: ${var.m}", head="vars: {m: '2'}\n"),
        "6:19 wrong_type",
        ["must be a number"],
    ),
    # times
    "not a time": (a_job(FETCH, "schedule: tomorrow"), "5:15 bad_time", ["`tomorrow`", "2026-12-01 09:00"]),
    "a day": (a_job(FETCH, "schedule: 2026-12-01"), "5:15 bad_time", ["without a time", "2026-12-01 09:00"]),
    "no such day": (a_job(FETCH, "schedule: 2026-02-30 09:00Z"), "5:15 bad_time", ["2026-02-30", "day"]),
    "no such hour": (a_job(FETCH, "schedule: 2026-02-03 24:00Z"), "5:15 bad_time", ["hour must be in"]),
    "no such offset": (a_job(FETCH, "schedule: 2026-02-03 09:00+15:00"), "5:15 bad_time", ["+15:00"]),
    "before all times": (a_job(FETCH, "schedule: 0001-01-01 00:00+14:00"), "5:15 bad_time", ["not a time"]),
    "no time zone": (a_job(FETCH, "schedule: 2026-12-01 09:00"), "5:15 no_timezone", ["offset", "09:00Z, or", "red\n"]),
    "a gap": (
        a_job(FETCH, "schedule: 2026-03-29 02:30", head=ZONE),
        "6:15 dst_gap",
        ["does not exist", "2026-03-29 01:30 or 2026-03-29 03:30"],
    ),
    "an overlap": (
        a_job(FETCH, "schedule: 2026-10-25 02:30", head=ZONE),
        "6:15 dst_overlap",
        ["twice", "2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00"],
    ),
    # what belongs together
    "no template": (a_job(FETCH, "template: weekyl", head="templates: {weekly: {name: x}}\n"), "6:15 unknown_template",
                    ["`weekyl`", "did you mean `weekly`?"]),
    "no templates at all": (a_job(FETCH, "template: tpl_1"), "5:15 unknown_template", ["`fromTemplateId`"]),
    "two templates": (
        a_job(FETCH, "template: t", "fromTemplateId: x", head="templates: {t: {name: x}}\n"),
        "7:21 conflict",
        ["`template`", "`fromTemplateId`"],
    ),
    "a nameless template": ("version: 1\ntemplates:\n  t: {tone: x}\n", "3:3 missing", ["`name`", "name:"]),
    "scheduled alone": (a_job(FETCH, "publishMode: scheduled"), "5:18 missing_schedule", ["`schedule`"]),
    "scheduled by its template": (
        a_job(FETCH, "template: t", head="templates: {t: {name: x, publishMode: scheduled}}\n"),
        "6:15 missing_schedule",
        ["`t`", "`schedule`"],
    ),
    "scheduled by default": (
        "version: 1\ndefaults: {job: {publishMode: scheduled}}\n",
        "2:31 unknown_value",
        ["`immediate` or `manual`"],
    ),
    "immediate with a schedule": (
        a_job(FETCH, "schedule: 2026-12-01 09:00Z", "publishMode: immediate"),
        "6:18 conflict",
        ["`publishMode: immediate`", "remove"],
    ),
    "manual with a schedule": (
        a_job(FETCH, "publishMode: manual", "schedule: 2026-12-01 09:00Z"),
        "5:18 conflict",
        ["`publishMode: manual`"],
    ),
    "no source": (a_job("topic: x"), "3:3 missing_source", ["`url` or `urls`", "`entry:`"]),
    "no source though fetched": (a_job("entry: fetch", "prompt: x"), "3:3 missing_source", ["`url`"]),
    "no file": (a_job("entry: upload"), "3:3 missing_source", ["`file` or `fileId`"]),
    "file and id": (a_job("entry: upload", "fileId: f", "file: a.mp4"), "5:13 conflict", ["`file`", "`fileId`"]),
    "upload of a URL": (a_job("entry: upload", "fileId: f", FETCH), "6:10 conflict", ["`url`", "entry: fetch"]),
    "a file id to fetch": (a_job("fileId: f", FETCH), "4:13 wrong_entry", ["add `entry: upload`"]),
    "a file to generate": (a_job("entry: generate", "file: a.mp4"), "5:11 wrong_entry", ["add `entry: upload`"]),
    # included files
    "nothing included": ("version: 1\ninclude: [nowhere/*.yaml]\n", "2:11 nothing_included", ["`nowhere/*.yaml`"]),
    "no file included": ("version: 1\ninclude: [nowhere.yaml]\n", "2:11 nothing_included", ["spelling"]),
    "included from above": ("version: 1\ninclude: [../a.yaml]\n", "2:11 outside_project", ["`../a.yaml`"]),
    "included from the root": ("version: 1\ninclude: [/etc/passwd]\n", "2:11 outside_project", ["`/etc/passwd`"]),
    "included from nowhere": ('version: 1\ninclude: [""]\n', "2:11 no_value", ["`include[0]`"]),
    # files to upload
    "no such file": (a_job("entry: upload", "file: media/a.mp4"), "5:11 not_found", ["`media/a.mp4`"]),
    "a file elsewhere": (a_job("entry: upload", "file: ../a.mp4"), "5:11 outside_project", ["`../a.mp4`"]),
    "a file at the root": (a_job("entry: upload", "file: /a.mp4"), "5:11 outside_project", ["`/a.mp4`"]),
    "a file without a name": (a_job("entry: upload", 'file: ""'), "5:11 no_value", ["`file` is empty"]),
    "not a video": (a_job("entry: upload", "file: a.avi"), "5:11 file_type", ["MP4 or MOV"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_is_found_where_it_is_and_explained(name: str, tmp_path: Path) -> None:
    text, expected, words = CASES[name]
    place, code = expected.split()
    found = problems(tmp_path, text)
    matching = [p for p in found if p.code == code and f"{p.location}" == f"afsync.yaml:{place}"]
    assert matching, f"{name}: found {[(str(p.location), p.code, p.message) for p in found]}"
    said = f"{matching[0].message}\n{matching[0].hint}"
    assert [w for w in words if w not in said] == [], said


@pytest.mark.parametrize("name", CASES)
def test_each_is_told_once_with_its_line_and_what_to_do(name: str, tmp_path: Path) -> None:
    found = problems(tmp_path, CASES[name][0])
    lines = CASES[name][0].split("\n")
    assert len({(p.location, p.code, p.message) for p in found}) == len(found)
    for problem in found:
        assert problem.severity is Severity.ERROR
        assert problem.hint, problem
        assert problem.location is not None and problem.location.line is not None
        assert problem.location.text == lines[problem.location.line - 1][:400]
        assert "Input should" not in problem.message, "pydantic's own words"


SINGLE = sorted(set(CASES) - {"file and id", "a file to generate", "merging a text"})


@pytest.mark.parametrize("name", SINGLE)
def test_nothing_follows_from_it(name: str, tmp_path: Path) -> None:
    found = problems(tmp_path, CASES[name][0])
    assert len(found) == 1, [(str(p.location), p.code, p.message) for p in found]


@pytest.mark.parametrize("tone", ["calm", "${var.v}"])
def test_what_stands_in_a_misspelt_section_is_read_all_the_same(tone: str, tmp_path: Path) -> None:
    job = f"a: {{template: t, {FETCH}, platform: x, tone: '{tone}'}}"
    text = f"version: 1\nvars: {{v: x}}\nTemplates:\n  t: {{name: x, topic: 7}}\nJob:\n  {job}\n"
    assert [(str(p.location), p.code, p.address) for p in problems(tmp_path, text)] == [
        ("afsync.yaml:3:1", "unknown_key", None),
        ("afsync.yaml:4:23", "wrong_type", "template.t"),
        ("afsync.yaml:5:1", "unknown_key", None),
        ("afsync.yaml:6:40", "unknown_key", "job.a"),
    ]


def test_a_section_that_is_there_already_is_not_read_twice(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, f"version: 1\njobs: {{a: {{{FETCH}}}}}\nJobs:\n  b: {{tone: 7}}\n")
    assert str(found.location) == "afsync.yaml:3:1"


def test_an_included_file_may_be_misspelt_too(tmp_path: Path) -> None:
    main = "version: 1\ninclude: [more.yaml]\ntemplates: {t: {name: x}}\n"
    found = problems(tmp_path, main, more="Jobs:\n  b: {template: u, url: https://a.b/c}\n")
    assert [(str(p.location), p.code) for p in found] == [
        ("more.yaml:1:1", "unknown_key"),
        ("more.yaml:2:17", "unknown_template"),
    ]


def test_one_time_zone_that_is_missing_is_one_problem(tmp_path: Path) -> None:
    times = ["2027-01-02 09:00", "2027-01-03 09:00", "2027-01-04 09:00Z", "2027-01-05 09:00"]
    jobs = "".join(f"  j{9 - n}: {{{FETCH}, schedule: {time}}}\n" for n, time in enumerate(times))
    text = f"version: 1\njobs:\n{jobs}policy: {{max_per_day: {{tiktok: 1}}}}\n"
    first, policy = problems(tmp_path, text)
    assert first.message.startswith("`2027-01-02 09:00` ") and first.message.endswith("declared (and 2 more like it)")
    assert "`max_per_day`" in policy.message, "which would hold even if all times had an offset"


@pytest.mark.parametrize(("imports", "said"), [("", False), ("import: {job.b: job_1}\n", True)])
def test_import_is_mentioned_to_those_who_use_it(imports: str, said: bool, tmp_path: Path) -> None:
    jobs = f"jobs:\n  a: {{topic: x}}\n  b: {{{'topic: x' if said else FETCH}}}\n"
    (found,) = problems(tmp_path, f"version: 1\n{imports}{jobs}")
    assert "add `url:`" in (found.hint or "") and ("`job.a: ID` in `import:`" in (found.hint or "")) is said


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "version: 1\n# x\nstate: Übung\n".encode("latin-1"))
    assert (str(found.location), found.message) == ("afsync.yaml:3", "this line is not UTF-8 text")


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize(
    "line", ["api: {api_key: af_live_s3cr-et_1}", "token: af_live_s3cr-et_1", "lineage: af_live_s3cr-et_1"]
)
def test_an_api_key_in_a_file_is_not_repeated(tmp_path: Path, line: str) -> None:
    (found,) = problems(tmp_path, f"version: 1\n{line}\n")

    assert found.location is not None and found.location.line == 2
    assert "s3cr" not in repr(found) and "af_live_***" in (found.location.text or "")
    if "lineage" not in line:
        assert "AURAFLUX_API_KEY" in (found.hint or "")
