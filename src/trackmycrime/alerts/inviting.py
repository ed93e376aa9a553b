"""Sending invitations, and the code that is asked for while joining: the letters that let somebody in."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from trackmycrime.delivery.api import prepare
from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id

from . import words
from .news import News, newest
from .reading import Person, people
from .rules import allow
from .writing import (
    TELL_YOURSELF,
    Decided,
    Decisions,
    alert_row,
    in_words,
    letter,
    need,
    portal_address,
)


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
    @property
    def round(self) -> int: ...


def send_invitations(
    force: int, invited: Sequence[Invited], news: Sequence[News] = (), *, now: datetime
) -> Counter[str]:
    """Send these invitations, each by the way that was chosen, if that is safe; else an officer is asked to.

    `news` is what these victims can see at this moment: the invitation tells of it, so no alert does. Idempotent for
    each invitation. Counts as `tell`, and ``by_hand`` for those that an officer gives out.
    """
    if not invited:
        return Counter()
    once = {each.invitation_id: each for each in invited}
    unsent, cases = _unsent(once), _cases({each.victim.id for each in invited})
    to_send = [
        (each, cases[each.victim.id])
        for id_, each in once.items()
        if id_ in unsent and each.victim.id in cases
    ]
    decisions = Decisions(force, now)
    decide_invitations(decisions, people({each.victim.id for each, _ in to_send}), to_send, news)
    return decisions.store()


def decide_invitations(
    decisions: Decisions,
    known: Mapping[UUID, Person],
    invited: Sequence[tuple[Invited, UUID]],
    news: Sequence[News],
) -> None:
    """How each of these invitations, given with its case, goes out; it tells of the news of its victim."""
    by_victim: dict[UUID, list[News]] = defaultdict(list)
    for item in newest(news).values():
        by_victim[item.victim_id].append(item)
    for each, case_id in invited:
        person = known.get(each.victim.id)
        if person is None or person.force != decisions.force or not person.contact.live:
            continue
        sign = News(person.id, case_id, f"invitation:{each.invitation_id}", 0, _NOTHING)
        alert = _invitation(person, case_id, each, decisions)
        decisions.add(person, alert, [sign, *by_victim[person.id]])


def send_code(
    force: int,
    victim_id: UUID,
    owner_id: UUID,
    code: str,
    expires_at: datetime,
    *,
    channel: str = "text",
    now: datetime,
) -> str:
    """Send the code that the victim is asked for, while joining or to have a look, to the address on file.

    Returns why it is not sent, or an empty word when it goes: ``no safe way``, ``not now`` (the safe hours begin only
    after it has run out), ``disguise``… It is obeyed as for everything else: whoever holds the link may not be them.
    """
    person = people([victim_id]).get(victim_id)
    if person is None or person.force != force:
        return "not live"
    decision = allow(person.contact, channel, now=now)
    if decision.how != "machine" or decision.at is None:
        return decision.reason
    if decision.at >= expires_at:
        return "not now"
    said = in_words(person, words.CODE, channel, code=code)
    prepare(
        [letter(owner_id, "code", person, channel, said, due_at=decision.at, give_up_at=expires_at)],
        now=now,
    )
    return ""


# how


_NOTHING = b"\0" * 32


def _invitation(person: Person, case_id: UUID, invited: Invited, decisions: Decisions) -> Decided:
    id_, now = new_id(), decisions.now
    if invited.way not in ("email", "text"):
        return Decided(
            alert_row(id_, person, case_id, "invitation", now=now, state="by_person", reason="given by hand")
        )
    decision = allow(person.contact, invited.way, now=now)
    if decision.how != "machine" or decision.at is None:
        row = alert_row(
            id_, person, case_id, "invitation", now=now, state="by_person", reason=decision.reason
        )
        return Decided(row, need=need(TELL_YOURSELF, person, decision.reason))
    row = decisions.waiting(id_, person, case_id, "invitation", decision)
    secret = (
        {"link": f"{portal_address()}/start/{invited.token}"}
        if invited.way == "email"
        else {"code": invited.token}
    )
    said = in_words(person, words.invitation(invited.round), invited.way, **secret)
    return Decided(
        row,
        letter(
            id_, "invitation", person, invited.way, said, due_at=decision.at, give_up_at=invited.expires_at
        ),
    )


def _unsent(invitations: Iterable[UUID]) -> set[UUID]:
    """Those of these invitations that have not been sent before."""
    rows = setwise.fetch(
        "select i.id from people_invitation i where i.id = any(%s) and not exists (select from alerts_told t"
        " where t.victim_id = i.victim_id and t.entry = 'invitation:' || i.id)",
        [list(invitations)],
    )
    return {row["id"] for row in rows}


def _cases(victims: Iterable[UUID]) -> dict[UUID, UUID]:
    rows = setwise.fetch(
        "select v.id victim, c.id from people_victim v join publish_case c on c.crime_id = v.crime_id"
        " and c.force_id = v.force_id where v.id = any(%s)",
        [list(victims)],
    )
    return {row["victim"]: row["id"] for row in rows}
