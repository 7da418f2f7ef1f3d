"""Every fault over a real socket: what the client sees, and what was done."""

from __future__ import annotations

import json
import socket
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest

from afsync.emulator import ControlError, Running
from afsync.emulator.faults.spec import combinations
from tests.emulator.conftest import FETCH, KEY, Serve, client_for, submitted

BODY = json.dumps(FETCH).encode()
DONE = ("committed", "status", "half", "sent")
RESET = b"<reset>"


@pytest.fixture
def emulator(serve: Serve) -> Running:
    return serve(dialect="documented")


def connected(emulator: Running, seconds: float = 5) -> socket.socket:
    url = urlsplit(emulator.origin)
    return socket.create_connection((url.hostname, url.port), timeout=seconds)


def request(method: str = "POST", path: str = "/jobs", body: bytes = BODY, *more: str) -> bytes:
    lines = [f"{method} /v1{path} HTTP/1.1", "Host: x", f"Authorization: Bearer {KEY}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *more, "", ""]).encode() + body


def exchange(emulator: Running, seconds: float = 5) -> bytes:
    """Everything that comes back for a POST /jobs until the connection ends, and how it ends."""
    with connected(emulator, seconds) as sock:
        sock.sendall(request())
        return drain(sock)


def until_complete(sock: socket.socket) -> bytes:
    """An answer that is a JSON object, or as much of it as comes."""
    seen = b""
    while not seen.endswith(b"}") and (chunk := sock.recv(65536)):
        seen += chunk
    return seen


def drain(sock: socket.socket) -> bytes:
    seen = b""
    try:
        while chunk := sock.recv(65536):
            seen += chunk
    except ConnectionResetError:
        seen += RESET
    except TimeoutError:
        seen += b"<nothing>"
    return seen


@pytest.mark.parametrize("action", ["close", "reset"])
@pytest.mark.parametrize("point", ["connected", "headers", "received", *DONE])
def test_breaking_off(emulator: Running, point: str, action: str) -> None:
    emulator.control.fault(f"POST /jobs: {point}-then-{action}")
    seen = exchange(emulator)
    assert seen.endswith(RESET) is (action == "reset")
    seen = seen.removesuffix(RESET)
    body = seen.partition(b"\r\n\r\n")[2]
    assert len(emulator.control.jobs()) == (point in DONE)
    if point in ("connected", "headers", "received", "committed"):
        assert seen == b""
    elif point == "status":
        assert seen == b"HTTP/1.1 200 OK\r\n"
    elif point == "half":
        assert b"content-length: " in seen
        assert body.startswith(b'{"jobId":')
        assert not body.endswith(b"}")
    else:
        assert json.loads(body)["status"] == "queued"
    status = 200 if point in ("status", "half", "sent") else None
    assert emulator.control.requests()[0]["status"] == status
    assert emulator.control.requests()[0]["faults"] == [f"POST /jobs: {point}-then-{action}"]


@pytest.mark.parametrize("point", ["connected", "headers", "received", *DONE])
def test_a_short_stall_then_it_goes_on(emulator: Running, point: str) -> None:
    emulator.control.fault(f"POST /jobs: {point}-then-stall(0.05)")
    with connected(emulator) as sock:
        began = time.monotonic()
        sock.sendall(request())
        seen = until_complete(sock)
        if point == "sent":  # the stall is felt by whoever comes next on this connection
            sock.sendall(request("GET", "/account", b""))
            until_complete(sock)
    assert time.monotonic() - began >= 0.045
    assert seen.startswith(b"HTTP/1.1 200 OK")
    assert len(emulator.control.jobs()) == 1


@pytest.mark.parametrize("point", ["headers", "received", "committed", "status", "half"])
def test_a_stall_until_the_client_gives_up(emulator: Running, point: str) -> None:
    emulator.control.fault(f"POST /jobs: {point}-then-stall")
    seen = exchange(emulator, 0.1)
    assert seen.endswith(b"<nothing>")
    assert len(emulator.control.jobs()) == (point in DONE)


@pytest.mark.parametrize("point", ["connected", "headers", "received", "committed", "status", "half", "sent"])
@pytest.mark.parametrize("drop", [False, True])
def test_holding(emulator: Running, point: str, drop: bool) -> None:
    emulator.control.fault(f"POST /jobs: {point}-then-hold")
    with connected(emulator) as sock:
        sock.sendall(request())
        hold = emulator.control.held()[0]
        assert (hold["point"], hold["request"]) == (point, "POST /v1/jobs")
        assert len(emulator.control.jobs()) == (point in DONE)
        assert emulator.control.release(hold["id"], drop=drop) == 1
        seen = until_complete(sock)
    assert seen.endswith(b"}") is (not drop or point == "sent")
    assert len(emulator.control.jobs()) == (point in DONE or not drop)


@pytest.mark.parametrize("point", ["received", "committed"])
def test_a_held_request_goes_on_without_its_client(emulator: Running, point: str) -> None:
    emulator.control.fault(f"POST /jobs: {point}-then-hold")
    with connected(emulator) as sock:
        sock.sendall(request())
        emulator.control.held()
    emulator.control.release()
    for _ in range(500):
        if emulator.control.jobs():
            break
        time.sleep(0.002)
    assert len(emulator.control.jobs()) == 1


@pytest.mark.parametrize("point", ["headers", "received", "committed"])
@pytest.mark.parametrize(
    ("action", "status", "content"),
    [
        ("status", 500, b'{"error": "internal_server_error", "message": "Rehearsed: Internal Server Error"}'),
        ("status(409)", 409, b'{"error": "conflict", "message": "Rehearsed: Conflict"}'),
        ("proxy", 502, b"<html>"),
        ("proxy(403)", 403, b"<html>"),
        ("redirect", 307, b""),
        ("redirect(302)", 302, b""),
        ("rate-limit(7)", 429, b'"retryAfterMs": 7000}'),
        ("rate-limit(soon)", 429, b'"rate_limit_exceeded"'),
        ("not-json", 200, b"ok, queued"),
    ],
)
def test_answers_in_its_place(
    emulator: Running, api: httpx.Client, point: str, action: str, status: int, content: bytes
) -> None:
    emulator.control.fault(f"POST /jobs: {point}-then-{action}")
    answer = api.post("/jobs", json=FETCH)
    assert answer.status_code == status
    assert content in answer.content
    assert len(emulator.control.jobs()) == (point == "committed")
    if status in (302, 307):
        assert answer.headers["location"].startswith(emulator.media)
    if status == 429:
        assert f"rate-limit({answer.headers['retry-after']})" == action
    assert api.post("/jobs", json=FETCH).status_code == 200, "once, and on the same connection"


def test_spoilt_answers(emulator: Running, api: httpx.Client) -> None:
    def spoil(action: str) -> httpx.Response:
        emulator.control.fault(f"POST /jobs: committed-then-{action}")
        answer = api.post("/jobs", json=FETCH)
        assert answer.status_code == 200
        return answer

    with pytest.raises(ValueError, match=r"."):
        spoil("cut-json").json()
    with pytest.raises(httpx.RemoteProtocolError):
        spoil("cut-length")
    assert "jobId" not in spoil("no-job-id").json()
    assert [spoil(f"bad-job-id{value}").json()["jobId"] for value in ("", "()", "(null)", "(17)", "(a b)")] == [
        "../../etc",
        "",
        None,
        17,
        "a b",
    ]
    assert len(emulator.control.jobs()) == 8


def test_a_late_commit(emulator: Running) -> None:
    emulator.control.fault("POST /jobs: received-then-late(30)")
    assert exchange(emulator) == b""
    assert emulator.control.jobs() == []
    assert -1 not in [entry["amount"] for entry in emulator.control.ledger()]
    emulator.control.advance_clock(29)
    assert emulator.control.jobs() == []
    emulator.control.advance_clock(2)
    assert [job["fields"] for job in emulator.control.jobs()] == [FETCH]
    assert emulator.control.ledger()[-1]["amount"] == -1


def test_a_late_commit_behind_a_gateway_that_gave_up(emulator: Running, api: httpx.Client) -> None:
    emulator.control.fault("POST /jobs: received-then-late(30)")
    emulator.control.fault("POST /jobs: received-then-proxy(504)")
    assert api.post("/jobs", json=FETCH).status_code == 504
    assert emulator.control.jobs() == []
    emulator.control.advance_clock(31)
    assert len(emulator.control.jobs()) == 1


@pytest.mark.parametrize(
    ("headers", "content"),
    [({}, b"{"), ({}, b"[]"), ({}, b'{"topic": 3}'), ({"Authorization": "Bearer x"}, BODY)],
)
@pytest.mark.parametrize("action", ["late(1)", "charge"])
def test_a_bad_submission_stays_one(
    emulator: Running, api: httpx.Client, action: str, headers: dict[str, str], content: bytes
) -> None:
    emulator.control.fault(f"POST /jobs: received-then-{action}")
    emulator.control.fault("POST /jobs: received-then-status(504)")
    assert api.post("/jobs", content=content, headers=headers).status_code in (500, 504, 401)
    emulator.control.advance_clock(2)
    assert api.get("/jobs").json()["jobs"] == []


def test_credits_taken_and_no_job(emulator: Running, api: httpx.Client) -> None:
    emulator.control.fault("POST /jobs: received-then-charge")
    answer = api.post("/jobs", json={**FETCH, "format": "long"})
    assert (answer.status_code, answer.json()["error"]) == (500, "job_creation_failed")
    assert emulator.control.jobs() == []
    last = emulator.control.ledger()[-1]
    assert (last["amount"], last["reason"], last["job_id"]) == (-2, "job_creation_failed", None)


@pytest.mark.parametrize(("point", "jobs"), [("received", 0), ("committed", 1)])
def test_a_service_that_goes_away_for_a_while(emulator: Running, point: str, jobs: int) -> None:
    emulator.control.fault(f"POST /jobs: {point}-then-refuse(0.2)")
    assert exchange(emulator) == RESET
    with pytest.raises(ConnectionRefusedError):
        connected(emulator)
    for _ in range(200):
        try:
            connected(emulator).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.01)
    assert len(emulator.control.jobs()) == jobs


