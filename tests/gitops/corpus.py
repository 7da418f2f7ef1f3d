"""Text that means more than itself somewhere: to a terminal, to Markdown, to a CI system, to a spreadsheet."""

from __future__ import annotations

TERMINAL = {
    "clear the screen": "\x1b[2J\x1b[H",
    "red for ever": "\x1b[31m",
    "title of the window": "\x1b]0;pwned\x07",
    "a link that lies": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "eight-bit escape": "\x9b31m",
    "device status": "\x1b[6n",
    "carriage return": "fine\rError",
    "backspaces": "rm\x08\x08  ",
    "a bell": "\x07",
    "nul": "a\x00b",
    "delete": "a\x7fb",
    "vertical tab": "a\x0bb\x0cc",
    "next line": "a\x85b",
    "a line break": "first\nsecond",
    "a line break in a file of Windows": "first\r\nsecond",
    "line separator": "a\u2028b\u2029c",
}
INVISIBLE = {
    "right to left": "\u202egnp.tseb",
    "isolates": "\u2066a\u2069\u2067b",
    "marks": "a\u200eb\u200fc\u061cd",
    "zero width": "pay\u200bment\u200c\u200d",
    "word joiner": "a\u2060b",
    "byte order mark": "\ufeffa",
    "soft hyphen": "a\u00adb",
    "tags": "a\U000e0041\U000e0042b",
    "private use": "a\ue000b",
    "not a character": "a\uffffb",
    "half a pair": "a\ud800b",
    "interlinear": "\ufff9a\ufffab\ufffb",
}
MARKDOWN = {
    "a fence": "```",
    "a longer fence": "````````",
    "a very long fence": "`" * 200,
    "a tilde fence": "~~~",
    "a fence on a line of its own": "x\n```\n# out",
    "code": "`rm -rf /`",
    "heading": "# Approved by security",
    "bold": "**not bold**",
    "a link": "[click](https://evil.example)",
    "an image": "![](https://evil.example/pixel.png)",
    "a bare link": "https://evil.example/?q=",
    "a table": "| a | b |\n|---|---|",
    "a rule": "---",
    "a quote": "> said",
    "a list": "- [x] approved",
    "everyone": "@everyone",
    "a team": "@team/security please approve",
    "an issue": "fixes #1",
    "a quick action": "/approve",
    "a merge": "/merge",
    "atlantis": "atlantis apply",
}
HTML = {
    "script": "<script>alert(1)</script>",
    "a handler": "<img src=x onerror=alert(1)>",
    "the end of a fold": "</details>",
    "a new fold": "<details open><summary>ok",
    "a comment": "<!-- afsync:plan -->",
    "the end of a comment": "--> shown",
    "an entity": "&lt;b&gt; &#x202e;",
    "cdata": "]]>",
    "a declaration": '<!DOCTYPE x [<!ENTITY e "x">]>',
    "processing": "<?php ?>",
}
RUNNERS = {
    "mask": "::add-mask::a",
    "error": "::error file=x::y",
    "stop": "::stop-commands::t",
    "set": "::set-output name=a::b",
    "spaced": "  ::warning::x",
    "old style": "##[add-mask]a",
    "old style group": "x ##[group]y",
    "azure": "##vso[task.setvariable variable=a]b",
    "teamcity": "##teamcity[buildStatus status='SUCCESS']",
    "percent": "100%25 %0A::error::x",
    "percent, lower": "%0d%0a::notice::x",
    "properties": "x,line=1::y",
    "an output": "x\nfingerprint=000000000000",
    "a heredoc": "x<<EOF\ny\nEOF",
    "a section": "section_start:1:x\r\x1b[0K",
}
CELLS = {
    "a formula": "=1+1",
    "a command": "=cmd|' /C calc'!A0",
    "plus": "+1",
    "minus": "-1",
    "at": "@SUM(1)",
    "a quoted cell": '"a","b"',
    "a tab": "\t=1",
}
CORPUS = {**TERMINAL, **INVISIBLE, **MARKDOWN, **HTML, **RUNNERS, **CELLS}

CANARY = "canary"
"""Stands around each, so that a test finds where it went."""


def armed(name: str) -> str:
    return f"{CANARY}{CORPUS[name]}{CANARY}"


def legible(text: str) -> str:
    """What has to be readable still: its plain letters and digits."""
    return "".join(c for c in text if c.isascii() and c.isalnum())
