"""What may go out at most, with any number of workers; and that what is over says so."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from tests.support.doors import role
from trackmycrime.delivery import api, caps, stops, work
from trackmycrime.delivery.letters import Letter, Outcome, Upstairs
from trackmycrime.delivery.models import Dispatch, Tally
from trackmycrime.delivery.numbers import allowed
from trackmycrime.delivery.settling import Tried
from trackmycrime.delivery.work import Holder
from trackmycrime.forces.models import Force
from trackmycrime.forces.policy import DEFAULT
from trackmycrime.kernel import scope
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks.models import Task

from .letters import NOW, letter

WORKER = new_id()
ABOVE = Upstairs(lambda letters, now: {}, lambda ended, now: None)
LONG = "x" * 161
"""Two segments"""


def force_with(**policy: Any) -> Force:
    return Force.objects.create(
        slug="kent", name="Kent Police", languages=["en"], created_at=NOW, policy=policy
    )


def texts(force: Force, n: int, *, to: bytes | None = None, **values: Any) -> list[Letter]:
    made = [
        letter(
            force=force.id,
            channel="text",
            address="+447700900123",
            address_hash=to or new_id().bytes * 2,
            subject=None,
            due_at=NOW + timedelta(milliseconds=k),
            **values,
        )
        for k in range(n)
    ]
    api.prepare(made, now=NOW)
    return made


def claim(channel: str = "text", now: datetime = NOW + timedelta(seconds=1), most: int = 50) -> list[Letter]:
    with role("worker"):
        return work.claim(Holder(WORKER, channel), most=most, now=now, upstairs=ABOVE)[0]


def why(letters: Sequence[Letter]) -> list[str]:
    found = dict(Dispatch.objects.values_list("id", "reason"))
    return [found[each.id] for each in letters]


# --------------------------------------------------------------------- caps


@pytest.mark.django_db
def test_one_number_gets_so_many_texts_in_a_day_and_the_rest_on_the_next() -> None:
    force = force_with(texts_per_number=2)
    same = texts(force, 5, to=b"n" * 32)
    other = texts(force, 1)
    assert {each.id for each in claim()} == {same[0].id, same[1].id, other[0].id}
    assert why(same[2:]) == ["cap address"] * 3
    assert claim(now=NOW + timedelta(minutes=31)) == []
    next_day = {each.id for each in claim(now=NOW + timedelta(days=1))}
    assert len(next_day) == 2
    assert next_day < {each.id for each in same[2:]}


@pytest.mark.django_db
def test_one_address_gets_so_many_mails_in_a_day() -> None:
    force = force_with(mails_per_address=1)
    api.prepare([letter(force=force.id), letter(force=force.id)], now=NOW)
    assert len(claim("email")) == 1
    assert Dispatch.objects.get(state="prepared").reason == "cap address"


@pytest.mark.django_db
@pytest.mark.parametrize(("channel", "policy"), [("text", "texts_per_day"), ("email", "mails_per_day")])
def test_a_force_sends_so_many_in_a_day(channel: str, policy: str) -> None:
    force = force_with(**{policy: 3})
    made = [
        letter(
            force=force.id, channel=channel, address="+447700900123", address_hash=new_id().bytes * 2,
            due_at=NOW + timedelta(milliseconds=k),
        )
        for k in range(5)
    ]  # fmt: skip
    api.prepare(made, now=NOW)
    assert len(claim(channel)) == 3
    assert sorted(why(made[3:])) == ["cap force"] * 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-07-01T22:59:59+00:00", "2026-07-01T23:00:00+00:00"),
        # the day with 23 hours, and the one with 25: they end at midnight as every other
        ("2026-03-28T23:59:59+00:00", "2026-03-29T00:00:00+00:00"),
        ("2026-03-29T22:59:59+00:00", "2026-03-29T23:00:00+00:00"),
        ("2026-10-24T22:59:59+00:00", "2026-10-24T23:00:00+00:00"),
        ("2026-10-25T23:59:59+00:00", "2026-10-26T00:00:00+00:00"),
    ],
)
def test_the_day_is_londons(before: str, after: str) -> None:
    last, first = datetime.fromisoformat(before), datetime.fromisoformat(after)
    force = force_with(texts_per_number=1)

    def text(due_at: datetime) -> Letter:
        made = letter(force=force.id, channel="text", address="+447700900123", due_at=due_at)
        api.prepare([made], now=due_at)
        return made

    morning = text(first - timedelta(hours=22))
    assert [each.id for each in claim(now=first - timedelta(hours=22))] == [morning.id]
    text(last)
    assert claim(now=last) == []
    Dispatch.objects.filter(state="prepared").update(next_try_at=first)
    assert len(claim(now=first)) == 1


@pytest.mark.django_db
def test_a_letter_that_is_tried_again_counts_once() -> None:
    force = force_with(texts_per_number=1)
    texts(force, 1)
    for minutes in (0, 1, 5):
        now = NOW + timedelta(minutes=minutes)
        (again,) = claim(now=now)
        with role("worker"):
            work.complete([Tried(again, Outcome("later", "503"), now)], now=now, upstairs=ABOVE)
    assert set(Tally.objects.values_list("letters", "segments")) == {(1, 1)}


@pytest.mark.django_db
def test_one_force_does_not_use_up_what_another_has() -> None:
    kent = force_with(texts_per_day=1)
    essex = Force.objects.create(
        slug="essex", name="Essex Police", languages=["en"], created_at=NOW, policy={"texts_per_day": 1}
    )
    texts(kent, 2)
    texts(essex, 2)
    assert Counter(each.force for each in claim()) == {kent.id: 1, essex.id: 1}


# ------------------------------------------------------------------- budget


@pytest.mark.django_db
def test_at_80_per_cent_administrators_hear_and_at_all_of_it_texts_stop_and_are_not_lost() -> None:
    force = force_with(text_budget_day=10)
    texts(force, 3, body=LONG)
    claim()
    assert not Task.objects.exists()
    texts(force, 1, body=LONG)
    claim()
    assert list(Task.objects.values_list("kind", "once", "victim_id")) == [
        ("text_budget_near", "day:2026-11-24", None)
    ]
    texts(force, 1)
    assert len(claim()) == 1
    stopped = texts(force, 2, body=LONG)
    assert claim() == []
    assert why(stopped) == ["budget day"] * 2
    assert Task.objects.filter(kind="text_budget_spent").count() == 1
    with role("worker"):
        caps.tidy(NOW + timedelta(days=1))
    assert not Task.objects.filter(done_at=None).exists()
    assert {each.id for each in claim(now=NOW + timedelta(days=1))} == {each.id for each in stopped}


@pytest.mark.django_db
def test_a_month_has_its_own_budget_and_a_raised_one_lets_texts_go() -> None:
    force = force_with(text_budget_month=4)
    texts(force, 3)
    assert len(claim()) == 3
    tomorrow = NOW + timedelta(days=1)
    waiting = texts(force, 2)
    assert len(claim(now=tomorrow)) == 1
    assert "budget month" in why(waiting)
    assert Task.objects.filter(kind="text_budget_spent", once="month:2026-11").exists()
    Force.objects.update(policy={"text_budget_month": 400})
    assert len(claim(now=tomorrow + timedelta(minutes=31))) == 1


@pytest.mark.django_db
def test_what_the_desk_sees_of_it() -> None:
    force = force_with(text_budget_day=3, text_price=250)
    texts(force, 1, body=LONG)
    texts(force, 2)
    claim()
    with scope.bound(force=force.id), role("desk"):
        found = caps.standing(force.id, NOW)
    assert (found.texts_today, found.segments_today, found.segments_month) == (2, 3, 3)
    assert (found.pence_today, found.share, found.stopped) == (7.5, 1.0, True)
    assert found.waiting == {"budget day": 1}


@pytest.mark.django_db
def test_however_many_wait_the_desk_looks_at_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    force = force_with(texts_per_day=1, mails_per_day=1)
    texts(force, 5)
    api.prepare([letter(force=force.id) for _ in range(3)], now=NOW)
    claim()
    claim("email")
    later = letter(force=force.id, channel="text", due_at=NOW + timedelta(hours=9))
    api.prepare([later], now=NOW)
    with scope.bound(force=force.id), role("desk"):
        assert caps.standing(force.id, NOW).waiting == {"cap force": 4 + 2}
        monkeypatch.setattr(caps, "LOOKED_AT", 3)
        assert caps.standing(force.id, NOW).waiting == {"cap force": 3 + 2}


@pytest.mark.django_db
def test_what_was_counted_is_kept_as_long_as_a_stop_needs_it_and_then_forgotten() -> None:
    force = force_with()
    days = {ago: (NOW - timedelta(days=ago)).date() for ago in (0, stops.LATELY.days, 63)}
    for ago, day in days.items():
        Tally.objects.create(
            force=force,
            address_hash=b"n" * 32,
            channel="text",
            day=day,
            letters=1,
            segments=ago,
            owner_id=new_id(),
        )
    with role("worker"):
        assert caps.tidy(NOW) == 1
    assert set(Tally.objects.values_list("day", flat=True)) == {days[0], days[stops.LATELY.days]}


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("number", "may"),
    [
        ("+447700900123", True),
        ("+447911123456", True),
        ("+447797123456", True),
        ("+353851234567", False),
        ("+449061234567", False),
        ("+448712345678", False),
        ("+447012345678", False),
        ("+44", False),
        ("60006", False),
        ("", False),
    ],
)
def test_texts_go_to_ordinary_numbers_of_the_countries_on_the_list(number: str, may: bool) -> None:
    assert allowed(number, DEFAULT.text_countries) is may


@pytest.mark.django_db
def test_a_text_to_another_number_fails_at_once_and_a_force_may_allow_more() -> None:
    force = force_with()
    abroad = letter(force=force.id, channel="text", address="+353851234567", due_at=NOW)
    api.prepare([abroad], now=NOW)
    assert claim() == []
    row = Dispatch.objects.get()
    assert (row.state, row.reason) == ("failed", "refused number not allowed")
    Force.objects.update(policy={"text_countries": ["GB", "IE"]})
    api.prepare([abroad._replace(id=new_id())], now=NOW)
    assert len(claim()) == 1


def test_a_cap_that_cannot_be_is_refused_in_words() -> None:
    for wrong in ({"texts_per_number": -1}, {"text_budget_day": -5}, {"text_countries": ["uk."]}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            DEFAULT.changed(wrong)


# -------------------------------------------------------------------- races


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("policy", "goes"),
    [({"texts_per_day": 40}, 40), ({"texts_per_number": 7}, 14), ({"text_budget_day": 33}, 33)],
)
def test_many_workers_together_send_what_one_might(policy: dict[str, int], goes: int) -> None:
    force = force_with(**policy)
    for address in (b"a" * 32, b"b" * 32):
        texts(force, 50, to=address)
    taken: list[UUID] = []
    start = threading.Barrier(4)

    def take() -> None:
        worker = new_id()
        start.wait()
        try:
            while True:
                with transaction.atomic():
                    some, more = work.claim(
                        Holder(worker, "text"), most=9, now=NOW + timedelta(seconds=1), upstairs=ABOVE
                    )
                taken.extend(each.id for each in some)
                if not some and not more:
                    return
        finally:
            connection.close()

    Force.objects.update(policy={"texts_per_number": 0, **policy})
    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == goes
    assert Dispatch.objects.filter(state="sending").count() == goes
    assert Dispatch.objects.filter(state="prepared").count() == 100 - goes
    assert sum(Tally.objects.exclude(address_hash=b"").values_list("letters", flat=True)) == goes
    assert Tally.objects.get(address_hash=b"").letters == goes
