"""How each channel is doing, in the words of the desk."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from trackmycrime.alerts.lines import waiting_for_a_channel
from trackmycrime.alerts.promptness import Promptness, promptness
from trackmycrime.delivery import caps, health, replies
from trackmycrime.delivery.health import Health
from trackmycrime.delivery.switches import Switch
from trackmycrime.desk import words

from .record import staff_names


@dataclass(frozen=True)
class Held:
    """A hold that stands."""

    everywhere: bool
    """For all forces: those who run the service hold it, and only they let it go"""
    why: str
    who: str
    when: str


@dataclass(frozen=True)
class Channel:
    """One channel."""

    name: str
    title: str
    state: str
    bad: bool
    held: list[Held]
    may_hold: bool
    """Whether the force does not hold it yet"""
    waiting: int
    facts: list[tuple[str, str]]
    went: list[tuple[str, int, int]]
    """(what became of it, in the last hour, in the last day)"""
    part: bool
    """Whether so much went that not all of the day was counted"""
    stopped: bool = False
    """Whether its budget is used up, so that nothing more goes"""


def channels(force: int, now: datetime) -> list[Channel]:
    """All of them. A bounded number of statements of bounded cost."""
    found = health.health(force, now=now)
    prompt = promptness(force, now=now)
    asleep = waiting_for_a_channel(force)
    spent, replied = caps.standing(force, now), replies.figures(force, since=now - timedelta(days=1))
    more = {"text": _money(spent), "email": _replies(replied)}
    who = [one.held_by.partition(":")[2] for each in found for one in each.held]
    names = staff_names(force, filter(None, who))
    made = [_channel(one, prompt.get(one.channel), asleep.get(one.channel, 0), names, now) for one in found]
    return [
        replace(
            one,
            facts=[*one.facts, *more.get(one.name, ())],
            stopped=one.name == "text" and spent.stopped,
            bad=one.bad or (one.name == "text" and spent.stopped),
        )
        for one in made
    ]


def held(one: Switch, names: dict[str, str], now: datetime) -> Held:
    """A hold in words."""
    return Held(
        everywhere=one.force is None,
        why=words.said(words.HELD, one.reason),
        who=names.get(one.held_by.partition(":")[2], _("Those who run the service")),
        when=words.moment(one.held_at, now),
    )


def _channel(
    one: Health, prompt: Promptness | None, asleep: int, names: dict[str, str], now: datetime
) -> Channel:
    went = [
        (_("Taken by the provider"), one.hour.accepted, one.day.accepted),
        (_("Of these, delivered so far"), one.hour.delivered, one.day.delivered),
        (_("Refused for good, or come back"), one.hour.failed, one.day.failed),
        (_("Put off, to be tried again"), one.hour.later, one.day.later),
        (_("Without a clear answer"), one.hour.unclear, one.day.unclear),
        (_("Sent again, so perhaps arrived twice"), one.hour.again, one.day.again),
    ]
    state, bad = _state(one)
    return Channel(
        name=one.channel,
        title=words.said(words.CHANNELS, one.channel),
        state=state,
        bad=bad,
        held=[held(each, names, now) for each in one.held],
        may_hold=all(each.force is None for each in one.held),
        waiting=one.waiting,
        facts=_facts(one, prompt, asleep, now),
        went=went if one.day != health.Went() else [],
        part=not one.whole,
    )


def _state(one: Health) -> tuple[str, bool]:
    if one.held:
        return _("Held"), True
    if not one.provider:
        return _("Not set up"), False
    if not one.workers:
        return _("Nobody sends"), True
    return _("Sends"), False


def _facts(one: Health, prompt: Promptness | None, asleep: int, now: datetime) -> list[tuple[str, str]]:
    found = [(_("Provider"), words.said(words.PROVIDERS, one.provider) if one.provider else _("None"))]
    if one.provider:
        found.append((_("Programs that send"), str(one.workers)))
    waits = _counted(one.waiting)
    if one.oldest:
        waits = _("%(n)s, the first since %(when)s") % {"n": waits, "when": words.moment(one.oldest, now)}
    found.append((_("Waiting"), waits))
    if one.planned:
        found.append((_("For a later hour"), _counted(one.planned)))
    if one.sending:
        found.append((_("Being sent at this moment"), _counted(one.sending)))
    if asleep:
        found.append((_("Alerts that wait for this channel to be set up"), f"{asleep:,}"))
    found.append((_("Sent today"), f"{one.today:,}"))
    if prompt:
        found.append((_("Half of it was taken within"), _long(prompt.median)))
    if one.last_error_at:
        code = one.last_error or _("no answer")
        found.append((_("Last error"), f"{code}, {words.moment(one.last_error_at, now)}"))
    return found


def _money(spent: caps.Standing) -> list[tuple[str, str]]:
    """What texts have cost, against the budget; and what waits for a cap."""
    today, month = _of(spent.segments_today, spent.budget_day), _of(spent.segments_month, spent.budget_month)
    found = [
        (_("Parts of texts today"), today + _pounds(spent.pence_today)),
        (_("Parts of texts this month"), month + _pounds(spent.pence_month)),
    ]
    for why, n in sorted(spent.waiting.items()):
        found.append((_("Waiting because of a cap"), f"{n:,}: {words.reason(why)}"))
    return found


def _of(used: int, budget: int) -> str:
    if not budget:
        return f"{used:,}"
    return _("%(n)s of %(most)s") % {"n": f"{used:,}", "most": f"{budget:,}"}


def _pounds(pence: float | None) -> str:
    return "" if pence is None else f" (£{pence / 100:,.2f})"


def _replies(figures: Mapping[str, int]) -> list[tuple[str, str]]:
    """What was written back to mails in the last day."""
    names = {
        "replies": _("Replies of people in the last day"),
        "answered": _("Of these, told where to write instead"),
        "unsubscribe": _("Asked for no more mail in the last day"),
        "automatic": _("Answers of machines in the last day"),
    }
    return [(said, f"{figures[name]:,}") for name, said in names.items() if figures.get(name)]


def _counted(n: int) -> str:
    return _("%(n)s or more") % {"n": f"{n:,}"} if n >= health.COUNTED else f"{n:,}"


def _long(span: timedelta) -> str:
    seconds = span.total_seconds()
    if seconds < 10:
        return _("%(n)s seconds") % {"n": f"{seconds:.2f}"}
    if seconds < 600:
        return _("%(n)s seconds") % {"n": f"{seconds:.0f}"}
    return _("%(n)s minutes") % {"n": f"{seconds / 60:.0f}"}
