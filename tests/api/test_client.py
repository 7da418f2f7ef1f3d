"""Real sockets: what is sent, on which connection, to whom; and that nothing the other side does can hold us."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from afsync.api.client import proxy_for, tls_context
from afsync.api.exchange import Exchange, NoResponse, Reply, Request, run
from afsync.api.reader import ApiReader
from afsync.api.session import ExchangeBounds
from afsync.api.writer import ApiWriter
from afsync.core.answers import Committed, CommittedIdUnknown, NotSent, Rejected, Unknown
from afsync.errors import ApiError, BadAnswer, Unreachable, UsageError

from .support import KEY, Connection, a_line, http, serving

LIMIT = 0.4
BOUNDS = ExchangeBounds(read_seconds=LIMIT, submit_seconds=LIMIT, submit_bytes=1000, read_bytes=5000)
CREATED = {"jobId": "job_1", "status": "queued", "creditCost": 1}
CLOSING = {"Connection": "close"}
JOB = {"jobId": "job_1", "status": "queued", "createdAt": "2026-05-26T09:00:00Z"}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def settled() -> None:
    """Wait for the threads of abandoned exchanges to notice that their connection is gone."""
    for thread in threading.enumerate():
        if thread.name == "afsync-exchange":
            thread.join(5)
            assert not thread.is_alive()


# --- submissions ---

Act = Callable[[Connection, bytes], bool | None]


def drip_head(to: Connection, _: bytes) -> None:
    to.drip(http(200, CREATED))


def drip_body(to: Connection, _: bytes) -> None:
    whole = http(200, CREATED)
    split = whole.index(b"\r\n\r\n") + 4
    to.send(whole[:split])
    to.drip(whole[split:] + b" " * 100)


def drip_refusal(to: Connection, _: bytes) -> None:
    to.send(b"HTTP/1.1 400 X\r\nContent-Length: 1000\r\n\r\n")
    to.drip(b'{"error":"bad"}')


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda to, _: to.send(http(202, CREATED)), Committed),
        (lambda to, _: to.send(http(402, {"error": "insufficient_credits"})), Rejected),
        (lambda to, _: None, Unknown),
        (lambda to, _: to.reset(), Unknown),
        (lambda to, _: to.stall(), Unknown),
        (lambda to, _: to.send(b"HTTP/1.1 200"), Unknown),
        (lambda to, _: to.send(b"SSH-2.0-OpenSSH_9.6\r\n"), Unknown),
        (lambda to, _: to.send(http(302, b"", {"Location": "https://evil.example/"})), Unknown),
        (lambda to, _: to.send(http(502, b"<html>")), Unknown),
        (lambda to, _: to.send(http(200, b"")), CommittedIdUnknown),
        (lambda to, _: to.send(http(200, b'{"jobId":"job_1"', length=100)), CommittedIdUnknown),
        (lambda to, _: (to.send(http(200, b"{", length=100)), to.reset())[0], CommittedIdUnknown),
        (lambda to, _: to.send(http(200, b" " * 1001)), CommittedIdUnknown),
        (lambda to, _: to.send(b"HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\n\r\nnope"), CommittedIdUnknown),
        (drip_head, Unknown),
        (drip_body, CommittedIdUnknown),
        (drip_refusal, Unknown),
    ],
    ids=[
        "answer",
        "refusal",
        "close",
        "reset",
        "stall",
        "half a status line",
        "not HTTP",
        "redirect",
        "proxy's HTML",
        "empty",
        "cut off",
        "cut off by a reset",
        "too large",
        "not what its header says",
        "drips the head",
        "drips the body",
        "drips a refusal",
    ],
)
def test_a_submission_against_a_server_that(act: Act, expected: type) -> None:
    with serving(act) as server:
        began = time.monotonic()
        answer = ApiWriter(a_line(server.url, bounds=BOUNDS)).submit_job({"url": "u"})
        assert time.monotonic() - began < LIMIT + 2
        assert isinstance(answer, expected)
        settled()
    assert len(server.requests) == 1, "a submission leaves once, whatever happens"


def test_a_submission_that_finds_nobody() -> None:
    answer = ApiWriter(a_line(f"http://127.0.0.1:{closed_port()}/v1", bounds=BOUNDS)).submit_job({})
    assert isinstance(answer, NotSent)
    assert "refused" in answer.why


def test_a_tls_handshake_that_fails_has_sent_nothing() -> None:
    with serving(lambda to, _: to.send(http(200, CREATED)), patience=0.2) as server:
        answer = ApiWriter(a_line(server.url.replace("http:", "https:"), bounds=BOUNDS)).submit_job({})
        assert isinstance(answer, NotSent)
    assert KEY.encode() not in b"".join(server.requests)


def test_a_handshake_that_never_ends_has_sent_nothing_and_never_will() -> None:
    """The limit comes while connecting; should the handshake go on later, the request must not follow it."""
    with serving(lambda to, _: to.stall(), patience=LIMIT + 0.2) as server:
        answer = ApiWriter(a_line(server.url.replace("http:", "https:"), bounds=BOUNDS)).submit_job({})
        assert isinstance(answer, NotSent)
    settled()


def test_each_submission_has_a_fresh_connection_and_reads_share_one() -> None:
    def act(to: Connection, request: bytes) -> bool:
        to.send(http(200, CREATED if request.startswith(b"POST") else JOB))
        return True

    with serving(act) as server:
        line = a_line(server.url, bounds=BOUNDS)
        reader, writer = ApiReader(line), ApiWriter(line)
        reader.job("job_1")
        for _ in range(3):
            reader.job("job_1")
        assert len(server.connections) == 1
        for n in range(3):
            assert isinstance(writer.submit_job({}), Committed)
            assert len(server.connections) == 2 + n
        reader.job("job_1")
        assert len(server.connections) == 4
    posts = [r for r in server.requests if r.startswith(b"POST")]
    assert all(b"connection: close" in r.lower() for r in posts)
    assert all(r.startswith(b"POST /v1/jobs HTTP/1.1\r\n") for r in posts)


def test_an_abandoned_submission_is_unknown_at_once() -> None:
    with serving(lambda to, _: to.stall()) as server:
        line = a_line(server.url, bounds=ExchangeBounds(submit_seconds=30))
        began = time.monotonic()
        answer = ApiWriter(line, abandoned=lambda: bool(server.requests)).submit_job({})
        assert isinstance(answer, Unknown)
        assert time.monotonic() - began < 5
        settled()


class Slow:
    """A carrier that gets its connection when the test lets it, and wants to send then."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.became = ""

    def carry(self, request: Request, exchange: Exchange) -> None:
        self.go_on.wait(5)
        self.became = "barred"
        exchange.sending()
        self.became = "sent"

    def close(self) -> None: ...


