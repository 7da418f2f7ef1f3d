"""The architecture, kept by reading the imports: layers, one importer per library, who prints, what is pure."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest
from msgspec import Struct

from afsync.command_list import COMMANDS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "afsync"


class Module(Struct, frozen=True, dict=True):
    """One source file of the package."""

    path: Path

    @property
    def name(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def layer(self) -> str:
        """The folder or file directly below the package: `core`, `cli`, `errors`; empty for the package itself."""
        return self.name.partition(".")[2].partition(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), filename=str(self.path))

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @cached_property
    def docstrings(self) -> set[ast.AST]:
        """Strings that stand by themselves."""
        return {node.value for node in self.nodes if isinstance(node, ast.Expr)}

    @cached_property
    def imports(self) -> tuple[tuple[str, int], ...]:
        """Everything imported, wherever it stands in the file, for types only or not; with its line."""
        return tuple(self._imports())

    def _imports(self) -> Iterator[tuple[str, int]]:
        for node in self.nodes:
            match node:
                case ast.Import(names=names):
                    yield from ((alias.name, node.lineno) for alias in names)
                case ast.ImportFrom(module=str(module), names=names, level=0):
                    yield from ((f"{module}.{alias.name}", node.lineno) for alias in names)

    @property
    def layers(self) -> Iterator[tuple[str, int]]:
        """The layers of afsync that are imported, with the line. The package itself holds only its version."""
        for name, line in self.imports:
            top, _, rest = name.partition(".")
            layer = rest.split(".")[0]
            if top == "afsync" and layer not in ("", "__version__"):
                yield layer, line

    @cached_property
    def calls(self) -> tuple[tuple[str, int], ...]:
        """What is called, as it is written: `print`, `click.echo`, `datetime.now`."""
        return tuple((ast.unparse(node.func), node.lineno) for node in self.nodes if isinstance(node, ast.Call))

    def at(self, line: int) -> str:
        return f"{self.path.relative_to(ROOT)}:{line}"


MODULES = sorted((Module(path) for path in PACKAGE.rglob("*.py")), key=lambda m: m.name)
TESTS = [Module(path) for path in (ROOT / "tests").rglob("*.py")]

# --- layers: who may import whom, besides themselves ---

MAY_IMPORT = {
    "errors": set(),
    "core": {"errors"},
    "config": {"core", "errors"},
    "api": {"core", "errors"},
    "store": {"core", "errors"},
    "output": {"core", "errors"},
    "engine": {"api", "store", "core", "errors"},
    "emulator": set(),
    "app": {"config", "api", "store", "output", "engine", "emulator", "core", "errors"},
    "commands": {"cli", "app", "config", "api", "store", "output", "engine", "emulator", "core", "errors"},
    "cli": {"command_list", "commands", "output", "core", "errors"},
    "__main__": {"cli", "command_list"},
    "command_list": set(),
    "__version__": set(),
    "": {"app", "errors"},
}


def test_every_module_is_in_a_layer() -> None:
    assert {m.layer for m in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("layer", MAY_IMPORT, ids=lambda name: name or "afsync")
def test_layer(layer: str) -> None:
    allowed = MAY_IMPORT[layer] | {layer}
    wrong = [
        f"{m.at(line)} imports {other}"
        for m in MODULES
        if m.layer == layer
        for other, line in m.layers
        if other not in allowed
    ]

    assert wrong == []


def _imported() -> dict[str, set[str]]:
    """By the name of a module, which modules of the package it imports, wherever in the file."""
    known = {m.name for m in MODULES}
    found: dict[str, set[str]] = {}
    for m in MODULES:
        names = {name if name in known else name.rpartition(".")[0] for name, _ in m.imports}
        found[m.name] = (names & known) - {m.name}
    return found


def test_no_modules_import_each_other() -> None:
    """Not by way of others either, not for types only, not within functions: what is left has an order."""
    left = _imported()
    while free := [name for name, imported in left.items() if not imported & left.keys()]:
        for name in free:
            del left[name]

    assert left == {}


def test_a_type_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = {}
    for m in MODULES:
        for node in m.tree.body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(m.at(node.lineno))

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_imports_are_absolute() -> None:
    relative = [m.at(n.lineno) for m in MODULES for n in m.nodes if isinstance(n, ast.ImportFrom) and n.level > 0]

    assert relative == []


def test_nobody_loads_the_package_from_the_tests() -> None:
    wrong = [m.at(line) for m in MODULES for name, line in m.imports if name.split(".")[0] == "tests"]

    assert wrong == []


# --- one importer per outside library, so that it can be replaced and hardened at one place ---

ONE_IMPORTER = {
    "ruamel": "afsync.config.yaml",
    "httpx": "afsync.api.client",
    "deepdiff": "afsync.core.plan.changes",
    "yaml_rs": "afsync.config.fast_parser",
    "dateutil": "afsync.config.rrule",
    "python_calamine": "afsync.config.workbook",
    "holidays": "afsync.config.public_holidays",
    "obstore": "afsync.store.remote.objects",
}
ONE_LAYER = {"starlette": "emulator", "uvicorn": "emulator", "pydantic": "config", "pydantic_core": "config"}
FEW_LAYERS = {"click": {"cli", "commands"}, "rich": {"cli", "commands"}}


@pytest.mark.parametrize(("library", "importer"), ONE_IMPORTER.items())
def test_one_importer(library: str, importer: str) -> None:
    assert {m.name for m in MODULES for name, _ in m.imports if name.split(".")[0] == library} == {importer}


@pytest.mark.parametrize(("library", "layer"), ONE_LAYER.items())
def test_one_layer(library: str, layer: str) -> None:
    assert {m.layer for m in MODULES for name, _ in m.imports if name.split(".")[0] == library} == {layer}


@pytest.mark.parametrize(("library", "layers"), FEW_LAYERS.items())
def test_few_layers(library: str, layers: set[str]) -> None:
    assert {m.layer for m in MODULES for name, _ in m.imports if name.split(".")[0] == library} <= layers


# --- the core is pure ---

EFFECTS = {
    *("os", "sys", "io", "pathlib", "shutil", "tempfile", "glob", "sqlite3"),
    *("time", "zoneinfo", "locale", "platform", "getpass"),
    *("random", "secrets", "uuid"),
    *("socket", "ssl", "http", "urllib", "select", "asyncio"),
    *("subprocess", "signal", "threading", "multiprocessing", "concurrent", "contextvars"),
    *("logging", "warnings", "importlib", "inspect", "atexit", "ctypes", "pickle"),
}
NOT_IN_CORE = {"open", "print", "input", "eval", "exec", "__import__", "breakpoint", "id", "hash"}
READS_THE_CLOCK = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")
PURE = [m for m in MODULES if m.layer in ("core", "errors")]


def test_the_core_imports_nothing_that_has_effects() -> None:
    wrong = [f"{m.at(line)} imports {name}" for m in PURE for name, line in m.imports if name.split(".")[0] in EFFECTS]

    assert wrong == []


def test_the_core_calls_nothing_that_has_effects() -> None:
    wrong = [
        f"{m.at(line)} calls {name}"
        for m in PURE
        for name, line in m.calls
        if name in NOT_IN_CORE or name.endswith(READS_THE_CLOCK)
    ]

    assert wrong == []


def test_the_core_keeps_nothing_between_calls() -> None:
    wrong = [m.at(n.lineno) for m in PURE for n in m.nodes if isinstance(n, ast.Global | ast.Nonlocal)]

    assert wrong == []


def test_values_of_the_core_are_frozen() -> None:
    loose = [
        m.at(node.lineno)
        for m in PURE
        for node in m.nodes
        if isinstance(node, ast.ClassDef)
        if "Struct" in map(ast.unparse, node.bases) and "frozen=True" not in map(ast.unparse, node.keywords)
    ]

    assert loose == []


def test_values_are_structs() -> None:
    """A dataclass takes a millisecond to define, and there are a hundred and fifty of them."""
    assert [m.at(line) for m in MODULES for name, line in m.imports if name.split(".")[0] == "dataclasses"] == []


# --- who prints ---

PRINTS = ("print", "pprint", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write")
MAY_PRINT = {"__main__", "cli", "commands"}
SCRIPTS = {"afsync.config.schema", "afsync.store.schema"}
"""Generators of schemas, which developers run by themselves."""


def test_only_commands_print() -> None:
    wrong = [
        f"{m.at(line)} calls {name}"
        for m in MODULES
        if m.layer not in MAY_PRINT and m.name not in SCRIPTS
        for name, line in m.calls
        if name in PRINTS
    ]

    assert wrong == []


NOT_IN_A_USE_CASE = ("sys.stdout", "sys.stderr", "sys.stdin", "sys.exit", "os._exit", "SystemExit", "input")


def test_a_use_case_uses_no_stream_and_ends_no_process() -> None:
    wrong = [
        f"{m.at(node.lineno)} uses {ast.unparse(node)}"
        for m in MODULES
        if m.layer == "app"
        for node in m.nodes
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in NOT_IN_A_USE_CASE
    ]

    assert wrong == []


def test_a_use_case_finds_the_environment_and_the_clock_in_its_context() -> None:
    real_ones = ("afsync.app.context", "afsync.app.python_api")  # which have them as defaults
    globals_of_a_process = ("os.environ", "os.getenv", "datetime.now", "time.time", "time.sleep", "time.monotonic")
    wrong = [
        f"{m.at(node.lineno)} uses {ast.unparse(node)}"
        for m in MODULES
        if m.layer == "app" and m.name not in real_ones
        for node in m.nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node) in globals_of_a_process
    ]

    assert wrong == []


# --- a light start ---

HEAVY = {
    "dateutil",
    "python_calamine",
    "holidays",
    "obstore",
    "httpx",
    "pydantic",
    "msgspec",
    "ruamel",
    "deepdiff",
    "rich",
    "starlette",
    "uvicorn",
    "sqlite3",
}


def test_help_imports_no_library_it_does_not_need() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "afsync", "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}

    assert done.returncode == 0, done.stderr
    assert "Usage: afsync" in done.stdout
    assert {name for name in imported if name.split(".")[0] in {*HEAVY, "click", "typing", "re"}} == set()


# --- shape ---


def test_every_module_says_what_it_is() -> None:
    assert [m.at(1) for m in MODULES if not ast.get_docstring(m.tree)] == []


def test_no_folder_holds_one_file() -> None:
    folders = {m.path.parent for m in MODULES}
    lonely = [
        str(folder.relative_to(ROOT))
        for folder in sorted(folders)
        if len([p for p in folder.iterdir() if p.name not in ("__init__.py", "__pycache__")]) < 2
    ]

    assert lonely == []


# --- who knows the command line ---

SPELLS_IT = "afsync.core.command_lines"
LEFT = {"config"}
"""Layers whose messages and descriptions of keys name commands themselves."""
OTHER_PROGRAMS = {"afsync.store.branch.repository", "afsync.store.branch.checkout"}
"""These give git its flags."""
NOT_SHOWN = {"afsync.store.branch.legacy_action": {"afsync apply"}, "afsync.store.schema": {"`afsync state`"}}
"""What a lock of 0.1 says of its holder; the description of a schema."""
COMMAND_OR_FLAG = re.compile(rf"(?<![\w-])--[a-z]{{3}}[a-z-]*|`?\bafsync ({'|'.join(COMMANDS)})\b`?")


def test_below_the_use_cases_one_module_spells_commands_and_flags() -> None:
    layers = {"core", "store", "api", "engine", "config", "errors"} - LEFT
    wrong = [
        f"{m.at(node.lineno)}: {found[0]}"
        for m in MODULES
        if m.layer in layers and m.name != SPELLS_IT and m.name not in OTHER_PROGRAMS
        for node in m.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in m.docstrings
        if (found := COMMAND_OR_FLAG.search(node.value)) and found[0] not in NOT_SHOWN.get(m.name, ())
    ]

    assert wrong == [], f"take it from {SPELLS_IT}"


NO_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "shared"}


def test_no_module_is_named_after_nothing() -> None:
    wrong = [m.name for m in MODULES if NO_NAMES & {word for part in m.name.split(".") for word in part.split("_")}]

    assert wrong == []


def test_no_test_is_skipped_for_good() -> None:
    wrong = [m.at(line) for m in TESTS for name, line in m.calls if name in ("pytest.mark.skip", "pytest.xfail")]

    assert wrong == []
