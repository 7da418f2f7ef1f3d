"""The JSON Schema of a state file, for programs that read it: what msgspec makes of the structs that define it."""

from __future__ import annotations

import json
import sys
from typing import Any

from msgspec.json import schema_components

from afsync.core import records, resources, state
from afsync.store.canonical_json import layout
from afsync.store.state_file import StateFile

Schema = dict[str, Any]


def state_schema() -> Schema:
    """JSON Schema 2020-12 of the whole document."""
    _, components = schema_components((StateFile,), ref_template="#/$defs/{name}")
    definitions = {name: _strict(name, schema) for name, schema in sorted(components.items())}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **definitions.pop(StateFile.__name__),
        "title": "The state of an afsync project",
        "description": "Written by afsync and by nothing else; see `afsync state`.",
        "$defs": definitions,
    }


def _strict(name: str, schema: Schema) -> Schema:
    """A definition in which all that format 1 always writes is required. What may be left out keeps its default."""
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())
    if schema.get("type") != "object":
        return schema
    types = {**vars(resources), **vars(records), **vars(state), StateFile.__name__: StateFile}
    new = dict(layout(types[name]).new)
    for field, value in schema["properties"].items():
        if field not in new:
            value.pop("default", None)
        elif isinstance(value["default"], tuple):
            value["default"] = [*value["default"]]
    schema["properties"] = dict(sorted(schema["properties"].items()))
    schema["required"] = sorted(schema["properties"].keys() - new.keys())
    return schema


def main() -> None:
    """Print it: `python -m afsync.store.schema > schemas/state.schema.json`."""
    sys.stdout.write(json.dumps(state_schema(), indent=2) + "\n")


if __name__ == "__main__":
    main()
