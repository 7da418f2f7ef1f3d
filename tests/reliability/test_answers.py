"""The outcome of one POST, row by row, from the bytes on the wire to the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from afsync.core.state import Phase
from tests.reliability.lab import Lab, Project
from tests.reliability.processes import Ended
from tests.reliability.scripted import Play, Scripted, answer, drip, reset, say, scripted, submitted

JOBS = {
    "a": '{url: "https://clips.twitch.tv/a", topic: Topic A}',
    "b": '{url: "https://clips.twitch.tv/b", topic: Topic B}',
}
FORM = {"error": "no_luck", "message": "No luck today."}
PAGE = b"<html><body>nginx</body></html>"
LONGEST = "j" * 200
MIB = 1024 * 1024


class Row(Struct, frozen=True):
    """What is answered to the first submission (of two), and what comes of it.

    `posts` arrive in all; `jobs` are recorded then; `phase` is that of the intent that stays open, if one does.
    """

    name: str
    play: Play
    code: int
    posts: int
    jobs: tuple[str, ...]
    phase: Phase | None = None

    def __str__(self) -> str:
        return self.name


def committed(name: str, data: bytes) -> Row:
    return Row(name, say(data), 0, 2, ("job.a", "job.b"))


def id_unknown(name: str, data: bytes) -> Row:
    return Row(name, say(data), 3, 1, (), Phase.COMMITTED_ID_UNKNOWN)


def unknown(name: str, play: Play | bytes) -> Row:
    return Row(name, say(play) if isinstance(play, bytes) else play, 3, 1, (), Phase.UNKNOWN)


def refused(status: int, *, code: int = 1, goes_on: bool = True) -> Row:
    jobs = ("job.b",) if goes_on else ()
    return Row(f"{status} in the API's form", say(answer(status, FORM)), code, 2 if goes_on else 1, jobs)


def limited(retry_after: str) -> Row:
    play = say(answer(429, FORM, extra=f"retry-after: {retry_after}\r\n"))
    return Row(f"429 with Retry-After {retry_after!r}", play, 0, 3, ("job.a", "job.b"))


def cut(data: bytes) -> bytes:
    return data[:-10]


def status_line(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}".encode()


GOOD = submitted("job_1")
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

ROWS = (
    committed("documented", GOOD),
    committed("deployed", answer(202, {"jobId": "job_1", "status": "queued", "creditCost": 1, "createdAt": "17"})),
    committed("only an id", answer(201, {"jobId": "a.b:c-d_e"})),
    committed("the longest id", submitted(LONGEST)),
    committed(
        "something deep beside the id", answer(200, b'{"jobId":"job_1","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    ),
    committed("an id with a space", submitted("a b")),
    committed("chunked", CHUNKED + b'11\r\n{"jobId":"job_1"}\r\n0\r\n\r\n'),
    committed("100 first", b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD),
    committed(
        "a date out of this world",
        answer(200, {"jobId": "job_1"}, extra="date: Fri, 31 Dec 9999 23:59:59 -2359\r\nretry-after: \xb2\r\n"),
    ),
    committed("until the connection ends", b'HTTP/1.1 200 OK\r\n\r\n{"jobId":"job_1"}'),
    id_unknown("not JSON", answer(200, b"ok, queued")),
    id_unknown("cut off", cut(GOOD)),
    id_unknown("cut off, as if whole", answer(200, b'{"jobId":"job_')),
    id_unknown("cut off in a chunk", CHUNKED + b'11\r\n{"jobId"'),
    id_unknown("chunks that are none", CHUNKED + b'zz\r\n{"jobId":"job_1"}\r\n0\r\n\r\n'),
    id_unknown("empty", answer(200, b"")),
    id_unknown("204", b"HTTP/1.1 204 No Content\r\n\r\n"),
    id_unknown("an array", answer(200, [{"jobId": "job_1"}])),
    id_unknown("no id", answer(202, {"status": "queued"})),
    id_unknown("an id in another place", answer(200, {"job": {"jobId": "job_1"}})),
    id_unknown("not UTF-8", answer(200, b'{"jobId":"job_1","x":"\xff"}')),
    id_unknown("too large", answer(200, b'{"jobId":"job_1","x":"' + b"x" * MIB + b'"}')),
    id_unknown("nested too deeply", answer(200, b"[" * 100_000 + b"]" * 100_000)),
    id_unknown("a proxy's page", answer(200, PAGE, content_type="text/html")),
    *(
        id_unknown(f"the id {str(value)[:12]!r}", submitted(value))
        for value in (None, 17, "", " ", "a b ", "../../etc", "job_1\n", "jöb", LONGEST + "j", ["job_1"], True)
    ),
    limited("1"),
    limited("0"),
    limited("-5"),
    limited("soon"),
    limited("99999999999"),
    limited("Wed, 21 Oct 2015 07:28:00 GMT"),
    *(refused(status) for status in (400, 404, 405, 413, 415, 422)),
    refused(401, goes_on=False),
    refused(403, goes_on=False),
    refused(402, code=4, goes_on=False),
    *(unknown(f"{status} in the API's form", answer(status, FORM)) for status in (408, 409, 425)),
    *(unknown(f"{status} in the API's form", answer(status, FORM)) for status in (410, 418, 451, 500, 502, 503, 504)),
    *(
        unknown(f"{status} as a page", answer(status, PAGE, content_type="text/html"))
        for status in (400, 403, 404, 429, 500, 502, 503)
    ),
    *(
        unknown(f"{status} to elsewhere", answer(status, b"", extra="location: /v1/jobs\r\n"))
        for status in (300, 301, 302, 303, 304, 307, 308)
    ),
    unknown("a 400 that is cut off", cut(answer(400, FORM))),
    unknown("a 429 that is cut off", cut(answer(429, FORM))),
    unknown("599", status_line("599 X")),
    unknown("nothing", b""),
    unknown("half a status line", b"HTTP/1.1 20"),
    unknown("a status line and no more", b"HTTP/1.1 200 OK\r\n"),
    unknown("half of the headers", b"HTTP/1.1 200 OK\r\ncontent-type: appl"),
    unknown("not HTTP", b"SSH-2.0-OpenSSH_9.6\r\n"),
    unknown("100 and no more", b"HTTP/1.1 100 Continue\r\n\r\n"),
    unknown("endless headers", b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000 + b"\r\n{}"),
    unknown("a reset", reset),
    unknown("headers that drip", drip(GOOD, 0.05)),
)


def project_at(service: Scripted, lab: Lab) -> Project:
    project = lab.project()
    project.jobs = JOBS
    text = (project.root / "afsync.yaml").read_text(encoding="utf-8").partition("templates:")[0]
    text += "jobs:\n" + "".join(f"  {name}: {job}\n" for name, job in JOBS.items())
    (project.root / "afsync.yaml").write_text(text, encoding="utf-8")
    project.environment["AURAFLUX_BASE_URL"] = service.url
    return project


def apply(project: Project) -> Ended:
    return project.run("apply", "--auto-approve")


def check_wire(service: Scripted) -> None:
    """Each submission on a connection of its own, in HTTP/1.1, that is used for nothing else."""
    posts = service.requests("POST")
    for post in posts:
        assert post.version == "HTTP/1.1"
        assert post.headers["connection"] == "close"
        assert [s for s in service.seen if s.connection == post.connection] == [post]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_an_answer(row: Row, laboratory: Lab) -> None:
    with scripted(row.play) as service:
        project = project_at(service, laboratory)
        ended = apply(project)
        recorded = project.recorded
        assert ended.code == row.code, ended
        assert len(service.requests("POST")) == row.posts
        assert tuple(recorded.resources) == row.jobs
        assert [i.phase for i in recorded.intents] == ([row.phase] if row.phase else [])
        check_wire(service)
        if row.phase is None:
            return
        assert "afsync resolve" in ended.out
        again = apply(project)
        assert again.code == 3, "it is looked for, and not sent again"
        assert len(service.requests("POST")) == 2, "the other one is"
        assert [i.address for i in project.recorded.intents] == ["job.a"]


def test_an_answer_that_drips_is_given_up(laboratory: Lab) -> None:
    """The headers are there, the body never ends: it was made, and nobody knows as what."""
    head, _, body = GOOD.partition(b"\r\n\r\n")

    def play(wire: Any) -> None:
        wire.sendall(head + b"\r\n\r\n")
        drip(body, 0.05)(wire)

    with scripted(play) as service:
        project = project_at(service, laboratory)
        assert apply(project).code == 3
        assert [i.phase for i in project.recorded.intents] == [Phase.COMMITTED_ID_UNKNOWN]
        assert len(service.requests("POST")) == 1


def test_an_id_that_the_state_holds_already(laboratory: Lab) -> None:
    with scripted(say(submitted("job_1")), say(submitted("job_1"))) as service:
        project = project_at(service, laboratory)
        assert apply(project).code == 3
        assert [r.id for r in project.recorded.resources.values()] == ["job_1"]
        assert [i.phase for i in project.recorded.intents] == [Phase.COMMITTED_ID_UNKNOWN]


def test_429_is_not_tried_for_ever(laboratory: Lab) -> None:
    with scripted(*[say(answer(429, FORM, extra="retry-after: 1\r\n"))] * 5) as service:
        project = project_at(service, laboratory)
        assert apply(project).code == 1
        assert len(service.requests("POST")) == 6
        assert list(project.recorded.resources) == ["job.b"]
        assert not project.recorded.intents
        check_wire(service)


def test_429_and_then_a_lost_answer(laboratory: Lab) -> None:
    with scripted(say(answer(429, FORM)), say(answer(429, FORM)), say(b"")) as service:
        project = project_at(service, laboratory)
        assert apply(project).code == 3
        assert len(service.requests("POST")) == 3
        assert [(i.seq, i.phase) for i in project.recorded.intents] == [(1, Phase.UNKNOWN)]


def test_nobody_listens_any_more(laboratory: Lab) -> None:
    """The connection is refused, so nothing was sent: the intents are closed, and the next run begins anew."""
    with scripted(deaf_after=3) as service:
        project = project_at(service, laboratory)
        ended = apply(project)
        assert ended.code == 1, ended
        assert not service.requests("POST")
        assert not project.recorded.intents
        assert project.recorded.counter == 2
    with scripted() as service:
        project.environment["AURAFLUX_BASE_URL"] = service.url
        assert apply(project).code == 7, "another service, another state"


def test_a_redirect_is_not_followed(laboratory: Lab, tmp_path: Path) -> None:
    with scripted() as elsewhere:
        there = f"location: {elsewhere.url}/jobs\r\n"
        with scripted(say(answer(307, b"", extra=there))) as service:
            assert apply(project_at(service, laboratory)).code == 3
        assert not elsewhere.seen
