"""The results of submitted jobs, read from the account."""

from __future__ import annotations

from functools import partial

from msgspec import Struct

from afsync.api.snapshot import together
from afsync.app.connection import Service, connect
from afsync.app.context import Context
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state
from afsync.app.selection import submissions
from afsync.core.remote_account import Remote
from afsync.output.results import Results


class ReadResults(Struct, frozen=True):
    """By address: the id of the job, and its result where the service has one; and the connection, to download them."""

    results: Results
    service: Service


def read_job_results(context: Context, globs: tuple[str, ...]) -> ReadResults:
    """The results of the recorded jobs that `globs` name. UsageError for a glob that names nothing submitted."""
    project = load_project(context)
    recorded, _ = read_state(context, project)
    project = at_moment(context, project, recorded, context.now())
    records = submissions(globs, recorded, project.desired.jobs)
    service = connect(context, project, writes=False)
    reader = service.reader
    # First whose account it is, then all at the same time.
    check_account(project, recorded, Remote(reader.account(), base_url=service.base_url))
    answers = together(*(partial(reader.result, r.id) for r in records.values()))
    found = {address: (r.id, a) for (address, r), a in zip(records.items(), answers, strict=True)}
    return ReadResults(found, service)
