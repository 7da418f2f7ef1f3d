"""Projects as people write them. Every comment has a number of its own: `# 7 why`."""

from __future__ import annotations

import re
from typing import Any, Final

from ruamel.yaml import YAML

from tests.harness import HEAD, LINEAGE

URL: Final = "https://a.b/c"
_SMILE: Final = "\U0001f600"


def _nested(depth: int) -> str:
    rows = ["jobs:", "  a:  # 1 deep", f"    url: {URL}", "    clipSpec:"]
    rows += [f"{' ' * (6 + 3 * n)}k{n}:  # {n + 2} level" for n in range(depth)]
    return "\n".join([*rows, f"{' ' * (6 + 3 * depth)}- 1", f"{' ' * (6 + 3 * depth)}- [2, {{x: 3}}]"]) + "\n"


TEXTS: Final[dict[str, str]] = {
    "comments everywhere": (
        "# 1 top\n\n# 2 top too\njobs: # 3 after the key\n  # 4 before\n  a: # 5 here\n    # 6 below\n"
        "    url: https://a.b/c # 7 there\n    # 8 last of a\n  # 9 last of jobs\n\n# 10 end\n"
    ),
    "a comment between a key and its value": (
        "jobs:\n  a:\n    url:\n      # 1 where from\n      https://a.b/c\n    topic: # 2 what\n      # 3 and more\n"
        "      Plays\n    platforms: # 4 where to\n    # 5 all\n    - tiktok\n"
    ),
    "comments in flow collections": (
        "jobs:\n  a: { # 1 open\n    # 2 alone\n    url: https://a.b/c, # 3 behind a comma\n    platforms: [ # 4 list\n"
        "      tiktok, # 5 one\n      # 6 between\n      youtube # 7 last\n      # 8 after the last\n"
        "    ], # 9 closed\n"
        "    # 10 end\n  } # 11 closed too\n"
    ),
    "comments between the items of a list": (
        "jobs:\n  a:\n    url: https://a.b/c\n    urls:\n    # 1 before the first\n    - https://a.b/d # 2 at it\n\n"
        "    # 3 between\n\n    # 4 between too\n    - https://a.b/e\n    # 5 after the last\n    topic: T\n"
    ),
    "dashes with comments": (
        "jobs:\n  a:\n    url: https://a.b/c\n    effects:\n      - # 1 at the dash\n        x: 1 # 2 inside\n"
        "        # 3 still inside\n      - - 1 # 4 nested\n        # 5 nested too\n        - 2\n      # 6 outside\n"
    ),
    "a comment that is far to the right, and one without a space": (
        "jobs:\n  a:                         # 1 far\n    url: https://a.b/c             #  2 farther\n"
        "    topic: T#9 is no comment\n    tone: hype # 3 is one #4 still the same\n"
    ),
    "a comment below what is dedented": (
        "jobs:\n  a:\n    url: https://a.b/c\n# 1 at the margin, inside\n    topic: T\n # 2 a bit off\n  b:\n"
        "      # 3 deeper than what follows\n    url: https://a.b/d\n        # 4 deeper than what is before\n"
    ),
    "blank lines": (
        "\n\n\njobs:\n\n\n  a:\n\n    url: https://a.b/c\n\n\n\n    topic: T # 1 a\n\n\n\n  # 2 b\n\n\n  b:\n\n"
        "    url: https://a.b/d\n\n\n\n"
    ),
    "a section behind it": (
        "jobs:\n  a:\n    url: https://a.b/c\n\n\n# 1 about templates\n\n# 2 and more\ntemplates:\n  t:\n    name: T\n"
    ),
    "long texts": (
        "jobs:\n  a:\n    url: https://a.b/c\n    topic: plain text that\n      goes on\n\n\n"
        "      after two blank lines\n"
        '    tone: "quoted \\\n      with an escape\\n\n\n      and   spaces  # no comment\n        more \\\n'
        '\n      end  "\n'
        "    streamer: 'it''s\n      single\n\n      quoted: # no comment\n       too '\n"
    ),
    "very long lines": (
        "jobs:\n"
        f"  a: {{url: 'https://a.b/c', topic: \"{'long ' * 99}x\","
        f" addOns: {{{', '.join(f'k{n}: {{active: true, n: {n}}}' for n in range(800))}}}}}"
        f" # 1 {'and on ' * 900}\n  b:\n    url: https://a.b/{'d' * 1800}\n    tone: {'word ' * 1800}end # 2 so\n"
    ),
    "block scalars": (
        "jobs:\n"
        "  a: # 1 keep\n    url: https://a.b/c\n    topic: |\n      one\n        two\n\n      # no comment\n"
        "      three\n\n\n"
        "    tone: |- # 2 strip\n      one\n\n      two\n\n    # 3 after it\n    streamer: >\n      folded\n"
        "      on\n\n"
        "        more\n      back\n    contentType: >- # 4 folded, stripped\n      one\n      two\n"
        "    prompt: |+ # 5 keep all\n      one\n\n\n"
        "  b:\n    url: https://a.b/d\n    prompt: >+\n      one\n      two\n\n\n    tone: last # 6 behind kept lines\n"
    ),
    "block scalars with indicators": (
        "jobs:\n"
        "    a:\n        url: https://a.b/c\n        topic: |2\n            two more than said\n          as said\n"
        "        tone: >1-\n          one more\n         as said\n        # 1 after\n        prompt: |+4 # 2 both\n"
        "              spaces first\n\n            text\n\n        effects:\n        - |2-\n            x\n"
        "          y\n"
        "        - >-\n            folded\n            in a list\n        - |\n\n            blank lines first\n"
    ),
    "a block scalar at the end, without a line end": (
        f"jobs:\n  a:\n    url: {URL}\n    prompt: |\n      one\n      two"
    ),
    "a kept block scalar at the end": f"jobs:\n  a:\n    url: {URL}\n    prompt: |+\n      one\n\n\n",
    "trailing spaces": (
        "jobs:   \n  a:  \n    url: https://a.b/c   \n    topic: T  # 1 spaces behind   \n    prompt: |  \n"
        "      one  \n"
        "        \n      two\t\n    # 2 spaces too  \n   \n    platforms: [tiktok ,  youtube ]  \n"
    ),
    "anchors, aliases, merge keys": (
        "vars: {}\ndefaults:\n  job: &d {tone: calm} # 1 default\ntemplates:\n  t: &t # 2 anchor\n"
        "    # 3 below an anchor\n"
        "    name: T\n    tone: 'hype'\n    platforms: &p [tiktok]\n  u:\n    <<: *t # 4 merged\n"
        '    name: "U"\njobs:\n'
        "  a: &a\n      url: &url https://a.b/c\n      platforms: *p\n  b:\n     <<: [*a, *d]\n"
        "     url: https://a.b/d\n"
        "     topic: &x |\n        text\n  c: {<<: *a, topic: *x, tone: *url}\n"
    ),
    "an anchor on a line of its own": (
        "templates:\n  t:\n    &t\n    name: T # 1 it\n  u:\n    # 2 before\n    &u\n    # 3 after\n    name: U\n"
    ),
    "quoted keys": (
        '"jobs":\n  \'a\': {"url": \'https://a.b/c\', \'topic\' : "say \\"hi\\" \\u00e9 \\x41"} # 1 both\n'
        "  \"b\" :\n    'url': 'https://a.b/d'\n    \"addOns\": {'it''s': {active: true}, "
        '"# no": {active: true}, ": ": {active: true}, \'\': {active: true}}\n'
    ),
    "numbers that are not, and texts that look like numbers": (
        "jobs:\n  a: {url: 'https://a.b/c', rerun: 1.10, durationMins: 1.0}\n"
        "  2026-12-01: {url: 'https://a.b/d', rerun: 0x1F}\n"
        "  b: {url: 'https://a.b/e', topic: yes, tone: '007', rerun: 1e3, "
        "effects: [0o14, ~, null, .5, 1_000, '~', on]}\n"
    ),
    "unicode": (
        f"# 1 {_SMILE} Überschrift — „quoted“ العربية 日本語 e\u0301\njobs:\n  a:\n    url: https://a.b/c\n"
        f"    topic: {_SMILE}"
        f" Größe 日本語 \u202ebidi\u202c e\u0301 # 2 \u200b{_SMILE}\n"
        '    tone: "\\U0001F600 \\u00fc"\n    streamer: ‘curly’\n'
        f"    addOns: {{{_SMILE}: {{active: true}}, ключ: {{active: true, слово: [значение, 値]}}}}\n"
    ),
    "spaces that are no white space": (
        "jobs:\n  a:\n    url: https://a.b/c\n    topic: a\u00a0b\u3000\n    #\u00a01\u3000a comment of such\u00a0\n"
        "    tone: \u00a0plain\u2003\n      and on\u00a0\n      \u3000end\n"
    ),
    "windows": (
        "jobs:\r\n    a: # 1 here\r\n      url: https://a.b/c\r\n      prompt: |\r\n       one\r\n\r\n       two\r\n"
    ),
    "old line ends": "jobs:\r    a: # 1 here\r      url: https://a.b/c\r",
    "line ends of both kinds": (
        "jobs:\r\n  a: # 1 here\n    url: https://a.b/c\r\n    prompt: |\n      one\r\n      two\n"
    ),
    "a byte order mark": f"\ufeff# 1 first\n@\njobs:\n    a: {{url: '{URL}'}}\n",
    "a byte order mark, windows, no last line end": f"\ufeff@\r\njobs:\r\n    a: {{url: '{URL}'}} # 1 last",
    "no last line end": f"jobs:\n  a:\n    url: {URL}",
    "a comment without a line end": f"jobs:\n  a:\n    url: {URL}\n  # 1 last",
    "deep": _nested(40),
    "odd indentation": (
        "jobs:\n   a:\n       url: https://a.b/c # 1 seven\n       effects:\n              -    x: 1\n"
        "                   y:\n"
        "                   -   2\n                   -  3 # 2 far\n   b:\n    url: https://a.b/d\n"
        "    platforms:\n    - tiktok\n"
        "    -   youtube\n   c:\n                 url: https://a.b/e\ntemplates:\n t:\n  name: T\n # 3 end\n"
    ),
    "empty values": (
        "templates: # 1 none yet\nvars:\n  # 2 nothing\ndefaults: {job: }\njobs:\n  # 3 one\n"
        "  a: {url: 'https://a.b/c', addOns: {},"
        " effects: [], clipSpec: {x: , y}}\ninclude: []\nimport:\n# 4 end\n"
    ),
    "sections that are empty": "templates: {} # 1 none\njobs: # 2 none either\n",
    "flow": f"jobs: {{a: {{url: '{URL}'}}}} # 1 on one line\n",
    "flow over lines": (
        "jobs: {\n  a: {url: 'https://a.b/c'}, # 1 a\n\n  # 2 b\n  b:\n    {url: 'https://a.b/d',\n  topic: T}\n}\n"
    ),
    "all of it flow": f"{{version: 1, lineage: {LINEAGE}, timezone: UTC,\n jobs: {{a: {{url: '{URL}'}} }}}} # 1 end\n",
    "json": f'{{"version": 1,\n\t"lineage": "{LINEAGE}",\n\t"jobs": {{\n\t\t"a": {{"url": "{URL}"}}\n\t}}\n}}\n',
    "a document mark": (
        "# 1 before\n---\n# 2 after\n@\njobs:\n    a: {url: 'https://a.b/c'}\n# 3 end\n...\n# 4 after the end\n"
    ),
    "tabs": (
        'jobs:\n  a:\n    url: https://a.b/c\n    topic: "a\tb"\n'
        "    platforms: [\ttiktok,\tyoutube\t] # 1 a\ttab\n    # 2 end\t\n"
    ),
    "tags": (
        "jobs:\n    a: !!map\n      url: !!str https://a.b/c # 1 said\n      durationMins: !!float 2\n"
        "      platforms: !!seq [tiktok]\n"
    ),
    "the line of the schema": (
        "# 1 mine\n@\n#yaml-language-server: $schema=x.json\njobs:\n    a: {url: 'https://a.b/c'}\n"
    ),
    "the line of the schema below a comment": (
        "# 1 mine\n\n# yaml-language-server:  $schema=.afsync/afsync.schema.json\n# 2 more\n@\njobs:\n"
        "    a: {url: 'https://a.b/c'}\n"
    ),
    "the version last": (
        f"jobs:\n    a:\n     url: {URL}\n# 1 who we are\nlineage: {LINEAGE}\ntimezone: UTC\nversion: 1 # 2 last\n"
    ),
    "references": (
        "vars: {show: Weekly CS2,  n: 2} # 1 vars\njobs:\n"
        "    a: {url: 'https://a.b/${var.n}', topic: \"${var.show} $${x}\"}\n"
    ),
    "settings": (
        "# 1 limits\nlimits:\n    max_credits:   20 # 2 a month\n    max_deletes: 30%\n\napi:\n"
        "        exclusive: true\n        quarantine: 10m\n"
        "jobs:\n    a: {url: 'https://a.b/c'}\n"
    ),
    "long keys": f"jobs:\n    a{'b' * 99}:\n       url: {URL}\n    ? c\n    : {{url: 'https://a.b/d'}} # 1 explicit\n",
    "a directive": "%YAML 1.2\n---\n@\njobs:\n    a:   {url: 'https://a.b/c'} # 1 kept\n",
    "other line ends": f"jobs:\n    a:   {{url: '{URL}'}} # 1 kept\n    # 2 also\u2028    # 3 here\n",
    "nothing": "",
    "only a comment": "# 1 nothing yet\n",
    "defaults": "defaults: {job: {tone: calm}} # 1 all\njobs:\n  a: {url: https://a.b/c}\n",
}


