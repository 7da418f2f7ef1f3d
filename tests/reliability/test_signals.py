"""Signals in every phase of an apply: the first ends it in order, the second at once, and nothing is lost."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from signal import SIGHUP, SIGINT, SIGTERM, Signals

import pytest

from afsync.core.state import Phase
from tests import forked
from tests.reliability.lab import VARIANTS, Lab, Project, wait_for
from tests.reliability.processes import PATIENCE, SLOWLY, Ended, Process
from tests.reliability.worker import Orders
from tests.scale import EVERYTHING

Recorder = Callable[[str, object], None]
CODES = {SIGINT: 130, SIGTERM: 143, SIGHUP: 143}
PROMPTLY = 20.0
"""Seconds that leaving may take on a busy machine; all the waits that it must cut short are longer."""
AGAIN = "the next apply does what is missing; this is not paid for again"
SIGNALS = pytest.mark.parametrize("number", CODES, ids=lambda n: n.name)


def signal_and(name: str, *values: str) -> pytest.MarkDecorator:
    """Each signal with each of three values; in CI each of both once."""
    pairs = list(product(CODES, values) if EVERYTHING else zip(CODES, values, strict=True))
    return pytest.mark.parametrize(("number", name), pairs, ids=lambda value: getattr(value, "name", value))


@contextmanager
def promptly() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < PROMPTLY


@contextmanager
def running(project: Project, *args: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a Python of its own."""
    with project.sandbox.start(*args) as process:
        try:
            yield process
        finally:
            process.kill()


def end_of(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=PATIENCE)
    return Ended(process.returncode, out, err)


def held(project: Project, fault: str, *, orders: Orders = SLOWLY, args: tuple[str, ...] = ()) -> Process:
    """An apply that is held there."""
    project.lab.control.fault(f"{fault}-then-hold")
    process = project.start("apply", "--auto-approve", *args, orders=orders)
    project.lab.until_held(process.alive)
    return process


def check_settles(project: Project) -> None:
    """Let the service come to its end with what was left there, and go on."""
    project.lab.control.release()
    project.lab.control.clear_faults()
    project.lab.settle()
    ended = project.until_rest()
    assert ended.code == 0, ended
    assert not project.violations


@SIGNALS
def test_while_planning(number: Signals, laboratory: Lab) -> None:
    project = laboratory.project()
    before = project.recorded
    laboratory.control.fault("GET /jobs#1: received-then-hold")
    with running(project, "apply", "--auto-approve") as process:
        laboratory.until_held(lambda: process.poll() is None)
        with promptly():
            process.send_signal(number)
            ended = end_of(process)
    assert ended.code == CODES[number], ended
    assert "Interrupted." in ended.err
    assert project.recorded == before
    assert not laboratory.control.requests(method="POST")
    check_settles(project)


@SIGNALS
def test_while_waiting_for_the_lock(number: Signals, laboratory: Lab) -> None:
    project = laboratory.project()
    first = held(project, "POST /jobs#1: received")
    with running(project, "apply", "--auto-approve", "--lock-timeout", "600") as process:
        # It opens the file of the lock before it waits.
        wait_for(lambda: _has_open(process.pid, project.root / ".afsync/lock"), "the second run waits")
        with promptly():
            process.send_signal(number)
            ended = end_of(process)
    assert ended.code == CODES[number], ended
    laboratory.control.release()
    assert first.wait().code == 0
    check_settles(project)


def _has_open(pid: int, path: os.PathLike[str]) -> bool:
    folder = f"/proc/{pid}/fd"
    try:
        return any(os.path.realpath(f"{folder}/{fd}") == os.path.realpath(path) for fd in os.listdir(folder))
    except OSError:
        return False


