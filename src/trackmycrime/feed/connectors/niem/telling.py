"""From one report of NIBRS or N-DEx to events: the crime, and those of its victims who have a name.

NIBRS is made for statistics and has no names; N-DEx can have them. What needs care closes: any sign of a protected
kind becomes a flag, and among several offences the one that needs most care names the crime.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from trackmycrime.feed.connectors.events import numbered
from trackmycrime.feed.connectors.mapping.values import ISO, Dates, Point, microseconds
from trackmycrime.feed.connectors.niem.offences import Offence
from trackmycrime.feed.connectors.niem.reading import name_of
from trackmycrime.feed.connectors.refusals import Wrong, shown

_ADULT = 18
_NO_BIAS = frozenset({"", "none", "88", "unknown", "99"})
_INFANTS = frozenset({"NEONATAL", "NEWBORN", "BABY", "NN", "NB", "BB"})
# How a victim and a subject are related, without case and anything but letters: NIBRS' words and its codes.
_RELATIONS = """
spouse commonlawspouse exspouse boyfriend girlfriend boyfriendgirlfriend homosexualrelationship exrelationship
cohabitant parent sibling child grandparent grandchild inlaw stepparent stepchild stepsibling familymember
otherfamilymember childofboyfriendorgirlfriend childofboyfriendgirlfriend
se cs pa sb ch gp gc il sp sc ss of bg xs xr hr cf
"""
_CLOSE = frozenset(_RELATIONS.split())


@dataclass(frozen=True)
class Terms:
    """What a force has said of its reports."""

    source: str
    zone: ZoneInfo
    offences: Mapping[str, Offence]
    """By code or name, in small letters"""
    deleted: str
    """Why a crime whose report is deleted is withdrawn"""
    victims: bool


def events_of(report: Element, message_moment: str, terms: Terms) -> list[dict[str, Any]]:
    """The events of one report; none for one that is not of an incident. Raises Wrong."""
    found = _Report(report)
    kind = found.text("NIBRSReportCategoryCode").casefold()
    if kind.startswith(("group b", "zero")):
        return []
    number = found.incident_number()
    if not number:
        raise Wrong(
            "ActivityIdentification", "the incident has no number", "IdentificationID of the incident"
        )
    dates = Dates((ISO,), terms.zone)
    moment = _moment(found, message_moment, dates)

    def made(type_: str, data: dict[str, Any]) -> dict[str, Any]:
        return numbered(
            type=type_,
            subject=number,
            source=terms.source,
            time=Point(moment, "moment").text(),
            sequence=microseconds(moment),
            data=data,
        )

    action = found.text("ReportActionCategoryCode") or found.text("DataItemPublishInstruction")
    if action.casefold() in ("d", "delete"):
        return [made("crime.withdrawn", {"reason": terms.deleted})]
    events = [made("crime.changed", _crime(found, terms, dates))]
    if terms.victims:
        events += [made("victim.changed", victim) for victim in _victims(found, number)]
    return events


class _Report:
    """A report's elements by their names."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.by_name: dict[str, list[Element]] = {}
        self.by_id: dict[str, Element] = {}
        for element in root.iter():
            name = name_of(element.tag).partition(":")[2]
            self.by_name.setdefault(name, []).append(element)
            for key, value in element.attrib.items():
                if name_of(key) == "s:id":
                    self.by_id[value] = element

    def all(self, name: str) -> list[Element]:
        """Every element of this name, in order."""
        return self.by_name.get(name, [])

    def texts(self, name: str) -> list[str]:
        """What the elements of this name say, without the empty ones."""
        return [text for element in self.all(name) if (text := (element.text or "").strip())]

    def text(self, name: str) -> str:
        """What the first of them says, else nothing."""
        return next(iter(self.texts(name)), "")

    def incident(self) -> Element | None:
        """The element that has the incident's number: NIEM's Incident, else the digest's activity of that kind."""
        for element in self.all("Incident"):
            if below(element, "ActivityIdentification", "IdentificationID"):
                return element
        return next(
            (
                one
                for one in self.all("Activity")
                if below(one, "ActivityCategoryText").casefold() == "incident"
            ),
            None,
        )

    def incident_number(self) -> str:
        incident = self.incident()
        return "" if incident is None else below(incident, "ActivityIdentification", "IdentificationID")


def below(element: Element, *path: str) -> str:
    """The text at a path of names below an element, else nothing."""
    for name in path:
        inner = next((one for one in element if name_of(one.tag).endswith(f":{name}")), None)
        if inner is None:
            return ""
        element = inner
    return (element.text or "").strip()


def _date(element: Element | None, name: str, dates: Dates) -> Point | None:
    """A NIEM date below an element: DateTime, Date or YearMonth, the most exact first."""
    if element is None:
        return None
    for kind in ("DateTime", "Date", "YearMonthDate", "YearMonth"):
        if text := below(element, name, kind):
            return dates.read(text, f"{name}/{kind}")
    return None


