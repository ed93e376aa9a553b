"""What may be said of an item of property: `property.changed`."""

from pydantic import Field

from trackmycrime.feed.contract.fields import Closed, Id, Money, Text100, Text300, Text500
from trackmycrime.feed.contract.vocabulary import PropertyStatus


class PropertyChanged(Closed):
    """The whole state of one item of property of the crime."""

    property: Id = Field(description="The records system's id of the item.")
    description: Text500 = Field(description="What it is, as its owner may read it.")
    status: PropertyStatus = Field(description="What is known to have become of it.")
    value: Money | None = Field(
        None, description="What it is worth in pounds, as a decimal string: «249.99»."
    )
    serial: Text100 | None = Field(None, description="Serial number or other mark that tells it from others.")
    collect_from: Text300 | None = Field(
        None, description="Where and when it may be collected, once it is ready."
    )
