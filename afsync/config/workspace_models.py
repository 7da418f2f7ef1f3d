"""The format of afsync.workspace.yaml. People read the descriptions, in editors and in the docs."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from afsync.config.fields import Part, Text
from afsync.config.models import AutoApprovePart
from afsync.config.schema import part_schema
from afsync.config.workspace_checks import check_key_source, check_state_template

KeySource = Annotated[
    str, AfterValidator(check_key_source), Field(json_schema_extra={"pattern": r"^(env|file):.*\$\{account\}"})
]
StateTemplate = Annotated[Text, AfterValidator(check_state_template)]


class OverallLimits(Part):
    """What one apply over all accounts may do at the most."""

    max_credits: int | None = Field(
        None,
        ge=0,
        description="Credits that one apply over all accounts may spend, as their plans estimate it, before the first "
        "is applied.",
        examples=[500],
    )


class WorkspaceFile(Part):
    """afsync.workspace.yaml: many accounts, each a project of its own."""

    may_be_empty = frozenset({"limits"})

    version: Literal[1] = Field(description="The version of this format.", examples=[1])
    accounts: Annotated[list[Text], Field(min_length=1)] = Field(
        description="The directories of the accounts, as patterns relative to this file. Each holds an afsync.yaml; "
        "its name is the name of the account.",
        examples=[["clients/*"]],
    )
    key: KeySource = Field(
        description="Where the key of an account is: `env:` and a variable (`${account}` in upper case, with `_` for "
        "all but letters and digits), or `file:` and a path. Never the key itself.",
        examples=["env:AURAFLUX_KEY_${account}", "file:/run/secrets/${account}"],
    )
    state: StateTemplate | None = Field(
        None,
        description="Where the state of an account is kept, in place of what its afsync.yaml says. A path counts from "
        "the account's directory.",
        examples=["s3://agency-state/${account}.json.gz", ".afsync/state.json"],
    )
    shared: list[Text] | None = Field(
        None,
        description="Files that are included into every account, as patterns relative to this file. They hold "
        "templates and jobs.",
        examples=[["shared/templates.yaml"]],
    )
    limits: OverallLimits | None = Field(None, description="What one apply over all accounts may do at the most.")
    auto_approve: AutoApprovePart | None = Field(
        None,
        description="What `apply` may do unattended in an account that does not say so itself.",
        examples=[{"max_credits": 3, "max_deletes": 0}],
    )


def workspace_schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    return part_schema(WorkspaceFile, "afsync.workspace.yaml")


def main() -> None:
    """Prints the schema."""
    json.dump(workspace_schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
