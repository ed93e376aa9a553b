"""The delivery log in the words of the desk."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from trackmycrime.alerts.lives import Life
from trackmycrime.delivery.record import Sent
from trackmycrime.desk import words

from .alert_life import tells_of
from .record import staff_names

PAGE = 25


@dataclass(frozen=True)
class Row:
    """One alert of the log."""

    id: UUID
    reference: str
    about: str
    tells: str
    when: str
    state: str
    bad: bool
    facts: list[tuple[str, str]]
    """(what, how) of its letters and of who told instead"""


def rows(force: int, lives: Iterable[Life], now: datetime, *, cases: bool) -> list[Row]:
    """These alerts in words; `cases` says whether the reader may see cases: masked addresses, and what was told of.

    One statement, for names."""
    found = list(lives)
    tellers = {one.in_person.done_by for one in found if one.in_person and one.in_person.done_by}
    names = staff_names(force, tellers)
    return [_row(one, names, now, cases) for one in found]


def _row(life: Life, names: dict[str, str], now: datetime, cases: bool) -> Row:
    facts = []
    for letter in life.letters:
        facts += _letter(letter, now, cases)
    if life.opened_at:
        facts.append((_("Opened the case"), words.moment(life.opened_at, now)))
    if life.in_person:
        facts.append((_("A person was asked"), words.moment(life.in_person.asked_at, now)))
        if life.in_person.done_at and life.in_person.done_by:
            who = names.get(str(life.in_person.done_by)) or _("A member of staff")
            facts.append((_("Told in person"), f"{words.moment(life.in_person.done_at, now)}, {who}"))
    return Row(
        id=life.id,
        reference=life.reference,
        about=words.said(words.ABOUT, life.about),
        tells=", ".join(dict.fromkeys(tells_of(life.told))) if cases else "",
        when=words.moment(life.decided_at, now),
        state=words.with_reason(words.said(words.ALERTS, life.state), life.reason),
        bad=life.state in words.ALERTS_TO_MEND,
        facts=facts,
    )


def _letter(letter: Sent, now: datetime, cases: bool) -> list[tuple[str, str]]:
    way = words.said(words.CHANNELS, letter.channel)
    parts = [letter.to if cases else "", words.tongue(letter.language), letter.words]
    said = [(way, " · ".join(filter(None, parts)))]
    if letter.accepted_at:
        said.append((_("Taken by the provider"), words.moment(letter.accepted_at, now)))
    if letter.delivered_at:
        said.append((_("Delivered"), words.moment(letter.delivered_at, now)))
    if letter.state in ("failed", "cancelled") and letter.finished_at:
        ended = _("Failed") if letter.state == "failed" else _("Cancelled")
        said.append((ended, words.with_reason(words.moment(letter.finished_at, now), letter.reason)))
    return said
