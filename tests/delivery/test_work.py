"""Letters in the database: claimed once, tried again with patience, given up in the end, taken over from the dead."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.support.doors import role
from trackmycrime.delivery import api, presence, work
from trackmycrime.delivery.letters import Finished, Letter, Outcome, Stop, Upstairs, Verdict, Wait
from trackmycrime.delivery.models import Attempt, Dispatch
from trackmycrime.delivery.retry import DELAYS, SPREAD, after
from trackmycrime.delivery.settling import Tried
from trackmycrime.delivery.work import Holder
from trackmycrime.forces.models import Force
from trackmycrime.kernel import scope
from trackmycrime.kernel.ids import new_id

from .letters import NOW, letter

WORKER, OTHER = new_id(), new_id()


class Rooms:
    """The rooms above: they say what they are told to, and remember what they heard."""

    def __init__(self) -> None:
        self.verdicts: dict[UUID, Verdict] = {}
        self.heard: list[tuple[UUID, str, str]] = []
        self.breaks_on: UUID | None = None

    def still_allowed(self, letters: Sequence[Letter], now: datetime) -> dict[UUID, Verdict]:
        if self.breaks_on in {each.id for each in letters}:
            raise LookupError("rhian.pritchard@example.org cannot be looked at")
        return {each.id: self.verdicts[each.id] for each in letters if each.id in self.verdicts}

    def finished(self, ended: Sequence[Finished], now: datetime) -> None:
        self.heard += [(each.id, each.state, each.reason) for each in ended]

    @property
    def upstairs(self) -> Upstairs:
        return Upstairs(self.still_allowed, self.finished)


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def force(db: None) -> Force:
    return Force.objects.create(slug="kent", name="Kent Police", languages=["en"], created_at=NOW)


def prepared(force: Force, n: int = 1, **values: object) -> list[Letter]:
    letters = [letter(force=force.id, due_at=NOW + timedelta(milliseconds=k), **values) for k in range(n)]
    api.prepare(letters, now=NOW)
    return letters


def claim(
    rooms: Rooms, now: datetime = NOW + timedelta(seconds=1), most: int = 10, by: UUID = WORKER
) -> list[Letter]:
    with role("worker"):
        return work.claim(Holder(by, "email"), most=most, now=now, upstairs=rooms.upstairs)[0]


def complete(rooms: Rooms, letters: Sequence[Letter], outcome: Outcome, now: datetime = NOW) -> None:
    with role("worker"):
        work.complete([Tried(each, outcome, now, 12) for each in letters], now=now, upstairs=rooms.upstairs)


def state() -> tuple[str, str]:
    row = Dispatch.objects.get()
    return row.state, row.reason


# ------------------------------------------------------------ prepare, claim


def test_what_was_prepared_comes_back_as_it_was_and_only_sealed_in_between(
    force: Force, rooms: Rooms
) -> None:
    with scope.bound(force=force.id), role("gateway"):
        (sent,) = prepared(force)
    with connection.cursor() as cursor:
        cursor.execute("select address::text || subject::text || body::text from delivery_dispatch")
        stored = bytes.fromhex(cursor.fetchone()[0].replace("\\x", ""))
    for plain in (b"rhian", b"example.org", b"update", b"something new"):
        assert plain not in stored
    (claimed,) = claim(rooms)
    assert (claimed.id, claimed.address, claimed.subject, claimed.body) == (
        sent.id,
        sent.address,
        sent.subject,
        sent.body,
    )
    assert claimed.tries == 1
    assert "rhian" not in repr(claimed)


def test_each_letter_is_claimed_once_and_the_oldest_first(force: Force, rooms: Rooms) -> None:
    letters = prepared(force, 5)
    first, rest = claim(rooms, most=2), claim(rooms, by=OTHER)
    assert [each.id for each in (*first, *rest)] == [each.id for each in letters]
    assert claim(rooms) == []


def test_what_is_not_due_or_for_another_channel_is_left(force: Force, rooms: Rooms) -> None:
    prepared(force, channel="text")
    api.prepare([letter(force=force.id, due_at=NOW + timedelta(hours=1))], now=NOW)
    assert claim(rooms) == []
    assert len(claim(rooms, now=NOW + timedelta(hours=1))) == 1


def test_the_rooms_above_stop_one_and_put_off_another(force: Force, rooms: Rooms) -> None:
    stop, wait, go = prepared(force, 3, purpose="invitation")
    later = NOW + timedelta(hours=5)
    rooms.verdicts = {stop.id: Stop("not safe"), wait.id: Wait(later)}
    assert [each.id for each in claim(rooms)] == [go.id]
    stopped, put_off = Dispatch.objects.get(id=stop.id), Dispatch.objects.get(id=wait.id)
    assert (stopped.state, stopped.reason, stopped.body, stopped.tries) == ("cancelled", "not safe", None, 0)
    assert (put_off.state, put_off.next_try_at, put_off.tries) == ("prepared", later, 0)
    rooms.verdicts = {}
    assert [each.id for each in claim(rooms, now=later)] == [wait.id]


def test_what_is_put_off_for_long_is_not_given_up_for_it(force: Force, rooms: Rooms) -> None:
    (waits,) = prepared(force)
    later = NOW + timedelta(days=7)
    rooms.verdicts = {waits.id: Wait(later, later + timedelta(hours=72))}
    assert claim(rooms) == []
    rooms.verdicts = {}
    (claimed,) = claim(rooms, now=later)
    assert claimed.give_up_at == later + timedelta(hours=72)


def test_a_disguised_letter_says_so_when_it_is_sent(force: Force, rooms: Rooms) -> None:
    prepared(force, disguised=True)
    assert claim(rooms)[0].disguised


def test_one_letter_that_cannot_be_looked_at_does_not_hold_up_the_others(force: Force, rooms: Rooms) -> None:
    bad, good = prepared(force, 2)
    rooms.breaks_on = bad.id
    with pytest.raises(LookupError):
        claim(rooms)
    with role("worker"):
        going = work.claim_apart(
            Holder(WORKER, "email"), most=10, now=NOW + timedelta(seconds=1), upstairs=rooms.upstairs
        )
    assert [each.id for each in going] == [good.id]
    row = Dispatch.objects.get(id=bad.id)
    assert (row.state, row.reason) == ("prepared", "later fault")
    assert row.next_try_at is not None
    assert row.next_try_at > NOW + timedelta(seconds=5)


def test_words_that_do_not_open_are_a_failure_that_is_heard_of(force: Force, rooms: Rooms) -> None:
    bad, good = prepared(force, 2)
    with connection.cursor() as cursor:
        cursor.execute("update delivery_dispatch set body = subject where id = %s", [bad.id])
    assert [each.id for each in claim(rooms)] == [good.id]
    assert rooms.heard == [(bad.id, "failed", "refused cannot be opened")]


def test_a_door_cancels_what_waits_and_not_what_is_in_flight(force: Force, rooms: Rooms) -> None:
    flying, waiting = prepared(force, 2)
    claim(rooms, most=1)
    with scope.bound(force=force.id), role("desk"):
        assert api.cancel([flying.owner_id, waiting.owner_id], "withheld", now=NOW) == {waiting.owner_id}
    states = api.state_of([flying.owner_id, waiting.owner_id])
    assert (states[flying.owner_id].state, states[waiting.owner_id].state) == ("sending", "cancelled")


# ------------------------------------------------------------------ complete


def test_accepted(force: Force, rooms: Rooms) -> None:
    prepared(force)
    letters = claim(rooms)
    complete(rooms, letters, Outcome("accepted", "250 2.0.0", "4XYZ"))
    row, attempt = Dispatch.objects.get(), Attempt.objects.get()
    assert (row.state, row.provider_id, row.finished_at, row.next_try_at) == ("accepted", "4XYZ", NOW, None)
    assert row.body is not None  # no secret: it is the proof of what was said
    assert (attempt.result, attempt.answer, attempt.millis) == ("accepted", "250 2.0.0", 12)
    assert rooms.heard == [(letters[0].id, "accepted", "")]


@pytest.mark.parametrize("purpose", ["invitation", "code"])
def test_words_that_let_somebody_in_are_wiped(force: Force, rooms: Rooms, purpose: str) -> None:
    prepared(force, purpose=purpose)
    complete(rooms, claim(rooms), Outcome("later", "451"))
    assert Dispatch.objects.get().body is not None
    now = NOW + timedelta(minutes=1)
    complete(rooms, claim(rooms, now=now), Outcome("accepted", "250"), now=now)
    assert Dispatch.objects.get().body is None


def test_a_permanent_failure_is_final_at_once(force: Force, rooms: Rooms) -> None:
    prepared(force)
    complete(rooms, claim(rooms), Outcome("never", "550 5.1.1"))
    assert state() == ("failed", "refused 550 5.1.1")
    assert [each[1] for each in rooms.heard] == ["failed"]


def test_a_passing_failure_is_tried_again_until_it_is_given_up(force: Force, rooms: Rooms) -> None:
    prepared(force)
    now, tries = NOW + timedelta(seconds=1), 0
    while letters := claim(rooms, now=now):
        tries += 1
        complete(rooms, letters, Outcome("later", "451"), now=now)
        now = Dispatch.objects.get().next_try_at or now
    assert state() == ("failed", "given up 451")
    assert now <= NOW + timedelta(hours=72)
    assert 72 * 60 / 37.5 < tries < 72 * 60 / 30 + len(DELAYS)
    assert Attempt.objects.count() == tries
    assert [each[1:] for each in rooms.heard] == [("failed", "given up 451")]


def test_what_failed_together_does_not_come_back_together(force: Force, rooms: Rooms) -> None:
    prepared(force, 10)
    complete(rooms, claim(rooms), Outcome("later", "connect-failed"))
    waits = [row.next_try_at - NOW for row in Dispatch.objects.all() if row.next_try_at]
    assert len(set(waits)) == 10
    assert DELAYS[0] <= min(waits) <= max(waits) <= DELAYS[0] * (1 + SPREAD)


def test_an_unclear_one_is_tried_once_more_and_not_oftener(force: Force, rooms: Rooms) -> None:
    prepared(force)
    complete(rooms, claim(rooms), Outcome("unclear", "lost after text"))
    assert state()[0] == "prepared"
    now = NOW + timedelta(minutes=1)
    complete(rooms, claim(rooms, now=now), Outcome("unclear", "lost after text"), now=now)
    assert rooms.heard == []
    assert claim(rooms, now=now + timedelta(minutes=1)) == []
    assert state() == ("failed", "unclear twice")
    assert [each[1:] for each in rooms.heard] == [("failed", "unclear twice")]
    # the second could repeat, and is counted as such
    assert list(Attempt.objects.order_by("at").values_list("how", flat=True)) == ["sent", "again"]


def test_writing_down_the_same_try_twice_is_writing_it_once(force: Force, rooms: Rooms) -> None:
    prepared(force)
    tried = [Tried(claim(rooms)[0], Outcome("accepted", "250"), NOW)]
    for _ in range(2):
        work.complete(tried, now=NOW, upstairs=rooms.upstairs)
    assert len(rooms.heard) == Attempt.objects.count() == 1


# ----------------------------------------------------------- the dead's rest


def seen(worker: UUID, ago: float) -> None:
    with connection.cursor() as cursor:
        presence.here(cursor, worker, frozenset({"email"}))
        cursor.execute(
            "update delivery_worker set seen_at = clock_timestamp() - make_interval(secs => %s) where id = %s",
            [ago, worker],
        )


def sweep(rooms: Rooms, now: datetime = NOW, by: UUID = OTHER) -> int:
    with role("worker"):
        return work.sweep(by, now=now, unseen=timedelta(seconds=20), upstairs=rooms.upstairs)


def test_a_living_workers_letters_are_its_own(force: Force, rooms: Rooms) -> None:
    prepared(force)
    seen(WORKER, 1)
    claim(rooms)
    assert sweep(rooms) == 0
    assert sweep(rooms, now=NOW + work.LEASE + timedelta(seconds=2)) == 1  # but not for ever


@pytest.mark.parametrize("ago", [25.0, None])
def test_a_dead_workers_letters_are_sent_once_more_by_another(
    force: Force, rooms: Rooms, ago: float | None
) -> None:
    prepared(force)
    if ago is not None:
        seen(WORKER, ago)
    claim(rooms)
    assert sweep(rooms) == 1
    assert state() == ("prepared", "unclear worker lost")
    now = NOW + timedelta(minutes=1)
    (again,) = claim(rooms, now=now, by=OTHER)
    assert again.tries == 2
    # a second death says: enough
    assert sweep(rooms, now=now, by=OTHER) == 0  # it knows that it lives
    assert sweep(rooms, now=now, by=new_id()) == 1
    assert claim(rooms, now=now + timedelta(minutes=1)) == []
    assert state() == ("failed", "unclear twice")


def test_a_worker_that_was_only_thought_dead_still_says_what_became_of_its_letter(
    force: Force, rooms: Rooms
) -> None:
    prepared(force)
    letters = claim(rooms)
    sweep(rooms)
    complete(rooms, letters, Outcome("accepted", "250"))
    assert state()[0] == "accepted"
    assert claim(rooms, now=NOW + timedelta(hours=1)) == []


def test_but_not_over_the_head_of_the_one_that_has_it_now(force: Force, rooms: Rooms) -> None:
    prepared(force)
    letters = claim(rooms)
    sweep(rooms)
    claim(rooms, now=NOW + timedelta(minutes=1), by=OTHER)
    complete(rooms, letters, Outcome("never", "550"))
    assert state()[0] == "sending"
    assert rooms.heard == []


def test_what_lets_somebody_in_does_not_wait_for_ever(force: Force) -> None:
    prepared(force, purpose="code", give_up_at=NOW + timedelta(minutes=15))
    prepared(force, purpose="alert", give_up_at=NOW + timedelta(minutes=15))
    with role("worker"):
        assert work.expire(now=NOW + timedelta(minutes=16)) == 1
    row = Dispatch.objects.get(purpose="code")
    assert (row.state, row.reason, row.body) == ("cancelled", "over", None)
    assert Dispatch.objects.get(purpose="alert").state == "prepared"


# --------------------------------------------------------------------- pure


@given(
    result=st.sampled_from(["accepted", "later", "never", "unclear"]),
    tries=st.integers(0, 1000),
    chance=st.floats(0, 1, exclude_max=True),
    left=st.timedeltas(timedelta(hours=-1), timedelta(hours=72)),
)
def test_every_try_leads_to_an_end_or_to_a_later_try(
    result: str, tries: int, chance: float, left: timedelta
) -> None:
    give_up = NOW + left
    step = after(  # type: ignore[call-overload]
        result,
        tries=tries,
        now=NOW,
        give_up_at=give_up,
        chance=chance,
        answer="x",
    )
    assert (step.state == "prepared") == (step.at is not None)
    if step.at is not None:
        assert NOW < step.at <= give_up
    if result == "accepted":
        assert step.state == "accepted"
    if result == "never":
        assert step.state == "failed"


def test_who_asks_to_be_left_alone_is() -> None:
    for wait in (timedelta(minutes=2), timedelta(seconds=1)):
        step = after("later", tries=1, now=NOW, give_up_at=NOW + timedelta(days=3), chance=0.0, wait=wait)
        assert step.at
        assert step.at - NOW == max(wait, DELAYS[0])


def test_the_delays_grow() -> None:
    def delay(tries: int) -> timedelta:
        step = after(
            "later",
            tries=tries,
            now=NOW,
            give_up_at=NOW + timedelta(days=3),
            chance=0.0,
        )
        assert step.at is not None
        return step.at - NOW

    grown = [delay(tries) for tries in range(1, 9)]
    assert grown == sorted(grown)
    assert (grown[0], grown[-1]) == (timedelta(seconds=5), timedelta(minutes=30))


def test_a_provider_that_asks_to_be_left_alone_is_left_alone() -> None:
    def at(wait: timedelta | None) -> datetime | None:
        end = NOW + timedelta(days=3)
        return after("later", tries=1, now=NOW, give_up_at=end, chance=0.0, wait=wait).at

    assert at(None) == NOW + timedelta(seconds=5)
    assert at(timedelta(seconds=1)) == NOW + timedelta(seconds=5), "never sooner than we would"
    assert at(timedelta(hours=2)) == NOW + timedelta(hours=2)


# ------------------------------------------------------------------- at once


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_take_each_letter_once() -> None:
    force = Force.objects.create(slug="kent", name="Kent Police", languages=["en"], created_at=NOW)
    letters = prepared(force, 120)
    taken: list[UUID] = []
    start = threading.Barrier(6)

    def take() -> None:
        worker, rooms = new_id(), Rooms()
        start.wait()
        try:
            while True:
                some = work.claim(
                    Holder(worker, "email"), most=7, now=NOW + timedelta(seconds=1), upstairs=rooms.upstairs
                )[0]
                if not some and not Dispatch.objects.filter(state="prepared").exists():
                    return
                taken.extend(each.id for each in some)
                work.complete(
                    [Tried(each, Outcome("accepted"), NOW) for each in some],
                    now=NOW,
                    upstairs=rooms.upstairs,
                )
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(each.id for each in letters)


@pytest.mark.django_db(transaction=True)
def test_nothing_that_was_rolled_back_is_ever_sent() -> None:
    force = Force.objects.create(slug="kent", name="Kent Police", languages=["en"], created_at=NOW)
    with transaction.atomic():
        prepared(force)
        transaction.set_rollback(True)
    assert claim_plainly() == []


def claim_plainly() -> list[Letter]:
    return work.claim(
        Holder(WORKER, "email"), most=10, now=NOW + timedelta(seconds=1), upstairs=Rooms().upstairs
    )[0]
