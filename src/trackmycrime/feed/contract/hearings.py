"""What may be said of a court hearing: `hearing.changed`."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from trackmycrime.feed.contract.fields import (
    Closed,
    Day,
    Id,
    Moment,
    Text100,
    Text200,
    Text300,
    Text2000,
    broken,
)
from trackmycrime.feed.contract.vocabulary import Attendance, HearingStatus

_WEEKS_RULE = "must be a whole number of weeks, 1 to 12"


def _weeks(value: object) -> object:
    # In JSON 2 and 2.0 are the same number.
    number = int(value) if type(value) is float and value.is_integer() else value
    if number is None or (type(number) is int and 1 <= number <= 12):
        return number
    raise broken(_WEEKS_RULE)


Weeks = Annotated[
    int, BeforeValidator(_weeks), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 12})
]


class Court(Closed):
    """Where it is heard."""

    name: Text200 = Field(description="The court's name, as it is to be read.")
    address: Text300 | None = Field(None, description="Where the court is, as it is to be read.")


class HearingResult(Closed):
    """What came of it, for victims to read, in one language or both. Plain text."""

    en: Text2000 | None = Field(None, description="In English.")
    cy: Text2000 | None = Field(None, description="In Welsh.")


def _one_date(schema: dict[str, Any]) -> None:
    absent, told = {"type": "null"}, {"type": "string"}
    schema["oneOf"] = [
        {
            "required": ["starts_at"],
            "properties": {"starts_at": told, "week_commencing": absent, "weeks": absent},
        },
        {"required": ["week_commencing"], "properties": {"week_commencing": told, "starts_at": absent}},
    ]


class HearingChanged(Closed):
    """The whole state of one hearing. Exactly one of `starts_at` and `week_commencing` says when it is."""

    model_config = ConfigDict(json_schema_extra=_one_date)

    hearing: Id = Field(description="The records system's id of the hearing.")
    type: Text100 | None = Field(None, description="What kind of hearing, as a victim may read it.")
    court: Court = Field(description="Where it is heard.")
    starts_at: Moment | None = Field(None, description="When it begins, where that is fixed.")
    week_commencing: Day | None = Field(
        None, description="The first day of the week in which it is, where no more is known."
    )
    weeks: Weeks | None = Field(
        None,
        description="How many weeks from week_commencing on it may be in; absent: that one. Only with week_commencing.",
    )
    attendance: Attendance | None = Field(
        None, description="Whether the victims must, may or need not be there; absent: not known."
    )
    status: HearingStatus = Field(description="Whether it stands, was put off or cancelled, or has been.")
    result: HearingResult | None = Field(
        None, description="What came of it. Victims read it once the status is held."
    )

    @model_validator(mode="after")
    def one_date(self) -> Self:
        """Neither of two dates may be guessed away, and none at all is no hearing that one could go to."""
        if self.starts_at is None and self.week_commencing is None:
            raise broken("is required where there is no week_commencing", "starts_at")
        if self.starts_at is not None and self.week_commencing is not None:
            raise broken("must not be there beside starts_at: exactly one of the two", "week_commencing")
        if self.weeks is not None and self.week_commencing is None:
            raise broken("must not be there without week_commencing", "weeks")
        return self
