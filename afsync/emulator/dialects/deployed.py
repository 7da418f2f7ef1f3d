"""The dialect of the running service, as far as it has been seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from afsync.emulator import fields
from afsync.emulator.accounts import EmulatedAccount
from afsync.emulator.clock import iso, parse_iso
from afsync.emulator.dialects import all_dialects
from afsync.emulator.dialects.all_dialects import Answer, Json, NewTemplate, TierLimits
from afsync.emulator.dialects.documented import Documented
from afsync.emulator.errors import ErrorAnswer
from afsync.emulator.jobs import EmulatedJob
from afsync.emulator.lifecycle import ProductionPhase
from afsync.emulator.templates import EmulatedTemplate

LIMITS = {"operate": TierLimits(60, 3), "guided": TierLimits(120, 10), "managed": TierLimits(300, None)}


class Deployed(Documented, frozen=True):
    """More fields, snake_case templates, times in three forms, and a filter that comes too late."""

    filters_before_paging: bool = False
    reads_templates: bool = True
    presigned_uploads: bool = True

    def limits(self, account: EmulatedAccount) -> TierLimits:
        return all_dialects.limits(account, self.options, LIMITS.get(account.tier, LIMITS["operate"]))

    def account(self, account: EmulatedAccount) -> Json:
        limits = self.limits(account)
        credits = {"balance": account.balance, "included": account.included, "used": account.used}
        return {
            "customerId": account.id,
            "email": f"{account.key_id}@example.com",
            "planTier": account.tier,
            "credits": {**credits, "packs": account.packs},
            "rateLimits": {"rpm": limits.rpm, "concurrent": limits.concurrent},
        }

    def status(self, job: EmulatedJob, now: int) -> str:
        if job.forced:
            return job.forced
        match job.phase(now):
            case ProductionPhase.QUEUED:
                return "queued" if job.publish_at is None else "scheduled"
            case ProductionPhase.RUNNING:
                return "processing"
            case ProductionPhase.PRODUCED:
                return "complete"
            case phase:
                return phase.value

    def list_item(self, job: EmulatedJob, now: int) -> Json:
        return self.job(job, now)

    def job(self, job: EmulatedJob, now: int) -> Json:
        there = all_dialects.has_output(job, now)
        return {
            "jobId": job.id,
            "status": self.status(job, now),
            **self.echoed(job),
            "planTier": self.tier,
            "outputUrl": self.links.video(job.id) if there else None,
            "createdAt": self.moment(job.created, job.seq),
            "updatedAt": self.moment(job.updated, job.seq + 1),
            "portals": all_dialects.portals(job, now),
            "grade": all_dialects.grade(job) if there else None,
        }

    def submitted(self, job: EmulatedJob, account: EmulatedAccount, now: int, ahead: int) -> Answer:
        return 202, {
            "jobId": job.id,
            "status": self.status(job, now),
            "staging": job.life.staged,
            "creditCost": job.cost,
            "planTier": account.tier,
            "createdAt": self.moment(job.created, job.seq),
            "pollUrl": f"/v1/jobs/{job.id}",
            "estimatedMinutes": 3,
            "queuePosition": ahead + 1,
        }

    def approved(self, job: EmulatedJob, platforms: list[str]) -> Json:
        results = {name: {"status": "published"} for name in platforms}
        return {"jobId": job.id, "approved": True, "status": "published", "platforms": results}

    def publish_time(self, body: Mapping[str, Any]) -> int | None:
        moment = parse_iso(body.get("scheduledPublishAt"))
        if moment is None:
            raise ErrorAnswer(400, "scheduledPublishAt is required (ISO 8601)")
        return moment

    def scheduled(self, job: EmulatedJob) -> Json:
        moment = None if job.publish_at is None else iso(job.publish_at)
        return {"jobId": job.id, "scheduledPublishAt": moment, "status": "scheduled"}

    def schedule_row(self, job: EmulatedJob, now: int) -> Json:
        moment = None if job.publish_at is None else self.moment(job.publish_at, job.seq)
        return {
            "jobId": job.id,
            "status": self.status(job, now),
            "topic": job.fields.get("topic"),
            "scheduledPublishAt": moment,
        }

    def new_template(self, body: Mapping[str, Any]) -> NewTemplate:
        new = new_template(body)
        return replace(new, spec=fields.checked_fields(new.spec))

    def template_created(self, template: EmulatedTemplate) -> Answer:
        return 201, {"template": self.template_row(template)}

    def template_row(self, template: EmulatedTemplate) -> Json:
        spec = template.fields
        form = self.options.job_spec
        as_text = form == "text" or (form == "mix" and template.seq % 2 == 0)
        return {
            "id": template.id,
            "name": template.name,
            "description": template.description,
            "content_type": spec.get("contentType"),
            "platforms": spec.get("platforms", []),
            "job_spec": json.dumps(spec) if as_text else spec,
            "created_at": self.moment(template.created, template.seq),
            "updated_at": self.moment(template.updated, template.seq + 1),
            "recurrence_enabled": False,
            "recurrence_rule": None,
        }

    def moment(self, ms: int, salt: int = 0, /) -> str | int:
        form = self.options.timestamps
        if form == "mix":
            form = ("iso", "epoch", "digits")[salt % 3]
        return iso(ms) if form == "iso" else ms if form == "epoch" else str(ms)


def new_template(body: Mapping[str, Any]) -> NewTemplate:
    """The template that a body asks for, its fields unchecked; ErrorAnswer where the name or `jobSpec` is missing."""
    name, spec = body.get("name"), body.get("jobSpec")
    if not isinstance(name, str) or not name:
        raise ErrorAnswer(400, "name is required")
    if not isinstance(spec, dict):
        raise ErrorAnswer(400, "jobSpec is required")
    return NewTemplate(name, all_dialects.description(body), spec)
