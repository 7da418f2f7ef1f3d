"""The JSON Schemas of the files, for editors: `python -m afsync.config.schema > schemas/afsync.schema.json`."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from afsync.config.keys.part import Part, keys_of
from afsync.config.keys.project import ProjectFile
from afsync.config.keys.resources import Body, Lifecycle
from afsync.config.keys.workspace import WorkspaceFile
from afsync.config.models import model_of
from afsync.core.addresses import KEY

_NULL: Final = {"type": "null"}
_REFERENCE: Final = {
    "type": "string",
    "pattern": r"\$\{((var|env|occurrence)\.[A-Za-z_][A-Za-z0-9_-]*(:[^${}]*)?|row\.[^${}]+)\}",
}
"""Stands in for a value of any type: `${…}` is replaced before the value is checked."""

_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""Draft 7 is what the YAML language server, which most editors use, knows best."""

_VERSION_OR_INCLUDED: Final = [{"required": ["version"]}, {"propertyNames": {"enum": ["templates", "jobs", "import"]}}]
"""afsync.yaml needs its version; the same schema serves included files, which do without."""


def config_schema() -> dict[str, Any]:
    """The schema of afsync.yaml and of the files it includes."""
    schema = _schema(ProjectFile, "afsync.yaml")
    del schema["required"]
    for section, key in (("templates", KEY.pattern), ("jobs", KEY.pattern), ("vars", "[A-Za-z_][A-Za-z0-9_-]*")):
        for option in schema["properties"][section]["anyOf"]:
            if option != _NULL:
                option["propertyNames"] = {"pattern": f"^{key}$"}
    definitions = schema.pop("definitions")
    _or_skipped(definitions["JobPart"]["properties"]["except"])
    return {**schema, "anyOf": _VERSION_OR_INCLUDED, "definitions": definitions}


def workspace_schema() -> dict[str, Any]:
    """The schema of afsync.workspace.yaml, which takes no references."""
    return _schema(WorkspaceFile, "afsync.workspace.yaml")


def _schema(part: type[Part], title: str) -> dict[str, Any]:
    generated = model_of(part).model_json_schema(ref_template="#/definitions/{model}")
    definitions = generated.pop("$defs", {})
    parts = {one.__name__: one for one in _parts(Part)}
    for name, definition in definitions.items():
        if name in parts:
            _simplify(parts[name], definition)
    _simplify(part, generated)
    return {"$schema": _DRAFT, "title": title, **generated, "definitions": definitions}


def _or_skipped(exceptions: dict[str, Any]) -> None:
    """A date of a series may be left out, too: the models see no such one."""
    exceptions["additionalProperties"] = {"anyOf": [{"const": "skip"}, exceptions["additionalProperties"]]}


def main() -> None:
    """Prints the schema of afsync.yaml, or that of afsync.workspace.yaml if that is asked for."""
    schema = workspace_schema() if sys.argv[1:] == ["workspace"] else config_schema()
    json.dump(schema, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def _parts(part: type[Part]) -> list[type[Part]]:
    return [part, *(below for child in part.__subclasses__() for below in _parts(child))]


def _simplify(part: type[Part], definition: dict[str, Any]) -> None:
    definition.pop("title", None)
    keys = keys_of(part)
    for name, schema in definition["properties"].items():
        empty, refers = keys[name].may_be_empty, issubclass(part, Body | Lifecycle)
        definition["properties"][name] = _property(schema, may_be_empty=empty, may_refer=refers)


def _property(schema: dict[str, Any], *, may_be_empty: bool, may_refer: bool) -> dict[str, Any]:
    """What is accepted: nothing only where a section may be empty, a reference where one is read."""
    schema.pop("title", None)
    texts: dict[str, Any] = {k: schema.pop(k) for k in ("description", "examples", "default") if k in schema}
    about = {k: v for k, v in texts.items() if v is not None}
    options = [o for o in schema.get("anyOf", [schema]) if o != _NULL or may_be_empty]
    if may_refer:
        options = _with_reference(options)
    # In draft 7 nothing beside a `$ref` is read, so the description would be lost there.
    single = len(options) == 1 and "$ref" not in options[0]
    return {**about, **options[0]} if single else {**about, "anyOf": options}


def _with_reference(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`options`, and a text that holds a reference where one could stand for such a value: never for a mapping."""
    for option in options:
        if "items" in option:
            option["items"] = {"anyOf": _with_reference([option["items"]])}
    return options if any(map(_is_enough, options)) else [*options, _REFERENCE]


def _is_enough(option: dict[str, Any]) -> bool:
    kinds = option.get("type", [])
    free_text = "string" in kinds and not option.keys() & {"enum", "pattern"}
    return free_text or "object" in kinds or "$ref" in option


if __name__ == "__main__":
    main()
