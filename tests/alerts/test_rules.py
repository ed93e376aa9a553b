"""The decision against a slow, obvious model, and each of its promises by a plain example."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trackmycrime.alerts.rules import Contact, Decision, allow, decide
from trackmycrime.kernel.clock import LONDON
from trackmycrime.people.safe_hours import SafeHours

NOW = datetime(2026, 11, 24, 14, 4, tzinfo=UTC)
EMAIL, MOBILE = b"email" * 6 + b"em", b"text" * 8
PHONE = b"push" * 8
DAY = datetime.fromisoformat
BOTH = {"email": EMAIL, "text": MOBILE}


def known(**values: object) -> Contact:
    return Contact(**({"addresses": BOTH, "joined": True} | values))  # type: ignore[arg-type]


# ---------------------------------------------------------------- examples


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        (known(), ("machine", "email")),
        (known(chosen="text"), ("machine", "text")),
        (known(preferred="text"), ("machine", "text")),
        (known(chosen="email", preferred="text"), ("machine", "email")),
        (known(chosen="email", preferred="phone"), ("machine", "email")),
        (known(preferred="push"), ("machine", "email")),
        (known(chosen="push", addresses=BOTH | {"push": PHONE}), ("machine", "push")),
        (known(addresses=BOTH | {"push": PHONE}), ("machine", "email")),
        (known(chosen="text", addresses={"email": EMAIL}), ("machine", "email")),
        (known(safe_channels=frozenset({"text"})), ("machine", "text")),
        (known(chosen="email", safe_channels=frozenset({"text"})), ("machine", "text")),
        (known(blocked=frozenset({EMAIL})), ("machine", "text")),
        (known(preferred="letter"), ("person", "letter")),
        (known(preferred="phone"), ("person", "phone")),
        (known(preferred="in_person"), ("person", "in_person")),
        # a letter is not safe for this person, so preferring it does not make it so
        (known(preferred="letter", safe_channels=frozenset({"email"})), ("machine", "email")),
        (known(safe_channels=frozenset()), ("person", "")),
        (known(safe_channels=frozenset({"phone"})), ("person", "")),
        (known(safe_channels=frozenset({"push"})), ("person", "")),
        (known(blocked=frozenset({EMAIL, MOBILE})), ("person", "")),
        (known(addresses={}), ("person", "")),
        (known(disguise=True), ("person", "")),
        (known(disguise=True, safe_channels=frozenset({"text"})), ("person", "")),
        (
            known(disguise=True, safe_channels=frozenset({"email", "text"}), chosen="text"),
            ("machine", "email"),
        ),
        (known(disguise=True, safe_channels=frozenset({"email"}), preferred="phone"), ("machine", "email")),
        (
            known(disguise=True, safe_channels=frozenset({"email"}), joined=False, invited=True),
            ("person", ""),
        ),
        (known(disguise=True, safe_channels=frozenset({"email"}), no_portal=True), ("person", "")),
        (known(no_portal=True), ("person", "")),
        (known(safe_from=time(9)), ("person", "")),
        (known(safe_from=time(9), safe_to=time(9)), ("person", "")),
        (known(joined=False, invited=False), ("person", "")),
        (known(live=False), ("nothing", "")),
        (known(live=False, preferred="phone"), ("nothing", "")),
    ],
)
def test_by_which_way(contact: Contact, expected: tuple[str, str]) -> None:
    decision = decide(contact, now=NOW, neutral=frozenset({"email"}))
    assert (decision.how, decision.channel) == expected


def test_what_failed_is_not_taken_again_and_nothing_left_is_for_a_person() -> None:
    assert decide(known(), now=NOW, tried=frozenset({"email"})).channel == "text"
    assert decide(known(), now=NOW, tried=frozenset({"email", "text"})).how == "person"


def test_a_choice_is_kept_without_a_provider_and_a_default_gives_way() -> None:
    only_text = frozenset({"text"})
    assert decide(known(chosen="email"), now=NOW, set_up=only_text).channel == "email"
    assert decide(known(preferred="email"), now=NOW, set_up=only_text).channel == "email"
    assert decide(known(), now=NOW, set_up=only_text).channel == "text"
    assert decide(known(), now=NOW, set_up=frozenset()).channel == "email"


def test_before_joining_at_most_once_a_day() -> None:
    contact = known(joined=False, invited=True)
    assert decide(contact, now=NOW, last=NOW - timedelta(hours=3)).at == NOW + timedelta(hours=21)
    assert decide(contact, now=NOW, last=NOW - timedelta(hours=30)).at == NOW
    assert decide(known(), now=NOW, last=NOW - timedelta(minutes=1)).at == NOW


def test_the_day_and_the_safe_hours_hold_both() -> None:
    contact = known(joined=False, invited=True, safe_from=time(9), safe_to=time(12))
    # a day after 13:00 is 13:00 tomorrow, which is not safe; so the day after that at nine
    at = decide(contact, now=NOW, last=datetime(2026, 11, 24, 13, tzinfo=UTC)).at
    assert at == datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "at", "expected"),
    [
        ("09:00", "17:00", "2026-11-24T14:04", "2026-11-24T14:04"),
        ("09:00", "17:00", "2026-11-24T17:00", "2026-11-25T09:00"),
        ("09:00", "17:00", "2026-11-24T08:59", "2026-11-24T09:00"),
        ("22:00", "02:00", "2026-11-24T14:04", "2026-11-24T22:00"),
        ("22:00", "02:00", "2026-11-24T23:30", "2026-11-24T23:30"),
        ("22:00", "02:00", "2026-11-25T01:59", "2026-11-25T01:59"),
        ("22:00", "02:00", "2026-11-25T02:00", "2026-11-25T22:00"),
        # British summer: nine in London is eight in UTC
        ("09:00", "17:00", "2026-07-01T05:00", "2026-07-01T08:00"),
        # the night in which the clock skips from one to two: the hours begin when the clock has them
        ("01:30", "05:00", "2026-03-29T00:59", "2026-03-29T01:00"),
        # and if it skips them whole, they are tomorrow's
        ("01:15", "01:45", "2026-03-28T23:00", "2026-03-30T00:15"),
        # the night in which the clock goes back: the hours come again, and nothing sent in between is early
        ("01:15", "01:45", "2026-10-25T00:50", "2026-10-25T01:15"),
        ("00:30", "01:30", "2026-10-25T00:45", "2026-10-25T01:00"),
    ],
)
def test_the_next_safe_moment(start: str, end: str, at: str, expected: str) -> None:
    hours = SafeHours(time.fromisoformat(start), time.fromisoformat(end))
    said = hours.next(datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert said == datetime.fromisoformat(expected).replace(tzinfo=UTC)


hour = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30]))


@given(hour, hour, st.sampled_from(["2026-03-28", "2026-10-24", "2026-07-01"]), st.integers(0, 48 * 60))
@settings(max_examples=60, deadline=None)
def test_when_safe_hours_end(start: time, end: time, day: str, minute: int) -> None:
    """Minute by minute: the first in which the clock on the wall shows no safe time any more."""
    hours, at = SafeHours(start, end), DAY(day).replace(tzinfo=UTC) + timedelta(minutes=minute)
    assume(start != end and hours.covers(at))
    moment = at
    while hours.covers(moment):
        moment += timedelta(minutes=1)
    assert hours.closes(at) == moment


# ------------------------------------------------------- an obvious model


def model_next_safe(contact: Contact, at: datetime) -> datetime:
    """Look at every minute until the clock on the wall shows a safe one."""
    if contact.safe_from is None or contact.safe_to is None:
        return at
    moment = at
    while True:
        wall = moment.astimezone(LONDON).time()
        start, end = contact.safe_from, contact.safe_to
        if (start <= wall < end) if start < end else (wall >= start or wall < end):
            return moment
        moment = (moment + timedelta(minutes=1)).replace(second=0, microsecond=0)


def model(
    contact: Contact,
    now: datetime,
    last: datetime | None,
    set_up: frozenset[str],
    tried: frozenset[str],
    neutral: frozenset[str] = frozenset(),
) -> tuple[str, str, datetime | None]:
    """Who must not be told, who must not be told by a machine, and then the first way that nothing speaks against."""
    if not contact.live:
        return "nothing", "", None
    unclear_hours = (contact.safe_from, contact.safe_to) != (None, None) and (
        contact.safe_from is None or contact.safe_to is None or contact.safe_from == contact.safe_to
    )
    hidden = {channel for channel in contact.safe_channels or () if channel in neutral}
    if contact.disguise and (not hidden or not contact.joined):
        return "person", "", None
    if contact.no_portal or unclear_hours or contact.safe_channels == frozenset():
        return "person", "", None
    if not (contact.joined or contact.invited):
        return "person", "", None
    wishes = [contact.chosen, contact.preferred]
    for channel in ("email", "text", "push"):
        if channel in set_up:
            wishes.append(channel)
    wishes += ["email", "text", "push"]
    for wish in wishes:
        if wish in tried:
            continue
        if contact.safe_channels is not None and wish not in contact.safe_channels:
            continue
        if wish in ("letter", "phone", "in_person"):
            return "person", wish, None
        if contact.disguise and wish not in hidden:
            continue
        if wish in ("email", "text", "push") and contact.addresses.get(wish, b"") not in {
            b"",
            *contact.blocked,
        }:
            at = now
            if not contact.joined and last and last + timedelta(hours=24) > now:
                at = last + timedelta(hours=24)
            return "machine", wish, model_next_safe(contact, at)
    return "person", "", None


CHANNELS = ["email", "text", "push", "letter", "phone", "in_person"]
clocks = st.one_of(st.none(), st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59])))
# around the nights on which the clocks change, and any other time
moments = st.one_of(
    st.datetimes(DAY("2026-03-28"), DAY("2026-03-30")),
    st.datetimes(DAY("2026-10-24"), DAY("2026-10-26")),
    st.datetimes(DAY("2026-01-01"), DAY("2027-01-01")),
).map(lambda moment: moment.replace(tzinfo=UTC))
contacts = st.builds(
    Contact,
    live=st.sampled_from([True, True, True, False]),
    addresses=st.dictionaries(
        st.sampled_from(["email", "text", "push"]), st.sampled_from([EMAIL, MOBILE, PHONE]), max_size=3
    ),
    blocked=st.frozensets(st.sampled_from([EMAIL, MOBILE, PHONE]), max_size=2),
    chosen=st.sampled_from(["", *CHANNELS]),
    preferred=st.sampled_from(["", *CHANNELS]),
    safe_channels=st.one_of(st.none(), st.frozensets(st.sampled_from(CHANNELS))),
    safe_from=clocks,
    safe_to=clocks,
    disguise=st.sampled_from([False, False, False, True]),
    no_portal=st.sampled_from([False, False, False, True]),
    joined=st.booleans(),
    invited=st.booleans(),
)
channel_sets = st.frozensets(st.sampled_from(["email", "text", "push"]))


@settings(max_examples=600, deadline=None)
@given(
    contact=contacts,
    now=moments,
    ago=st.none() | st.timedeltas(timedelta(0), timedelta(days=2)),
    set_up=channel_sets,
    tried=channel_sets,
    neutral=channel_sets,
)
def test_it_decides_as_the_obvious_model_does(
    contact: Contact,
    now: datetime,
    ago: timedelta | None,
    set_up: frozenset[str],
    tried: frozenset[str],
    neutral: frozenset[str],
) -> None:
    last = None if ago is None else now - ago
    said = decide(contact, now=now, last=last, set_up=set_up, tried=tried, neutral=neutral)
    assert (said.how, said.channel, said.at) == model(contact, now, last, set_up, tried, neutral)


@settings(max_examples=400, deadline=None)
@given(contact=contacts, now=moments, channel=st.sampled_from(CHANNELS))
def test_a_way_that_somebody_else_chose_is_used_only_where_a_machine_may(
    contact: Contact, now: datetime, channel: str
) -> None:
    said: Decision = allow(contact, channel, now=now)
    if said.how != "machine":
        return
    assert contact.live
    assert not contact.disguise
    assert not contact.no_portal
    assert contact.safe_channels is None or channel in contact.safe_channels
    assert contact.addresses[channel] not in contact.blocked
    assert said.at == model_next_safe(contact, now)
