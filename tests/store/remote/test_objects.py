"""The engine for object stores on bad days, over a real store: what each answer means, and that no write goes out twice
unseen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.store.engines import KEY, have

if not have("obstore", "moto"):
    pytest.skip("obstore and moto are not installed here", allow_module_level=True)

from afsync.core.state_place import ObjectPlace
from afsync.store.remote import objects
from afsync.store.remote.backend import Backend, Conflict, Overtaken, Unavailable, Unclear, put_once
from afsync.store.remote.objects import said
from tests.store.engines import CREDENTIALS, s3_backend, s3_bucket, s3_server
from tests.store.proxy import Proxy, honest, spoiling


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(
        objects, "READS_AGAIN", {"max_retries": 1, "backoff": {"init_backoff": timedelta(milliseconds=1)}}
    )
    with s3_server() as url, spoiling(url) as proxy:
        yield proxy


@pytest.fixture
def backend(proxy: Proxy) -> Iterator[Backend]:
    with s3_bucket(proxy.target) as bucket:
        backend = s3_backend(proxy.url, bucket)
        backend.put(KEY, b"first", None)
        proxy.requests.clear()
        yield backend


def spoil(proxy: Proxy, fate: str, method: str = "PUT", times: int = 1) -> None:
    left = [fate] * times

    def spoil(_number: int, asked: str, _path: str) -> str | None:
        return left.pop() if asked == method and left else None

    proxy.spoil = spoil


UNCLEAR = ["500", "503", "429", "409", "408", "cut", "cut after", "302"]


@pytest.mark.parametrize("fate", UNCLEAR)
def test_a_write_that_is_not_answered_goes_out_once(proxy: Proxy, backend: Backend, fate: str) -> None:
    there = backend.get(KEY)
    assert there is not None
    proxy.requests.clear()
    spoil(proxy, fate)
    with pytest.raises(Unclear):
        backend.put(KEY, b"second", there.version)
    assert [r.partition(" ")[0] for r in proxy.requests] == ["PUT"]
    proxy.spoil = honest
    found = backend.get(KEY)
    assert found is not None and found.data == (b"second" if fate == "cut after" else b"first")


@pytest.mark.parametrize("fate", UNCLEAR)
def test_reading_again_tells_what_became_of_it(proxy: Proxy, backend: Backend, fate: str) -> None:
    there = backend.get(KEY)
    assert there is not None
    proxy.passed.clear()
    spoil(proxy, fate)
    put_once(backend, KEY, b"second", there.version)
    found = backend.get(KEY)
    assert found is not None and found.data == b"second"
    assert len([p for p in proxy.passed if p.startswith("PUT")]) == 1
    with pytest.raises(Overtaken):
        put_once(backend, KEY, b"third", there.version)


def test_a_refusal_is_one(proxy: Proxy, backend: Backend) -> None:
    for method, act in (("PUT", lambda: backend.put(KEY, b"x", "v")), ("GET", lambda: backend.get(KEY))):
        for fate in ("403", "401"):
            spoil(proxy, fate, method)
            with pytest.raises(Unavailable, match="refuses this key") as refused:
                act()
            assert "AWS_ACCESS_KEY_ID" in (refused.value.hint or "")


def test_a_precondition_that_fails_is_a_conflict(proxy: Proxy, backend: Backend) -> None:
    spoil(proxy, "412")
    with pytest.raises(Conflict):
        backend.put(KEY, b"x", "v")
    with pytest.raises(Conflict):
        backend.put(KEY, b"x", None)
    with pytest.raises(Conflict):
        backend.put(f"{KEY}.other", b"x", '"etag"')


@pytest.mark.parametrize("fate", ["404", "200", "torn"])
def test_an_answer_that_no_store_gives_is_not_an_absent_state(proxy: Proxy, backend: Backend, fate: str) -> None:
    """A wrong endpoint must not look like a new project."""
    spoil(proxy, fate, "GET", times=5)
    with pytest.raises(Unavailable):
        backend.get(KEY)


def test_a_versioned_bucket_is_one_like_others(proxy: Proxy) -> None:
    """There, what is deleted leaves a mark behind, and an older version can be brought back."""
    import httpx

    with s3_bucket(proxy.target) as bucket:
        versioned = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        httpx.put(f"{proxy.target}/{bucket}?versioning", content=versioned, timeout=60, verify=False).raise_for_status()
        backend = s3_backend(proxy.url, bucket)
        first = backend.put(KEY, b"first", None)
        second = backend.put(KEY, b"second", first)
        for stale in (None, first):
            with pytest.raises(Conflict):
                backend.put(KEY, b"third", stale)
        backend.delete(KEY, second)
        assert backend.get(KEY) is None and backend.list("states/") == ()
        with pytest.raises(Conflict):
            backend.put(KEY, b"third", second)
        backend.put(KEY, b"again", None)
        with pytest.raises(Conflict):
            backend.delete(KEY, second)


def test_reads_are_asked_again(proxy: Proxy, backend: Backend) -> None:
    spoil(proxy, "503", "GET")
    found = backend.get(KEY)
    assert found is not None and found.data == b"first" and len(proxy.requests) == 2


def test_a_slow_store_is_unclear_and_not_waited_for_without_end(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "TIMEOUTS", {"connect_timeout": "1s", "timeout": "200ms"})
    import threading

    answered = threading.Event()

    def slow(_number: int, method: str, _path: str) -> str | None:
        if method == "PUT":
            answered.wait(20)
        return None

    with s3_bucket(proxy.target) as bucket:
        backend = s3_backend(proxy.url, bucket)
        proxy.spoil = slow
        with pytest.raises(Unclear):
            backend.put(KEY, b"x", None)
        answered.set()


@pytest.mark.parametrize("place", [ObjectPlace("s3", "bucket", KEY), ObjectPlace("az", "states", KEY, "account")])
def test_a_panic_is_an_error_like_others(monkeypatch: pytest.MonkeyPatch, place: ObjectPlace) -> None:
    """obstore checks an endpoint when it signs a request, by a panic, which is no Exception."""
    for name, value in (*CREDENTIALS.items(), ("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0")):
        monkeypatch.setenv(name, value)

    class PanicException(BaseException):
        pass

    def panic(*_: object, **__: object) -> None:
        raise PanicException("request valid: InvalidUri")

    backend = objects.Objects(place, "NAME", "http://127.0.0.1:9")
    for name in ("get", "put", "list", "delete", "head"):
        monkeypatch.setattr(f"obstore.{name}", panic)
    for act in (lambda: backend.put(KEY, b"x", None), lambda: backend.delete(KEY, None)):
        with pytest.raises(Unclear, match="obstore has failed"):
            act()
    for ask in (lambda: backend.get(KEY), lambda: backend.list(""), backend.now):
        with pytest.raises(Unavailable, match="obstore has failed"):
            ask()


def test_what_is_said_holds_no_url() -> None:
    signed = Exception("Error performing PUT https://a.example/c?sig=SECRET in 3ms - HTTP error: https://b/?sig=SECRET")
    assert said(signed) == "HTTP error: …"
    answer = "Object at location a not found: Error performing GET http://h/a in 1s - Server returned non-2xx status "
    answer += "code: 404 Not Found: <?xml?><Error><Code>NoSuchBucket</Code><Message>There is none.</Message></Error>"
    assert said(Exception(answer)) == "Server returned non-2xx status code: 404 Not Found: NoSuchBucket, There is none"
