"""A plan without the service: the account is taken to be as the state says."""

from __future__ import annotations

from afsync.core.recorded import Recorded, RecordedJob, RecordedTemplate
from afsync.core.remote import Remote, RemoteAccount, RemoteJob, RemoteTemplate
from afsync.core.resources import Desired, Job, Template
from afsync.errors import Problem, Severity


def remote_as_recorded(recorded: Recorded, desired: Desired) -> Remote:
    """What the account would look like if nothing had happened since the last apply, and `import:` is right."""
    account = recorded.account
    templates = [r for r in recorded.resources.values() if isinstance(r, RecordedTemplate)]
    jobs = [r for r in recorded.resources.values() if isinstance(r, RecordedJob)]
    to_import = {i: desired.get(a) for a, i in desired.imports.items() if a not in recorded.resources}
    named = {i: RemoteTemplate(i, d.name) for i, d in to_import.items() if isinstance(d, Template)}
    waiting = {i: RemoteJob(i, "queued") for i, d in to_import.items() if isinstance(d, Job)}
    return Remote(
        account=RemoteAccount(account.id if account else "unknown"),
        templates={
            **named,
            **{t.id: RemoteTemplate(t.id, str(t.declared.get("name")), t.created_at) for t in templates},
        },
        jobs={**waiting, **{j.id: RemoteJob(j.id, j.status, j.created_at) for j in jobs}},
        base_url=account.base_url if account else "",
    )


NOT_CHECKED = Problem(
    "offline",
    "planned offline, against the recorded state: jobs may have moved on, templates and look-alikes in the account "
    "were not looked at, and neither was the balance",
    "plan again with a key before applying",
    Severity.WARNING,
)
