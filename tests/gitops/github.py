"""GitHub, as far as `action.yml` meets it: a runner for composite steps, and the calls for comments."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

from afsync import cli
from afsync.config.document import parse

ROOT = Path(__file__).parents[2]
EXPRESSION = re.compile(r"\$\{\{(.+?)\}\}")
NAME = re.compile(r"(inputs|steps|github|env)((?:\.[\w-]+)+)")


def read_yaml(path: str) -> Any:
    return parse((ROOT / path).read_bytes(), path).value


def on_path(folder: Path) -> str:
    """A PATH on which `afsync` is this checkout's, and nothing sleeps."""
    folder.mkdir(exist_ok=True)
    for name, script in (("afsync", f'exec "{sys.executable}" -P -m afsync "$@"'), ("sleep", "exit 0")):
        shim = folder / name
        shim.write_text(f"#!/bin/sh\n{script}\n")
        shim.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def called(script: str, environ: Mapping[str, str], folder: Path) -> tuple[int, str, str]:
    """The exit code and both streams of a script that only runs afsync, called in this process: a shell and an
    interpreter for every step would take most of the time of these tests. `test_the_scripts_are_shell` runs them."""
    words = [environ[w[1:].strip("{}")] if w.startswith("$") else w for w in shlex.split(script)]
    words = words[1:] if words[0] == "exec" else words
    assert words[0] == "afsync" and "\n" not in script.strip(), script
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environ, clear=True),
        mock.patch.object(sys, "stdin", io.StringIO()),
        chdir(folder),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = cli.run(words[1:])
    return code, out.getvalue(), err.getvalue()


@dataclass
class Step:
    """What came of one step. `outcome` is success, failure or skipped."""

    outcome: str
    code: int = 0
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Job:
    """One use of the action."""

    steps: dict[str, Step]
    outputs: dict[str, str]
    summary: str
    temp: Path

    @property
    def green(self) -> bool:
        return all(s.outcome != "failure" for s in self.steps.values())

    @property
    def log(self) -> str:
        return "".join(s.log for s in self.steps.values())

    @property
    def annotations(self) -> list[str]:
        return [line for line in self.log.splitlines() if line.startswith(("::error", "::warning", "::notice"))]


class Runner:
    """Runs the `run:` steps of action.yml as a runner would; `uses:` steps are left out. `shell`: with a real one;
    otherwise the steps that call afsync do so in this process."""

    shell = False

    def __init__(
        self, temp: Path, workspace: Path, environ: Mapping[str, str], api: str = "http://127.0.0.1:9"
    ) -> None:
        self.action = read_yaml("action.yml")
        self.workspace = workspace
        self.temp = temp
        self.environ = {
            **environ,
            "PATH": on_path(temp / "bin"),
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(workspace),
            "GITHUB_REPOSITORY": "team/videos",
            "GITHUB_API_URL": api,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_SHA": "c0ffee0123456789",
            "GITHUB_RUN_ID": "1",
            "RUNNER_TEMP": str(temp / "runner"),
        }
        (temp / "runner").mkdir()

    def run(self, event: Mapping[str, Any] | None = None, /, **inputs: str) -> Job:
        """One use with these inputs (`state_branch` for `state-branch`); `event` is what triggered it."""
        values = {k: str(v.get("default", "")) for k, v in self.action["inputs"].items()}
        values |= {
            "install": "none",
            "github-token": "ghs_token",
            **{k.replace("_", "-"): v for k, v in inputs.items()},
        }
        assert values.keys() == self.action["inputs"].keys(), "no such input"
        files = {n: self.temp / "runner" / n for n in ("event.json", "summary", "path")}
        files["event.json"].write_text(json.dumps(event or {}))
        files["summary"].write_text("")
        job = Job({}, {}, "", self.temp / "runner")
        for number, step in enumerate(self.action["runs"]["steps"]):
            if "run" in step and (self.shell or step["name"] != "Install afsync"):
                done = self._step(step, values, job, files)
                job.steps[step.get("id", str(number))] = done
        scope = self._scope(values, job)
        job.outputs = {k: expand(v["value"], scope) for k, v in self.action["outputs"].items()}
        job.summary = files["summary"].read_text()
        return job

    def _step(self, step: Mapping[str, Any], inputs: Mapping[str, str], job: Job, files: Mapping[str, Path]) -> Step:
        scope = self._scope(inputs, job)
        condition = step.get("if", "success()")
        always = "always()" in condition
        if not (always or job.green) or not truth(condition, scope):
            return Step("skipped")
        output = self.temp / "runner/output"
        output.write_text("")
        environ = {
            **self.environ,
            "GITHUB_EVENT_PATH": str(files["event.json"]),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_PATH": str(files["path"]),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_ACTION_PATH": str(ROOT),
            **{k: expand(v, scope) for k, v in step.get("env", {}).items()},
        }
        assert step["shell"] == "bash"
        if self.shell:
            code, log = self._in_shell(step["run"], environ)
        else:
            code, out, err = called(step["run"], environ, self.workspace)
            log = out + err
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return Step("success" if code == 0 else "failure", code, log, outputs)

    def _in_shell(self, script: str, environ: Mapping[str, str]) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
            cwd=self.workspace,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout

    def _scope(self, inputs: Mapping[str, str], job: Job) -> dict[str, Any]:
        steps = {k: {"outcome": s.outcome, "outputs": s.outputs} for k, s in job.steps.items()}
        return {"inputs": inputs, "steps": steps, "github": {"token": "ghs_token"}, "env": self.environ}


