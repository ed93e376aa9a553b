"""Who works the case: `officer.changed`, `unit.changed`. The subject of the event is the id."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from trackmycrime.feed.contract.fields import (
    Closed,
    Day,
    Email,
    Id,
    Text32,
    Text40,
    Text100,
    Text200,
    Text300,
    broken,
    told_one,
)


class OfficerChanged(Closed):
    """The whole state of one officer, whose id is the event's subject."""

    name: Text200 = Field(description="The officer's name.")
    collar_number: Text32 | None = Field(None, description="Collar or warrant number.")
    rank: Text100 | None = Field(None, description="Rank, or the title of a member of staff.")
    unit: Id | None = Field(None, description="Id of the officer's unit.")
    email: Email | None = Field(None, description="Joins the officer to the staff login with the same email.")
    phone: Text40 | None = Field(None, description="Telephone number, as it is to be read.")
    active: bool | None = Field(None, description="False: no longer works cases.")
    away_until: Day | None = Field(None, description="Away until this day.")
    cover: Id | None = Field(None, description="Id of the officer or unit that answers meanwhile.")
    shown_as: Text200 | None = Field(None, description="What victims see; absent: rank and surname.")


class UnitName(Closed):
    """The unit's name, in one language or both."""

    model_config = ConfigDict(json_schema_extra=told_one("en", "cy"))

    en: Text200 | None = Field(None, description="In English.")
    cy: Text200 | None = Field(None, description="In Welsh.")


class UnitHours(Closed):
    """When the unit is on duty, in words."""

    en: Text300 | None = Field(None, description="In English.")
    cy: Text300 | None = Field(None, description="In Welsh.")


class UnitChanged(Closed):
    """The whole state of one unit, whose id is the event's subject."""

    name: UnitName = Field(description="The unit's name, in English, Welsh or both.")
    phone: Text40 | None = Field(None, description="Telephone number, as victims are to read it.")
    email: Email | None = Field(None, description="The unit's email address.")
    hours: UnitHours | None = Field(None, description="When the unit is on duty, in words that victims read.")
    active: bool | None = Field(None, description="False: no longer exists.")

    @model_validator(mode="after")
    def named(self) -> Self:
        """A unit has a name in at least one language."""
        if not (self.name.en or self.name.cy):
            raise broken("is required, in en, cy or both", "name")
        return self
