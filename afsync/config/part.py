"""What all parts of the format share."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, model_validator

from afsync.config.problems import NO_VALUE


class Part(BaseModel):
    """What all parts of the format share: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    may_be_empty: ClassVar[frozenset[str]] = frozenset()
    """Keys that may stand without a value, as a section does whose entries are all commented out."""

    @model_validator(mode="before")
    @classmethod
    def _empty_keys(cls, part: object) -> object:
        """None means that a key stands there without a value, which fields that may be left out would accept."""
        if not isinstance(part, dict) or None not in part.values():
            return part
        return {k: NO_VALUE if v is None and k not in cls.may_be_empty else v for k, v in part.items()}
