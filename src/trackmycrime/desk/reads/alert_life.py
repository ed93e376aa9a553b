"""One alert's life in the words of the desk: decided, prepared, tried, taken, delivered, opened, or a person's."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from trackmycrime.alerts.lives import Life, Told
from trackmycrime.delivery.record import Sent, Try
from trackmycrime.desk import words

from .record import staff_names


@dataclass(frozen=True)
class Step:
    """Something that happened, or is going to."""

    at: datetime
    what: str
    more: str = ""
    bad: bool = False
    when: str = ""
    """`at` in words"""


def tells_of(told: Iterable[Told]) -> list[str]:
    """What an alert tells of, by kind: its words are on the case's page."""
    kinds = {
        "message": _("A message from police"),
        "invitation": _("The invitation to follow the case"),
        "no-news": _("That there is no news yet"),
    }
    return [
        kinds.get(one.entry.partition(":")[0])
        or (words.milestone(one.milestone) if one.milestone else _("An entry that is gone"))
        for one in told
    ]


def steps(force: int, life: Life, now: datetime) -> list[Step]:
    """What happened, in order."""
    found = sorted(_steps(force, life, now), key=lambda step: step.at)
    return [replace(one, when=words.moment(one.at, now)) for one in found]


def _steps(force: int, life: Life, now: datetime) -> Iterator[Step]:
    yield Step(life.decided_at, _decided(life), _why(life, now))
    for letter in life.letters:
        yield from _of_letter(letter, now)
    if life.state in ("opened", "by_person", "failed", "cancelled") and life.finished_at:
        if life.state != "by_person" or life.finished_at != life.decided_at:
            yield Step(
                life.finished_at,
                words.said(words.ALERTS, life.state),
                _sentence(words.reason(life.reason)) if life.reason else "",
                bad=life.state == "failed",
            )
    elif life.state == "not_set_up":
        yield Step(life.due_at, words.said(words.ALERTS, life.state), bad=True)
    if task := life.in_person:
        yield Step(task.asked_at, _("An officer was asked to tell them"), words.task(task.kind, "title"))
        if task.done_at:
            if task.done_by:
                who = staff_names(force, [task.done_by]).get(str(task.done_by), "")
                yield Step(task.done_at, _("Told by a person"), who or _("A member of staff"))
            else:
                yield Step(task.done_at, _("The task was closed by itself"))


def _decided(life: Life) -> str:
    if life.channel and life.state != "by_person":
        return _("Decided: %(way)s") % {"way": words.said(words.CHANNELS, life.channel)}
    if life.letters:
        return _("Decided: by machine")
    return _("Decided: a person tells them")


def _why(life: Life, now: datetime) -> str:
    """Why this way, and why this hour."""
    if life.state == "by_person" and not life.letters:
        return _sentence(words.reason(life.reason))
    way, _comma, late = life.why.partition(", ")
    said = [_sentence(words.said(words.WHY, way))] if way else []
    moment = words.moment(life.due_at, now)
    if life.due_at <= life.decided_at:
        said.append(_("To be sent at once."))
    elif late:
        said.append(_("To be sent at %(moment)s: %(why)s.") % {"moment": moment, "why": words.reason(late)})
    else:
        said.append(_("To be sent at %(moment)s.") % {"moment": moment})
    return " ".join(said)


def _of_letter(letter: Sent, now: datetime) -> Iterator[Step]:
    yield Step(letter.created_at, _("Prepared: %(way)s") % {"way": _way(letter)}, _frozen(letter))
    for number, one in enumerate(letter.tries, 1):
        doing = _("Asked the provider") if one.how == "asked" else _("Try %(n)s") % {"n": number}
        again = _("It may have arrived before.") if one.how == "again" else ""
        yield Step(
            one.ended_at,
            f"{doing}: {words.said(words.TRIES, one.result)}",
            f"{_answer(one)} {again}".strip(),
            bad=one.result in ("never", "unclear"),
        )
    for said in letter.receipts:
        code = _("The answer was %(code)s.") % {"code": said.answer} if said.answer else ""
        yield Step(said.at, words.said(words.RECEIPTS, said.result), code, bad=said.result != "delivered")
    if letter.state in ("failed", "cancelled") and letter.finished_at:
        yield Step(
            letter.finished_at,
            _("The letter %(state)s") % {"state": words.said(words.DISPATCHES, letter.state)},
            _sentence(words.reason(letter.reason)) if letter.reason else "",
            bad=letter.state == "failed",
        )
    elif letter.state == "prepared" and letter.next_try_at and letter.tries:
        moment = words.moment(letter.next_try_at, now)
        yield Step(
            max(letter.tries[-1].ended_at, letter.created_at),
            _("Waits for the next try"),
            _("Not before %(moment)s.") % {"moment": moment},
        )


def _way(letter: Sent) -> str:
    channel = words.said(words.CHANNELS, letter.channel)
    return f"{channel}, {letter.to}" if letter.to else channel


def _frozen(letter: Sent) -> str:
    tongues = {"en": _("In English."), "cy": _("In Welsh."), "cy+en": _("In Welsh and English.")}
    said = [tongues.get(letter.language, "")]
    if letter.disguised:
        said.append(_("In disguise: nothing shows that police are writing."))
    if letter.words:
        said.append(_("Words: %(version)s.") % {"version": letter.words})
    return " ".join(filter(None, said))


def _answer(one: Try) -> str:
    if one.answer:
        return _("The answer was %(code)s, after %(n)s ms.") % {"code": one.answer, "n": one.millis}
    return _("After %(n)s ms.") % {"n": one.millis}


def _sentence(said: str) -> str:
    return f"{said[:1].upper()}{said[1:]}." if said else ""
