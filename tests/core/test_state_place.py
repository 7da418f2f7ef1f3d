"""What `state:` can say, and what it cannot."""

from __future__ import annotations

import pytest

from afsync.core.state_place import BadPlace, BranchPlace, DiskPlace, ObjectPlace, state_place

GOOD = {
    ".afsync/state.json": DiskPlace(".afsync/state.json"),
    "states/a b.json": DiskPlace("states/a b.json"),
    "s3://my-states/channel.json.gz": ObjectPlace("s3", "my-states", "channel.json.gz"),
    "s3://my.states/clients/a_1/state@2.gz?region=eu-central-1": ObjectPlace(
        "s3", "my.states", "clients/a_1/state@2.gz", None, "eu-central-1"
    ),
    "az://mystorage/states/a/b.gz": ObjectPlace("az", "states", "a/b.gz", "mystorage"),
    "branch:afsync-state": BranchPlace("afsync-state"),
    "branch:states/clients?remote=upstream": BranchPlace("states/clients", "upstream"),
}
BAD = {
    "gs://bucket/key": "cannot be kept in",
    "https://example.com/state": "cannot be kept in",
    "s3://bucket": "the key is empty",
    "s3://bucket/": "the key is empty",
    "s3://Bucket/key": "is no bucket",
    "s3://b/key": "is no bucket",
    "s3://bucket/a//b": "the key is empty, or holds",
    "s3://bucket/../b": "the key is empty, or holds",
    "s3://bucket/a b": "the key is empty, or holds",
    "s3://bucket/a#b": "the key is empty, or holds",
    "s3://bucket/a.lock": "for what lies beside it",
    "s3://bucket/a.history/b": "for what lies beside it",
    "s3://bucket/" + "a" * 501: "the key is empty, or holds",
    "s3://bucket/a?region=": "is not known",
    "s3://bucket/a?region=x/../y": "is not known",
    "s3://bucket/a?endpoint=https://example.com": "is not known",
    "s3://bucket/a?": "is not known",
    "az://mystorage/states/a?region=eu": "is not known",
    "az://My-Storage/states/a": "the account is not one",
    "az://mystorage/a--b/c": "is no container",
    "az://mystorage/states": "the key is empty",
    "branch:": "not the name of a branch",
    "branch:-x": "not the name of a branch",
    "branch:a..b": "not the name of a branch",
    "branch:a/": "not the name of a branch",
    "branch:a.lock": "not the name of a branch",
    "branch:a?remote=--upload-pack=x": "is not known",
    "branch:a?remote=https://example.com": "is not known",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_place_is_read(text: str) -> None:
    assert state_place(text) == GOOD[text]


@pytest.mark.parametrize("text", BAD)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadPlace, match=BAD[text]) as bad:
        state_place(text)
    assert bad.value.hint


def test_credentials_are_refused_and_not_repeated() -> None:
    with pytest.raises(BadPlace) as bad:
        state_place("s3://AKIA123:hunter2@bucket/key")
    assert "hunter2" not in bad.value.message + bad.value.hint and "environment" in bad.value.hint
