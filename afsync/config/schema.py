"""The JSON Schema of the files, for editors: `python -m afsync.config.schema > schemas/afsync.schema.json`."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from afsync.config.fields import Part
from afsync.config.models import ProjectFile
from afsync.config.resource_models import Body, Lifecycle
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
    generated = ProjectFile.model_json_schema(ref_template="#/definitions/{model}")
    definitions = generated.pop("$defs")
    models = {model.__name__: model for model in _parts(Part)}
    for name, definition in definitions.items():
        if name in models:
            _simplify(models[name], definition)
    _simplify(ProjectFile, generated)
    del generated["required"]
    for section, key in (("templates", KEY.pattern), ("jobs", KEY.pattern), ("vars", "[A-Za-z_][A-Za-z0-9_-]*")):
        for option in generated["properties"][section]["anyOf"]:
            if option != _NULL:
                option["propertyNames"] = {"pattern": f"^{key}$"}
    _or_skipped(definitions["JobPart"]["properties"]["except"])
    head = {"$schema": _DRAFT, "title": "afsync.yaml"}
    return {**head, **generated, "anyOf": _VERSION_OR_INCLUDED, "definitions": definitions}


def part_schema(model: type[Part], title: str) -> dict[str, Any]:
    """The schema of another file of ours, which takes no references."""
    generated = model.model_json_schema(ref_template="#/definitions/{model}")
    definitions = generated.pop("$defs", {})
    models = {one.__name__: one for one in _parts(Part)}
    for name, definition in definitions.items():
        _simplify(models[name], definition)
    _simplify(model, generated)
    return {"$schema": _DRAFT, "title": title, **generated, "definitions": definitions}


def _or_skipped(exceptions: dict[str, Any]) -> None:
    """A date of a series may be left out, too: the models see no such one."""
    exceptions["additionalProperties"] = {"anyOf": [{"const": "skip"}, exceptions["additionalProperties"]]}


def main() -> None:
    """Prints the schema."""
    json.dump(config_schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def _parts(model: type[Part]) -> list[type[Part]]:
    return [model, *(below for child in model.__subclasses__() for below in _parts(child))]


def _simplify(model: type[Part], definition: dict[str, Any]) -> None:
    definition.pop("title", None)
    for name, schema in definition["properties"].items():
        definition["properties"][name] = _property(model, name, schema)


def _property(model: type[Part], name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What is accepted: nothing only where a section may be empty, a reference where one is read."""
    schema.pop("title", None)
    texts: dict[str, Any] = {k: schema.pop(k) for k in ("description", "examples", "default") if k in schema}
    about = {k: v for k, v in texts.items() if v is not None}
    options = [o for o in schema.get("anyOf", [schema]) if o != _NULL or name in model.may_be_empty]
    if issubclass(model, Body | Lifecycle):
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