def _look_up(found: re.Match[str], scope: Mapping[str, Any]) -> str:
    value: Any = scope[found[1]]
    for part in found[2].split(".")[1:]:
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    return repr(value if isinstance(value, str) else "")


def evaluate(expression: str, scope: Mapping[str, Any]) -> Any:
    """As much of GitHub's expressions as the action uses."""
    text = NAME.sub(lambda m: _look_up(m, scope), expression)
    text = text.replace("&&", " and ").replace("||", " or ").replace("always()", "True").replace("success()", "True")
    return eval(text.strip(), {"__builtins__": {}}, {})


def truth(expression: str, scope: Mapping[str, Any]) -> bool:
    return bool(evaluate(expression, scope))


def expand(text: Any, scope: Mapping[str, Any]) -> str:
    return EXPRESSION.sub(lambda m: str(evaluate(m[1], scope)), str(text))


# --- comments ---


@dataclass
class Comments:
    """The comments of pull request 7, and what was asked of them. `merged`: whether the commit came by it."""

    url: str
    bodies: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    read_only: bool = False
    merged: bool = True

    def add(self, body: str, author: str) -> None:
        self.bodies.append({"id": 100 + len(self.bodies), "body": body, "user": {"login": author}})


@contextmanager
def comments() -> Iterator[Comments]:
    """GitHub's API for the comments of pull request 7."""
    kept = Comments("")

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _ask(self) -> str:
            assert self.headers["Authorization"] == "Bearer ghs_token"
            path = self.path.removeprefix("/repos/team/videos/").removeprefix("issues/")
            kept.calls.append(f"{self.command} {path}")
            return path

        def _body(self) -> str:
            return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

        def do_GET(self) -> None:
            path = self._ask()
            if path == "commits/c0ffee0123456789/pulls":
                pulls = [{"number": 3, "merged_at": None}, {"number": 7, "merged_at": "2026-11-24T12:00:00Z"}]
                self._answer(200, pulls if kept.merged else pulls[:1])
                return
            found = re.fullmatch(r"7/comments\?per_page=100&page=(\d+)", path)
            assert found, path
            page = int(found[1]) - 1
            self._answer(200, kept.bodies[page * 100 : page * 100 + 100])

        def do_POST(self) -> None:
            assert self._ask() == "7/comments"
            body = self._body()
            if kept.read_only:
                self._answer(403, {"message": "Resource not accessible by integration"})
                return
            kept.add(body, "github-actions[bot]")
            self._answer(201, kept.bodies[-1])

        def do_PATCH(self) -> None:
            number = int(self._ask().removeprefix("comments/"))
            kept.bodies[number - 100]["body"] = self._body()
            self._answer(200, kept.bodies[number - 100])

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
