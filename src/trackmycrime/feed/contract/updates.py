"""What an officer tells the victims: `update.published`, `update.withdrawn`."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from trackmycrime.feed.contract.fields import (
    AS_TUPLE,
    ONCE,
    Closed,
    Id,
    Moment,
    Text4000,
    broken,
    told_if,
    told_one,
)
from trackmycrime.feed.contract.vocabulary import Milestone, UpdateWithdrawal


class UpdateText(Closed):
    """The officer's own words, in one language or both. Plain text; a blank line begins a paragraph."""

    en: Text4000 | None = Field(None, description="In English.")
    cy: Text4000 | None = Field(None, description="In Welsh.")


def _a_note_says_something(schema: dict[str, Any]) -> None:
    told_if("milestone", "note", "text")(schema)
    text: dict[str, Any] = {"type": "object"}
    told_one("en", "cy")(text)
    schema["then"]["properties"]["text"] = text


class UpdatePublished(Closed):
    """One entry on the victims' timeline. The same update with a higher sequence is a correction."""

    model_config = ConfigDict(json_schema_extra=_a_note_says_something)

    update: Id = Field(description="The records system's id of the update.")
    milestone: Milestone = Field(description="The step that it tells of.")
    happened_at: Moment = Field(description="When that happened. A clock of the Victims' Code starts here.")
    text: UpdateText | None = Field(
        None,
        description="The officer's own words; absent: the force's words for the milestone. Required for note.",
    )
    victims: Annotated[tuple[Id, ...], AS_TUPLE, Field(min_length=1, max_length=500), ONCE] | None = Field(
        None, description="Ids of the victims whom it is for. Absent: all of the crime."
    )
    review: bool | None = Field(None, description="True holds it for an officer. Absent: as known before.")

    @model_validator(mode="after")
    def a_note_says_something(self) -> Self:
        """The force has no words of its own for a note."""
        if self.milestone == "note" and (self.text is None or not (self.text.en or self.text.cy)):
            raise broken("is required for a note, in en, cy or both", "text")
        return self


class UpdateWithdrawn(Closed):
    """The entry is taken back. For wrong_case and safety it vanishes without a trace for the victim."""

    model_config = ConfigDict(json_schema_extra=told_if("reason", "replaced", "replaced_by"))

    update: Id = Field(description="The records system's id of the update.")
    reason: UpdateWithdrawal = Field(description="Why.")
    replaced_by: Id | None = Field(
        None, description="Id of the update that took its place; required for replaced."
    )

    @model_validator(mode="after")
    def replaced_names_by_what(self) -> Self:
        """A replaced update names another one."""
        if self.reason == "replaced" and self.replaced_by is None:
            raise broken("is required when the reason is replaced", "replaced_by")
        if self.replaced_by == self.update:
            raise broken("must be another update than the one that is withdrawn", "replaced_by")
        return self
