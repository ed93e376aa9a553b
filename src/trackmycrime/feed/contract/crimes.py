"""What may be said about a crime: `crime.changed`, `crime.withdrawn`, `crime.restored`."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from trackmycrime.feed.contract.fields import (
    AS_TUPLE,
    ONCE,
    Closed,
    Date,
    Id,
    MomentOrDate,
    Reference,
    Text32,
    Text120,
    Text200,
    Text500,
    broken,
    told_if,
)
from trackmycrime.feed.contract.vocabulary import (
    Category,
    CrimeWithdrawal,
    Flag,
    Outcome,
    ReferenceKind,
    Stage,
)


class Offence(Closed):
    """What the crime is recorded as."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=16)] | None = Field(
        None, description="Home Office code NNN/NN, or the force's own."
    )
    name: Text200 = Field(description="The offence in the force's words.")
    category: Category = Field(description="The public category of data.police.uk, or fraud.")


class Occurred(Closed):
    """When it happened, as exactly as it is known."""

    start: MomentOrDate = Field(
        alias="from", description="When it happened, or the earliest that it can have."
    )
    end: MomentOrDate | None = Field(None, alias="to", description="The latest that it can have happened.")


class CrimeOutcome(Closed):
    """The Home Office outcome type that the crime ended with."""

    code: Outcome = Field(description="Outcome type, 1 to 22, or 1A, 2A, 3A.")
    decided_on: Date = Field(description="The day of the decision, or its month where the day is not known.")


class OtherReference(Closed):
    """Another number under which the crime is known; a victim may come with any of them."""

    kind: ReferenceKind = Field(
        description="urn of the prosecution file, incident, receipt, or custody record."
    )
    value: Text32 = Field(description="The number as it is written to victims.")


class CrimeChanged(Closed):
    """The whole state of a crime record. What is absent or null is not known, and clears what was known."""

    offence: Offence = Field(description="What the crime is recorded as.")
    reported_at: MomentOrDate = Field(description="When it was reported to the police.")
    occurred: Occurred | None = Field(None, description="When it happened.")
    place: Text120 | None = Field(None, description="Where, as a victim may read it; no house number.")
    stage: Stage = Field(description="Where the crime is on its way.")
    outcome: CrimeOutcome | None = Field(None, description="How it ended, once that is decided.")
    officer: Id | None = Field(None, description="Id of the officer in the case.")
    unit: Id | None = Field(None, description="Id of the unit that answers when the officer is away.")
    flags: Annotated[tuple[Flag, ...], AS_TUPLE, ONCE] = Field(
        description="What makes the crime need special care. Required: [] says that there is nothing."
    )
    closed_at: MomentOrDate | None = Field(None, description="When the record was closed.")
    other_references: Annotated[tuple[OtherReference, ...], AS_TUPLE, Field(max_length=50)] | None = Field(
        None, description="Other numbers under which the crime is known."
    )


class CrimeWithdrawn(Closed):
    """The crime record is no longer one. `withheld` closes every page at once and says nothing."""

    model_config = ConfigDict(json_schema_extra=told_if("reason", "merged", "merged_into"))

    reason: CrimeWithdrawal = Field(description="Why; disposed means that the record's retention ended.")
    merged_into: Reference | None = Field(
        None, description="Reference of the crime that this one became part of; required for merged."
    )

    @model_validator(mode="after")
    def merged_names_where(self) -> Self:
        """A merged crime names the one that its victims move to."""
        if self.reason == "merged" and self.merged_into is None:
            raise broken("is required when the reason is merged", "merged_into")
        return self


class CrimeRestored(Closed):
    """What lifts a withholding; nothing else from the feed does."""

    reason: Text500 = Field(
        description="Why the crime may be shown again; for officers, never shown to a victim."
    )
