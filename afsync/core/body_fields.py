"""Which fields a job and a template are made of, and what a job of each entry needs. What each may hold and means is
defined in `config.keys.resources`."""

from __future__ import annotations

from typing import Literal, get_args

from afsync.core.resources import Values

BodyField = Literal[
    "name",
    "description",
    "template",
    "fromTemplateId",
    "entry",
    "url",
    "urls",
    "file",
    "fileId",
    "topic",
    "tone",
    "prompt",
    "format",
    "durationMins",
    "contentType",
    "productionProfile",
    "platforms",
    "publishMode",
    "schedule",
    "staging",
    "streamer",
    "clipSpec",
    "effects",
    "addOns",
]

BODY_ORDER: tuple[str, ...] = get_args(BodyField)
"""The fields that describe a resource, in the order in which they are shown, whatever the order in the files."""

OF_JOBS = frozenset({"template", "fromTemplateId", "entry", "url", "urls", "file", "fileId", "schedule"})
"""Those that only a job has."""

OF_TEMPLATES = frozenset({"name", "description"})
"""Those that only a template has."""

TEMPLATE_FIELDS = tuple(field for field in BODY_ORDER if field not in OF_JOBS)

ECHOED = ("addOns", "contentType", "entry", "format", "platforms", "productionProfile", "tone", "topic")
"""The submitted fields that some dialect echoes (docs/service.md#reading-jobs)."""


SOURCES = {"fetch": ("url", "urls"), "upload": ("file", "fileId")}
"""What a job of each entry is made from; the other entries need no source."""


def sourceless(values: Values) -> bool:
    """Whether a body lacks what such a job is made from: it was taken over, or its `entry` alone is ignored."""
    needs = SOURCES.get(values.get("entry", "fetch"), ())
    return bool(needs) and not any(values.get(field) for field in needs)
