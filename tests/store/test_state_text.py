"""The text of a state: what it looks like, and that it comes back as it was."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.schema import state_schema
from afsync.store.state_text import encode, encode_bytes
from tests.builders import LINEAGE, a_job, a_recorded_job, a_template, an_intent
from tests.locked import worded_by
from tests.store.support import decode, everything

ROOT = Path(__file__).parents[2]


def test_a_state_as_it_is_written() -> None:
    recorded = Recorded(
        LINEAGE,
        serial=3,
        resources={"job.best": a_recorded_job()},
        foreign=("job_5", "job_6"),
    )
    assert encode(recorded, "0.1.0") == (
        """{
  "account": null,
  "afsync": "0.1.0",
  "applied_plans": [],
  "checksum": "CHECKSUM",
  "counter": 0,
  "decisions": [],
  "deposed": [],
  "folded": null,
  "foreign": [
    "job_5",
    "job_6"
  ],
  "format": 1,
  "intents": [],
  "lineage": "0190f1c2-0000-7000-8000-000000000001",
  "resources": {
    "job.best": {
      "approved": false,
      "created_at": "2026-11-20T10:00:00Z",
      "credits": 1,
      "declared": {"tone": "hype", "topic": "Best CS2 plays this week", "url": "https://clips.twitch.tv/one"},
      "fingerprint": "FINGERPRINT",
      "id": "job_1",
      "kind": "job",
      "prevent_destroy": false,
      "rerun": null,
      "schedule": null,
      "staged": false,
      "status": "queued"
    }
  },
  "serial": 3,
  "uploads": {}
}
"""
    ).replace("FINGERPRINT", a_recorded_job().fingerprint).replace("CHECKSUM", _checksum(recorded))


def _checksum(recorded: Recorded) -> str:
    data, checksum, _ = encode_bytes(recorded, "0.1.0")
    assert hashlib.sha256(data.replace(checksum.encode(), b"")).hexdigest() == checksum
    return checksum


def test_everything_comes_back() -> None:
    assert decode(encode(everything(), "0.1.0")) == everything()


def test_keys_are_sorted_everywhere() -> None:
    def check(value: Any) -> None:
        if isinstance(value, dict):
            assert list(value) == sorted(value)
            for inner in value.values():
                check(inner)
        elif isinstance(value, list):
            for inner in value:
                check(inner)

    check(json.loads(encode(everything(), "0.1.0")))


def test_order_of_insertion_does_not_matter() -> None:
    recorded = everything()
    shuffled = replace(
        recorded,
        resources=dict(reversed(list(recorded.resources.items()))),
        uploads=dict(reversed(list(recorded.uploads.items()))),
    )
    assert encode(shuffled, "0.1.0") == encode(recorded, "0.1.0")


def test_a_change_shows_as_the_lines_that_name_it() -> None:
    before = everything()
    after = replace(before, resources={**before.resources, "job.best": replace(before.jobs["job.best"], status="done")})
    old, new = (encode(r, "0.1.0").splitlines() for r in (before, after))
    changed = [b for a, b in zip(old, new, strict=True) if a != b and "checksum" not in b]
    assert changed == ['      "status": "done"']


def test_half_a_surrogate_pair_is_kept() -> None:
    recorded = replace(everything(), resources={"job.best": a_recorded_job(a_job(topic="\ud83d"))})
    assert decode(encode(recorded, "0.1.0")) == recorded


def test_line_endings_changed_by_git_do_no_harm() -> None:
    assert decode(encode(everything(), "0.1.0").replace("\n", "\r\n")) == everything()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1, 2}], ids=repr)
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    recorded = replace(everything(), resources={"job.best": a_recorded_job(a_job(), schedule=None)})
    job = replace(recorded.jobs["job.best"], declared={"addOns": value})
    with pytest.raises(StateError, match="cannot be stored in a state"):
        encode(recorded.with_resource("job.best", job), "0.1.0")


@worded_by("msgspec")
def test_the_schema_is_up_to_date() -> None:
    kept = json.loads((ROOT / "schemas/state.schema.json").read_text())
    assert kept == state_schema(), "run `python -m afsync.store.schema > schemas/state.schema.json`"


@pytest.mark.parametrize(
    "recorded",
    [
        Recorded(LINEAGE),
        everything(),
        replace(everything(), intents=(an_intent(a_template()), an_intent(a_job(), seq=2))),
    ],
)
def test_states_fit_the_schema(recorded: Recorded) -> None:
    validator = Draft202012Validator(state_schema())
    validator.check_schema(state_schema())
    validator.validate(json.loads(encode(recorded, "0.1.0", folded="ab" * 32)))


def test_the_schema_is_strict() -> None:
    document = json.loads(encode(everything(), "0.1.0"))
    document["resources"]["job.best"]["colour"] = "blue"
    assert not Draft202012Validator(state_schema()).is_valid(document)
