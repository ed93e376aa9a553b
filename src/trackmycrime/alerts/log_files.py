"""The delivery log as files: CSV with a line for each letter, NDJSON with a document for each alert. Pure.

Addresses are masked before they get here. Moments are in UTC.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from trackmycrime.delivery.record import Sent

from .lives import Life

COLUMNS = (
    "alert",
    "reference",
    "person",
    "about",
    "tells_of",
    "decided_at",
    "due_at",
    "alert_state",
    "alert_reason",
    "opened_at",
    "told_in_person_at",
    "told_in_person_by",
    "letter",
    "channel",
    "to",
    "language",
    "words",
    "disguised",
    "prepared_at",
    "tries",
    "letter_state",
    "letter_reason",
    "accepted_at",
    "delivered_at",
    "why",
)
"""What a line of the CSV says. Names are promised: more may come at the end."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(lives: Iterable[Life], *, cases: bool) -> Iterator[str]:
    """The lines, the heading first; an alert without letters has one. `cases` says whether the reader
    may see cases: masked addresses, and what was told of."""
    yield _line(COLUMNS)
    for life in lives:
        common = _alert(life)
        common["tells_of"] = " ".join(f"{one.entry}@{one.revision}" for one in life.told if cases)
        for letter in [_letter(each, cases) for each in life.letters] or [{}]:
            letter["tries"] = len(letter.get("tries", ()))
            row = common | letter
            yield _line(_cell(row.get(column)) for column in COLUMNS)


def as_ndjson(lives: Iterable[Life], *, cases: bool) -> Iterator[str]:
    """A JSON document for each alert, its letters and their tries in it, each on a line of its own."""
    for life in lives:
        told = [{"entry": one.entry, "revision": one.revision} for one in life.told if cases]
        letters = [_letter(each, cases) for each in life.letters]
        document = {**_alert(life), "tells_of": told, "letters": letters}
        yield json.dumps(document, ensure_ascii=False, default=_said) + "\n"


def _alert(life: Life) -> dict[str, Any]:
    task = life.in_person
    return {
        "alert": life.id,
        "reference": life.reference,
        "person": life.person,
        "about": life.about,
        "decided_at": life.decided_at,
        "due_at": life.due_at,
        "alert_state": life.state,
        "alert_reason": life.reason,
        "why": life.why,
        "opened_at": life.opened_at,
        "told_in_person_at": task.done_at if task and task.done_by else None,
        "told_in_person_by": task.officer_id or task.done_by if task else None,
    }


def _letter(letter: Sent, cases: bool) -> dict[str, Any]:
    return {
        "letter": letter.id,
        "channel": letter.channel,
        "to": letter.to if cases else "",
        "language": letter.language,
        "words": letter.words,
        "disguised": letter.disguised,
        "prepared_at": letter.created_at,
        "tries": [
            {"at": one.at, "result": one.result, "answer": one.answer, "millis": one.millis}
            for one in letter.tries
        ],
        "letter_state": letter.state,
        "letter_reason": letter.reason,
        "accepted_at": letter.accepted_at,
        "delivered_at": letter.delivered_at,
    }


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cell(value: object) -> str:
    """What a spreadsheet shows as it stands, and never runs: a text that begins like a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    said = _said(value)
    return f"'{said}" if said.startswith(_FORMULA) else said


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