def _project(text: str) -> str:
    if "@" in text:
        newline = "\r\n" if "\r\n" in text else "\n"
        return text.replace("@", HEAD.rstrip("\n").replace("\n", newline))
    if "version" in text:
        return text
    newline = "\r\n" if "\r\n" in text else "\r" if "\r" in text else "\n"
    return HEAD.replace("\n", newline) + text


CORPUS: Final = {name: _project(text) for name, text in TEXTS.items()}
LEFT_ALONE: Final = {"long keys", "a directive", "other line ends"}
"""What `fmt` does not touch: explicit keys, directives, line ends that only some read as such."""


def comments(text: str) -> list[str]:
    """The numbered comments, in their order."""
    return [
        found.rstrip()
        for found in re.findall(r"(?:(?<=\s)|^)#\s*\d+ [^\n\r]*", text.removeprefix("\ufeff"), re.MULTILINE)
    ]


def meaning(text: str) -> Any:
    """As a reader that is not afsync's own understands it."""
    return YAML(typ="safe", pure=True).load(text.removeprefix("\ufeff"))


def ink(text: str) -> str:
    """Without white space, and without the line of the schema, which `fmt` puts first and spells in one way."""
    lines = [line for line in text.splitlines() if not line.startswith("# yaml-language-server")]
    return re.sub(r"[ \t\r\n]", "", "\n".join(lines))
