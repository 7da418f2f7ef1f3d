"""The report on stdout, everything else on stderr; a reader that goes away changes nothing; no colour in a pipe."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
from collections.abc import Callable

import pytest

from tests import forked
from tests.cli.conftest import PROJECT
from tests.harness import NO_CHANGES, NOTHING_APPLIED, Done, Sandbox

ESCAPE = "\x1b["
CHANGED = PROJECT + "  third: {url: https://clips.twitch.tv/three, topic: Third}\n"

REPORTS = [
    ("plan",),
    ("plan", "--json"),
    ("apply", "--auto-approve"),
    ("apply", "--auto-approve", "--json"),
    ("validate",),
    ("validate", "--json"),
    ("show",),
    ("state", "list"),
    ("state", "show", "job.best"),
    ("account",),
    ("account", "--json"),
    ("schema",),
    ("intents",),
    ("intents", "--json"),
    ("completion", "zsh"),
    ("version",),
]


@pytest.mark.parametrize("args", REPORTS, ids=" ".join)
def test_a_report_goes_to_stdout_and_has_no_colour_there(args: tuple[str, ...], sandbox: Sandbox) -> None:
    done = sandbox.does(*args)
    assert done.out.endswith("\n")
    assert not done.out.endswith("\n\n")
    assert done.err == ""
    assert ESCAPE not in done.out


def test_what_init_says_of_the_key_is_no_report(sandbox: Sandbox) -> None:
    done = sandbox.does("init")
    assert done.err.startswith("The key works: account ")
    assert "key works" not in done.out


def test_a_plan_beside_another_run_says_so(sandbox: Sandbox) -> None:
    told = {"id": "abc", "user": "eva", "host": socket.gethostname(), "pid": os.getppid()}
    told |= {"command": "afsync apply", "since": "2026-11-28T09:00:00Z"}
    (sandbox.root / ".afsync/lock").write_text(json.dumps(told))
    done = sandbox.does("plan")
    assert f"Warning: another run holds the lock: eva@{socket.gethostname()}, process {os.getppid()}" in done.err
    assert NO_CHANGES in done.out


def test_notices_and_what_is_held_back_are_part_of_the_plan(sandbox: Sandbox) -> None:
    sandbox.write(CHANGED)
    done = sandbox.does("plan", "--max-credits", "0", "--target", "job.third")
    assert "the plan spends 1 credit, and the limit is 0" in done.out
    assert "this plan is partial" not in done.err
    assert done.err == ""


def test_the_summary_lines_byte_for_byte(fresh: Sandbox) -> None:
    assert fresh.does("plan").out == f"{NO_CHANGES}\n"
    assert fresh.applied().out == f"{NO_CHANGES}\n{NOTHING_APPLIED}\n"
    fresh.write(CHANGED.replace("2031-12-01 09:00", "2031-12-02 09:00").replace("topic: Other", "topic: Another"))
    lines = fresh.does("plan").out.splitlines()
    assert "Plan: 2 to add, 1 to change, 1 to destroy." in lines
    assert "Credits: 2 to spend, 48 available, 46 after." in lines
    assert fresh.applied().out.splitlines()[-1] == "Apply complete! Resources: 2 added, 1 changed, 1 destroyed."


def test_the_lines_are_the_same_whatever_the_terminal(fresh: Sandbox) -> None:
    """In a terminal they are coloured, and the words are the same."""
    fresh.write(CHANGED)
    shown = Terminal(fresh, "plan").read()
    assert ESCAPE in shown.out
    assert plain(shown.out) == fresh.run("plan").out
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = Terminal(fresh, "plan", env=environ).read()
        assert ESCAPE not in shown.out


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("yes\n", 0),
        ("y\nyes\n", 0),
        ("y\ny\n", 1),
        ("YES\nYES\n", 1),
        ("Yes\nyes\n", 0),
        ("yes please\n", 1),
        ("no\n", 1),
        ("\n", 1),
        ("\x04", 1),
    ],
    ids=["yes", "y, yes", "y, y", "YES twice", "Yes, yes", "yes please", "no", "nothing", "end of input"],
)
def test_only_yes_counts(fresh: Sandbox, answer: str, code: int) -> None:
    fresh.write(CHANGED)
    terminal = Terminal(fresh, "apply")
    shown = terminal.read("Enter a value: ", answer)
    assert shown.code == code
    assert "Do you want to perform these actions?" in shown.out
    assert "Only 'yes' is accepted." in shown.out
    assert ("Apply complete!" in shown.out) == (code == 0)
    assert ("Apply cancelled." in shown.out) == (code == 1)
    assert ("job.third" in fresh.ids()) == (code == 0)


def test_destroy_asks_in_its_own_words(fresh: Sandbox) -> None:
    shown = Terminal(fresh, "destroy").read("Enter a value: ", "no\n")
    assert "Do you really want to destroy all of this?" in shown.out
    assert "Destroy cancelled." in shown.out
    assert shown.code == 1
    assert len(fresh.ids()) == 3


def test_with_nothing_to_do_nothing_is_asked(sandbox: Sandbox) -> None:
    shown = Terminal(sandbox, "apply").read()
    assert (shown.code, plain(shown.out)) == (0, f"{NO_CHANGES}\n{NOTHING_APPLIED}\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_signal_instead_of_an_answer(fresh: Sandbox, number: signal.Signals, code: int) -> None:
    fresh.write(CHANGED)
    terminal = Terminal(fresh, "apply")
    shown = terminal.read("Enter a value: ", number)
    assert shown.code == code
    assert plain(shown.out).endswith("Enter a value: \nError: Interrupted. Nothing was done.\n")
    assert "job.third" not in fresh.ids()
    fresh.applied()  # the lock is free


def test_many_changes_in_a_terminal_come_with_a_bar(fresh: Sandbox) -> None:
    fresh.write(PROJECT + "".join(f"  j{n}: {{url: https://a.b/{n}, topic: T{n}}}\n" for n in range(12)))
    shown = Terminal(fresh, "apply", "--auto-approve").read()
    assert shown.code == 0
    assert "applying" in shown.out
    words = plain(shown.out)
    assert all(words.count(f"job.j{n}: submitted after") == 1 for n in range(12))
    assert "Apply complete! Resources: 12 added, 0 changed, 0 destroyed." in words
    assert len(fresh.ids()) == 15


IN_FILES = ", or declare in afsync.yaml what needs no answer: `auto_approve:`"


@pytest.mark.parametrize(("command", "more"), [("apply", IN_FILES), ("destroy", "")])
def test_without_a_terminal_it_refuses_at_once(sandbox: Sandbox, command: str, more: str) -> None:
    sandbox.write(CHANGED)
    with sandbox.watched(reads=True) as sent:
        for args in ((command,), (command, "--json")):
            done = sandbox.run(*args, stdin="yes\n")
            assert (done.code, done.out) == (1, "")
            why = f"{command} asks for confirmation, and there is no terminal to ask at"
            assert done.err == f"Error: {why}\n  add --auto-approve{more}\n"
    assert sent == []


def closed_pipe() -> int:
    """What writes to it finds that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def full_disk() -> int:
    return os.open("/dev/full", os.O_WRONLY)


