"""The JSON Schema of a state file, for programs that read it. What afsync itself accepts is decided in `document`."""

from __future__ import annotations

import json
import sys
from typing import Any

from afsync.core.recorded import Phase
from afsync.core.resources import ADDRESS
from afsync.store.document import FORMAT, SHA256, UUID
from afsync.store.records import JOBS_ONLY

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
NULL: Schema = {"type": "null"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER_OR_NULL: Schema = {"type": ["integer", "null"]}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
VALUES: Schema = {"type": "object"}
ANCHORED_ADDRESS = f"^{ADDRESS.pattern.replace('?P<kind>', '').replace('?P<key>', '').replace('?P<instance>', '')}$"


def state_schema() -> Schema:
    """JSON Schema 2020-12 of the whole document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The state of an afsync project",
        "description": "Written by afsync and by nothing else; see `afsync state`.",
        **_object(
            format={"const": FORMAT},
            afsync={**TEXT, "description": "The version of afsync that wrote it."},
            lineage={"type": "string", "pattern": f"^{UUID.pattern}$"},
            serial={**COUNT, "description": "Grows with every write."},
            counter={**COUNT, "description": "The number of the last submission that was begun."},
            account={"anyOf": [NULL, {"$ref": "#/$defs/account"}]},
            resources=_map(ANCHORED_ADDRESS, {"oneOf": [_ref("template"), _ref("job")]}),
            uploads=_map(f"^{SHA256.pattern}$", _object(file_id=TEXT, size={**COUNT, "description": "Bytes."})),
            deposed=_array(_object(id=TEXT, address=_ref("address"))),
            intents=_array(_ref("intent")),
            foreign={**TEXTS, "description": "Ids that a person said are not ours."},
            decisions={**_array(VALUES), "description": "Who decided what about which submission, oldest first."},
            applied_plans={**TEXTS, "description": "Ids of saved plans; each is applied once."},
            folded={
                "anyOf": [NULL, {"type": "string", "pattern": f"^{SHA256.pattern}$"}],
                "description": "The sha256 of the journal that was taken in by this write.",
            },
            checksum={
                "type": "string",
                "pattern": f"^{SHA256.pattern}$",
                "description": "The sha256 of the file with these 64 digits left out.",
            },
        ),
        "$defs": _definitions(),
    }


def _definitions() -> dict[str, Schema]:
    instant = {"type": "string", "format": "date-time", "pattern": "Z$", "description": "UTC."}
    instant_or_null = {**instant, "type": ["string", "null"]}
    common = {
        "id": TEXT,
        "fingerprint": TEXT,
        "declared": {**VALUES, "description": "What it was made from: the API's fields, plus `template` and `file`."},
        "prevent_destroy": FLAG,
        "created_at": {**instant_or_null, "description": "The service's own time, UTC."},
    }
    return {
        "address": {"type": "string", "pattern": ANCHORED_ADDRESS},
        "account": _object(id=TEXT, base_url=TEXT),
        "schedule": {"anyOf": [NULL, _object(written={"type": "string"}, utc=instant, zone=TEXT_OR_NULL)]},
        "template": _object(kind={"const": "template"}, **common, **dict.fromkeys(JOBS_ONLY, NULL)),
        "job": _object(
            kind={"const": "job"},
            **common,
            schedule=_ref("schedule"),
            status={**TEXT, "description": "What the service last said."},
            credits={**NUMBER_OR_NULL, "description": "What it took; null where that was never told."},
            rerun=TEXT_OR_NULL,
            staged=FLAG,
            approved=FLAG,
        ),
        "intent": _intent(instant, instant_or_null),
        "scan": _object(at=instant, candidates=TEXTS, new=TEXTS, balance=NUMBER_OR_NULL),
    }


def _intent(instant: Schema, instant_or_null: Schema) -> Schema:
    return _object(
        seq=COUNT,
        uuid=TEXT,
        address=_ref("address"),
        kind={"enum": ["template", "job"]},
        fingerprint=TEXT,
        declared=VALUES,
        echo={**VALUES, "description": "The fields that the service is known to echo."},
        at=instant,
        known={**TEXTS, "description": "The ids at the head of the job list, newest first."},
        server_time=instant_or_null,
        balance=NUMBER_OR_NULL,
        cost=COUNT,
        schedule=_ref("schedule"),
        rerun=TEXT_OR_NULL,
        prevent_destroy=FLAG,
        staged=FLAG,
        phase={"enum": [phase.value for phase in Phase]},
        outcome=TEXT_OR_NULL,
        scans=_array(_ref("scan")),
        foreign=TEXTS,
        spent_since=COUNT,
    )


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(properties),
        "properties": dict(sorted(properties.items())),
    }


def _map(pattern: str, value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "patternProperties": {pattern: value}}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def main() -> None:
    """Print it: `python -m afsync.store.schema > schemas/state.schema.json`."""
    sys.stdout.write(json.dumps(state_schema(), indent=2) + "\n")


if __name__ == "__main__":
    main()
