"""Telling an account's owner that it was signed in to, by another way than the one that was used for it.

An account may hold several victims, also of several forces: a way is taken only where it is safe for each of them, and
in disguise as soon as one of them asks for it. Quiet hours do not hold it up, for it may not have been they; safe hours
do. Where no way is left nobody is told: the account's own page shows it, and an officer who had to call for each
sign-in would soon call for none.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from trackmycrime.delivery.api import NOT_WAITING, neutral, set_up
from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.people.models import SignIn

from .news import News
from .reading import OVER, Person, people
from .rules import MACHINE, allow, is_safe, no_machine
from .writing import SIGN_IN, Decided, Decisions, alert_words, letter

COLLAPSED = timedelta(minutes=10)
"""One note tells of all sign-ins within so long after the last"""
JOINED = "invitation"
"""How somebody signs in who joins at this moment, or is let in again by an officer: who is told then is told there"""
_NOTHING = b"\0" * 32

_VICTIMS = """
select v.id, v.account_id, c.id as case_id from people_victim v
left join publish_case c on c.force_id = v.force_id and c.crime_id = v.crime_id and c.open
  and (c.readable_until is null or c.readable_until > %s)
where v.account_id = any(%s) and v.live order by v.joined_at, v.id
"""
# One that a worker is taking just now is not joined: it may be gone before we commit.
_WAITING = """
select v.account_id, a.id, a.victim_id, a.channel from people_victim v join alerts_alert a on a.victim_id = v.id
join delivery_dispatch d on d.owner_id = a.id
where v.account_id = any(%s) and a.about = %s and a.state <> all(%s) and d.state <> all(%s)
for update of d skip locked
"""
_LAST = """
select v.account_id, max(a.sent_at) as at from people_victim v join alerts_alert a on a.victim_id = v.id
where v.account_id = any(%s) and a.about = %s group by v.account_id
"""


class _Speaker(NamedTuple):
    """By whom of an account's victims, and by which channel, its owner is told."""

    person: Person
    case_id: UUID
    channel: str


def tell_of_sign_ins(signed: Sequence[SignIn], *, now: datetime) -> dict[UUID, str]:
    """Tell the owners of these accounts that they were signed in to. Says of each by which channel, or why not.

    Several sign-ins become one note, also with one that has not gone out yet. A bounded number of statements for each
    force that has a victim among them.
    """
    said = {one.id: "joined" for one in signed if one.how == JOINED}
    by_account: dict[UUID, list[SignIn]] = defaultdict(list)
    for one in signed:
        if one.id not in said:
            by_account[one.account_id].append(one)
    if not by_account:
        return said
    accounts = list(by_account)
    parts = _parts(accounts, now)
    waiting = setwise.fetch(_WAITING, [accounts, SIGN_IN, list(OVER), list(NOT_WAITING)])
    last = {row["account_id"]: row["at"] for row in setwise.fetch(_LAST, [accounts, SIGN_IN]) if row["at"]}
    decisions: dict[int, Decisions] = {}
    for account, several in by_account.items():
        speaker = _speaker(parts.get(account, []), {one.by for one in several}, now)
        said |= {one.id: speaker if isinstance(speaker, str) else speaker.channel for one in several}
        if isinstance(speaker, str):
            continue
        writing = decisions.setdefault(speaker.person.force, Decisions(speaker.person.force, now))
        told = [
            News(speaker.person.id, speaker.case_id, f"sign-in:{one.id}", 0, _NOTHING, SIGN_IN)
            for one in several
        ]
        joined = [
            row["id"] for row in waiting
            if (row["victim_id"], row["channel"]) == (speaker.person.id, speaker.channel)
        ]  # fmt: skip
        if joined:
            writing.join(speaker.person, joined[0], told)
        else:
            _add(writing, speaker, told, last.get(account))
    for writing in decisions.values():
        writing.store()
    return said


def mark_unsafe(alerts: Iterable[dict[str, Any]], now: datetime) -> None:
    """Mark those of these alerts that tell of a sign-in by a way that is not safe for all of the account any more."""
    found = {alert["victim_id"]: alert for alert in alerts if alert["about"] == SIGN_IN}
    if not found:
        return
    rows = setwise.fetch(
        "select id, account_id from people_victim where id = any(%s) and account_id is not null",
        [list(found)],
    )
    parts = _parts({row["account_id"] for row in rows}, now)
    for row in rows:
        alert = found[row["id"]]
        alert["unsafe"] = not _all_allow([person for person, _ in parts[row["account_id"]]], alert["channel"])


def _parts(accounts: Collection[UUID], now: datetime) -> dict[UUID, list[tuple[Person, UUID | None]]]:
    rows = setwise.fetch(_VICTIMS, [now, list(accounts)])
    known = people([row["id"] for row in rows])
    parts: dict[UUID, list[tuple[Person, UUID | None]]] = defaultdict(list)
    for row in rows:
        if row["id"] in known:
            parts[row["account_id"]].append((known[row["id"]], row["case_id"]))
    return parts


def _speaker(
    parts: Sequence[tuple[Person, UUID | None]], used: Collection[str], now: datetime
) -> _Speaker | str:
    """Who tells, by which channel; or a word for why nobody can. A way that was used is the last that is taken."""
    everybody = [person for person, _ in parts]
    for person in everybody:
        if reason := no_machine(person.contact, neutral()):
            return reason
    # the strictest speaks for all: in disguise, within the hours of who has hours
    strictest = sorted(
        parts, key=lambda part: (not part[0].contact.disguise, part[0].contact.safe_from is None)
    )
    disguised = any(person.contact.disguise for person in everybody)
    for channel in sorted(MACHINE, key=lambda name: name in used):
        if channel not in set_up() or not _all_allow(everybody, channel):
            continue
        for person, case_id in strictest:
            if case_id is None or person.contact.disguise != disguised:
                continue
            if allow(person.contact, channel, now=now, neutral=neutral()).how == "machine":
                return _Speaker(person, case_id, channel)
    return "no safe way"


def _all_allow(everybody: Iterable[Person], channel: str) -> bool:
    """Whether that channel is safe for each of them who can be reached by it or has said what is safe."""
    return all(
        not no_machine(person.contact, neutral())
        and is_safe(person.contact, channel)
        and (not person.contact.disguise or channel in neutral())
        for person in everybody
    )


def _add(decisions: Decisions, speaker: _Speaker, told: Sequence[News], last: datetime | None) -> None:
    person, channel = speaker.person, speaker.channel
    way = allow(person.contact, channel, now=decisions.now, neutral=decisions.neutral)
    at = way.at or decisions.now
    if last is not None and last + COLLAPSED > at:
        way = way._replace(at=last + COLLAPSED, reason="gathered")
    id_ = new_id()
    row = decisions.waiting(id_, person, speaker.case_id, SIGN_IN, way)
    said = alert_words(person, channel, 1, about=SIGN_IN)
    decisions.add(
        person, Decided(row, letter(id_, "alert", person, channel, said, due_at=way.at or at)), told
    )