def test_a_request_that_is_given_up_while_connecting_never_leaves() -> None:
    """The other thread may still get its connection later; it must find the way barred."""
    slow = Slow()
    assert run(slow, Request("POST", "x"), seconds=0.1, max_bytes=1) == NoResponse(False, "no answer within 0.1 s")
    slow.go_on.set()
    settled()
    assert slow.became == "barred"


def test_a_request_whose_waiting_is_interrupted_while_connecting_never_leaves() -> None:
    def interrupt() -> bool:
        raise KeyboardInterrupt

    slow = Slow()
    with pytest.raises(KeyboardInterrupt):
        run(slow, Request("POST", "x"), seconds=5, max_bytes=1, abandoned=interrupt)
    slow.go_on.set()
    settled()
    assert slow.became == "barred"


# --- what a request carries ---


def test_a_request_carries_the_key_and_nothing_from_the_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("machine 127.0.0.1 login mallory password hunter2\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    def act(to: Connection, _: bytes) -> bool:
        to.send(http(200, JOB, {"Set-Cookie": "session=1; Path=/"}))
        return True

    with serving(act) as server:
        line = a_line(
            server.url, {"HTTP_PROXY": "http://127.0.0.1:1", "all_proxy": "http://127.0.0.1:1"}, bounds=BOUNDS
        )
        ApiReader(line).job("job_1")
        ApiReader(line).job("job_1")
    for request in server.requests:
        head = request.lower()
        assert f"authorization: bearer {KEY}\r\n".encode() in head
        assert b"user-agent: afsync/test\r\n" in head
        assert b"cookie" not in head
        assert head.count(b"authorization") == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with serving(lambda to, _: to.send(http(200, JOB))) as other:

        def act(to: Connection, _: bytes) -> None:
            to.send(http(status, b"", {"Location": other.url + "/jobs/job_1"}))

        with serving(act) as server, pytest.raises(BadAnswer, match="follows no redirects") as caught:
            ApiReader(a_line(server.url, bounds=BOUNDS)).job("job_1")
    assert other.requests == []
    assert len(server.requests) == 1
    assert "127.0.0.1" in caught.value.message


def test_a_service_that_repeats_the_key_does_not_get_it_shown() -> None:
    with serving(lambda to, request: to.send(http(400, {"error": "bad", "message": request.decode()}))) as server:
        line = a_line(server.url, bounds=BOUNDS)
        with pytest.raises(ApiError) as caught:
            ApiReader(line).job("job_1")
        answer = ApiWriter(line).submit_job({})
    assert isinstance(answer, Rejected)
    assert "[API key]" in answer.detail
    assert KEY not in f"{caught.value!r} {caught.value.__dict__} {answer!r} {line.__dict__}"


def test_the_key_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(lambda to, _: to.send(http(200, JOB, CLOSING))) as server:
        line = a_line(server.url, bounds=BOUNDS)
        ApiReader(line).job("job_1")
        ApiWriter(line).submit_job({})
    assert "send_request_headers" in caplog.text
    assert KEY not in caplog.text


# --- reads ---


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda to, _: None, Unreachable),
        (lambda to, _: to.reset(), Unreachable),
        (lambda to, _: to.stall(), Unreachable),
        (drip_head, Unreachable),
        (drip_body, BadAnswer),
        (lambda to, _: to.send(http(200, b"<html>Log in</html>", CLOSING)), BadAnswer),
        (lambda to, _: to.send(http(200, b'{"jobs":[', CLOSING)), BadAnswer),
        (lambda to, _: to.send(http(200, b'{"jobId":"job_1"', CLOSING, length=100)), BadAnswer),
        (lambda to, _: to.send(http(200, b" " * 5001, CLOSING)), BadAnswer),
        (lambda to, _: to.send(http(503, b"<html>", CLOSING)), Unreachable),
        (lambda to, _: to.send(http(403, b"<html>Blocked by policy</html>", CLOSING)), BadAnswer),
    ],
    ids=[
        "close",
        "reset",
        "stall",
        "drips the head",
        "drips the body",
        "log-in page",
        "half of it",
        "cut off",
        "too large",
        "503",
        "proxy's 403",
    ],
)
def test_a_read_is_tried_four_times_against_a_server_that(act: Act, error: type[ApiError]) -> None:
    with serving(act) as server:
        line = a_line(server.url, bounds=ExchangeBounds(read_seconds=0.1, read_bytes=5000))
        with pytest.raises(error) as caught:
            ApiReader(line).job("job_1")
        assert KEY not in caught.value.message
        assert line.requests == 4
        settled()


