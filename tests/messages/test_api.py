"""Writing, reading and the clock of an answer, each under the database login of the door that does it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.messages import making
from tests.messages.making import NOW, Made
from tests.support.doors import role
from trackmycrime import rounds
from trackmycrime.kernel.clock import london_date
from trackmycrime.kernel.scope import bound
from trackmycrime.messages import api, view
from trackmycrime.messages.models import Message
from trackmycrime.people.models import Officer
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Made:
    force = making.force()
    making.unit(force)
    making.officer(force)
    return making.whole(force)


@contextmanager
def as_victim(made: Made) -> Iterator[None]:
    with role("portal"), bound(account=made.account.id):
        yield


@contextmanager
def as_staff(made: Made) -> Iterator[None]:
    with role("desk"), bound(force=made.force.id):
        yield


def write(made: Made, text: str = "Is there news?", once: uuid.UUID | None = None, **over: object) -> Message:
    said = {"victim_id": made.victim.id, "case_id": made.case.id, "account_id": made.account.id} | over
    with as_victim(made):
        return api.write_as_victim(**said, text=text, once=once or uuid.uuid4(), now=NOW)  # type: ignore[arg-type]


def carry_on(now: datetime = NOW) -> int:
    with role("worker"):
        return api.take(api.untaken(now), now=now)


def refused(made: Made, **over: object) -> str:
    with pytest.raises(api.NotSent) as why:
        write(made, **over)
    return why.value.reason


def test_a_victims_message_is_there_and_readable_by_the_police(made: Made) -> None:
    write(made, "My phone is\r\ngone.")
    with as_staff(made):
        assert [message.text for message in api.thread(made.victim.id)] == ["My phone is\ngone."]
        assert api.unread_for("police", [made.victim.id]) == {made.victim.id: 1}


def test_a_message_rings_for_a_worker(made: Made) -> None:
    with CaptureQueriesContext(connection) as seen:
        write(made)
    assert any(f"pg_notify('tmc_bell', '{api.BELL}')" in query["sql"] for query in seen)
    with role("worker"):
        assert dict(rounds.PASSES)[api.BELL](NOW) == 1
    assert Task.objects.get().kind == api.ANSWER


def test_a_form_sent_twice_is_one_message(made: Made) -> None:
    once = uuid.uuid4()
    assert write(made, once=once).id == write(made, once=once).id
    assert Message.objects.count() == 1


def test_anothers_case_is_closed_in_the_same_way_as_an_unknown_one(made: Made) -> None:
    other = making.whole(made.force, "5226287414")
    assert refused(made, case_id=other.case.id) == "closed"
    assert refused(made, victim_id=other.victim.id, case_id=other.case.id) == "closed"
    assert refused(made, victim_id=uuid.uuid4()) == "closed"
    assert Message.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"open": False},
        {"readable_until": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_no_message_on_a_case_that_cannot_be_read(made: Made, change: dict[str, object]) -> None:
    for name, value in change.items():
        setattr(made.case, name, value)
    made.case.save()
    assert refused(made) == "closed"


def test_a_finished_case_takes_messages_while_it_is_readable(made: Made) -> None:
    made.case.stage, made.case.closed_on = "closed", date(2026, 10, 1)
    made.case.readable_until = datetime(2999, 1, 1, tzinfo=UTC)
    made.case.save()
    assert write(made).case_id == made.case.id


def test_at_most_so_many_messages_an_hour(made: Made) -> None:
    for _ in range(api.PER_HOUR.most):
        write(made)
    assert refused(made) == "too_many"


def test_two_cases_of_one_account_do_not_mix_even_by_hand(made: Made) -> None:
    other = making.crime(made.force, "5226287414")
    second = making.Made(
        made.force, other, making.case(other), making.victim(other, made.account), made.account
    )
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic(), as_victim(made):
        making.message(Made(made.force, made.crime, second.case, made.victim, made.account))


def test_the_portal_cannot_write_as_the_police_nor_change_what_was_said(made: Made) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic(), as_victim(made):
        making.message(made, by="police")
    message = making.message(made)
    for statement in ("update messages_message set text = 'x'", "delete from messages_message"):
        for door in (as_victim, as_staff):
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                transaction.atomic(),
                door(made),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic(), as_staff(made):
        making.message(made, by="victim")
    with (
        as_victim(made),
        connection.cursor() as cursor,
    ):  # its own message cannot be marked as read by the police
        cursor.execute("update messages_message set read_at = now() where id = %s", [message.id])
        assert cursor.rowcount == 0


def test_a_withheld_cases_thread_is_gone_for_the_victim_and_stays_for_the_police(made: Made) -> None:
    making.message(made)
    made.case.open = False
    made.case.save()
    with as_victim(made):
        assert api.thread(made.victim.id) == []
    with as_staff(made):
        assert len(api.thread(made.victim.id)) == 1


def test_another_force_sees_nothing(made: Made) -> None:
    making.message(made)
    other = making.force("south-wales", name="South Wales Police")
    with role("desk"), bound(force=other.id):
        assert api.thread(made.victim.id) == []
        assert api.unread_for("police", [made.victim.id]) == {}
        with pytest.raises(api.NotSent):
            api.write_as_officer(other.id, made.victim.id, uuid.uuid4(), "O1", "Hello", uuid.uuid4(), now=NOW)


def test_a_message_becomes_a_task_with_a_clock_for_the_officer_in_the_case(made: Made) -> None:
    write(made)
    assert carry_on() == 1
    task = Task.objects.get()
    assert (task.kind, task.victim_id, task.crime_id) == (api.ANSWER, made.victim.id, made.crime.id)
    assert (task.officer_id, task.unit_id) == ("O1", "U1")
    assert task.due_at is not None
    assert london_date(task.due_at) == date(2026, 11, 26) == api.answer_by(NOW, 2)
    assert carry_on() == 0


def test_one_thread_has_one_task_with_the_clock_of_its_first_message(made: Made) -> None:
    making.message(made, written_at=NOW - timedelta(days=4))
    making.message(made)
    assert carry_on() == 1
    due = Task.objects.get().due_at
    assert due is not None
    assert london_date(due) == date(2026, 11, 24)


def test_the_cover_or_the_team_answers_while_the_officer_is_away_and_a_task_follows(made: Made) -> None:
    making.officer(made.force, "O2", detail={"name": "Ben Shaw"})
    write(made)
    carry_on()
    Officer.objects.filter(officer_id="O1").update(away_until=date(2026, 12, 1), cover="O2")
    with role("worker"):
        assert api.mend(NOW) == 1
        assert api.mend(NOW) == 0
    assert Task.objects.get().officer_id == "O2"
    Officer.objects.filter(officer_id="O2").update(active=False)
    with role("worker"):
        api.mend(NOW)
    assert (Task.objects.get().officer_id, Task.objects.get().unit_id) == ("", "U1")


def test_the_forces_own_time_to_answer_holds(made: Made) -> None:
    made.force.policy = {"answer_days": 5}
    made.force.save()
    write(made)
    carry_on()
    due = Task.objects.get().due_at
    assert due is not None
    assert london_date(due) == date(2026, 12, 1)


def answer(made: Made, text: str = "Yes, there is.") -> Message:
    with as_staff(made):
        return api.write_as_officer(
            made.force.id,
            made.victim.id,
            uuid.uuid4(),
            "O1",
            text,
            uuid.uuid4(),
            now=NOW + timedelta(hours=1),
        )


def test_an_answer_closes_the_task_and_reaches_the_victim(made: Made) -> None:
    write(made)
    carry_on()
    with as_staff(made):
        api.mark_read_by_police(made.force.id, made.victim.id, uuid.uuid4(), own=True, up_to=NOW, now=NOW)
    answer(made)
    assert not Task.objects.filter(done_at=None).exists()
    with as_victim(made):
        assert api.unread_for("victim", [made.victim.id]) == {made.victim.id: 1}
        assert api.my_unread() == {made.case.id: 1}
        lines = view.lines(api.thread(made.victim.id), "victim", now=NOW)
        assert [(line.who, line.is_new) for line in lines] == [("You", False), ("DC Okafor", True)]
        assert api.mark_read_by_victim(made.victim.id, made.account.id, now=NOW) == 1
        assert api.unread_for("victim", [made.victim.id]) == {}


def test_what_came_in_unseen_while_the_answer_was_written_has_a_clock_of_its_own(made: Made) -> None:
    write(made)
    carry_on()
    with as_staff(made):
        api.mark_read_by_police(made.force.id, made.victim.id, uuid.uuid4(), own=True, up_to=NOW, now=NOW)
    making.message(made, "One more thing", written_at=NOW + timedelta(minutes=30))
    answer(made)
    task = Task.objects.get(done_at=None)
    assert task.kind == api.ANSWER
    assert carry_on(NOW + timedelta(hours=2)) == 0


def test_an_unread_message_that_lost_its_task_gets_one_again(made: Made) -> None:
    write(made)
    carry_on()
    Task.objects.update(done_at=NOW)
    with role("worker"):
        assert api.mend(NOW) == 1
    assert Task.objects.filter(done_at=None).count() == 1


def test_the_state_is_never_more_than_true(made: Made) -> None:
    def shown() -> str:
        with as_victim(made):
            return view.lines(api.thread(made.victim.id), "victim", now=NOW)[0].state

    who = uuid.uuid4()
    making.message(made, written_at=NOW - timedelta(hours=2))
    assert shown() == "Waiting for an officer"
    with as_staff(made):
        before = NOW - timedelta(hours=3)
        assert (
            api.mark_read_by_police(made.force.id, made.victim.id, who, own=False, up_to=before, now=NOW) == 0
        )
    assert shown() == "Waiting for an officer"
    with as_staff(made):
        api.mark_read_by_police(made.force.id, made.victim.id, who, own=False, up_to=NOW, now=NOW)
    assert shown() == "Opened by your team, Tuesday 24\u00a0November, 2.04pm"
    with as_staff(made):  # the first opening stays what it was
        assert (
            api.mark_read_by_police(made.force.id, made.victim.id, uuid.uuid4(), own=True, up_to=NOW, now=NOW)
            == 0
        )
    assert shown().startswith("Opened by your team")


def test_the_newest_messages_come_oldest_first_and_earlier_ones_on_demand(made: Made) -> None:
    for n in range(5):
        making.message(made, str(n), written_at=NOW - timedelta(hours=10 - n))
    newest = api.thread(made.victim.id, limit=2)
    assert [message.text for message in newest] == ["3", "4"]
    assert [m.text for m in api.thread(made.victim.id, before=newest[0].written_at, limit=2)] == ["1", "2"]


def _statements(force: object, count: int) -> int:
    for n in range(count):
        making.message(making.whole(force, f"{count}-{n}"))  # type: ignore[arg-type]
    with role("worker"), CaptureQueriesContext(connection) as seen:
        assert api.take(api.untaken(NOW), now=NOW) == count
    return len(seen)


def test_many_messages_cost_as_many_statements_as_few(made: Made) -> None:
    few = _statements(made.force, 2)
    assert _statements(made.force, 40) == few <= 9