@pytest.mark.parametrize("action", ["close", "reset"])
def test_a_connection_broken_before_a_byte_is_read(serve: Serve, action: str) -> None:
    emulator = serve(faults=[f"connection#2: connected-then-{action}"])
    with connected(emulator) as first:
        try:
            with connected(emulator) as second:
                ended = drain(second)
        except ConnectionResetError:  # it may come before connect() has returned
            ended = RESET
        assert ended == (RESET if action == "reset" else b"")
        with connected(emulator) as third:
            for sock in (first, third):
                sock.sendall(request())
                assert until_complete(sock).startswith(b"HTTP/1.1 200 OK")
    assert [entry["connection"] for entry in emulator.control.requests()] == [1, 3]


def test_a_connection_that_is_not_read(serve: Serve) -> None:
    emulator = serve(
        faults=["connection#1: connected-then-stall", "connection#2: connected-then-stall(0.05)",
                "connection#3: connected-then-hold"]
    )  # fmt: skip
    with connected(emulator, 0.1) as never, connected(emulator) as later, connected(emulator) as held:
        for sock in (never, later, held):
            sock.sendall(request())
        assert until_complete(later).startswith(b"HTTP/1.1 200 OK")
        assert drain(never) == b"<nothing>"
        assert len(emulator.control.jobs()) == 1
        assert emulator.control.held()[0]["request"] == "connection 3"
        emulator.control.release()
        assert until_complete(held).startswith(b"HTTP/1.1 200 OK")


