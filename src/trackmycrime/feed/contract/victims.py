"""What may be said about a victim's part in a crime: `victim.changed`, `victim.withdrawn`."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from trackmycrime.feed.contract.fields import (
    AS_TUPLE,
    ONCE,
    Clock,
    Closed,
    Day,
    Email,
    Id,
    Language,
    Mobile,
    Text100,
    Text200,
    Text500,
    broken,
)
from trackmycrime.feed.contract.vocabulary import Channel, Need, Role, VictimWithdrawal


def _written(lines: tuple[str | None, ...]) -> tuple[str, ...]:
    """Records systems keep a fixed number of address lines; the empty ones are no lines.

    They are dropped after the lines were judged: a pointer must name the line as it was sent.
    """
    return tuple(line for line in lines if line is not None)


class Address(Closed):
    """A postal address as one writes it on a letter."""

    lines: Annotated[tuple[Text100 | None, ...], AS_TUPLE, Field(max_length=6), AfterValidator(_written)] = (
        Field(description="The lines above the postcode; empty ones are dropped.")
    )
    postcode: Annotated[str, StringConstraints(min_length=1, max_length=12)] | None = Field(
        None, description="The postcode."
    )


class Hours(Closed):
    """The part of the day in which this person may be contacted, in the force's time; may pass midnight."""

    start: Clock = Field(alias="from", description="From this time, HH:MM.")
    end: Clock = Field(alias="to", description="To this time, HH:MM.")

    @model_validator(mode="after")
    def not_empty(self) -> Self:
        """Equal times could mean always or never; neither may be guessed."""
        if self.start == self.end:
            raise broken("must differ from the time in «from»", "to")
        return self


class SafeContact(Closed):
    """What may be used to reach this person, when, and in what disguise."""

    channels: Annotated[tuple[Channel, ...], AS_TUPLE, ONCE] | None = Field(
        None,
        description="The channels that are safe. Absent: all that are known. []: no contact by machine at all.",
    )
    hours: Hours | None = Field(None, description="When contact is safe. Absent: at any time.")
    disguise: bool = Field(description="True: nothing may show that the police write.")
    no_portal: bool = Field(description="True: this person must not be asked to use the portal.")
    note: Text500 | None = Field(None, description="For officers only.")


class VictimChanged(Closed):
    """The whole state of one person's part in one crime.

    What is absent or null is not known, and clears what was known; except `enhanced_rights` and
    `safe_contact`, which protect: absent, they leave what is known.
    """

    victim: Id = Field(
        description="The records system's id of the person, the same on every crime of the force."
    )
    role: Role = Field(description="In what part this person is to be told.")
    name: Text200 = Field(description="The name as the person writes it, in one field.")
    organisation: Text200 | None = Field(None, description="The business, for a business contact.")
    born_on: Day | None = Field(None, description="Date of birth.")
    email: Email | None = Field(None, description="Email address.")
    mobile: Mobile | None = Field(
        None, description="Telephone number for texts: E.164, or a national number of the force's country."
    )
    address: Address | None = Field(None, description="Postal address.")
    language: Language | None = Field(
        None, description="BCP 47. en and cy are written in; others are kept and shown to officers."
    )
    needs: Annotated[tuple[Need, ...], AS_TUPLE, ONCE] | None = Field(
        None, description="What this person needs, to be told well."
    )
    enhanced_rights: bool | None = Field(
        None, description="Entitled to enhanced rights under the Victims' Code. Absent: as known before."
    )
    preferred_channel: Channel | None = Field(None, description="How this person wants to be told.")
    safe_contact: SafeContact | None = Field(None, description="What is safe. Absent: as known before.")


class VictimWithdrawn(Closed):
    """The person has no part in the crime any more: access ends, nothing more is sent."""

    victim: Id = Field(description="The records system's id of the person.")
    reason: VictimWithdrawal = Field(description="Why.")
