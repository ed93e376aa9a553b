"""Property as victims read of it: the words of its entries and the list on the case's page. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from .prose import UNIT
from .shapes import PropertyLine
from .wording import LANGUAGES, Language, text

MILESTONE = "property_recovered"
TOLD = frozenset({"recovered", "held", "held_as_evidence", "ready_to_collect", "returned"})
"""What is news enough for an entry. Of what police once had, it is also news that they have it no more."""


class Item(NamedTuple):
    """One item of property in its newest state; `said` is every status that was ever said of it, with its first
    moment and its latest sequence."""

    id: str
    sequence: int
    description: str
    serial: str
    value: str
    collect_from: str
    status: str
    said: Mapping[str, tuple[datetime, int]]
    live: bool

    @property
    def said_at(self) -> datetime:
        """When the records system first said the status that it has."""
        return self.said[self.status][0]

    @property
    def told(self) -> bool:
        """Whether it makes an entry: police have it, or had it."""
        return not TOLD.isdisjoint(self.said)

    @property
    def mistaken(self) -> bool:
        """Police said that they had it, and now it is as if they never had."""
        return self.told and self.status not in TOLD and self.status != "disposed"

    def covered_by(self, written_of: datetime) -> bool:
        """Whether what an officer wrote of property, as of then, can stand for it: not what was written before police
        did something else with it."""
        before = TOLD.intersection(self.said) - {self.status}
        return not self.mistaken and (not before or written_of >= self.said_at)

    def words(self) -> dict[str, Any]:
        """What is kept of its entry, in the form of `words.frozen`. Never its value or serial number."""
        status = "recovered" if self.mistaken else self.status
        kept: dict[str, Any] = {"written": []}
        for language in LANGUAGES:
            facts = [text("property.item", language, item=self.description)]
            if status == "ready_to_collect" and self.collect_from:
                facts.append(text("property.where", language, place=self.collect_from))
            kept[language] = {
                "title": text(f"property.{status}.title", language),
                "paragraphs": [
                    text(f"property.{status}.happened", language),
                    "\n".join(facts),
                    text(f"property.{status}.means", language),
                    text(f"property.{status}.ask", language, unit=UNIT),
                ],
            }
        return kept

    def line(self, shown: bool) -> dict[str, Any] | None:
        """What the published case keeps of it, for `listed`; `shown`: its entry can be read.

        While it cannot, the item stands as it did before: as what was last said that makes no entry. None where
        nothing was.
        """
        status = self.status
        if status in TOLD and not shown:
            before = [(latest, name) for name, (_, latest) in self.said.items() if name not in TOLD]
            if not before:
                return None
            status = max(before)[1]
        return {
            "description": self.description,
            "status": status,
            "serial": self.serial,
            "value": self.value,
            "collect_from": self.collect_from if status == "ready_to_collect" else "",
        }


def listed(kept: Iterable[Mapping[str, Any]], language: Language, *, owner: bool) -> list[PropertyLine]:
    """The property of a published case; value and serial number only for the reader whose it can only be."""
    return [
        PropertyLine(
            description=one["description"],
            status=text(f"property.status.{one['status']}", language),
            ready=one["status"] == "ready_to_collect",
            collect_from=one["collect_from"],
            serial=one["serial"] if owner else "",
            value=_pounds(one["value"]) if owner and one["value"] else "",
        )
        for one in kept
    ]


def _pounds(value: str) -> str:
    whole, _, pence = value.partition(".")
    return f"£{int(whole):,}" + (f".{pence:0<2}" if pence else "")
