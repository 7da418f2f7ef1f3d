"""Every code that can be printed is explained."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import afsync
from afsync.config.problems import Code
from afsync.core.plan.actions import MEANINGS, REASONS, Reason
from afsync.core.policy.check import _TOGETHER
from afsync.core.service_statuses import Group
from tests.harness import Sandbox

PLACES = {"Problem": 0, "_warning": 0, "warn": 1, "note": 1, "_problem": 1, "_drift": 1}
"""Where the code stands among the arguments."""
CONSTANTS = ("CODE", "BEHIND")


def printed() -> Iterator[str]:
    """The codes that stand in the source as text. All others are members of an enumeration."""
    for path in Path(afsync.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=args) if len(args) > PLACES.get(name, 99):
                    code = args[PLACES[name]]
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        yield f"drift_{code.value}" if name == "_drift" else code.value
                case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                    yield code
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(code))) if (
                    name in CONSTANTS or name == "code"
                ):
                    yield code


def test_all_of_them_are_explained_and_nothing_else() -> None:
    assert set(REASONS) == set(Reason)
    found = {*printed(), *_TOGETHER, Group.FAILED.value, Group.CANCELLED.value}
    assert len(found) > 50
    known = {*(r.value for r in Reason), *(c.value for c in Code)}
    assert found - known - MEANINGS.keys() == set()
    assert MEANINGS.keys() - found == set(), "it is explained, and never printed"


@pytest.mark.parametrize("path", ["cut_text", "code.cut_text", "outdated_state", "far_ahead", "code.policy"])
def test_a_code_is_explained_by_its_name(tmp_path: Path, path: str) -> None:
    done = Sandbox(tmp_path).does("explain", path)
    assert done.out.startswith(f"code.{path.removeprefix('code.')}\n\n  ")


def test_a_key_of_the_same_name_comes_first(tmp_path: Path) -> None:
    assert Sandbox(tmp_path).does("explain", "policy").out.startswith("policy\n")
