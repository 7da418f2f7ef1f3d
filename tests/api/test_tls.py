"""https: certificates, proxies, and a limit that holds inside TLS too."""

from __future__ import annotations

import socket
import threading

import pytest

from afsync.api.reader import ApiReader
from afsync.api.writer import ApiWriter
from afsync.core.answers import Committed, NotSent, Unknown
from afsync.errors import Unreachable

from .support import CERTIFICATE, KEY, Connection, a_line, http, serving

CREATED = {"jobId": "job_1", "status": "queued", "creditCost": 1}
JOB = {"jobId": "job_1", "status": "queued", "createdAt": "2026-05-26T09:00:00Z"}
TRUST = {"SSL_CERT_FILE": CERTIFICATE}


def answer(to: Connection, request: bytes) -> bool:
    to.send(http(200, CREATED if request.startswith(b"POST") else JOB))
    return True


def test_a_certificate_that_is_trusted() -> None:
    with serving(answer, tls=True) as server:
        line = a_line(f"https://localhost:{server.port}/v1", TRUST)
        assert ApiReader(line).job("job_1") is not None
        assert isinstance(ApiWriter(line).submit_job({}), Committed)
        assert isinstance(ApiWriter(line).submit_job({}), Committed)
        line.close()
    assert len(server.connections) == 3


def test_a_certificate_that_is_not_trusted_gets_nothing() -> None:
    with serving(answer, tls=True) as server:
        line = a_line(f"https://localhost:{server.port}/v1")
        assert isinstance(ApiWriter(line).submit_job({}), NotSent)
        with pytest.raises(Unreachable, match="certificate verify failed") as caught:
            ApiReader(line).account()
        assert "SSL_CERT_FILE" in (caught.value.hint or "")
    assert server.requests == []


def test_a_server_that_drips_inside_tls_does_not_hold_us() -> None:
    with serving(lambda to, _: to.drip(http(200, CREATED)), tls=True) as server:
        line = a_line(f"https://localhost:{server.port}/v1", TRUST)
        assert isinstance(ApiWriter(line).submit_job({}), Unknown)
        for thread in threading.enumerate():
            if thread.name == "afsync-exchange":
                thread.join(5)
                assert not thread.is_alive()
    assert len(server.requests) == 1


def test_through_a_proxy_the_key_is_seen_by_the_service_alone() -> None:
    passed: list[bytes] = []

    def proxy(to: Connection, request: bytes) -> None:
        assert request.startswith(b"CONNECT api.test:443 ")
        with socket.create_connection(("127.0.0.1", server.port)) as there:
            to.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(there, to.wire))
            back.start()
            pump(to.wire, there)
            back.join(5)

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                passed.append(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    with serving(answer, tls=True) as server, serving(proxy) as through:
        environ = {**TRUST, "https_proxy": f"http://user:hunter2@127.0.0.1:{through.port}", "no_proxy": "example.com"}
        line = a_line("https://api.test/v1", environ)
        assert isinstance(ApiWriter(line).submit_job({}), Committed)
        assert ApiReader(line).job("job_1") is not None
        line.close()
    assert all(f"Authorization: Bearer {KEY}".encode() in request for request in server.requests)
    assert KEY.encode() not in b"".join([*passed, *through.requests])
    assert b"Proxy-Authorization: Basic " in through.requests[0]
    assert b"hunter2" not in b"".join(server.requests)
