"""Which fields a job and a template are made of. What each may hold and means is defined in `config.keys.resources`."""

from __future__ import annotations

from typing import Literal, get_args

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
