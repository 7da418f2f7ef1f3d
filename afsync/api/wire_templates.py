"""Templates on the wire: flat in the documented dialect, snake_case rows in the deployed one (API.md, "Templates")."""

from __future__ import annotations

from typing import Any

from afsync.api.text import kept
from afsync.api.wire import Row, an_object, bad, decode, id_of, moment_of, rows_of, text_of
from afsync.core.remote import RemoteTemplate
from afsync.core.resources import Values, plain

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
"""Declared fields that a row may tell beside its `job_spec`: the API's name, and the deployed row's."""

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
    """GET /templates, by id. BadAnswer when one id comes twice."""
    what = "GET /templates"
    found: dict[str, RemoteTemplate] = {}
    for row in rows_of(value, "templates", what):
        template = parse_template(row, what)
        if found.setdefault(template.id, template) != template:
            raise bad(what, "each template once", template.id)
    return found


def parse_template(row: Row, what: str) -> RemoteTemplate:
    """One row. `echo` holds what it was made from, as far as that is told, without the name."""
    return RemoteTemplate(
        id=id_of(row, what, "id"),
        name=text_of(row, what, "name"),
        created_at=moment_of(row, what, "createdAt", "created_at"),
        echo=_echo(row, what),
    )


def _echo(row: Row, what: str) -> dict[str, Any]:
    spec = _flattened(_parsed(row.get("job_spec", row.get("jobSpec")), what))
    echo = {k: v for k, v in kept(spec or {}).items() if k not in _NOT_IN_SPEC and _told(v)}
    for name, column in _ROW_FIELDS.items():
        value = row.get(name, row.get(column))
        # The spec is what was submitted; a column may be a default of the service's.
        if name not in echo and _told(value) and (spec is None or name == "description"):
            echo[name] = kept(_listed(value) if name == "platforms" else value)
    return echo


def _flattened(spec: dict[str, Any] | None) -> dict[str, Any] | None:
    """A spec with format and platforms as fields, where it tells them in the way of the service's own code."""
    if spec is None:
        return None
    flat = {k: v for k, v in spec.items() if k not in ("templateId", "order")}
    form = next((f for f, name in _FORMS.items() if name == spec.get("templateId")), None)
    order = spec.get("order")
    publish = order.get("publish") if isinstance(order, dict) else None
    platforms = publish.get("platforms") if isinstance(publish, dict) else None
    return {**({"format": form} if form else {}), **({"platforms": platforms} if platforms else {}), **flat}


def _parsed(spec: object, what: str) -> dict[str, Any] | None:
    """`job_spec`: an object, or the JSON text of one."""
    if spec is None or spec == "":
        return None
    if isinstance(spec, str):
        try:
            spec = decode(spec.encode("utf-8", "replace"))
        except ValueError:
            raise bad(what, "JSON in `job_spec`", spec) from None
    return None if spec is None else an_object(spec, what)


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
