"""The dialect of the public API reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from afsync.emulator import fields
from afsync.emulator.accounts import EmulatedAccount
from afsync.emulator.clock import iso, parse_iso
from afsync.emulator.dialects import all_dialects
from afsync.emulator.dialects.all_dialects import Answer, Json, NewTemplate, TierLimits
from afsync.emulator.errors import ErrorAnswer, invalid
from afsync.emulator.jobs import EmulatedJob
from afsync.emulator.lifecycle import ProductionPhase
from afsync.emulator.links import Links
from afsync.emulator.options import EmulatorOptions
from afsync.emulator.templates import EmulatedTemplate

RPM, CONCURRENT = 60, 10


class Documented(Struct, frozen=True):
    """camelCase, ISO 8601, few fields."""

    options: EmulatorOptions
    links: Links
    tier: str
    filters_before_paging: bool = True
    reads_templates: bool = False
    presigned_uploads: bool = False
    lenient: bool = False

    def limits(self, account: EmulatedAccount) -> TierLimits:
        return all_dialects.limits(account, self.options, TierLimits(RPM, CONCURRENT))

    def account(self, account: EmulatedAccount) -> Json:
        limits = self.limits(account)
        return {
            "accountId": account.id,
            "planTier": account.tier,
            "credits": {"balance": account.balance, "included": account.included, "used": account.used},
            "rateLimits": {"rpm": limits.rpm, "concurrent": limits.concurrent},
        }

    def status(self, job: EmulatedJob, now: int) -> str:
        if job.forced:
            return job.forced
        match job.phase(now):
            case ProductionPhase.PRODUCED:
                return "complete"
            case ProductionPhase.PUBLISHING:
                return "complete" if job.approved is None else "publishing"
            case ProductionPhase.NON_COMPLIANT:
                return "failed"
            case phase:
                return phase.value

    def list_item(self, job: EmulatedJob, now: int) -> Json:
        if self.options.echo == "minimum":
            return {"jobId": job.id, "status": self.status(job, now), "createdAt": self.moment(job.created)}
        return self.job(job, now)

    def job(self, job: EmulatedJob, now: int) -> Json:
        there = all_dialects.has_output(job, now)
        extra = self.echoed(job) if self.options.echo == "full" else {}
        return {
            **extra,
            "jobId": job.id,
            "status": self.status(job, now),
            "outputUrl": self.links.video(job.id) if there else None,
            "score": all_dialects.score(job) if there else None,
            "platforms": job.fields.get("platforms", []),
            "createdAt": self.moment(job.created),
        }

    def echoed(self, job: EmulatedJob) -> Json:
        return all_dialects.submitted(job)

    def own_status(self, job: EmulatedJob, now: int) -> str:
        return self.status(job, now)

    def staging(self, job: EmulatedJob, _now: int) -> bool:
        return job.life.staged

    def publish_copy(self, job: EmulatedJob) -> Json:
        return all_dialects.publish_copy(job)

    def submitted(self, job: EmulatedJob, account: EmulatedAccount, now: int, _ahead: int) -> Answer:
        status = self.status(job, now)
        return 200, {"jobId": job.id, "status": status, "creditCost": job.cost, "balance": account.balance}

    def approved(self, job: EmulatedJob, _platforms: list[str]) -> Json:
        return {"jobId": job.id, "status": "publishing"}

    def publish_time(self, body: Mapping[str, Any]) -> int | None:
        if "scheduledAt" not in body:
            raise invalid("scheduledAt is required (ISO 8601, or null)")
        if body["scheduledAt"] is None:
            return None
        moment = parse_iso(body["scheduledAt"])
        if moment is None:
            raise invalid("scheduledAt must be an ISO 8601 time with an offset or Z, or null")
        return moment

    def scheduled(self, job: EmulatedJob) -> Json:
        moment = None if job.publish_at is None else iso(job.publish_at)
        return {"jobId": job.id, "scheduledAt": moment}

    def schedule_row(self, job: EmulatedJob, now: int) -> Json:
        return {**self.scheduled(job), "status": self.status(job, now)}

    def new_template(self, body: Mapping[str, Any]) -> NewTemplate:
        name = body.get("name")
        if not isinstance(name, str) or not name:
            raise ErrorAnswer(400, "name is required")
        spec = fields.checked_fields({key: value for key, value in body.items() if key != "fromTemplateId"})
        return NewTemplate(name, all_dialects.description(body), spec)

    def template_created(self, template: EmulatedTemplate) -> Answer:
        return 200, self.template_row(template)

    def template_row(self, template: EmulatedTemplate) -> Json:
        return {"id": template.id, "name": template.name, "createdAt": self.moment(template.created)}

    def moment(self, ms: int, _salt: int = 0, /) -> str | int:
        return iso(ms)