def _moment(found: _Report, message: str, dates: Dates) -> datetime:
    """When the report was sent, which orders what is said of an incident: the message's moment, else its date."""
    for name, text in (
        ("MessageDateTime", message),
        ("DataItemDate", found.text("DataItemDate")),
        ("ReportDate", next((_ym(one) for one in found.all("ReportDate")), "")),
    ):
        if text:
            moment = dates.moment(_cut(text), name)
            assert moment is not None
            return moment.astimezone(UTC)
    raise Wrong("MessageDateTime", "nothing says when the report was sent", "MessageDateTime in the message")


def _cut(text: str) -> str:
    """A moment without the digits below a microsecond, which some systems write."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


def _ym(element: Element) -> str:
    return below(element, "YearMonthDate") or below(element, "Date")


def _crime(found: _Report, terms: Terms, dates: Dates) -> dict[str, Any]:
    offences = _offences(found, terms)
    offence = min(offences, key=lambda one: one.rank)
    incident = found.incident()
    happened = _date(incident, "ActivityDate", dates)
    is_report_date = found.text("IncidentReportDateIndicator").casefold() in ("true", "1")
    reported = next(filter(None, (_reported(one, dates) for one in found.all("ReportDate"))), None)
    sent = dates.read(found.text("DataItemDate"), "DataItemDate")
    reported = happened if is_report_date else reported or sent or happened
    if reported is None:
        raise Wrong(
            "ReportDate", "nothing says when it was reported", "ReportDate, or ActivityDate of the incident"
        )
    data: dict[str, Any] = {
        "offence": {"code": offence.code, "name": offence.name, "category": offence.category},
        "reported_at": reported.text(),
        "stage": "reported",
        "flags": sorted({flag for one in offences for flag in one.flags} | _signs(found)),
    }
    if happened is not None and not is_report_date:
        data["occurred"] = {"from": happened.text()}
    if found.all("Arrest"):
        data["stage"] = "suspect_identified"
    cleared = found.text("IncidentExceptionalClearanceCode").upper()
    if cleared not in ("", "N") or found.text("DataItemStatus").casefold() == "closed":
        data["stage"] = "closed"
        holders = found.all("IncidentAugmentation")
        on = next(
            filter(None, (_date(one, "IncidentExceptionalClearanceDate", dates) for one in holders)), None
        )
        if on is not None:
            data["closed_at"] = on.text()
    return data


def _reported(element: Element, dates: Dates) -> Point | None:
    text = _ym(element)
    return dates.read(text, "ReportDate") if text else None


def _offences(found: _Report, terms: Terms) -> list[Offence]:
    said = found.texts("OffenseUCRCode") or found.texts("OffenseCode")
    if not said:
        raise Wrong("OffenseUCRCode", "the incident has no offence", "the code of at least one offence")
    offences = []
    for code in said:
        offence = terms.offences.get(code.casefold())
        if offence is None:
            right = "a code of NIBRS, or one that «offences» of the input names"
            raise Wrong("OffenseUCRCode", f"{shown(code)} is no offence that is known here", right)
        offences.append(offence)
    return offences


def _signs(found: _Report) -> set[str]:
    """Flags for what the report tells of its victims and motives."""
    flags = set()
    biases = found.texts("OffenseFactorBiasMotivationCode") + found.texts("OffenseBiasMotivationCode")
    if any(bias.casefold() not in _NO_BIAS for bias in biases):
        flags.add("hate_crime")
    for relation in found.texts("VictimToSubjectRelationshipCode"):
        if re.sub("[^a-z]", "", relation.casefold()) in _CLOSE:
            flags.add("domestic_abuse")
    if any(_is_child(person) for _, person in _persons(found)):
        flags.add("child_victim")
    return flags


def _persons(found: _Report) -> Iterator[tuple[Element, Element]]:
    """Each victim's role, and the person who has it."""
    for victim in found.all("Victim"):
        for role in victim:
            if name_of(role.tag) in ("nc:RoleOfPerson", "nc:RoleOfPersonReference"):
                ref = next((value for key, value in role.attrib.items() if name_of(key) == "s:ref"), "")
                person = found.by_id.get(ref)
                if person is not None:
                    yield victim, person


def _is_child(person: Element) -> bool:
    for measure in person:
        if name_of(measure.tag) != "nc:PersonAgeMeasure":
            continue
        for value in measure.iter():
            text = (value.text or "").strip()
            if text.upper() in _INFANTS or (text.isdecimal() and int(text) < _ADULT):
                return True
    return False


def _victims(found: _Report, number: str) -> Iterator[dict[str, Any]]:
    """Those who have a name; ids are of the incident, because nothing else in a report names a person."""
    for place, (role, person) in enumerate(_persons(found), start=1):
        named = next((one for one in person if name_of(one.tag) == "nc:PersonName"), None)
        if named is None:
            continue
        parts = ("PersonGivenName", "PersonMiddleName", "PersonSurName")
        name = below(named, "PersonFullName") or " ".join(
            filter(None, (below(named, part) for part in parts))
        )
        if name:
            own = below(role, "VictimSequenceNumberText") or str(place)
            victim: dict[str, Any] = {"victim": f"{number}-{own}", "role": "victim", "name": name}
            born = below(person, "PersonBirthDate", "Date")
            if born:
                victim["born_on"] = born
            yield victim
