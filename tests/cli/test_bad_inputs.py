"""Whatever one gives it that is wrong: a message that says so, the right exit code, no traceback, and nothing done."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct, field

from tests.cli.conftest import PROJECT
from tests.harness import Environ, Sandbox

Spoil = Callable[[Sandbox], None]


class Bad(Struct, frozen=True):
    """One command that cannot work. `words` are in what it says on stderr, in this order; `spoil` prepares it."""

    args: tuple[str, ...]
    words: tuple[str, ...]
    code: int = 1
    env: Environ = field(default_factory=dict)
    spoil: Spoil | None = None


def yaml(text: str, *, head: bool = True) -> Spoil:
    """Another afsync.yaml."""

    def spoil(sandbox: Sandbox) -> None:
        sandbox.write(text, head=head)

    return spoil


def job(fields: str) -> Spoil:
    return yaml(f"jobs:\n  best: {{{fields}}}\n")


def file(name: str, content: str | bytes = "") -> Spoil:
    def spoil(sandbox: Sandbox) -> None:
        path = sandbox.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return spoil


def gone(*names: str) -> Spoil:
    def spoil(sandbox: Sandbox) -> None:
        for name in names:
            (sandbox.root / name).unlink()

    return spoil


def instead(name: str, make: Callable[[Path], None]) -> Spoil:
    """Something else where a file was."""

    def spoil(sandbox: Sandbox) -> None:
        (sandbox.root / name).unlink(missing_ok=True)
        make(sandbox.root / name)

    return spoil


def all_of(*spoils: Spoil) -> Spoil:
    def spoil(sandbox: Sandbox) -> None:
        for one in spoils:
            one(sandbox)

    return spoil


STATE = ".afsync/state.json"


def state(**changes: object) -> Spoil:
    """The state with some keys changed, and its checksum as it was."""

    def spoil(sandbox: Sandbox) -> None:
        path = sandbox.root / STATE
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return spoil


def half_a_state(sandbox: Sandbox) -> None:
    path = sandbox.root / STATE
    path.write_bytes(path.read_bytes()[:-100])


def an_older_state(sandbox: Sandbox) -> None:
    history = sorted((sandbox.root / ".afsync/history").glob("*.json"))
    (sandbox.root / STATE).write_bytes(history[0].read_bytes())


def a_linked_state(sandbox: Sandbox) -> None:
    path = sandbox.root / STATE
    path.rename(sandbox.root / "elsewhere.json")
    path.symlink_to(sandbox.root / "elsewhere.json")


FILES = {
    # where the project is
    "no such directory": Bad(("-C", "/nowhere/at/all", "plan"), ("Error: ", "-C", "/nowhere/at/all")),
    "a file as directory": Bad(("-C", "/etc/hosts", "plan"), ("Error: ", "-C")),
    "no afsync.yaml": Bad(("plan",), ("there is no afsync.yaml here\n  run `afsync init`",), spoil=gone("afsync.yaml")),
    "afsync.yml": Bad(
        ("plan",),
        ("there is an afsync.yml, but no afsync.yaml", "rename it"),
        spoil=all_of(gone("afsync.yaml"), file("afsync.yml", PROJECT)),
    ),
    "a directory as afsync.yaml": Bad(
        ("plan",), ("this is a directory", "afsync.yaml"), spoil=instead("afsync.yaml", Path.mkdir)
    ),
    "a pipe as afsync.yaml": Bad(
        ("plan",), ("a pipe or a device", "afsync.yaml"), spoil=instead("afsync.yaml", lambda path: os.mkfifo(path))
    ),
    "a link in a circle as afsync.yaml": Bad(
        ("plan",),
        ("afsync.yaml", "links go in a circle"),
        spoil=instead("afsync.yaml", lambda path: path.symlink_to(path)),
    ),
    "a link out of the project as afsync.yaml": Bad(
        ("plan",),
        ("outside of the project",),
        spoil=instead("afsync.yaml", lambda path: path.symlink_to("/etc/hosts")),
    ),
    "an image as afsync.yaml": Bad(("plan",), ("not a text file",), spoil=file("afsync.yaml", b"\x89PNG\0\0")),
    "Latin-1 as afsync.yaml": Bad(("plan",), ("not UTF-8",), spoil=file("afsync.yaml", b"version: 1\n# M\xfcnchen\n")),
    "an empty afsync.yaml": Bad(("plan",), ("afsync.yaml is empty",), spoil=file("afsync.yaml")),
    "a huge afsync.yaml": Bad(("plan",), ("larger than 16 MiB",), spoil=file("afsync.yaml", b"#" * (17 << 20))),
    "a missing include": Bad(
        ("plan",), ("`more/*.yaml` names no file", "afsync.yaml:4:11"), spoil=yaml("include: ['more/*.yaml']\n")
    ),
    "an include outside": Bad(("plan",), ("leads out of the project",), spoil=yaml("include: [../x.yaml]\n")),
    "a missing media file": Bad(
        ("plan",), ("`x.mp4` does not exist",), spoil=job("entry: upload, file: x.mp4, topic: x")
    ),
    "a text as media file": Bad(
        ("plan",),
        ("not an MP4 or MOV file",),
        spoil=all_of(file("x.txt", "x"), job("entry: upload, file: x.txt, topic: x")),
    ),
    # what is in it
    "a tab": Bad(("plan",), ("tab", "afsync.yaml:5:1"), spoil=yaml("jobs:\n\tbest: {}\n")),
    "an unknown key": Bad(("plan",), ("unknown key `job`", "did you mean `jobs`?"), spoil=yaml("job: {}\n")),
    "an unknown field": Bad(
        ("plan",),
        ("unknown key `platform`", "did you mean `platforms`?"),
        spoil=job("platform: [tiktok], url: 'https://a.b'"),
    ),
    "a key twice": Bad(("plan",), ("`jobs`", "line 4"), spoil=yaml("jobs: {}\njobs: {}\n")),
    "no version": Bad(("plan",), ("`version` is missing",), spoil=yaml("jobs: {}\n", head=False)),
    "a newer version": Bad(("plan",), ("`version` must be 1",), spoil=yaml("version: 2\n", head=False)),
    "a job without a source": Bad(("plan",), ("needs `url` or `urls`",), spoil=job("topic: x")),
    "a template that is not there": Bad(
        ("plan",),
        ("there is no template `weekyl`", "did you mean `weekly`?"),
        spoil=yaml("templates: {weekly: {name: W}}\njobs: {a: {url: 'https://a.b', template: weekyl}}\n"),
    ),
    "a day without a time": Bad(
        ("plan",), ("a day without a time",), spoil=job("url: 'https://a.b', schedule: 2031-12-01")
    ),
    "a time that does not exist": Bad(
        ("plan",), ("does not exist in Europe/Berlin",), spoil=job("url: 'https://a.b', schedule: 2031-03-30 02:30")
    ),
    "a number as a text": Bad(("plan",), ("must be a number",), spoil=job("url: 'https://a.b', durationMins: '1'")),
    "the key in YAML": Bad(
        ("plan",), ("cannot be read from YAML",), spoil=job("url: 'https://a.b', topic: '${env.AURAFLUX_API_KEY}'")
    ),
    "a missing variable": Bad(
        ("plan",),
        ("the environment has no variable `AFSYNC_VAR_NOPE`",),
        spoil=job("url: 'https://a.b', topic: '${env.AFSYNC_VAR_NOPE}'"),
    ),
    "everything that is wrong at once": Bad(
        ("validate",),
        ("unknown key `zzz`", "afsync.yaml:4:1", "cannot be a key", "5 errors."),
        spoil=yaml("zzz: 1\njobs: {a b: {format: tall}, c: {}}\n"),
    ),
    # the state
    "no lineage": Bad(("plan",), ("no lineage", "afsync init"), 7, spoil=yaml("version: 1\njobs: {}\n", head=False)),
    "apply before init": Bad(
        ("apply", "--auto-approve"), ("no lineage", "afsync init"), 7, spoil=yaml("version: 1\njobs: {}\n", head=False)
    ),
    "no state": Bad(("plan",), ("state.json is missing", "newest good copy"), 7, spoil=gone(STATE)),
    "apply without a state": Bad(
        ("apply", "--auto-approve"), ("state.json is missing", "newest good copy"), 7, spoil=gone(STATE)
    ),
    "an empty state": Bad(("plan",), ("state.json", "empty", "newest good copy"), 7, spoil=file(STATE)),
    "half a state": Bad(("plan",), ("state.json", "newest good copy"), 7, spoil=half_a_state),
    "a state that is not JSON": Bad(("plan",), ("state.json", "newest good copy"), 7, spoil=file(STATE, "{]")),
    "a state that was edited": Bad(("plan",), ("state.json", "newest good copy"), 7, spoil=state(serial=99)),
    "a state of a newer afsync": Bad(("plan",), ("state.json", "newer"), 7, spoil=state(format=99)),
    "a state of another project": Bad(
        ("plan",),
        ("of another project",),
        7,
        spoil=yaml(
            "version: 1\nlineage: 0190f1c2-0000-7c55-9a6b-000000000000\njobs: {a: {url: 'https://a.b'}}\n", head=False
        ),
    ),
    "an older state": Bad(("plan",), ("is old", "serial"), 7, spoil=an_older_state),
    "a directory as state": Bad(("plan",), ("state.json",), 7, spoil=instead(STATE, Path.mkdir)),
    "a link as state": Bad(("plan",), ("symbolic link",), 7, spoil=a_linked_state),
    "a state outside": Bad(("plan",), ("outside of the project",), spoil=yaml("state: ../state.json\n")),
    # init
    "init over Latin-1": Bad(
        ("init",), ("afsync.yaml is not a text file",), spoil=file("afsync.yaml", b"version: 1\n# M\xfcnchen\n")
    ),
    "init over a directory": Bad(("init",), ("afsync.yaml is not a file",), spoil=instead("afsync.yaml", Path.mkdir)),
    "init over a pipe": Bad(("init",), ("afsync.yaml",), spoil=instead("afsync.yaml", lambda path: os.mkfifo(path))),
    "init over something else": Bad(("init",), ("`version` is missing",), spoil=file("afsync.yaml", "name: my-app\n")),
    "init where a state was": Bad(("init",), ("although it existed before", "restore"), 7, spoil=gone(STATE)),
    "a damaged emulator": Bad(
        ("plan",),
        ("the built-in emulator could not start", "remove"),
        env={"AURAFLUX_BASE_URL": "emulator"},
        spoil=file(".afsync/emulator.db", b"not a database" * 100),
    ),
    "a damaged emulator, applied": Bad(
        ("apply", "--auto-approve"),
        ("the built-in emulator could not start", "remove"),
        env={"AURAFLUX_BASE_URL": "emulator"},
        spoil=file(".afsync/emulator.db", b"not a database" * 100),
    ),
}

FLAGS = {
    "--now without an offset": Bad(("plan", "--now", "2031-01-01 09:00"), ("--now 2031-01-01 09:00: not a time",)),
    "--now nonsense": Bad(("plan", "--now", "tomorrow"), ("--now tomorrow: not a time", "2026-12-01T09:00:00Z")),
    "--now empty": Bad(("plan", "--now", ""), ("--now", "not a time")),
    "--now at the end of time": Bad(("plan", "--now", "9999-12-31T23:00:00-10:00"), ("--now", "from 2000 to 8999")),
    "--target nothing": Bad(("plan", "--target", "job.bset"), ("--target job.bset", "did you mean `job.best`?")),
    "--target nothing, applied": Bad(("apply", "--auto-approve", "--target", "job.x*"), ("--target job.x*",)),
    "--exclude nothing": Bad(("plan", "--exclude", "zzz"), ("--exclude zzz: nothing has this address",)),
    "--replace nothing like it": Bad(("plan", "--replace", "job.zz"), ("--replace job.zz", "`afsync state list`")),
    "status of nothing like it": Bad(("status", "nope"), ("no job has the address nope\n  `afsync status` shows",)),
    "status of a bare key": Bad(("status", "bset"), ("no job has the address bset", "did you mean `job.best`?")),
    "the other kind": Bad(("state", "show", "job.weekly"), ("did you mean `template.weekly`?",)),
    "apply of an address": Bad(("apply", "job.best"), ("no plan file job.best", "`--target job.best`")),
    "restore of a word": Bad(("state", "restore", "abc"), ("'abc' is not a valid integer",)),
    "--replace a glob": Bad(("plan", "--replace", "job.*"), ("--replace job.*: not an address", "job.KEY")),
    "--replace nothing": Bad(("plan", "--replace", "job.bset"), ("--replace job.bset", "did you mean `job.best`?")),
    "--replace a bare key": Bad(("plan", "--replace", "best"), ("--replace best: not an address",)),
    "--max-credits a word": Bad(("plan", "--max-credits", "many"), ("--max-credits", "'many'", "integer")),
    "--max-credits negative": Bad(("plan", "--max-credits", "-1"), ("--max-credits", "-1")),
    "--max-creates a fraction": Bad(("plan", "--max-creates", "1.5"), ("--max-creates", "'1.5'")),
    "--max-deletes a word": Bad(("plan", "--max-deletes", "half"), ("--max-deletes half", "5 or 30%")),
    "--max-deletes too much": Bad(("plan", "--max-deletes", "101%"), ("--max-deletes 101%",)),
    "--max-deletes negative": Bad(("apply", "--auto-approve", "--max-deletes", "-1"), ("--max-deletes -1",)),
    "--lock-timeout no number": Bad(("apply", "--auto-approve", "--lock-timeout", "nan"), ("not a number",)),
    "--lock-timeout for ever": Bad(("state", "rm", "job.a", "--lock-timeout", "inf"), ("--lock-timeout",)),
    "--refresh-only and a limit": Bad(("plan", "--refresh-only", "--max-credits", "1"), ("--refresh-only",)),
    "--refresh-only and --replace": Bad(("plan", "--refresh-only", "--replace", "job.a"), ("--refresh-only",)),
    "--lock-timeout a word": Bad(("apply", "--auto-approve", "--lock-timeout", "long"), ("--lock-timeout",)),
    "--format unknown": Bad(("plan", "--format", "xml"), ("--format", "'xml'", "text")),
    "a schema that is not there": Bad(("schema", "everything"), ("'everything'", "config")),
    "a shell that is not there": Bad(("completion", "tcsh"), ("'tcsh'", "bash")),
    "nothing of that name": Bad(("state", "show", "job.bset"), ("job.bset", "did you mean `job.best`?")),
    "a misspelt command": Bad(("plna",), ("no such command: plna", "Did you mean `plan`?")),
    "a misspelt command of state": Bad(("state", "lst"), ("lst",)),
    "apply with nobody there": Bad(("apply",), ("there is no terminal to ask at", "--auto-approve")),
    "destroy with nobody there": Bad(("destroy",), ("there is no terminal to ask at", "--auto-approve")),
    "a speed that is none": Bad(("emulator", "--speed", "fast"), ("--speed fast",)),
    "a fault that is none": Bad(("emulator", "--port", "0", "--fault", "boom"), ("boom",)),
    "a port that is none": Bad(("emulator", "--port", "70000"), ("--port", "70000")),
}

NOTHING_LISTENS: Environ = {"AURAFLUX_BASE_URL": "http://127.0.0.1:9/v1"}

ENVIRONMENT = {
    "no key": Bad(("plan",), ("There is no API key", "AURAFLUX_API_KEY"), env={"AURAFLUX_API_KEY": None}),
    "an empty key": Bad(("plan",), ("AURAFLUX_API_KEY is empty",), env={"AURAFLUX_API_KEY": "  "}),
    "a quoted key": Bad(("plan",), ("quotation marks",), env={"AURAFLUX_API_KEY": '"af_live_x"'}),
    "a Bearer key": Bad(("plan",), ("the word Bearer",), env={"AURAFLUX_API_KEY": "Bearer af_live_x"}),
    "two lines as key": Bad(("plan",), ("white space",), env={"AURAFLUX_API_KEY": "af_live_x\nX-Evil: 1"}),
    "a key that is not accepted": Bad(
        ("plan",), ("does not accept the API key", "invalid_api_key"), env={"AURAFLUX_API_KEY": "sk_something_else"}
    ),
    "a key file that is missing": Bad(
        ("plan",),
        ("AURAFLUX_API_KEY_FILE", "/nowhere/key"),
        env={"AURAFLUX_API_KEY": None, "AURAFLUX_API_KEY_FILE": "/nowhere/key"},
    ),
    "a directory as key file": Bad(
        ("plan",), ("AURAFLUX_API_KEY_FILE", "/etc"), env={"AURAFLUX_API_KEY": None, "AURAFLUX_API_KEY_FILE": "/etc"}
    ),
    "an empty key file": Bad(
        ("plan",), ("/dev/null", "is empty"), env={"AURAFLUX_API_KEY": None, "AURAFLUX_API_KEY_FILE": "/dev/null"}
    ),
    "an endless key file": Bad(
        ("plan",), ("/dev/zero",), env={"AURAFLUX_API_KEY": None, "AURAFLUX_API_KEY_FILE": "/dev/zero"}
    ),
    "another account's key": Bad(
        ("plan",), ("he state belongs to account", "but this is"), 7, env={"AURAFLUX_API_KEY": "af_live_other"}
    ),
    "another account's key, applied": Bad(
        ("apply", "--auto-approve"),
        ("he state belongs to account", "but this is"),
        7,
        env={"AURAFLUX_API_KEY": "af_live_other"},
    ),
    "another service": Bad(
        ("plan",), ("he state belongs to account", "at emulator"), 7, env={"AURAFLUX_BASE_URL": "emulator"}
    ),
    "no URL": Bad(("plan",), ("AURAFLUX_BASE_URL", "nonsense"), env={"AURAFLUX_BASE_URL": "nonsense"}),
    "plain http": Bad(
        ("plan",), ("over plain http", "use https"), env={"AURAFLUX_BASE_URL": "http://api.auraflux.co/v1"}
    ),
    "a user in the URL": Bad(
        ("plan",), ("a user name or password",), env={"AURAFLUX_BASE_URL": "https://me:secret@api.auraflux.co/v1"}
    ),
    "a query in the URL": Bad(
        ("plan",), ("not the URL of an API",), env={"AURAFLUX_BASE_URL": "https://api.auraflux.co/v1?key=x"}
    ),
    "a port that is no number": Bad(
        ("plan",), ("AURAFLUX_BASE_URL",), env={"AURAFLUX_BASE_URL": "https://api.auraflux.co:port/v1"}
    ),
    "another host in YAML": Bad(
        ("plan",),
        ("evil.example", "AURAFLUX_API_KEY_HOST"),
        env={"AURAFLUX_BASE_URL": None},
        spoil=yaml("api: {base_url: https://evil.example/v1}\n"),
    ),
    "plain http in YAML": Bad(
        ("plan",), ("http is accepted for this machine only",), spoil=yaml("api: {base_url: http://evil.example/v1}\n")
    ),
    "nobody listens": Bad(
        ("plan",),
        ("127.0.0.1:9 could not be reached", "does `afsync emulator` run there? The address is from AURAFLUX_BASE_URL"),
        env=NOTHING_LISTENS,
    ),
    "nobody listens where the files say": Bad(
        ("plan",),
        ("localhost:9 could not be reached", "The address is from api.base_url"),
        env={"AURAFLUX_BASE_URL": None},
        spoil=yaml("api: {base_url: 'http://localhost:9/v1'}\n"),
    ),
    "nobody listens, applied": Bad(("apply", "--auto-approve"), ("could not be reached",), env=NOTHING_LISTENS),
    "a quarantine that is none": Bad(
        ("plan",), ("AFSYNC_QUARANTINE", "`soon` is not a duration"), env={"AFSYNC_QUARANTINE": "soon"}
    ),
    "a speed that is none, in the environment": Bad(
        ("plan",),
        ("AFSYNC_EMULATOR_SPEED=fast",),
        env={"AURAFLUX_BASE_URL": "emulator", "AFSYNC_EMULATOR_SPEED": "fast"},
    ),
    "a dialect that is none, in the environment": Bad(
        ("plan",),
        ("AFSYNC_EMULATOR_DIALECT=klingon", "documented, deployed, router"),
        env={"AURAFLUX_BASE_URL": "emulator", "AFSYNC_EMULATOR_DIALECT": "klingon"},
    ),
}

CASES = {**FILES, **FLAGS, **ENVIRONMENT}
CHANGED = PROJECT.replace("topic: Other plays", "topic: Edited plays")
"""So that there would be something to do if it were not for what is wrong."""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_told_and_nothing_is_done(case: Bad, sandbox: Sandbox) -> None:
    sandbox.write(CHANGED)
    if case.spoil is not None:
        case.spoil(sandbox)
    before = files(sandbox)
    with sandbox.watched() as sent:
        done = sandbox.call(*case.args, env=case.env)
    assert done.code == case.code, done.text
    assert done.out == ""
    rest = done.err
    for word in case.words:
        found, rest = word in rest, rest.partition(word)[2]
        assert found, f"{word!r} is not in: {done.err}"
    assert "bug" not in done.err
    assert done.err.startswith(("Error: ", "Usage: "))
    assert sent == []
    assert files(sandbox) == before


def files(sandbox: Sandbox) -> dict[str, bytes | str]:
    """What is in the project, what hangs or is too much to compare by its type alone; and not the lock's own file."""
    found: dict[str, bytes | str] = {}
    for path in sorted(sandbox.root.rglob("*")):
        if path.is_symlink() or not path.is_file():
            found[str(path)] = f"{path.lstat().st_mode:o}"
        elif path.name != "lock":
            found[str(path)] = path.read_bytes()
    return found


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 40
