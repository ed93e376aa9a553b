"""What an officer writes to one victim in the records system: `message.sent`."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from trackmycrime.feed.contract.fields import Closed, Id, Text4000, broken, told_one


class MessageSent(Closed):
    """One message to one victim, shown in the thread. The same message with a higher sequence is a correction."""

    model_config = ConfigDict(json_schema_extra=told_one("officer", "unit"))

    message: Id = Field(description="The records system's id of the message.")
    victim: Id = Field(description="Id of the victim whom it is for.")
    officer: Id | None = Field(None, description="Id of the officer who writes; this or unit is required.")
    unit: Id | None = Field(
        None, description="Id of the unit that writes, or stands in where the officer is not known."
    )
    text: Text4000 = Field(description="The message. Plain text; a blank line begins a paragraph.")

    @model_validator(mode="after")
    def from_somebody(self) -> Self:
        """A victim is told who writes."""
        if self.officer is None and self.unit is None:
            raise broken("is required where there is no unit", "officer")
        return self