def test_a_read_that_finds_nobody_says_so() -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:\d+ could not be reached \(GET /account\): no connection"):
        ApiReader(a_line(f"http://127.0.0.1:{closed_port()}/v1", bounds=BOUNDS)).account()


def test_a_kept_connection_that_went_stale_does_not_show() -> None:
    with serving(lambda to, _: to.send(http(200, JOB))) as server:
        line = a_line(server.url, bounds=BOUNDS)
        for _ in range(3):
            assert ApiReader(line).job("job_1") is not None
    assert len(server.connections) >= 3


# --- proxies and certificates ---


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("https://api.auraflux.co/v1", {"HTTPS_PROXY": "http://p:3128"}, "http://p:3128"),
        ("https://api.auraflux.co/v1", {"https_proxy": "p:3128"}, "http://p:3128"),
        ("https://api.auraflux.co/v1", {"ALL_PROXY": "http://p:3128"}, "http://p:3128"),
        ("https://api.auraflux.co/v1", {"HTTPS_PROXY": "http://p:1", "https_proxy": ""}, None),
        ("https://api.auraflux.co/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://api.auraflux.co/v1", {"https_proxy": "http://p:1", "no_proxy": "auraflux.co"}, None),
        ("https://api.auraflux.co/v1", {"https_proxy": "http://p:1", "NO_PROXY": "*"}, None),
        ("https://api.auraflux.co/v1", {"https_proxy": "http://p:1", "no_proxy": "example.com"}, "http://p:1"),
        ("https://api.auraflux.co/v1", {"https_proxy": "http://p:1", "no_proxy": "api.auraflux.co:443"}, None),
        ("https://api.auraflux.co/v1", {"https_proxy": "http://p:1", "no_proxy": "api.auraflux.co:80"}, "http://p:1"),
        ("https://localhost:8443/v1", {"https_proxy": "http://p:1"}, None),
        ("https://127.0.0.1/v1", {"https_proxy": "http://p:1"}, None),
        ("http://localhost/v1", {"HTTP_PROXY": "http://p:1", "all_proxy": "http://p:1"}, None),
        ("https://api.auraflux.co/v1", {}, None),
    ],
)
def test_which_proxy(url: str, environ: dict[str, str], proxy: str | None) -> None:
    assert proxy_for(url, environ) == proxy