def test_counting(emulator: Running, api: httpx.Client) -> None:
    emulator.control.fault("POST /jobs#2-3: received-then-status(503)")
    emulator.control.fault("GET /jobs/*#*: received-then-proxy(504)")
    assert [api.post("/jobs", json=FETCH).status_code for _ in range(4)] == [200, 503, 503, 200]
    assert [api.get(f"/jobs/{n}/result").status_code for n in range(3)] == [504] * 3
    assert [(fault["seen"], fault["fired"]) for fault in emulator.control.faults()] == [(4, 2), (3, 3)]
    emulator.control.clear_faults()
    assert emulator.control.faults() == []


def test_several_faults_on_one_request(emulator: Running) -> None:
    emulator.control.fault("POST /jobs: committed-then-no-job-id")
    emulator.control.fault("POST /jobs: half-then-close")
    assert b'{"status":' in exchange(emulator).replace(b'{"status": ', b'{"status":')


def test_the_media_host_has_bad_days_too(emulator: Running) -> None:
    job = emulator.control.seed(key=KEY)[0]
    emulator.control.fault("GET /media/*: half-then-close")
    url = f"{emulator.media}/media/{job}/video.mp4"
    with httpx.Client(verify=False, trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(url)
        assert client.get(url).status_code == 200


def test_one_by_hand(emulator: Running) -> None:
    with pytest.raises(ControlError, match="no point 'x'"):
        emulator.control.fault("POST /jobs: x-then-close")
    one = emulator.control.fault("POST /jobs: committed-then-close")
    assert emulator.control.call("DELETE", "/faults", id=one) == {"count": 1}
    assert emulator.control.call("DELETE", "/faults", id=one) == {"count": 0}


def test_a_rehearsal_beside_a_fault(emulator: Running) -> None:
    emulator.control.fault("POST /jobs: status-then-close")
    emulator.control.rehearse("POST /jobs", {"call": "seed", "key": KEY})
    exchange(emulator)
    assert [job["origin"] for job in emulator.control.jobs()] == ["seeded", "submitted"]


def test_submissions_at_once_are_limited(serve: Serve) -> None:
    emulator = serve(dialect="deployed", concurrent=None)
    emulator.control.fault("POST /jobs#1-3: received-then-hold")
    with connected(emulator) as one, connected(emulator) as two, connected(emulator) as three:
        for count, sock in enumerate((one, two, three), 1):
            sock.sendall(request())
            while len(emulator.control.held()) < count:
                time.sleep(0.001)
        refused = exchange(emulator, 0.2)
        emulator.control.release()
        assert b"429 Too Many Requests" in refused
        assert all(until_complete(sock).startswith(b"HTTP/1.1 202") for sock in (one, two, three))
    with client_for(emulator) as api:
        submitted(api)


def test_every_combination_leaves_the_emulator_well(serve: Serve) -> None:
    """All points and actions, one after the other, and the service answers as if nothing had been."""
    emulator = serve(dialect="deployed")
    for point, action in combinations():
        argument = {"stall": "(0)", "refuse": "(0)"}.get(action, "")
        emulator.control.fault(f"POST /jobs: {point}-then-{action}{argument}")
        release = threading.Thread(target=lambda: emulator.control.held(5) and emulator.control.release())
        if action == "hold":
            release.start()
        exchange_once_there(emulator)
        if action == "hold":
            release.join()
    assert all(fault["fired"] == 1 for fault in emulator.control.faults())
    with client_for(emulator) as api:
        submitted(api)


def exchange_once_there(emulator: Running) -> None:
    """One submission, also right after the service has gone away."""
    for _ in range(1000):
        try:
            with connected(emulator) as sock:
                sock.sendall(request("POST", "/jobs", BODY, "Connection: close"))
                drain(sock)
            return
        except ConnectionRefusedError:
            time.sleep(0.001)
        except (ConnectionResetError, BrokenPipeError):
            return