@SIGNALS
def test_at_the_prompt(number: Signals, laboratory: Lab) -> None:
    project = laboratory.project()
    ours, theirs = pty.openpty()
    command = project.sandbox.command("apply")
    with forked.popen(
        command, env=project.sandbox.environ(), stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as process:
        os.close(theirs)
        screen = ""
        while "Enter a value:" not in screen:
            screen += os.read(ours, 4096).decode()
        with promptly():
            process.send_signal(number)
            process.wait(PATIENCE)
        assert process.returncode == CODES[number], screen
    os.close(ours)
    assert not laboratory.control.requests(method="POST")
    assert not project.recorded.resources
    check_settles(project)


@signal_and("point", "received", "committed", "half")
def test_while_a_submission_is_in_flight(number: Signals, point: str, laboratory: Lab) -> None:
    """It finishes and is recorded; nothing else is sent, and what was left out is listed."""
    project = laboratory.project()
    process = held(project, f"POST /jobs#2: {point}")
    process.deliver(number)
    wait_for(lambda: "Interrupted: finishing what is in flight (job.b), then saving." in process.err, "it says so")
    laboratory.control.release()
    ended = process.wait()
    assert ended.code == CODES[number], ended
    assert "job.a: submitted" in ended.out
    assert "job.c: not attempted: interrupted" in ended.out
    made = project.recorded.resources["job.b"].id
    assert f"job.b: unfinished: it was created as {made}, then interrupted (1 credit)\n  {AGAIN}\n" in ended.out
    assert ended.out.endswith(
        "Spent: 2 credits.\n"
        "Apply incomplete. Resources: 2 added, 0 changed, 0 destroyed; 1 unfinished, 1 not attempted.\n"
    ), "it lacks its publish time"
    assert {*project.recorded.resources} == {"template.weekly", "job.a", "job.b"}
    assert not project.recorded.intents
    assert [r["method"] for r in laboratory.control.requests()][-1] == "POST"
    check_settles(project)


@SIGNALS
def test_while_the_last_request_is_in_flight(number: Signals, laboratory: Lab) -> None:
    project = laboratory.project()
    process = held(project, "POST /jobs#3: received")
    process.deliver(number)
    laboratory.control.release()
    ended = process.wait()
    assert ended.code == CODES[number], ended
    assert len(project.recorded.resources) == 4
    check_settles(project)


@pytest.mark.parametrize("target", ["POST /templates#1", "PATCH /jobs/*/schedule#1"])
def test_while_a_free_call_is_in_flight(target: str, laboratory: Lab) -> None:
    project = laboratory.project()
    process = held(project, f"{target}: received")
    sent = len(laboratory.control.requests())
    process.deliver(SIGTERM)
    laboratory.control.release()
    ended = process.wait()
    assert ended.code == 143, ended
    assert "not attempted: interrupted" in ended.out or "then interrupted" in ended.out
    assert len(laboratory.control.requests()) == sent
    check_settles(project)


@signal_and("point", "received", "committed", "half")
def test_the_second_gives_the_submission_up(number: Signals, point: str, laboratory: Lab) -> None:
    """The service hangs, and from now on for reads too: afsync records what it does not know, and leaves."""
    project = laboratory.project(VARIANTS[1])
    process = held(project, f"POST /jobs#2: {point}")
    laboratory.control.fault("GET /*#*: connected-then-stall")
    process.deliver(number)
    with promptly():
        process.deliver(SIGTERM if number is SIGINT else SIGINT)
        ended = process.wait()
    assert ended.code == CODES[number], ended
    phase = Phase.COMMITTED_ID_UNKNOWN if point == "half" else Phase.UNKNOWN
    assert [(i.address, i.phase) for i in project.recorded.intents] == [("job.b", phase)]
    assert "afsync resolve" in ended.out + ended.err, ended
    check_settles(project)


def test_the_same_one_twice(laboratory: Lab) -> None:
    project = laboratory.project(VARIANTS[1])
    process = held(project, "POST /jobs#2: committed")
    process.deliver(SIGINT)
    process.deliver(SIGINT)
    assert process.wait().code == 130
    assert [i.address for i in project.recorded.intents] == ["job.b"]
    check_settles(project)


@SIGNALS
def test_while_waiting_for_the_rate_limit(number: Signals, laboratory: Lab) -> None:
    """The window is full for a minute. Nothing of the next request was sent, so nothing is in doubt."""
    window = 7
    project = laboratory.project(rpm=window)
    as_json = ["--json"] if number is SIGHUP else []
    process = project.start("apply", "--auto-approve", *as_json, orders=SLOWLY)
    wait_for(lambda: len(laboratory.control.requests()) == window, "the window is full")
    waits = re.compile(r"Waiting \d+ (?:s|min) for the rate limit \(7 requests a minute\)\.\n")
    if not as_json:
        wait_for(lambda: waits.search(process.err) is not None, "it says so")
    with promptly():
        process.deliver(number)
        ended = process.wait()
    assert ended.code == CODES[number], ended
    assert len(waits.findall(ended.err)) == (0 if as_json else 1), ended.err
    assert not project.recorded.intents
    assert len(laboratory.control.requests()) == window
    laboratory.control.options(rpm=1_000_000)
    check_settles(project)


@signal_and("target", "POST /jobs#2", "GET /jobs#1", "PATCH /jobs/*/schedule#1")
def test_while_waiting_as_long_as_the_service_asks_to(number: Signals, target: str, laboratory: Lab) -> None:
    project = laboratory.project()
    laboratory.control.fault(f"{target}: received-then-rate-limit(100)")
    process = project.start("apply", "--auto-approve", orders=SLOWLY)
    wait_for(lambda: any(r["status"] == 429 for r in laboratory.control.requests()), "it is told to wait")
    with promptly():
        process.deliver(number)
        ended = process.wait()
    assert ended.code == CODES[number], ended
    assert not project.recorded.intents
    assert "failed" not in ended.out, "nothing went wrong"
    waited = {"POST": "job.b: not attempted: interrupted\n", "PATCH": ", then interrupted (1 credit)\n", "GET": ""}
    assert waited[target.split()[0]] in ended.out
    check_settles(project)


def test_nohup(laboratory: Lab) -> None:
    project = laboratory.project()
    laboratory.control.fault("POST /jobs#2: received-then-hold")
    command = ["nohup", *project.sandbox.command("apply", "--auto-approve")]
    with forked.popen(
        command, env=project.sandbox.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        laboratory.until_held(lambda: process.poll() is None)
        process.send_signal(SIGHUP)
        laboratory.control.release()
        ended = end_of(process)
    assert ended.code == 0, ended
    check_settles(project)


def test_through_a_wrapper_that_uses_exec(laboratory: Lab) -> None:
    """As docs/reliability.md advises: the runner's signal reaches afsync, which is the same process."""
    project = laboratory.project()
    laboratory.control.fault("POST /jobs#2: received-then-hold")
    script = f"set -e\ncd {project.root}\nexec {sys.executable} -m afsync apply --auto-approve\n"
    with forked.popen(
        ["sh", "-c", script], env=project.sandbox.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        laboratory.until_held(lambda: process.poll() is None)
        process.send_signal(SIGTERM)
        laboratory.control.release()
        ended = end_of(process)
    assert ended.code == 143, ended
    check_settles(project)


STEP = 1 if EVERYTHING else 12
BETWEEN = (("SIGINT",), ("SIGTERM",), ("SIGINT", "SIGTERM"))


@pytest.mark.parametrize("signals", BETWEEN, ids="+".join)
def test_in_the_middle_of_writing(signals: tuple[str, ...], laboratory: Lab, record_property: Recorder) -> None:
    """It arrives at any system call with which the state is written: nothing is raised there, nothing is lost."""
    codes: Counter[int] = Counter()
    violations: list[str] = []
    expected = CODES[Signals[signals[0]]]
    untouched = 0
    for call in range(1 + BETWEEN.index(signals) * 4 % STEP, 1000, STEP):
        project = laboratory.project(VARIANTS[call % 4])
        ended = project.apply(Orders(at=call, signals=signals))
        codes[ended.code] += 1
        if ended.code not in (expected, 0):
            project.wrong(f"exit {ended.code}: {ended.out} {ended.err}")
        untouched = untouched + 1 if ended.code == 0 else 0
        if untouched == 3:
            break
        lost = [name for name, jobs in project.paid().items() if f"job.{name}" not in project.recorded.resources]
        if lost and not {f"job.{name}" for name in lost} <= {i.address for i in project.recorded.intents}:
            project.wrong(f"{lost} are recorded nowhere")
        rest = project.until_rest()
        if rest.code != 0:
            project.wrong(f"it ends with {rest.code}: {rest.out} {rest.err}")
        violations += [f"{signals} at call {call}: {text}" for text in project.violations]
    told = ", ".join(f"{n} exits {code}" for code, n in sorted(codes.items()))
    figure = f"signals while writing, {' and '.join(signals)}: {codes.total()} calls ({told}), "
    figure += f"{len(violations)} violations"
    record_property("figure", figure)
    assert not violations, "\n".join(violations)
