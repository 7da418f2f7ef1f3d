"""A project whose jobs are `publish: held`, and what became public of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.scenarios.world import Fields, World, a_job


@dataclass
class HeldWorld(World):
    """`apart` is how far the commands' clock is ahead of the service's."""

    apart: timedelta = timedelta()

    def now(self) -> datetime:
        """Commands that are called have the service's clock, also where that is moved while they run."""
        assert self.emulator is not None
        return datetime.fromtimestamp(self.emulator.emulator.service.clock.now() / 1000, UTC) + self.apart

    def a_held(self, *, hours: float = 2, **fields: Any) -> Fields:
        return a_job(**{"platforms": ["tiktok"], "publish": "held", "schedule": self.at(hours=hours), **fields})

    def produced(self, **fields: Any) -> str:
        """`job.a`, submitted and produced, to be published in two hours."""
        (job,) = self.submitted(a=self.a_held(**fields))
        self.becomes("complete", job)
        return job

    def known(self, credits: int) -> int:
        """What a job is known to have cost: the router does not report it."""
        return 0 if self.dialect == "router" else credits

    def publications(self, job: str) -> int:
        return len(self.of_service(job)["publications"])

    def due(self, *args: str, code: int = 0) -> Any:
        return self.does("apply", "--due", "--auto-approve", *args, code=code)
