"""Looking once more: just before a letter goes out, and after one has failed.

Both ask the same: does what was decided still hold, for what the world is now? If not, the alert ends with a reason, or
is decided afresh and goes on by another way. The alert stays the same row, so what it tells of is never lost.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from trackmycrime.delivery.api import (
    Finished,
    Letter,
    Stop,
    Verdict,
    Wait,
    cancel,
    neutral,
    prepare,
    set_up,
    standing,
)
from trackmycrime.delivery.letters import LOOK_AGAIN
from trackmycrime.kernel import setwise
from trackmycrime.tasks.api import Need

from . import codes, facts, helping, new_email, signins
from .answering import PURPOSE, look_again
from .hours import moment
from .phones import failed_on, other_phone, tried, without
from .reading import DONE, OPEN, OVER, Person, people
from .rules import Decision, allow, decide
from .words import Frozen
from .writing import (
    CONTACT_NEW,
    CONTACT_TOLD,
    GIVE_UP_AFTER,
    NO_NEWS,
    OF_ACCOUNT,
    alert_words,
    ask_officers,
    change_alerts,
    letter,
    need,
    tell_yourself,
    why_so,
)

NOT_REACHED = "could_not_be_reached"
_TAKEN = ("accepted", "delivered")
ADDRESS_CHANGED = "address changed"
FIXED = ("invitation", CONTACT_NEW, CONTACT_TOLD, *OF_ACCOUNT)
"""What goes by its own channel or not at all"""
A_MOMENT = timedelta(seconds=10)
"""How long one alert waits for another that is on its way to the same victim"""


@dataclass(frozen=True)
class _End:
    """The alert ends without being sent."""

    state: str
    reason: str


def recheck(letters: Sequence[Letter], now: datetime) -> dict[UUID, Verdict]:
    """Which of these letters, about to be sent, must not go out (any more, or now); all others may.

    Everything that was looked at when deciding is looked at again: is the victim still part of it, the case open, what
    is told of still there, the address the same and not blocked, the channel chosen and safe, the hour safe. An alert
    whose way is no longer the right one is prepared anew by the right one, or becomes a task, in this transaction.
    """
    verdicts: dict[UUID, Verdict] = {}
    work = _Afresh(now)
    told = [each.owner_id for each in letters if each.purpose not in ("code", PURPOSE)]
    alerts = facts.alerts_to_go(told, now)
    signins.mark_unsafe(alerts.values(), now)
    others = helping.still_to_go([owner for owner in told if owner not in alerts], now)
    others |= new_email.still_to_go([each for each in letters if each.owner_id not in alerts], now)
    verdicts |= codes.look([each for each in letters if each.purpose == "code"], now)
    answers = {each.owner_id for each in letters if each.purpose == PURPOSE}
    known = people({row["victim_id"] for row in alerts.values()} | answers)
    failed = failed_on(alerts.values())
    for each in (one for one in letters if one.owner_id not in others):
        if each.purpose == "code":
            continue
        if each.purpose == PURPOSE:
            verdict = look_again(each, known.get(each.owner_id), now)
        else:
            alert = alerts.get(each.owner_id)
            person = without(known.get(alert["victim_id"]), failed.get(alert["id"])) if alert else None
            verdict = _look_at_alert(each, alert, person, work, now)
        if verdict is not None:
            verdicts[each.id] = verdict
    work.write()
    return verdicts


def over_cap(over: Sequence[tuple[Letter, str]], now: datetime) -> dict[UUID, Verdict]:
    """What becomes of letters that are over a cap, given with why: another safe channel that is set up, or waiting.

    What goes by its own channel or not at all waits; a code is of no use later.
    """
    work = _Afresh(now)
    alerts = facts.alerts([each.owner_id for each, _ in over if each.purpose == "alert"], now)
    known = people({row["victim_id"] for row in alerts.values()})
    failed = failed_on(alerts.values())
    verdicts: dict[UUID, Verdict] = {}
    for each, why in over:
        alert = alerts.get(each.owner_id)
        person = without(known.get(alert["victim_id"]), failed.get(alert["id"])) if alert else None
        verdicts[each.id] = Stop(why) if each.purpose == "code" else Wait(now + LOOK_AGAIN, reason=why)
        if alert is None or person is None or alert["state"] not in OPEN or alert["about"] in FIXED:
            continue
        alert["tried"] = [*alert["tried"], {"channel": each.channel, "reason": why}]
        decision = _stands(alert, person, now)
        if isinstance(decision, Decision) and decision.how == "machine" and decision.channel in set_up():
            work.go_on(alert, person, decision)
            verdicts[each.id] = Stop("channel changed")
    work.write()
    return verdicts


@dataclass(frozen=True)
class Undelivered:
    """An alert that no safe way is left for; an officer was asked to reach the victim."""

    alert_id: UUID
    victim_id: UUID
    about: str
    tried: tuple[dict[str, str], ...]
    """The channels that failed, in order: ``{"channel", "reason"}``"""


def finished(ended: Sequence[Finished], now: datetime) -> list[Undelivered]:
    """Take note of letters that a provider accepted, that arrived, or that failed for good, also after it took them.

    After a failure the next safe channel is taken; where none is left, an officer gets a task, and the alert is among
    those returned. Alerts that have ended otherwise meanwhile (the victim has looked) stay as they are, and so do those
    of which another letter was taken or has arrived.
    """
    undelivered: list[Undelivered] = []
    accepted = [each.owner_id for each in ended if each.state == "accepted" and each.purpose != "code"]
    over = list(OVER)
    if accepted:
        setwise.fetch(
            "update alerts_alert set sent_at = %s,"
            " state = case when state = any(%s) then state else 'sent' end,"
            " reason = case when state = any(%s) then reason else '' end,"
            " finished_at = case when state = any(%s) then finished_at else %s end"
            " where id = any(%s) and (state <> all(%s) or state = 'opened') returning id",
            [now, over, over, over, now, accepted, over],
        )
    delivered = [each.owner_id for each in ended if each.state == "delivered" and each.purpose != "code"]
    if delivered:
        cancel(delivered, "delivered", now=now)
        setwise.fetch(
            "update alerts_alert set state = 'delivered', reason = '', finished_at = %s"
            " where id = any(%s) and state <> all(%s) returning id",
            [now, delivered, [*DONE, "delivered"]],
        )
    failed = {each.owner_id: each for each in ended if each.state == "failed" and each.purpose != "code"}
    for each in standing(list(failed)):
        if each.owner_id in failed and each.state in _TAKEN:
            del failed[each.owner_id]
    if not failed:
        return undelivered
    work = _Afresh(now, unless=DONE)
    alerts = facts.alerts(list(failed), now)
    known = people({row["victim_id"] for row in alerts.values()})
    failed_phones = failed_on(alerts.values())
    for owner, end in failed.items():
        alert = alerts.get(owner)
        if alert is None or alert["state"] in DONE:
            continue
        person = without(known.get(alert["victim_id"]), failed_phones.get(owner))
        alert["tried"] = [*alert["tried"], {"channel": end.channel, "reason": end.reason}]
        verdict = _stands(alert, person, now)
        if isinstance(verdict, _End) or person is None:
            work.end(alert, person, verdict if isinstance(verdict, _End) else _End("cancelled", "not live"))
        elif verdict.how == "machine" and alert["about"] not in FIXED:
            work.go_on(alert, person, verdict)
        else:
            work.end(alert, person, _End("failed", end.reason))
            undelivered.append(Undelivered(owner, person.id, alert["about"], tuple(alert["tried"])))
    work.write()
    return undelivered


# what still holds


def _look_at_alert(
    sent: Letter, alert: dict[str, Any] | None, person: Person | None, work: "_Afresh", now: datetime
) -> Verdict | None:
    if alert is None or alert["state"] not in OPEN:
        return Stop(f"alert {alert['state']}" if alert else "no alert")
    verdict = _stands(alert, person, now, by=sent.channel)
    if isinstance(verdict, _End) or person is None:
        end = verdict if isinstance(verdict, _End) else _End("cancelled", "not live")
        work.end(alert, person, end)
        return Stop(end.reason)
    if verdict.how != "machine" or verdict.at is None:
        machine_only = verdict.how != "person" or alert["about"] in OF_ACCOUNT
        end = _End("cancelled" if machine_only else "by_person", verdict.reason)
        work.end(alert, person, end)
        return Stop(end.reason)
    other = _other_than(sent, alert, person, verdict)
    if other == ADDRESS_CHANGED and alert["about"] in FIXED[1:]:
        # the next change speaks for itself; but of whom no other route has heard of this one, a person tells
        end = _End("cancelled" if alert["about"] == CONTACT_NEW else "by_person", other)
        work.end(alert, person, end)
        return Stop(other)
    if other:
        work.go_on(alert, person, verdict, sent)
        return Stop(other)
    if verdict.at <= now and alert["about"] not in FIXED:
        verdict = work.alone(alert, person, verdict)
    if verdict.at is not None and verdict.at > now:
        work.put_off(alert, verdict)
        return Wait(verdict.at, None if alert["about"] == "invitation" else verdict.at + GIVE_UP_AFTER)
    return None


def _other_than(sent: Letter, alert: Mapping[str, Any], person: Person, decision: Decision) -> str:
    """Why this letter is not the one that would be written now; empty when it is."""
    if decision.channel != sent.channel:
        return "channel changed"
    if person.contact.addresses[sent.channel] != sent.address_hash:
        return ADDRESS_CHANGED
    if other_phone(person, sent, decision.at or sent.due_at):
        return ADDRESS_CHANGED
    if alert["about"] == "invitation":
        return ""
    if person.contact.disguise != sent.disguised:
        return "disguise changed"
    if not alert["reason"]:
        return ""  # what joined it came within moments
    said = alert_words(person, sent.channel, alert["entries"], about=alert["about"])
    # not the version: what was frozen in other words of the same kind was as right when it was frozen
    if (said.language, _kind(said.words)) != (sent.language, _kind(sent.words)):
        return "words changed"
    return ""


def _kind(words: str) -> str:
    return words.partition("/")[0]


def _stands(
    alert: Mapping[str, Any], person: Person | None, now: datetime, *, by: str = ""
) -> _End | Decision:
    """Whether there is still something to tell this person, and if so how it would be done now."""
    if person is None or not person.contact.live:
        return _End("cancelled", "not live")
    if not alert["readable"]:
        return _End("cancelled", "case closed")
    if alert["about"] == "invitation":
        if alert["invited_until"] is None or alert["invited_until"] <= now:
            return _End("cancelled", "invitation over")
        decision = allow(person.contact, alert["channel"], now=now)
        return _in_time(decision, person, alert, now, until=alert["invited_until"])
    if not alert["entries"]:
        return _End("cancelled", "withdrawn")
    if alert.get("unsafe"):
        return _End("cancelled", "no safe way")
    if alert["about"] in FIXED:
        decision = allow(person.contact, alert["channel"], now=now, neutral=neutral())
        return _in_time(decision, person, alert, now)
    joined_at = person.victim.joined_at
    if joined_at is not None and joined_at > alert["decided_at"]:
        return _End("opened", "joined")
    if alert["about"] == NO_NEWS and (alert["closed"] or alert["others"] or _told_since(alert)):
        return _End("cancelled", "news came")
    decision = decide(
        person.contact,
        now=now,
        set_up=set_up() | ({by} if by else set()),
        tried=tried(alert),
        neutral=neutral(),
    )
    return _in_time(decision, person, alert, now)


def _told_since(alert: Mapping[str, Any]) -> bool:
    return alert["last_out"] is not None and alert["last_out"] > alert["decided_at"]


def _in_time(
    decision: Decision,
    person: Person,
    alert: Mapping[str, Any],
    now: datetime,
    *,
    until: datetime | None = None,
) -> Decision:
    """The decision with its moment, and why it is not now."""
    if decision.how != "machine":
        return decision
    at, reason = moment(
        person.contact,
        facts.pace(alert),
        facts.items(alert),
        now=now,
        decided_at=alert["decided_at"],
        last_out=None if alert["about"] in FIXED else alert["last_out"],
        until=until,
    )
    return decision._replace(at=at, reason=reason)


class _Afresh:
    """Collects what becomes of alerts, and writes it all with a bounded number of statements."""

    def __init__(self, now: datetime, *, unless: Sequence[str] = OVER) -> None:
        self._now, self._unless = now, unless
        self._changes: list[dict[str, Any]] = []
        self._letters: list[Letter] = []
        self._needs: dict[int, list[Need]] = defaultdict(list)
        self._going: set[UUID] = set()

    def alone(self, alert: Mapping[str, Any], person: Person, decision: Decision) -> Decision:
        """The decision, a little later where another alert is on its way to this person at this very moment."""
        if alert["in_flight"] or person.id in self._going:
            return decision._replace(at=self._now + A_MOMENT, reason="gathered")
        self._going.add(person.id)
        return decision

    def put_off(self, alert: dict[str, Any], decision: Decision) -> None:
        """The alert waits, and says until when and why."""
        if (alert["due_at"], alert["reason"]) != (decision.at, decision.reason):
            self._changes.append(
                alert | {"due_at": decision.at, "reason": decision.reason, "why": why_so(decision)}
            )

    def end(self, alert: dict[str, Any], person: Person | None, end: _End) -> None:
        """The alert ends in this state; where a person has to do it instead, they get a task."""
        self._changes.append(
            alert | {"state": end.state, "reason": end.reason[:60], "finished_at": self._now}
        )
        if person is not None and end.state in ("by_person", "failed"):
            kind = tell_yourself(alert["about"]) if end.state == "by_person" else NOT_REACHED
            self._needs[person.force].append(need(kind, person, end.reason, tried=alert["tried"]))

    def go_on(
        self, alert: dict[str, Any], person: Person, decision: Decision, before: Letter | None = None
    ) -> None:
        """The alert goes on by this way. An invitation keeps its words: they hold its only key."""
        at = decision.at or self._now
        invites = alert["about"] == "invitation"
        said = (
            Frozen(before.subject, before.body, before.language, before.words)
            if before is not None and invites
            else alert_words(person, decision.channel, alert["entries"], about=alert["about"])
        )
        self._letters.append(
            letter(
                alert["id"],
                "invitation" if invites else "alert",
                person,
                decision.channel,
                said,
                due_at=at,
                give_up_at=alert["invited_until"],
            )
        )
        state = "waiting" if decision.channel in set_up() else "not_set_up"
        self._changes.append(
            alert
            | {
                "channel": decision.channel,
                "state": state,
                "reason": decision.reason,
                "why": why_so(decision),
                "due_at": at,
                "finished_at": None,
            }
        )

    def write(self) -> None:
        change_alerts(self._changes, unless=self._unless)
        prepare(self._letters, now=self._now)
        for force, needs in self._needs.items():
            ask_officers(force, needs, now=self._now)