BROKEN: dict[str, Callable[[], int]] = {"a reader that went away": closed_pipe, "a full disk": full_disk}


def run_into(stream: int, sandbox: Sandbox, *args: str) -> tuple[int, str]:
    try:
        done = forked.run(
            sandbox.command(*args),
            env=sandbox.environ(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    finally:
        os.close(stream)
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize("broken", BROKEN)
def test_a_plan_that_is_lost_is_a_failure_unless_its_reader_went_away(sandbox: Sandbox, broken: str) -> None:
    sandbox.write(CHANGED)
    full = (1, "afsync: the report could not be written: No space left on device\n")
    told = (2, "") if broken == "a reader that went away" else full
    assert run_into(BROKEN[broken](), sandbox, "plan", "--detailed-exitcode") == told
    assert run_into(BROKEN[broken](), sandbox, "plan", "--nope")[0] == 1


ONLY_A_REPORT = [
    *(("--help",), ("plan", "--help"), ("version",), ("--version",), ("validate",), ("validate", "--json")),
    *(("schema",), ("completion", "bash"), ("explain",), ("explain", "job.schedule"), ("show",), ("show", "--json")),
    *(("account",), ("account", "--json"), ("state", "list"), ("state", "show", "job.best"), ("state", "history")),
    *(("intents",), ("status",), ("status", "--json"), ("plan",), ("plan", "--json"), ("plan", "--refresh-only")),
    *(("import", "--match"), ("fmt", "--diff")),
]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("args", ONLY_A_REPORT, ids=" ".join)
def test_a_report_that_is_lost_is_a_failure_unless_its_reader_went_away(
    sandbox: Sandbox, args: tuple[str, ...], broken: str
) -> None:
    if args[0] == "fmt":
        sandbox.write("jobs:  {}\n")
    code, said = run_into(BROKEN[broken](), sandbox, *args)
    if broken == "a full disk":
        assert (code, said) == (1, "afsync: the report could not be written: No space left on device\n")
    else:
        assert (code, said) == (0, "")


@pytest.mark.parametrize("broken", BROKEN)
def test_a_stdout_that_breaks_does_not_stop_an_apply(fresh: Sandbox, broken: str) -> None:
    fresh.write(CHANGED)
    code, said = run_into(BROKEN[broken](), fresh, "apply", "--auto-approve")
    assert code == 0
    assert "Traceback" not in said
    assert set(fresh.ids()) == {"job.best", "job.other", "job.third", "template.weekly"}
    fresh.is_settled()


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)], ids=str)
def test_streams_that_are_closed_from_the_start(fresh: Sandbox, closed: tuple[int, ...]) -> None:
    """Nothing that is opened later gets their numbers, so nothing is printed into the state."""
    fresh.write(CHANGED)
    redirects = " ".join(f"{fd}>&-" if fd else "0<&-" for fd in closed)
    for args, code in ((("plan", "--detailed-exitcode"), 2), (("apply", "--auto-approve"), 0)):
        line = f'exec "$@" {redirects}'
        done = forked.run(
            ["sh", "-c", line, "sh", *fresh.command(*args)], env=fresh.environ(), capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (code, b"")
    fresh.is_settled()


NOT_UTF8 = [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}]
NOT_UTF8 += [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
MACHINES: list[tuple[str, ...]] = [("plan", f"--format={form}") for form in ("text", "json", "markdown")]
MACHINES += [("show", "--json"), ("status", "--json"), ("account", "--json"), ("state", "show", "--json")]
MACHINES += [("validate", f"--format={form}") for form in ("json", "sarif", "codeclimate", "junit")]


@pytest.mark.parametrize("env", NOT_UTF8, ids=lambda env: "+".join(env.values()))
def test_what_goes_into_a_pipe_is_utf8_whatever_the_locale(
    sandbox: Sandbox, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.write(PROJECT.replace("other:", "renamed:").replace("Best plays", "日本の最高 𝄞"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    # The encoding is set once, before the command is known: each is run under one of them, and the first under all.
    mine = MACHINES[:1] + MACHINES[1:][NOT_UTF8.index(env) :: len(NOT_UTF8)]
    for args in mine:
        if args[0] == "validate":
            sandbox.write(PROJECT + '  "b\u00e4": {}\n')
        done = forked.run(sandbox.command(*args), env=sandbox.environ(), capture_output=True, check=False)
        assert b"\\x" not in done.stdout + done.stderr.replace(b"\\u", b"")
        text = done.stdout.decode("utf-8")
        if "json" in " ".join(args):
            json.loads(text)


@pytest.mark.parametrize("env", NOT_UTF8, ids=lambda env: "+".join(env.values()))
def test_an_apply_under_such_a_locale_is_utf8_too(fresh: Sandbox, env: dict[str, str]) -> None:
    fresh.write(PROJECT.replace("other:", "renamed:").replace("Best plays", "日本の最高 𝄞"))
    args = fresh.command("apply", "--auto-approve", "--json")
    done = forked.run(args, env=fresh.environ(env), capture_output=True, check=False)
    assert done.returncode == 0
    assert [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()][-1]["type"] == "summary"
    assert "日本の最高 𝄞" in done.stdout.decode("utf-8")
    fresh.is_settled()


def test_a_terminal_that_cannot_show_it_gets_json_that_is_json_all_the_same(sandbox: Sandbox) -> None:
    sandbox.write(PROJECT.replace("other:", "renamed:").replace("Best plays", "日本の最高 𝄞"))
    main, second = pty.openpty()
    environ = sandbox.environ({"PYTHONIOENCODING": "ascii"})
    done = forked.popen(sandbox.command("plan", "--json"), env=environ, stdout=second, stdin=second)
    os.close(second)
    shown = b""
    with contextlib.suppress(OSError):
        while part := os.read(main, 65536):
            shown += part
    os.close(main)
    assert done.wait(60) == 0
    assert shown.isascii()
    assert "日本の最高 𝄞" in json.dumps(json.loads(shown), ensure_ascii=False)


@pytest.mark.parametrize("command", [("plan",), ("validate",), ("apply", "--auto-approve")], ids=" ".join)
@pytest.mark.parametrize("kind", ["file", "pipe", "socket"])
def test_json_into_stdout_goes_where_the_report_goes(fresh: Sandbox, command: tuple[str, ...], kind: str) -> None:
    args = fresh.command(*command, "--json-into", "/dev/stdout")
    if kind == "file":
        with (fresh.root / "out.txt").open("w+b") as into:
            forked.run(args, env=fresh.environ(), stdout=into, check=True)
            into.seek(0)
            text = into.read().decode()
    elif kind == "pipe":
        text = forked.run(args, env=fresh.environ(), stdout=subprocess.PIPE, check=True).stdout.decode()
    else:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            forked.run(args, env=fresh.environ(), stdout=theirs.fileno(), check=True)
            theirs.shutdown(socket.SHUT_WR)
            text = b"".join(iter(lambda: ours.recv(65536), b"")).decode()
    assert '"format_version"' in text or '"type"' in text
    assert "\0" not in text
    wanted = {"plan": "No changes.", "validate": "Valid.", "apply": "Apply complete!"}[command[0]]
    assert wanted in text


def test_what_the_service_says_is_shown_and_not_obeyed(fresh: Sandbox) -> None:
    fresh.control.advance("\x1b[2J\u202egone\rPlan: 0 to add", job_ids=[fresh.ids()["job.other"]])
    fresh.applied()
    for args in (("show",), ("state", "show", "job.other"), ("plan",), ("status",)):
        out = fresh.does(*args).out
        assert not {"\x1b", "\r", "\u202e"} & set(out)
    assert r"    status: \x1b[2J\u202egone\rPlan: 0 to add" in fresh.does("show").out


def plain(text: str) -> str:
    """Without colour, and with a pipe's line ends."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n")


class Terminal:
    """A command with a terminal of its own."""

    def __init__(self, sandbox: Sandbox, *args: str, env: dict[str, str] | None = None) -> None:
        self._screen, other = pty.openpty()
        environ = sandbox.environ({"TERM": "xterm-256color", "NO_COLOR": None, "COLUMNS": "200", **(env or {})})
        self._process = forked.popen(
            sandbox.command(*args), env=environ, stdin=other, stdout=other, stderr=other, start_new_session=True
        )
        os.close(other)

    def read(self, question: str | None = None, answer: str | signal.Signals = "") -> Done:
        """Everything it shows, and its exit code; `question` is answered when it comes, by a text or a signal."""
        shown = b""
        while True:
            ready, _, _ = select.select([self._screen], [], [], 60)
            assert ready, f"nothing more came after {shown!r}"
            try:
                chunk = os.read(self._screen, 65536)
            except OSError as error:
                assert error.errno == errno.EIO
                chunk = b""
            if not chunk:
                break
            shown += chunk
            if question is not None and question.encode() in shown:
                if isinstance(answer, str):
                    os.write(self._screen, answer.encode())
                else:
                    self._process.send_signal(answer)
                question = None
        os.close(self._screen)
        return Done(self._process.wait(60), shown.decode(), "")
