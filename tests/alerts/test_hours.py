"""When an alert goes out: each promise by a plain example, and all of them against a model that walks the minutes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackmycrime.alerts.hours import Item, Pace, When, moment, next_summary, pace_of
from trackmycrime.alerts.rules import Contact
from trackmycrime.feed.contract.vocabulary import MILESTONES
from trackmycrime.forces.policy import DEFAULT
from trackmycrime.kernel.clock import LONDON
from trackmycrime.people.safe_hours import SafeHours
from trackmycrime.rights import clocks, working_days

DAY, MINUTE, DATE = timedelta(days=1), timedelta(minutes=1), datetime.fromisoformat
PACE = pace_of()
NOTE, ARREST, HEARING = "note", "suspect_arrested", "hearing_listed"


def at(text: str) -> datetime:
    """A moment, by a clock in London."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def told(
    now: str,
    *milestones: str,
    happened: str = "",
    decided: str = "",
    last: str = "",
    danger: bool = False,
    **contact: object,
) -> datetime:
    """When somebody is told of this, by a clock in London."""
    items = [Item(name, at(happened or now), danger) for name in milestones or (NOTE,)]
    known = Contact(**({"joined": True} | contact))  # type: ignore[arg-type]
    last_out = at(last) if last else None
    return moment(known, PACE, items, now=at(now), decided_at=at(decided or now), last_out=last_out).at


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-24 14:04", "2026-11-24 14:04"),
        ("2026-11-24 20:59", "2026-11-24 20:59"),
        ("2026-11-24 21:00", "2026-11-25 08:00"),
        ("2026-11-25 03:00", "2026-11-25 08:00"),
        ("2026-11-25 08:00", "2026-11-25 08:00"),
        # eight in London, whatever the clock did in the night
        ("2026-03-28 22:00", "2026-03-29 08:00"),
        ("2026-10-24 22:00", "2026-10-25 08:00"),
    ],
)
def test_nobody_is_told_in_the_night(now: str, expected: str) -> None:
    assert told(now) == at(expected)


def test_who_wants_it_at_night_too_is_told_at_night() -> None:
    assert told("2026-11-25 03:00", pace="at_once") == at("2026-11-25 03:00")


def test_what_follows_within_ten_minutes_waits_for_them_to_be_over() -> None:
    assert told("2026-11-24 14:04", last="2026-11-24 14:01") == at("2026-11-24 14:11")
    assert told("2026-11-24 14:04", last="2026-11-24 13:54") == at("2026-11-24 14:04")


def test_before_joining_a_day_lies_between_even_for_what_is_urgent() -> None:
    said = told("2026-11-24 14:04", last="2026-11-24 10:00", danger=True, joined=False)
    assert said == at("2026-11-25 10:00")


@pytest.mark.parametrize(
    ("milestones", "expected"),
    [
        ((NOTE,), "2026-11-30 09:00"),
        ((NOTE, "officer_assigned", "property_recovered"), "2026-11-30 09:00"),
        # a clock of the Code, an answer, a case that closed
        ((ARREST,), "2026-11-24 14:04"),
        ((NOTE, HEARING), "2026-11-24 14:04"),
        ((NOTE, ""), "2026-11-24 14:04"),
    ],
)
def test_a_weekly_summary_holds_what_can_wait(milestones: tuple[str, ...], expected: str) -> None:
    assert told("2026-11-24 14:04", *milestones, pace="weekly") == at(expected)


def test_a_summary_whose_hour_has_come_does_not_wait_for_the_next() -> None:
    said = told("2026-11-30 09:00", decided="2026-11-24 14:04", pace="weekly")
    assert said == at("2026-11-30 09:00")
    assert told("2026-11-30 10:30", decided="2026-11-24 14:04", pace="weekly") == at("2026-11-30 10:30")


@pytest.mark.parametrize(
    ("day", "after", "expected"),
    [
        (0, "2026-11-24 14:04", "2026-11-30 09:00"),
        (1, "2026-11-24 08:00", "2026-11-24 09:00"),
        (1, "2026-11-24 09:00", "2026-11-24 09:00"),
        (1, "2026-11-24 09:01", "2026-12-01 09:00"),
    ],
)
def test_the_next_summary(day: int, after: str, expected: str) -> None:
    assert next_summary(PACE._replace(summary_day=day), at(after)) == at(expected)


def test_a_summary_at_an_hour_that_the_clock_skips_comes_when_the_clock_has_it() -> None:
    pace = PACE._replace(summary_day=6, summary_at=time(1, 30))
    assert next_summary(pace, at("2026-03-24 12:00")) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_clock_of_the_code_that_runs_out_in_the_night_is_kept() -> None:
    # a hearing is told within a working day: on Wednesday at midnight it is too late
    happened = "2026-11-24 10:00"
    assert told("2026-11-25 22:00", HEARING, happened=happened) == at("2026-11-25 22:00")
    # the evening before there is still the day; and once it has run out, the night is no better than the morning
    assert told("2026-11-24 22:00", HEARING, happened=happened) == at("2026-11-25 08:00")
    assert told("2026-11-26 01:00", HEARING, happened=happened) == at("2026-11-26 08:00")
    # an arrest has five working days, and one with enhanced rights
    assert told("2026-11-25 22:00", ARREST, happened=happened) == at("2026-11-26 08:00")
    assert told("2026-11-25 22:00", ARREST, happened=happened, enhanced=True) == at("2026-11-25 22:00")