STRANGE_PROXIES = [
    "http://bob:s3cret@a..b:9",
    "http://bob:s3cret@.example:9",
    f"http://bob:s3cret@{'a' * 64}.example:9",
    *("http://bob:s3cr3t-p/ss@127.0.0.1:9", "http://bob:123/s3cr3t@127.0.0.1:9", "bob:s3cr3t-p/ss@127.0.0.1:9"),
    *(
        "[::1",
        "http://[::1",
        "http://[bob:s3cr3t@::1]:9",
        "http://bob:s3cr3t@[::1",
        "http://bob:s3cr3t@127.0.0.1:99999",
    ),
    *("http://bob:s3cr3t@127.0.0.1:-1", "http://bob:s3cr3t@127.0.0.1:port", "http://bob:s3cr3t@127.0.0.1:0"),
    *("http://bob:s3cr3t?x@127.0.0.1:9", "http://bob:s3cr3t#x@127.0.0.1:9", "http://bob:s3 cr3t@127.0 .0.1:9"),
    *("bob:s3cr3t://x@127.0.0.1:9", "ftp://bob:s3cr3t@127.0.0.1:9", "http://", "http://bob:s3cr3t@", "://", "http:/x"),
    *("http://bob:s3cr3t@pr\u00f6xy:9", "http://bob:s3cr3t@a\tb:9", "http://bob:s3cr3t\udcff@127.0.0.1:9"),
    *("http://bob:s3cr3t@\u2100:9", "http://bob:s3cr3t%ff@127.0.0.1:9"),
]


@pytest.mark.parametrize("written", STRANGE_PROXIES)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
def test_what_is_no_proxy_is_said_without_any_part_of_it(name: str, written: str) -> None:
    with pytest.raises(UsageError) as caught:
        proxy_for("https://api.auraflux.co/v1", {name: written})
    said = f"{caught.value.message} {caught.value.hint}"
    assert caught.value.message == f"{name.upper()} is not the URL of a proxy."
    assert not any(part in said for part in ("s3cr3t", "bob", "ss@", "127.0.0.1"))
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("no_proxy", [",,", "*.", "[::1", "api.auraflux.co:x", "(((", "*.*", "::::", " , . "])
def test_an_odd_no_proxy_is_read_without_an_error(no_proxy: str) -> None:
    environ = {"https_proxy": "http://p:1", "no_proxy": no_proxy}
    assert proxy_for("https://api.auraflux.co/v1", environ) in (None, "http://p:1")


def test_a_password_with_special_characters_reaches_the_proxy_as_it_is_meant() -> None:
    assert proxy_for("https://x.example", {"https_proxy": "http://b:p@s:s%2F@p:1/"}) == "http://b:p%40s%3As%2F@p:1"


def test_a_proxy_of_another_kind_is_an_error_that_does_not_show_its_password() -> None:
    with pytest.raises(UsageError, match="socks5 proxy") as caught:
        proxy_for("https://api.auraflux.co/v1", {"https_proxy": "socks5://user:hunter2@p:1"})
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    "act",
    [
        lambda to, _: to.send(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
        lambda to, _: to.send(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
        lambda to, _: to.reset(),
        lambda to, _: None,
        lambda to, _: to.send(b"SSH-2.0\r\n"),
        lambda to, _: to.stall(),
        lambda to, _: to.send(b"HTTP/1.1 200 OK\r\n\r\nthis is no TLS at all"),
    ],
    ids=["407", "502", "reset", "close", "not HTTP", "stall", "no TLS behind it"],
)
def test_a_proxy_that_fails_has_not_passed_anything_on(act: Act) -> None:
    with serving(act) as proxy:
        environ = {"https_proxy": f"http://user:hunter2@127.0.0.1:{proxy.port}"}
        answer = ApiWriter(a_line("https://api.auraflux.invalid/v1", environ, bounds=BOUNDS)).submit_job({})
        assert isinstance(answer, NotSent)
        assert "hunter2" not in answer.why
        settled()
    assert [r.split(b"\r\n")[0] for r in proxy.requests] == [b"CONNECT api.auraflux.invalid:443 HTTP/1.1"]
    assert KEY.encode() not in proxy.requests[0]


@pytest.mark.parametrize("name", ["missing", "empty", "."])
def test_certificates_that_are_none_are_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    with pytest.raises(UsageError, match="cannot be used"):
        tls_context({"SSL_CERT_FILE": str(tmp_path / name)})


def test_certificates_that_cannot_be_read_are_named() -> None:
    with pytest.raises(UsageError, match="The certificates in /nonexistent"):
        tls_context({"SSL_CERT_FILE": "/nonexistent/ca.pem"})


def test_certificates_are_checked() -> None:
    context = tls_context({})
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"


# --- one exchange ---


def test_what_is_known_when_the_waiting_ends_is_what_counts() -> None:
    release = threading.Event()

    class Stuck:
        def carry(self, request: Request, exchange: Exchange) -> None:
            exchange.sending()
            exchange.answered(200, {})
            exchange.received(b"abc")
            release.wait(5)

        def close(self) -> None: ...

    assert run(Stuck(), Request("GET", "x"), seconds=0.1, max_bytes=10) == Reply(200, {}, b"abc", complete=False)
    release.set()
    settled()
