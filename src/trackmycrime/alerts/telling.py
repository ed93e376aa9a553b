"""Deciding to tell, and preparing what is sent. In the caller's transaction, a bounded number of statements."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from trackmycrime.delivery.api import NOT_WAITING, WAITS
from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id

from .inviting import Invited, decide_invitations
from .news import News, newest
from .reading import OVER, Person, people
from .rules import decide, no_machine
from .writing import (
    CONTACT_NEW,
    CONTACT_TOLD,
    NO_NEWS,
    OF_ACCOUNT,
    Decided,
    Decisions,
    alert_row,
    alert_words,
    letter,
    need,
    tell_yourself,
)


def tell(force: int, news: Sequence[News], *, now: datetime) -> Counter[str]:
    """Decide how each of these victims is told, and prepare it. Says how many alerts came of it.

    All that is new for a victim in one call is one alert; what comes while an alert of theirs has not gone out yet
    joins it. Nothing is told twice: not the same revision, not a correction in the same words, not an older one.
    Counts: ``alerts`` prepared, ``by_person`` given to an officer, ``joined`` (victims whose waiting alert covers it),
    ``silent`` (victims for whom there is nothing to tell, or who have no part any more).
    """
    if not news:
        return Counter()
    decisions = Decisions(force, now)
    decide_news(decisions, people({each.victim_id for each in news}), news)
    counts = decisions.store()
    counts["silent"] = len({each.victim_id for each in news}) - sum(counts.values())
    return counts


def invite_and_tell(
    known: Mapping[UUID, Person],
    invited: Sequence[tuple[Invited, UUID]],
    at_once: Sequence[News],
    news: Sequence[News],
    *,
    force: int,
    now: datetime,
) -> None:
    """`send_invitations` and `tell` of different victims in one, where the caller has just made the invitations and
    read the victims (`people`). `invited` are invitations with their cases; `at_once` is what they tell of."""
    decisions = Decisions(force, now)
    decide_invitations(decisions, known, invited, at_once)
    decide_news(decisions, known, news)
    decisions.store()


def decide_news(decisions: Decisions, known: Mapping[UUID, Person], news: Sequence[News]) -> None:
    """How each of these victims is told."""
    if not news:
        return
    fresh = _untold(news)
    waiting = _not_gone_out(fresh, decisions.now)
    for victim_id, items in fresh.items():
        person = known.get(victim_id)
        if person is None or person.force != decisions.force or not person.contact.live:
            continue
        if victim_id in waiting and items[0].about == NO_NEWS:
            continue  # they are about to hear something
        if victim_id in waiting and not no_machine(person.contact, decisions.neutral):
            decisions.join(person, waiting[victim_id], items)
        else:
            decisions.add(person, _decided(person, items, decisions), items)


# how


def _untold(news: Iterable[News]) -> dict[UUID, list[News]]:
    """What of this was not told before, by victim: the newest of each entry, if its words differ from what was told."""
    found = newest(news)
    rows = setwise.fetch(
        "select distinct on (t.victim_id, t.entry) t.victim_id, t.entry, t.revision, t.words_hash"
        " from alerts_told t join alerts_alert a on a.id = t.alert_id"
        " where t.victim_id = any(%s) and t.entry = any(%s) and a.state <> 'cancelled'"
        " order by t.victim_id, t.entry, t.revision desc",
        [list({victim for victim, _ in found}), list({entry for _, entry in found})],
    )
    before = {(row["victim_id"], row["entry"]): (row["revision"], bytes(row["words_hash"])) for row in rows}
    fresh: dict[UUID, list[News]] = defaultdict(list)
    for key, item in found.items():
        revision, hash_ = before.get(key, (None, None))
        if revision is None or (item.revision > revision and item.words_hash != hash_):
            fresh[item.victim_id].append(item)
    return fresh


APART = (NO_NEWS, CONTACT_NEW, CONTACT_TOLD, *OF_ACCOUNT)
"""What is said by itself, in its own words: nothing joins it."""

# One that was put off is looked at anew with what joins it: that may be more urgent than what it told of.
_WAITING = """
with held as (
  select a.victim_id, a.id, d.id as letter, d.reason, d.next_try_at
  from alerts_alert a join delivery_dispatch d on d.owner_id = a.id
  where a.victim_id = any(%s) and a.state <> all(%s) and a.about <> all(%s) and d.state <> all(%s)
  order by a.due_at desc for update of d skip locked),
sooner as (
  update delivery_dispatch d set next_try_at = %s from held h
  where d.id = h.letter and h.reason = %s and h.next_try_at > %s)
select victim_id, id from held
"""


def _not_gone_out(victims: Iterable[UUID], now: datetime) -> dict[UUID, UUID]:
    """The alert of each of these victims that has not gone out, held so that no worker takes it before we commit."""
    rows = setwise.fetch(
        _WAITING, [list(victims), list(OVER), list(APART), list(NOT_WAITING), now, WAITS, now]
    )
    return {row["victim_id"]: row["id"] for row in rows}


def _decided(person: Person, items: Sequence[News], decisions: Decisions) -> Decided:
    kinds = {item.about for item in items}
    about = kinds.pop() if len(kinds) == 1 else "update"
    id_, case_id = new_id(), items[0].case_id
    now = decisions.now
    decision = decide(
        person.contact, now=now, last=person.last_told, set_up=decisions.set_up, neutral=decisions.neutral
    )
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
        return Decided(row, need=need(tell_yourself(about), person, decision.reason))
    row = decisions.waiting(id_, person, case_id, about, decision)
    said = alert_words(person, decision.channel, len(items), about=about)
    return Decided(row, letter(id_, "alert", person, decision.channel, said, due_at=decision.at))