def test_safe_hours_are_never_broken_also_not_for_a_clock_of_the_code_or_danger() -> None:
    hours = {"safe_from": time(9), "safe_to": time(17)}
    assert told("2026-11-25 22:00", HEARING, happened="2026-11-24 10:00", **hours) == at("2026-11-26 09:00")
    assert told("2026-11-25 22:00", danger=True, **hours) == at("2026-11-26 09:00")


def test_danger_of_which_an_officer_has_spoken_does_not_wait() -> None:
    said = told("2026-11-25 03:00", "released_on_bail", danger=True, pace="weekly", last="2026-11-25 02:58")
    assert said == at("2026-11-25 03:00")


def test_who_can_only_be_reached_at_night_is_reached_at_night() -> None:
    said = told("2026-11-24 14:04", safe_from=time(22), safe_to=time(2))
    assert said == at("2026-11-24 22:00")


def test_an_invitation_waits_for_the_morning_unless_it_runs_out_before() -> None:
    night, morning = at("2026-11-25 02:00"), at("2026-11-25 08:00")
    known = Contact(joined=False)
    asked = {"now": night, "decided_at": night}
    assert moment(known, PACE, until=morning + MINUTE, **asked) == When(morning, "quiet hours")  # type: ignore[arg-type]
    assert moment(known, PACE, until=morning - MINUTE, **asked) == When(night)  # type: ignore[arg-type]


@pytest.mark.parametrize("milestones", [(), (NOTE,)])
def test_an_invitation_waits_for_no_summary(milestones: tuple[str, ...]) -> None:
    """Where the force tells weekly who has not chosen, it would have run out before it went."""
    now = at("2026-11-24 14:04")
    items = [Item(name, now) for name in milestones]
    weekly = PACE._replace(usual="weekly")
    said = moment(Contact(joined=False), weekly, items, now=now, decided_at=now, until=now + 3 * DAY)
    assert said == When(now)


# ------------------------------------------------------------- the Code's clocks


def test_every_milestone_with_a_clock_is_one_of_the_contract() -> None:
    for code in clocks.codes():
        assert code.days.keys() <= set(MILESTONES)


def test_a_clock_counts_working_days_from_the_day_of_the_event_in_london() -> None:
    # Thursday, half past midnight in summer: it is still Wednesday in UTC. Friday to Thursday, without the weekend
    happened = at("2026-07-02 00:30")
    assert clocks.deadline(ARREST, happened, enhanced=False) == at("2026-07-10 00:00")
    assert clocks.deadline(ARREST, happened, enhanced=True) == at("2026-07-04 00:00")
    assert clocks.deadline(NOTE, happened, enhanced=True) is None
    # over Christmas: the 25th and the 28th (for the 26th, a Saturday) are bank holidays
    assert clocks.deadline(HEARING, at("2026-12-24 12:00"), enhanced=False) == at("2026-12-30 00:00")


# ------------------------------------------------------------- an obvious model


def wall(when: datetime) -> time:
    return when.astimezone(LONDON).time()


def within(when: datetime, start: time | None, end: time | None) -> bool:
    """Whether the clock on the wall shows a time from `start` to `end`, over midnight where need be."""
    if start is None or end is None or start == end:
        return False
    return start <= wall(when) < end if start < end else not (end <= wall(when) < start)


def first_minute(since: datetime, fits: Callable[[datetime], bool], days: int) -> datetime | None:
    """The first moment from `since` on, itself or a full minute, that fits; None where none does for so long."""
    when = since
    while when <= since + days * DAY:
        if fits(when):
            return when
        when = (when + MINUTE).replace(second=0, microsecond=0)
    return None


def too_late(item: Item, enhanced: bool) -> datetime | None:
    """Count working days one by one, then midnight."""
    days = clocks.codes()[-1].days.get(item.milestone)
    if days is None:
        return None
    day: date = item.happened_at.astimezone(LONDON).date()
    left = days[1] if enhanced else days[0]
    while left:
        day += DAY
        left -= working_days.is_working_day(day)
    return datetime.combine(day + DAY, time(), LONDON).astimezone(UTC)


def summary_after(pace: Pace, since: datetime) -> datetime:
    """Of each day that is the summary's, the first minute at which the clock shows its hour or later."""
    day = since.astimezone(LONDON).date()
    while True:
        if day.weekday() == pace.summary_day:
            minute = datetime.combine(day, time(), LONDON).astimezone(UTC)
            while wall(minute) < pace.summary_at:
                minute += MINUTE
            if minute >= since:
                return minute
        day += DAY


