"""The dialect of the service's own published server code: the wire of the deployed one, and its own effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afsync.emulator.accounts import EmulatedAccount
from afsync.emulator.clock import iso
from afsync.emulator.dialects import all_dialects
from afsync.emulator.dialects.all_dialects import Answer, Json, NewTemplate, TierLimits
from afsync.emulator.dialects.deployed import LIMITS, Deployed, new_template
from afsync.emulator.errors import ErrorAnswer
from afsync.emulator.jobs import EmulatedJob
from afsync.emulator.lifecycle import ProductionPhase
from afsync.emulator.router_life import GHOST, ROUTER, written
from afsync.emulator.templates import EmulatedTemplate

ADD_ONS = ("analytics", "branding", "captions", "music", "shoppable", "translation", "voiceover")
"""Every job reports seven. Only `shoppable` is known by name; the others stand for the rest."""
APPROVED_LINK_MS = 7_200_000


class Router(Deployed, frozen=True):
    """It answers 200 to what it does not keep; `overwriting` has what becomes of a job."""

    lenient: bool = True

    def limits(self, account: EmulatedAccount) -> TierLimits:
        """What is enforced: submissions at once are not, unless the options say so."""
        usual = LIMITS.get(account.tier, LIMITS["operate"])
        return all_dialects.limits(account, self.options, TierLimits(usual.rpm, None))

    def account(self, account: EmulatedAccount) -> Json:
        told = all_dialects.limits(account, self.options, TierLimits(60, 3))
        return {**Deployed.account(self, account), "rateLimits": {"rpm": told.rpm, "concurrent": told.concurrent}}

    def status(self, job: EmulatedJob, now: int) -> str:
        status = self.own_status(job, now)
        return "processing" if status == "operator_review" else status

    def own_status(self, job: EmulatedJob, now: int) -> str:
        """As `/result` has it, and the row itself."""
        return written(job.story, now).status if job.mode == ROUTER else Deployed.status(self, job, now)

    def staging(self, job: EmulatedJob, now: int) -> bool:
        """Whether the row says that it waits for an approval."""
        return written(job.story, now).staging if job.mode == ROUTER else job.life.staged

    def job(self, job: EmulatedJob, now: int) -> Json:
        there = all_dialects.has_output(job, now)
        return {
            **Deployed.job(self, job, now),
            "filledScript": f"Script about {job.fields.get('topic') or 'Untitled'}" if there else None,
            "outputUrl": self._output_url(job, now) if there else None,
            "completedAt": None if not there or job.finished is None else str(job.finished),
            "portals": _portals(job, now),
            "grade": grade(job) if there else None,
        }

    def echoed(self, job: EmulatedJob) -> Json:
        return _echoed(job)

    def publish_copy(self, job: EmulatedJob) -> Json:
        """What is published beside the video, by platform."""
        one = all_dialects.publish_copy(job)
        tags = [tag.removeprefix("#") for tag in one["hashtags"]]
        youtube = {"title": one["title"], "description": one["description"], "tags": tags}
        caption = {"caption": " ".join([one["title"], *one["hashtags"]])}
        return {"youtube": youtube, "tiktok": caption, "instagram": caption}

    def _output_url(self, job: EmulatedJob, now: int) -> str:
        """After an approval: signed, for two hours from then or from now, whatever is later."""
        url = self.links.video(job.id)
        approved = any(event["what"] == "approve" for event in job.story.events)
        return self.links.signed(url, now, valid_ms=APPROVED_LINK_MS) if approved else url

    def submitted(self, job: EmulatedJob, account: EmulatedAccount, now: int, ahead: int) -> Answer:
        status, body = Deployed.submitted(self, job, account, now, ahead)
        if not self.options.charging:
            del body["creditCost"]
        return status, {**body, "webhookHint": "POST /v1/webhooks"}

    def publish_time(self, body: Mapping[str, Any]) -> Any:
        """The publish time as it was sent: past times and nonsense, too."""
        if not (wanted := body.get("scheduledPublishAt")):
            raise ErrorAnswer(400, "scheduledPublishAt is required (ISO 8601)")
        return wanted

    def schedule_row(self, job: EmulatedJob, now: int) -> Json:
        row = written(job.story, now)
        topic = job.fields.get("topic")
        return {"jobId": job.id, "status": row.status, "topic": topic, "scheduledPublishAt": row.time}

    def new_template(self, body: Mapping[str, Any]) -> NewTemplate:
        return new_template(body)

    def template_row(self, template: EmulatedTemplate) -> Json:
        times = {"created_at": iso(template.created), "updated_at": iso(template.updated)}
        return {**Deployed.template_row(self, template), **times}

    def moment(self, ms: int, _salt: int = 0, /) -> str | int:
        return str(ms)


def grade(job: EmulatedJob) -> int:
    """Out of 100; less than 75 cannot be published."""
    return 60 if job.outcome == "operator_review" else 75 + all_dialects.score(job) % 25


def _echoed(job: EmulatedJob) -> Json:
    """The fields of the submission that the router reports; next to none of a ghost's."""
    spec, sent = job.fields, job.submitted_fields
    kind = spec.get("contentType") or "news"
    for ending in ("-short", "-long"):
        kind = kind.removesuffix(ending) if isinstance(kind, str) else kind
    ghost = job.origin == GHOST
    return {
        "entry": None if ghost else spec.get("entry") or "fetch",
        "sourceType": None,
        "contentType": kind,
        "productionProfile": _profile(spec),
        "topic": None if ghost else spec.get("topic"),
        "tone": None if ghost else spec.get("tone"),
        "addOns": _add_ons(spec.get("addOns")),
        "format": sent.get("format"),
        "platforms": job.platforms,
    }


def _profile(spec: Mapping[str, Any]) -> Any:
    long = spec.get("format") == "long"
    profile = spec.get("productionProfile") or "vertical_reel"
    return "broadcast_desk" if long and profile == "vertical_reel" else profile


def _add_ons(sent: object) -> Json:
    own = sent if isinstance(sent, dict) else {}
    return {name: own.get(name, {"active": False}) for name in ADD_ONS}


def _portals(job: EmulatedJob, now: int) -> list[Json]:
    return [
        _portal(number, state, job, now)
        for number, state in enumerate(all_dialects.portals(job, now).values(), start=1)
    ]


def _portal(number: int, state: str, job: EmulatedJob, now: int) -> Json:
    """The reason of a failure stands here and nowhere else."""
    reason = None
    if state in ("failed", "non-compliant"):
        reason = "The script breaks a rule of the platform" if state == "non-compliant" else "The source is not usable"
    elif number == 5 and (failed := job.failed_platforms(now)):
        state, reason = "failed", f"Not published to {', '.join(failed)}"
    passed = state == "complete"
    return {
        "portal": number,
        "passed": passed,
        "status": state,
        "failReason": reason,
        "score": grade(job) if passed and job.phase(now) is not ProductionPhase.RUNNING else None,
    }
