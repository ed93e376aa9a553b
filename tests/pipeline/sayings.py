"""What two records systems may say, for Hypothesis: few things, few ids, so that events meet each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.pipeline.fates import Said
from tests.support.events import START, belonging, crime, event, hearing, message, update, victim

SOURCES = ("Niche", "Athena")
REFERENCES = ("52/A", "52/B", "52/C", "52/b")
PEOPLE = ("P1", "P2")
UPDATES = ("U1", "U2", "U3")
MILESTONES = ("note", "officer_assigned", "suspect_charged", "verdict", "released_on_bail", "closed")

subjects = st.sampled_from(REFERENCES)
people = st.sampled_from(PEOPLE)
days = st.sampled_from((0, 1, 5))
flags = st.sampled_from(([], [], [], [], ["hate_crime"], ["domestic_abuse"], ["do_not_publish"]))


@st.composite
def _crimes(draw: Any) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "stage": draw(st.sampled_from(("reported", "investigating", "charged", "closed")))
    }
    changes["flags"] = draw(flags)
    if draw(st.booleans()):
        changes["officer"] = draw(st.sampled_from(("DC1", "DC2")))
    if changes["stage"] == "closed":
        changes["outcome"] = {"code": draw(st.sampled_from(("1", "5", "18"))), "decided_on": "2026-11-02"}
    return crime(draw(subjects), 0, **changes)


@st.composite
def _withdrawals(draw: Any) -> dict[str, Any]:
    subject = draw(subjects)
    reason = draw(st.sampled_from(("withheld", "merged", "merged", "no_crime")))
    data = {"reason": reason}
    if reason == "merged":
        others = [other for other in REFERENCES if other.casefold() != subject.casefold()]
        data["merged_into"] = draw(st.sampled_from(others))
    return event("crime.withdrawn", subject, 0, data)


@st.composite
def _victims(draw: Any) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if draw(st.booleans()):
        changes["email"] = draw(st.sampled_from((None, "other@example.org")))
    if draw(st.booleans()):
        channels = draw(st.sampled_from(([], ["email"], ["text"])))
        changes["safe_contact"] = {"channels": channels, "disguise": draw(st.booleans()), "no_portal": False}
    if draw(st.booleans()):
        changes["enhanced_rights"] = draw(st.booleans())
    return victim(draw(subjects), 0, draw(people), **changes)


@st.composite
def _updates(draw: Any) -> dict[str, Any]:
    milestone = draw(st.sampled_from(MILESTONES))
    changes: dict[str, Any] = {}
    if milestone == "note" or draw(st.booleans()):
        changes["text"] = {"en": draw(st.sampled_from(("first words", "second words")))}
    changes["victims"] = draw(st.sampled_from((None, None, ["P1"], ["P2"], ["P1", "P2"])))
    changes["review"] = draw(st.sampled_from((None, None, True, False)))
    return update(draw(subjects), 0, draw(st.sampled_from(UPDATES)), milestone, **changes)


def _taken_back(subject: str, key: str, reason: str) -> dict[str, Any]:
    return event("update.withdrawn", subject, 0, {"update": key, "reason": reason})


def _gone(subject: str, person: str) -> dict[str, Any]:
    return event("victim.withdrawn", subject, 0, {"victim": person, "reason": "declined"})


@st.composite
def _hearings(draw: Any) -> dict[str, Any]:
    changes: dict[str, Any] = {"status": draw(st.sampled_from(("listed", "adjourned", "cancelled", "held")))}
    if draw(st.booleans()):
        changes |= {
            "starts_at": None,
            "week_commencing": "2026-12-07",
            "weeks": draw(st.sampled_from((1, 3))),
        }
    if changes["status"] == "held" and draw(st.booleans()):
        changes["result"] = {"en": "a result"}
    said = hearing(draw(subjects), 0, draw(st.sampled_from(("H1", "H2"))), **changes)
    said["data"] = {name: value for name, value in said["data"].items() if value is not None}
    return said


_belongings = st.builds(
    lambda subject, status: belonging(subject, 0, status),
    subjects,
    st.sampled_from(("reported_stolen", "recovered", "held", "ready_to_collect", "returned")),
)
_messages = st.builds(
    lambda subject, person, text: message(subject, 0, text, victim=person),
    subjects,
    people,
    st.sampled_from(("please call", "please write")),
)
_officers = st.builds(
    lambda officer, name: event("officer.changed", officer, 0, {"name": name, "rank": "DC"}),
    st.sampled_from(("DC1", "DC2")),
    st.sampled_from(("Amara Okafor", "Sam Price")),
)
_restores = st.builds(lambda subject: event("crime.restored", subject, 0, {"reason": "safe"}), subjects)

_GOOD = (
    _crimes(), _crimes(), _crimes(), _withdrawals(), _restores, _victims(), _victims(),
    st.builds(_gone, subjects, people), _updates(), _updates(), _updates(),
    st.builds(_taken_back, subjects, st.sampled_from(UPDATES), st.sampled_from(("mistake", "safety"))),
    _officers, _hearings(), _belongings, _messages,
)  # fmt: skip


def _no_type(body: dict[str, Any]) -> None:
    body["type"] = "crime.exploded"


def _stranger(body: dict[str, Any]) -> None:
    body["data"]["suspect"] = "somebody"


def _no_sequence(body: dict[str, Any]) -> None:
    body["sequence"] = "first"


BROKEN: dict[str, Callable[[dict[str, Any]], None]] = {
    "unknown-type": _no_type, "unknown-field": _stranger, "invalid-data": _no_sequence
}  # fmt: skip


@st.composite
def sayings(draw: Any) -> Said:
    """One event of one of the sources; now and then it is not as the contract wants it.

    Its id is a word, ``new`` or ``used``: which one that is, whoever sends it knows.
    """
    body = draw(st.one_of(*_GOOD))
    sequence = draw(st.integers(0, 40))
    time = START + timedelta(days=draw(days), minutes=sequence)
    body |= {"sequence": str(sequence), "time": time.isoformat()}
    body["id"] = draw(st.sampled_from((*["new"] * 12, "used")))
    if "happened_at" in body["data"]:
        body["data"]["happened_at"] = (START + timedelta(days=draw(days), minutes=sequence)).isoformat()
    refused = draw(st.sampled_from((*[""] * 15, *BROKEN)))
    if refused:
        BROKEN[refused](body)
    return Said(draw(st.sampled_from((*[SOURCES[0]] * 4, SOURCES[1]))), body, refused)