def model(
    contact: Contact,
    pace: Pace,
    items: list[Item],
    now: datetime,
    decided_at: datetime,
    last_out: datetime | None,
) -> datetime:
    danger = any(item.danger for item in items)
    earliest = [now]
    if last_out and not contact.joined:
        earliest.append(last_out + timedelta(hours=24))
    if last_out and not danger:
        earliest.append(last_out + pace.gather)
    wants = contact.pace or pace.usual
    can_wait = all(item.milestone and item.milestone not in clocks.codes()[-1].days for item in items)
    if wants == "weekly" and can_wait and not danger:
        earliest.append(summary_after(pace, decided_at))
    since = max(earliest)

    def safe(when: datetime) -> bool:
        return contact.safe_from is None or within(when, contact.safe_from, contact.safe_to)

    def loud(when: datetime) -> bool:
        return pace.quiet is None or not within(when, pace.quiet.start, pace.quiet.end)

    first_safe = first_minute(since, safe, 3)
    assert first_safe is not None
    if danger or wants == "at_once":
        return first_safe
    first_good = first_minute(since, lambda when: safe(when) and loud(when), 3)
    if first_good is None:
        return first_safe
    for item in items:
        end = too_late(item, contact.enhanced)
        if end is not None and first_safe < end <= first_good:
            return first_safe
    return first_good


clocks_ = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
hours_ = st.none() | st.tuples(clocks_, clocks_).filter(lambda pair: pair[0] != pair[1])
moments = st.one_of(
    st.datetimes(DATE("2026-03-27"), DATE("2026-03-30")),
    st.datetimes(DATE("2026-10-23"), DATE("2026-10-26")),
    st.datetimes(DATE("2026-01-01"), DATE("2027-01-01")),
).map(lambda when: when.replace(tzinfo=UTC))
paces = st.builds(
    Pace,
    gather=st.sampled_from([timedelta(0), timedelta(minutes=10), timedelta(minutes=45)]),
    quiet=hours_.map(lambda pair: SafeHours(*pair) if pair else None),
    usual=st.sampled_from(["daytime", "daytime", "at_once", "weekly"]),
    summary_day=st.integers(0, 6),
    summary_at=clocks_,
)
contacts = st.builds(
    lambda hours, **values: Contact(
        safe_from=hours[0] if hours else None, safe_to=hours[1] if hours else None, **values
    ),
    hours=hours_,
    joined=st.booleans(),
    enhanced=st.booleans(),
    pace=st.sampled_from(["", "", "at_once", "daytime", "weekly"]),
)
happenings = st.lists(
    st.tuples(
        st.sampled_from(["", NOTE, "officer_assigned", ARREST, HEARING, "recorded", "sentence"]),
        st.timedeltas(timedelta(0), timedelta(days=9)),
        st.sampled_from([False] * 9 + [True]),
    ),
    max_size=3,
)


@settings(max_examples=250, deadline=None)
@given(
    contact=contacts,
    pace=paces,
    now=moments,
    happened=happenings,
    waited=st.timedeltas(timedelta(0), timedelta(days=8)),
    ago=st.none() | st.timedeltas(timedelta(0), timedelta(hours=26)),
)
def test_it_is_told_when_the_obvious_model_says(
    contact: Contact,
    pace: Pace,
    now: datetime,
    happened: list[tuple[str, timedelta, bool]],
    waited: timedelta,
    ago: timedelta | None,
) -> None:
    items = [Item(name, now - before, danger) for name, before, danger in happened]
    last = None if ago is None else now - ago
    said = moment(contact, pace, items, now=now, decided_at=now - waited, last_out=last)
    assert said.at == model(contact, pace, items, now, now - waited, last)
    # looked at again when its moment has come, it goes: nothing is put off for ever
    again = moment(contact, pace, items, now=said.at, decided_at=now - waited, last_out=last)
    assert again.at == said.at
    assert bool(said.reason) == (said.at > now)


def test_a_forces_policy_is_what_is_gone_by() -> None:
    policy = DEFAULT.changed(
        {
            "quiet_from": "22:30",
            "quiet_to": "07:00",
            "gather_minutes": 3,
            "summary_day": "friday",
            "pace": "weekly",
        }
    )
    made = pace_of(policy)
    assert made == Pace(timedelta(minutes=3), SafeHours(time(22, 30), time(7)), "weekly", 4, time(9))
    assert pace_of(DEFAULT.changed({"quiet_from": "00:00", "quiet_to": "00:00"})).quiet is None


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"quiet_from": "9pm"}, "quiet_from must be a time of day"),
        ({"quiet_to": "24:00"}, "quiet_to must be a time of day"),
        ({"summary_day": "payday"}, "summary_day must be one of"),
        ({"pace": "hourly"}, "pace must be one of"),
        ({"gather_minutes": -1}, "gather_minutes must be from 0 to"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_by_name(said: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        DEFAULT.changed(said)
