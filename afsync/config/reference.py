"""What each key of the files is: read from the JSON Schema, which comes from the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from afsync.config.scalars import flow
from afsync.config.schema import config_schema, workspace_schema
from afsync.core.text import did_you_mean, one_of
from afsync.errors import UsageError

_SHORT = {"jobs": "job", "templates": "template"}
_PARTS = {"job": "JobPart", "template": "TemplatePart"}
_TYPES = {
    "string": "text",
    "number": "number",
    "integer": "integer",
    "boolean": "true or false",
    "object": "mapping",
}


class Key(Struct, frozen=True):
    """One key. `default` and `example` are as they would be written; `below` are the keys that it holds."""

    path: str
    type: str
    meaning: str
    default: str | None = None
    example: str | None = None
    below: tuple[str, ...] = ()


def explain(path: str) -> Key:
    """The key at a path such as `job.schedule` or `api.base_url`, or at the only one that ends so.

    UsageError, with what is close, for any other.
    """
    keys = _keys()
    first, _, rest = path.strip().partition(".")
    wanted = f"{_SHORT.get(first, first)}.{rest}" if rest else _SHORT.get(first, first)
    ending = [p for p in keys if p.endswith(f".{wanted}")]
    if wanted in keys or len(ending) == 1:
        return keys.get(wanted) or keys[ending[0]]
    close = f"did you mean {one_of(ending)}?" if ending else did_you_mean(wanted, keys)
    raise UsageError(f"there is no key {path}", close or "`afsync explain` lists all keys")


def is_key(path: str) -> bool:
    """Whether a key has exactly this path."""
    return _SHORT.get(path, path) in _keys()


def below(path: str = "") -> tuple[Key, ...]:
    """The keys that the one at `path` holds; without it, all there are. In the order of the format."""
    keys = _keys()
    return tuple(keys[p] for p in keys[path].below) if path else tuple(keys.values())


@cache
def _keys() -> dict[str, Key]:
    schema = config_schema()
    found: dict[str, Key] = {}
    for name, prop in schema["properties"].items():
        short = _SHORT.get(name, name)
        model = schema["definitions"][_PARTS[short]] if short in _PARTS else _inner(prop, schema)
        found[short] = _key(short, prop, schema, model)
        found.update((k.path, k) for k in _below(short, model, schema))
    workspace = workspace_schema()
    found["workspace"] = _key("workspace", workspace, workspace, workspace)
    found.update((k.path, k) for k in _below("workspace", workspace, workspace))
    return found


def _below(path: str, model: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Key]:
    for name, prop in model.get("properties", {}).items():
        inner = _inner(prop, schema)
        yield _key(f"{path}.{name}", prop, schema, inner)
        yield from _below(f"{path}.{name}", inner, schema)


def _key(path: str, prop: Mapping[str, Any], schema: Mapping[str, Any], model: Mapping[str, Any]) -> Key:
    name = path.rsplit(".", 1)[-1]
    examples = prop.get("examples") or []
    example = f"{name}: {flow(examples[0])}" if examples else None
    if example and path.startswith("workspace"):  # where `${account}` stands for itself, and nothing is escaped
        example = example.replace("$${", "${")
    default = flow(prop["default"]) if prop.get("default") is not None else None
    below = tuple(f"{path}.{n}" for n in model.get("properties", {}))
    return Key(
        path, _type(prop, schema), str(prop.get("description") or model.get("description", "")), default, example, below
    )


def _inner(prop: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of the format that a property refers to, or its items do; empty where it is a plain value."""
    for option in prop.get("anyOf", [prop]):
        option = option.get("items", option)
        if "$ref" in option:
            found: Mapping[str, Any] = schema["definitions"][option["$ref"].rsplit("/", 1)[-1]]
            return found
    return {}


def _type(prop: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    names = [_option(o, schema) for o in prop.get("anyOf", [prop])]
    return " or ".join(dict.fromkeys(n for n in names if n)) or "anything"


def _option(option: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if option.get("pattern", "").startswith(r"\$\{"):
        return ""  # a reference; they are explained once, under `vars`
    match option:
        case {"const": value}:
            return flow(value)
        case {"enum": values}:
            return "one of " + ", ".join(flow(v) for v in values)
        case {"$ref": _}:
            return "mapping"
        case {"type": "array", "items": items}:
            return f"list of {_type(items, schema)}"
        case {"type": [*kinds]}:
            return " or ".join(_TYPES.get(k, k) for k in kinds if k != "null")
        case {"type": kind} if kind != "null":
            bounds = [f"from {option['minimum']:g}"] if "minimum" in option else []
            bounds += [f"to {option['maximum']:g}"] if "maximum" in option else []
            return " ".join([_TYPES.get(kind, str(kind)), *bounds])
        case _:
            return ""
