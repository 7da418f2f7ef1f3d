"""Templates on the wire: flat in the documented dialect, snake_case rows in the deployed one."""

from __future__ import annotations

from typing import Any

from afsync.api.wire import (
    Row,
    bad,
    decode,
    first,
    list_of,
    made_up_id,
    moment,
    optional_text,
    quoted,
    usable_id,
    valid_unicode_in,
)
from afsync.core.fingerprints import plain
from afsync.core.remote_account import RemoteTemplate
from afsync.core.resources import Values

_ROW_FIELDS = {
    "description": "description",
    "contentType": "content_type",
    "productionProfile": "production_profile",
    "entry": "entry",
    "topic": "topic",
    "tone": "tone",
    "format": "format",
    "durationMins": "duration_mins",
    "platforms": "platforms",
    "publishMode": "publish_mode",
    "staging": "staging",
    "addOns": "add_ons",
}
"""Declared fields that a row may report beside its `job_spec`: the API's name, and the deployed row's."""

_UNREADABLE: dict[str, Any] = {}

_NOT_IN_SPEC = ("name", "description")

_FORMS = {"short": "short-form", "long": "long-form"}
"""How the service's own code writes a template's `format`: as the `templateId` of its spec."""


def template_body(values: Values) -> dict[str, Any]:
    """The body of POST /templates for every dialect: the flat fields, and the same again as `jobSpec`, where format and
    platforms also stand as the service's own code writes them."""
    flat: dict[str, Any] = plain(values)
    spec = {k: v for k, v in flat.items() if k not in _NOT_IN_SPEC}
    if spec.get("format") in _FORMS:
        spec["templateId"] = _FORMS[spec["format"]]
    if spec.get("platforms"):
        spec["order"] = {"publish": {"platforms": spec["platforms"]}}
    return {**flat, "jobSpec": spec}


def parse_templates(value: object) -> dict[str, RemoteTemplate]:
    """GET /templates, by id. BadAnswer when one id comes twice with different content."""
    what = "GET /templates"
    found: dict[str, RemoteTemplate] = {}
    for row in list_of(value, "templates", what):
        template = parse_template(row)
        if found.setdefault(template.id, template) != template:
            raise bad(what, "each template once", template.id)
    return found


def parse_template(row: object) -> RemoteTemplate:
    """One row. `echo` holds what it was made from, as far as that is reported, without the name."""
    if not isinstance(row, dict) or not usable_id(row.get("id")):
        return RemoteTemplate(made_up_id(row), "", unreadable=f"a row of an unknown form: {quoted(row, 120)}")
    name, spec = optional_text(row, "name"), _spec_of(row)
    created = first(row, "createdAt", "created_at")
    odd = {
        "name": (name is None, row.get("name")),
        "createdAt": (created is not None and moment(created) is None, created),
        "job_spec": (spec is _UNREADABLE, row.get("job_spec", row.get("jobSpec"))),
    }
    told = [f"`{field}` is {quoted(value)}" for field, (wrong, value) in odd.items() if wrong]
    return RemoteTemplate(
        id=row["id"],
        name=name or "",
        created_at=moment(created),
        echo=_echo(row, spec),
        unreadable=", ".join(told) or None,
    )


def _spec_of(row: Row) -> dict[str, Any] | None:
    """`job_spec`: an object, or its JSON text. None where it is not reported, `_UNREADABLE` for anything else."""
    spec = row.get("job_spec", row.get("jobSpec"))
    if isinstance(spec, str) and spec:
        try:
            spec = decode(spec.encode("utf-8", "replace"))
        except ValueError:
            return _UNREADABLE
    if spec is None or spec == "":
        return None
    return spec if isinstance(spec, dict) else _UNREADABLE


def _echo(row: Row, spec: dict[str, Any] | None) -> dict[str, Any]:
    spec = _flattened(spec)
    echo = {k: v for k, v in valid_unicode_in(spec or {}).items() if k not in _NOT_IN_SPEC and _told(v)}
    for name, column in _ROW_FIELDS.items():
        value = row.get(name, row.get(column))
        # The spec is what was submitted; a column may be a default of the service's.
        if name not in echo and _told(value) and (spec is None or name == "description"):
            echo[name] = valid_unicode_in(_listed(value) if name == "platforms" else value)
    return echo


def _flattened(spec: dict[str, Any] | None) -> dict[str, Any] | None:
    """A spec with format and platforms as fields, where it reports them in the way of the service's own code."""
    if spec is None:
        return None
    flat = {k: v for k, v in spec.items() if k not in ("templateId", "order")}
    form = next((f for f, name in _FORMS.items() if name == spec.get("templateId")), None)
    order = spec.get("order")
    publish = order.get("publish") if isinstance(order, dict) else None
    platforms = publish.get("platforms") if isinstance(publish, dict) else None
    return {**({"format": form} if form else {}), **({"platforms": platforms} if platforms else {}), **flat}


def _listed(value: object) -> object:
    """A list in a column may be JSON text too."""
    if isinstance(value, str) and value.startswith("["):
        try:
            return decode(value.encode("utf-8", "replace"))
        except ValueError:
            return value
    return value


def _told(value: object) -> bool:
    return value is not None and value not in ("", [], {})
