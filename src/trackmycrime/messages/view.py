"""A thread as it is shown, in the shape of ``design/_messages.html``. States say what is true, and never more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trackmycrime.kernel.clock import london, london_date
from trackmycrime.publish import dates
from trackmycrime.publish.words import paragraphs

from .models import Message


@dataclass(frozen=True)
class Line:
    """One message of a thread, ready to show."""

    id: UUID
    mine: bool
    """Written by the reader's own side"""
    who: str
    when: str
    iso: str
    paragraphs: list[str]
    is_new: bool
    state: str
    """What became of it, in words; empty where there is nothing to say"""
    language: str = ""


def moment_words(moment: datetime, now: datetime) -> str:
    """«Monday 23 November, 4.52pm» in the page's language; with the year where it is not this one."""
    return dates.moment(moment, "cy" if get_language() == "cy" else "en", today=london_date(now))


def _state(message: Message, side: str, now: datetime) -> str:
    if message.by == "police":
        if side == "victim":
            return _("Corrected by police. The words have changed.") if message.corrected else ""
        if message.read_at is None:
            return _("Not opened yet")
        return _("Opened %(when)s") % {"when": moment_words(message.read_at, now)}
    if message.read_at is None:
        return _("Waiting for an officer") if side == "victim" else ""
    if side == "victim":
        words = (
            _("Opened by your officer, %(when)s")
            if message.read_as == "officer"
            else _("Opened by your team, %(when)s")
        )
    else:
        words = (
            _("Opened by the officer in the case, %(when)s")
            if message.read_as == "officer"
            else _("Opened by the team, %(when)s")
        )
    return words % {"when": moment_words(message.read_at, now)}


def lines(
    messages: Iterable[Message],
    side: str,
    *,
    now: datetime,
    names: Mapping[UUID, str] | None = None,
    victim: str = "",
    helpers: Mapping[UUID, str] | None = None,
    reader: UUID | None = None,
) -> list[Line]:
    """The lines for one side, ``victim`` or ``police``.

    `names`: for the police, who wrote what, by account; `victim`: what the victim is called, for whoever is not the
    victim. `helpers`: what those are called whom the victim let in, by the message that they wrote; `reader`: the
    account of one of them, who reads the victim's side. «New» is what this side had not opened when the messages were
    read.
    """
    found = []
    for message in messages:
        mine = message.by == side and (message.account_id == reader if reader else message.access_id is None)
        if message.by == "victim" and message.access_id:
            name = (helpers or {}).get(message.id, "")
            who = _("%(name)s, who helps") % {"name": name} if name else _("Somebody who helps")
        elif message.by == "victim":
            who = _("You") if mine else victim
        else:
            by = (names or {}).get(message.account_id) if message.account_id else ""
            # the names of teams begin small, because they stand in sentences
            who = by or capfirst(message.shown_as) or _("Police")
        found.append(
            Line(
                id=message.id,
                mine=mine,
                who=who,
                when=moment_words(message.written_at, now),
                iso=london(message.written_at).isoformat(timespec="minutes"),
                paragraphs=paragraphs(message.text),
                is_new=message.by != side and message.read_at is None and reader is None,
                state=_state(message, side, now),
            )
        )
    return found
