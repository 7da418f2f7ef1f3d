"""Every key is documented, described, and known to the lists that name keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from afsync.config.keys.part import Defined, Part, keys_of
from afsync.config.keys.project import ProjectFile
from afsync.config.keys.resources import SERIES_KEYS, JobDefaults, JobPart, TemplatePart
from afsync.config.keys.series import ExceptPart
from afsync.config.keys.workspace import WorkspaceFile
from afsync.config.problems import Code
from afsync.core.body_fields import BODY_ORDER, OF_JOBS, OF_TEMPLATES

ROOT = Path(__file__).parents[2]
PAGES = "".join((ROOT / "docs" / name).read_text("utf-8") for name in ("configuration.md", "accounts.md"))
DOCUMENTED = set(re.findall(r"^\| `(\w+)`", PAGES, re.MULTILINE))


def parts(part: type[Part] = Part) -> list[type[Part]]:
    return [below for child in part.__subclasses__() for below in (child, *parts(child))]


FIELDS: dict[str, Defined] = {f"{part.__name__}.{name}": key for part in parts() for name, key in keys_of(part).items()}


@pytest.mark.parametrize("field", sorted(FIELDS))  # whatever was imported first
def test_every_key_is_described_and_documented(field: str) -> None:
    meaning = FIELDS[field].meaning
    assert meaning.endswith(".") and (meaning[0].isupper() or meaning[0] == "`")
    name = field.split(".")[1]
    if name != "job":
        assert name in DOCUMENTED, f"neither docs/configuration.md nor docs/accounts.md has a row for `{name}`"


def test_nothing_else_is_documented() -> None:
    assert {f.split(".")[1] for f in FIELDS} >= DOCUMENTED


def test_the_lists_of_fields_name_all_that_describe_a_resource() -> None:
    own = {"rerun", "allow_duplicate", "approve", "lifecycle", "publish", "zone", *SERIES_KEYS}
    jobs, templates = set(keys_of(JobPart)) - own, set(keys_of(TemplatePart)) - own
    assert set(BODY_ORDER) == jobs | templates
    assert jobs - templates == OF_JOBS
    assert templates - jobs == OF_TEMPLATES
    assert set(keys_of(JobDefaults)) <= set(keys_of(JobPart))


def test_every_part_is_reached_from_the_project_file() -> None:
    assert {ProjectFile, WorkspaceFile, ExceptPart} <= set(parts())


@pytest.mark.parametrize("code", Code)
def test_every_code_is_used(code: Code) -> None:
    sources = [p.read_text("utf-8") for p in (ROOT / "afsync/config").rglob("*.py") if p.name != "problems.py"]
    assert any(f"Code.{code.name}" in text for text in sources)
