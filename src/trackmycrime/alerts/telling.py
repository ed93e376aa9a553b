"""Deciding to tell, and preparing what is sent. In the caller's transaction, a bounded number of statements."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from trackmycrime.delivery.api import Letter, prepare, set_up
from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks.api import Need, open_tasks

from . import words
from .reading import OPEN, Person, people
from .rules import allow, decide, no_machine
from .writing import alert_row, alert_words, language_of, letter, need, portal_address, store_alerts

TELL_YOURSELF = "tell_yourself"


@dataclass(frozen=True)
class News:
    """One entry that one victim can see since now, or in other words than before.

    `entry` is the published entry's key, or ``message:<id>``; `revision` and `words_hash` are the entry's (0 and
    anything for a message). `case_id` is the published case. Only for victims who may see it.
    """

    victim_id: UUID
    case_id: UUID
    entry: str
    revision: int
    words_hash: bytes
    about: str = "update"


class Invited(Protocol):
    """What `people` gives of one invitation that it has made."""

    @property
    def victim(self) -> Any: ...
    @property
    def invitation_id(self) -> UUID: ...
    @property
    def way(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...


def tell(force: int, news: Sequence[News], *, now: datetime) -> Counter[str]:
    """Decide how each of these victims is told, and prepare it. Says how many alerts came of it.

    All that is new for a victim in one call is one alert; what comes while an alert of theirs has not gone out yet
    joins it. Nothing is told twice: not the same revision, not a correction in the same words, not an older one.
    Counts: ``alerts`` prepared, ``by_person`` given to an officer, ``joined`` (victims whose waiting alert covers it),
    ``silent`` (victims for whom there is nothing to tell, or who have no part any more).
    """
    counts: Counter[str] = Counter()
    if not news:
        return counts
    known = people({each.victim_id for each in news})
    fresh = _untold(news)
    waiting = _not_gone_out(fresh)
    told: list[dict[str, Any]] = []
    made: dict[UUID, _Alert] = {}
    for victim_id, items in fresh.items():
        person = known.get(victim_id)
        if person is None or person.force != force or not person.contact.live:
            continue
        if victim_id in waiting and not no_machine(person.contact):
            told += _told(person, waiting[victim_id], items)
            counts["joined"] += 1
            continue
        alert = _decided(person, items, now)
        made[alert.row["id"]] = alert
        told += _told(person, alert.row["id"], items)
    _store(force, made, told, counts, now)
    counts["silent"] = len({each.victim_id for each in news}) - sum(counts.values())
    return counts


def send_invitations(
    force: int, invited: Sequence[Invited], news: Sequence[News] = (), *, now: datetime
) -> Counter[str]:
    """Send these invitations, each by the way that was chosen, if that is safe; else an officer is asked to.

    `news` is what these victims can see at this moment: the invitation tells of it, so no alert does. Idempotent for
    each invitation. Counts as `tell`, and ``by_hand`` for those that an officer gives out.
    """
    counts: Counter[str] = Counter()
    if not invited:
        return counts
    known = people({each.victim.id for each in invited})
    rounds = _rounds({each.invitation_id for each in invited})
    cases = _cases({each.victim.id for each in invited})
    by_victim: dict[UUID, list[News]] = defaultdict(list)
    for item in _newest(news).values():
        by_victim[item.victim_id].append(item)
    told: list[dict[str, Any]] = []
    made: dict[UUID, _Alert] = {}
    for each in invited:
        person = known.get(each.victim.id)
        case_id = cases.get(each.victim.id)
        round_ = rounds.pop(each.invitation_id, None)
        if (
            person is None
            or case_id is None
            or person.force != force
            or not person.contact.live
            or not round_
        ):
            continue
        alert = _invitation(person, case_id, each, round_, now)
        made[alert.row["id"]] = alert
        sign = News(person.id, case_id, f"invitation:{each.invitation_id}", 0, _NOTHING)
        told += _told(person, alert.row["id"], [sign, *by_victim[person.id]])
    _store(force, made, told, counts, now)
    return counts


def send_code(
    force: int, victim_id: UUID, invitation_id: UUID, code: str, expires_at: datetime, *, now: datetime
) -> str:
    """Text the code that the victim is asked for while joining, to the mobile on file.

    Returns why it is not sent, or an empty word when it goes: ``no safe way``, ``not now`` (the safe hours begin only
    after it has run out), ``disguise``… It is obeyed as for everything else: whoever holds the link may not be them.
    """
    person = people([victim_id]).get(victim_id)
    if person is None or person.force != force:
        return "not live"
    decision = allow(person.contact, "text", now=now)
    if decision.how != "machine" or decision.at is None:
        return decision.reason
    if decision.at >= expires_at:
        return "not now"
    said = words.frozen(words.CODE, "text", language_of(person), code=code)
    prepare(
        [letter(invitation_id, "code", person, "text", said, due_at=decision.at, give_up_at=expires_at)],
        now=now,
    )
    return ""


# how


@dataclass(frozen=True, repr=False)
class _Alert:
    """An alert that was decided, and what goes with it: a letter, or a task."""

    row: dict[str, Any]
    letter: Letter | None = None
    need: Need | None = None


_NOTHING = b"\0" * 32


def _newest(news: Iterable[News]) -> dict[tuple[UUID, str], News]:
    """The newest revision of each entry for each victim."""
    newest: dict[tuple[UUID, str], News] = {}
    for item in news:
        kept = newest.get((item.victim_id, item.entry))
        if kept is None or kept.revision < item.revision:
            newest[item.victim_id, item.entry] = item
    return newest


def _untold(news: Iterable[News]) -> dict[UUID, list[News]]:
    """What of this was not told before, by victim: the newest of each entry, if its words differ from what was told."""
    newest = _newest(news)
    rows = setwise.fetch(
        "select distinct on (t.victim_id, t.entry) t.victim_id, t.entry, t.revision, t.words_hash"
        " from alerts_told t join alerts_alert a on a.id = t.alert_id"
        " where t.victim_id = any(%s) and t.entry = any(%s) and a.state <> 'cancelled'"
        " order by t.victim_id, t.entry, t.revision desc",
        [list({victim for victim, _ in newest}), list({entry for _, entry in newest})],
    )
    before = {(row["victim_id"], row["entry"]): (row["revision"], bytes(row["words_hash"])) for row in rows}
    fresh: dict[UUID, list[News]] = defaultdict(list)
    for key, item in newest.items():
        revision, hash_ = before.get(key, (None, None))
        if revision is None or (item.revision > revision and item.words_hash != hash_):
            fresh[item.victim_id].append(item)
    return fresh


def _not_gone_out(victims: Iterable[UUID]) -> dict[UUID, UUID]:
    """The alert of each of these victims that has not gone out, held so that no worker takes it before we commit."""
    rows = setwise.fetch(
        "select a.victim_id, a.id from alerts_alert a join delivery_dispatch d on d.owner_id = a.id"
        " where a.victim_id = any(%s) and a.state = any(%s) and d.state = 'prepared'"
        " order by a.due_at desc for update of d skip locked",
        [list(victims), list(OPEN)],
    )
    return {row["victim_id"]: row["id"] for row in rows}


def _decided(person: Person, items: Sequence[News], now: datetime) -> _Alert:
    about = "message" if all(item.about == "message" for item in items) else "update"
    id_, case_id = new_id(), items[0].case_id
    decision = decide(person.contact, now=now, last=person.last_told, set_up=set_up())
    if decision.how != "machine" or decision.at is None:
        row = alert_row(
            id_,
            person,
            case_id,
            about,
            now=now,
            state="by_person",
            channel=decision.channel,
            reason=decision.reason,
        )
        return _Alert(row, need=need(TELL_YOURSELF, person, decision.reason))
    row = _waiting(id_, person, case_id, about, decision.channel, decision.at, now)
    said = alert_words(person, decision.channel, len(items))
    return _Alert(row, letter(id_, "alert", person, decision.channel, said, due_at=decision.at))


def _invitation(person: Person, case_id: UUID, invited: Invited, round_: int, now: datetime) -> _Alert:
    id_ = new_id()
    if invited.way not in ("email", "text"):
        return _Alert(
            alert_row(id_, person, case_id, "invitation", now=now, state="by_person", reason="given by hand")
        )
    decision = allow(person.contact, invited.way, now=now)
    if decision.how != "machine" or decision.at is None:
        row = alert_row(
            id_, person, case_id, "invitation", now=now, state="by_person", reason=decision.reason
        )
        return _Alert(row, need=need(TELL_YOURSELF, person, decision.reason))
    row = _waiting(id_, person, case_id, "invitation", invited.way, decision.at, now)
    secret = (
        {"link": f"{portal_address()}/start/{invited.token}"}
        if invited.way == "email"
        else {"code": invited.token}
    )
    said = words.frozen(words.invitation(round_), invited.way, language_of(person), **secret)
    return _Alert(
        row,
        letter(
            id_, "invitation", person, invited.way, said, due_at=decision.at, give_up_at=invited.expires_at
        ),
    )


def _waiting(
    id_: UUID, person: Person, case_id: UUID, about: str, channel: str, at: datetime, now: datetime
) -> dict[str, Any]:
    state = "waiting" if channel in set_up() else "not_set_up"
    return alert_row(id_, person, case_id, about, now=now, state=state, channel=channel, due_at=at)


def _told(person: Person, alert_id: UUID, items: Iterable[News]) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "force_id": person.force,
            "victim_id": person.id,
            "alert_id": alert_id,
            "entry": item.entry,
            "revision": item.revision,
            "words_hash": item.words_hash,
        }
        for item in items
    ]


def _store(
    force: int, made: dict[UUID, _Alert], told: list[dict[str, Any]], counts: Counter[str], now: datetime
) -> None:
    """Write what was decided. An alert of which another transaction has told everything meanwhile is not made.

    The rows of what is told come before their alerts (keys are checked at the commit), because they decide.
    """
    rows = setwise.insert(
        "alerts_told",
        ("id", "force_id", "victim_id", "alert_id", "entry", "revision", "words_hash"),
        told,
        conflict="on conflict (victim_id, entry, revision) do update set alert_id = excluded.alert_id,"
        " words_hash = excluded.words_hash where exists (select from alerts_alert a"
        " where a.id = alerts_told.alert_id and a.state = 'cancelled')",
        returning="alert_id",
    )
    telling = {row[0] for row in rows}
    alerts = [alert for id_, alert in made.items() if id_ in telling]
    store_alerts([alert.row for alert in alerts])
    prepare([alert.letter for alert in alerts if alert.letter], now=now)
    open_tasks(force, [alert.need for alert in alerts if alert.need], now=now)
    for alert in alerts:
        counts["alerts" if alert.letter else "by_person" if alert.need else "by_hand"] += 1


def _rounds(invitations: Iterable[UUID]) -> dict[UUID, int]:
    """The round of each of these invitations, of those that have not been sent before."""
    rows = setwise.fetch(
        "select i.id, i.round from people_invitation i where i.id = any(%s) and not exists (select from alerts_told t"
        " where t.victim_id = i.victim_id and t.entry = 'invitation:' || i.id)",
        [list(invitations)],
    )
    return {row["id"]: row["round"] for row in rows}


def _cases(victims: Iterable[UUID]) -> dict[UUID, UUID]:
    rows = setwise.fetch(
        "select v.id victim, c.id from people_victim v join publish_case c on c.crime_id = v.crime_id"
        " and c.force_id = v.force_id where v.id = any(%s)",
        [list(victims)],
    )
    return {row["victim"]: row["id"] for row in rows}


__all__ = ["TELL_YOURSELF", "Invited", "News", "send_code", "send_invitations", "tell"]
