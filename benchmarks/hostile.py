"""Files made to take long, of any size: `python -m benchmarks hostile` prints what judging each of them takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

_HEAD = "version: 1\n"
_JOB = "jobs:\n  a:\n    url: https://a.b/c\n"
_CLEAN = """  j{n:07}:
    url: https://clips.twitch.tv/clip-{n}
    topic: Best plays {n}
    platforms: [tiktok, youtube]
"""
_TEMPLATES = "templates:\n" + "".join(f"  weekly{n}: {{name: a}}\n" for n in range(500))
_VARS = "vars:\n" + "".join(f"  weekly{n}: a\n" for n in range(500))


def _lines(line: str, head: str = "", tail: str = "") -> Callable[[int], str]:
    """A text of as many such lines as fit, numbered where `{n}` stands."""

    def text(size: int) -> str:
        parts, left, n = [_HEAD + head], size - len(_HEAD + head + tail), 0
        while (part := line.replace("{n:07}", f"{n:07}").replace("{n}", str(n))) and (left := left - len(part)) >= 0:
            parts.append(part)
            n += 1
        return "".join([*parts, tail])

    return text


def _repeated(piece: str, head: str, tail: str = "") -> Callable[[int], str]:
    return lambda size: _HEAD + head + piece * ((size - len(_HEAD + head + tail)) // len(piece)) + tail


HOSTILE: Final[Mapping[str, Callable[[int], str]]] = {
    "jobs": _lines(_CLEAN, "jobs:\n"),
    "jobs, the last one wrong": _lines(_CLEAN, "jobs:\n", "  zz: {url: 'https://a.b/c', platforms: [tiktk]}\n"),
    "jobs, and an anchor": _lines(_CLEAN, "vars: {x: &x 1}\njobs:\n"),
    "included files that are missing": _lines("  - a{n}.yaml\n", "include:\n"),
    "unknown keys": _lines("a{n}: 1\n"),
    "one key again and again": _lines("a: 1\n"),
    "jobs with an unknown key": _lines("  j{n}: {url: 'https://a.b/c', topc: x}\n", "jobs:\n"),
    "templates with an unknown key": _lines("  t{n}: {nme: x}\n", "templates:\n"),
    "small mappings": _lines("  - a: 1\n", "vars:\n x:\n"),
    "brackets": _lines("  - [" + "{}, " * 150 + "{}]\n", "vars:\n x:\n"),
    "jobs of misspelt templates": _lines(
        "  j{n}: {url: 'https://a.b/c', template: wekly{n}}\n", _TEMPLATES + "jobs:\n"
    ),
    "misspelt variables": _lines("  j{n}: {url: 'https://a.b/c', topic: '${var.wekly{n}}'}\n", _VARS + "jobs:\n"),
    "comments": _lines("# c\n"),
    "literal text with ` # |`": _repeated("       # |\n", _JOB + "    prompt: |\n"),
    "one long text": _repeated("x y ", _JOB + "    prompt: ", "\n"),
    "one long list": _repeated("tik, ", _JOB + "    platforms: [", "tok]\n"),
    "aliases": _lines("  v{n}: *x\n", "vars:\n  x: &x 1\n"),
    "dashes": _repeated("- ", ""),
    "deep lists": _lines("  v{n}: " + "[" * 60 + "]" * 60 + "\n", "vars:\n"),
    "a long variable": _lines("      - a${var.x}\n", f"vars: {{x: {'y' * 90_000}}}\n{_JOB}    clipSpec:\n     x:\n"),
    "broken references": _repeated("${", _JOB + "    prompt: ", "\n"),
}
