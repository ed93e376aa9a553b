"""What an officer writes in the records system: in the victim's thread, once, by name, and told of."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import translation

from tests.messages.making import account as make_account
from tests.pipeline.test_take_events import send, went_out
from tests.support.doors import role
from tests.support.events import (
    NOW,
    crime,
    event,
    make_force,
    make_source,
    message,
    victim,
)
from trackmycrime.alerts.models import Alert, Told
from trackmycrime.feed.accept import Source
from trackmycrime.forces.models import Force
from trackmycrime.kernel.scope import bound
from trackmycrime.messages import api
from trackmycrime.messages.models import Message
from trackmycrime.messages.view import Line, lines
from trackmycrime.people.models import Account, Victim
from trackmycrime.publish.models import Case
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db

UNIT = event("unit.changed", "BBT", 1, {"name": {"en": "the Burglary Team", "cy": "y Tîm Byrgleriaeth"}})
OFFICER = event("officer.changed", "DC9", 1, {"name": "Amara Okafor", "rank": "DC", "unit": "BBT"})
BEGINNING = [crime("52/1", 1, officer="DC9", unit="BBT"), victim("52/1", 1)]


@pytest.fixture(autouse=True)
def providers(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:25"


@pytest.fixture
def source() -> Source:
    return make_source(make_force("south-wales", ("cy", "en")))


def joined(person: str = "P1") -> Account:
    """That victim has joined."""
    account = make_account(f"{person}@example.org")
    Victim.objects.filter(person=person).update(account_id=account.id, joined_at=NOW)
    return account


def thread(person: str = "P1") -> list[Line]:
    """What this victim reads, under the portal's own rights."""
    found = Victim.objects.get(person=person)
    if not found.account_id:
        return []
    with role("portal"), bound(account=found.account_id):
        return lines(api.thread(found.id), "victim", now=NOW)


def read(person: str = "P1") -> list[tuple[str, str]]:
    return [(line.who, " / ".join(line.paragraphs)) for line in thread(person)]


def test_a_message_stands_in_the_thread_once_under_the_officers_name_and_is_told_of(source: Source) -> None:
    send(source, UNIT, OFFICER, *BEGINNING)
    account = joined()
    went_out()
    sent = message("52/1", 2, "Please ring me.\n\nBefore noon.")
    assert send(source, sent, sent) == ["applied", "duplicate"]
    assert send(source, sent) == ["duplicate"]
    assert read() == [("DC Okafor", "Please ring me. / Before noon.")]
    assert [alert.about for alert in Alert.objects.exclude(about="invitation")] == ["message"]
    assert Told.objects.filter(entry="message:M1").count() == 1
    with role("portal"), bound(account=account.id):
        assert list(api.my_unread().values()) == [1]
    with connection.cursor() as cursor:
        cursor.execute("select m::text from messages_message m")
        assert "ring" not in str(cursor.fetchall())


def test_it_comes_from_the_team_where_the_officer_is_not_known_until_they_are(source: Source) -> None:
    send(source, *BEGINNING)
    joined()
    send(source, message("52/1", 2, "Hello"))
    assert read() == [("Police", "Hello")]
    send(source, UNIT)
    assert read() == [("The Burglary Team", "Hello")]
    with translation.override("cy"):
        assert read() == [("Y Tîm Byrgleriaeth", "Hello")]
    send(source, OFFICER)
    assert read() == [("DC Okafor", "Hello")]


def test_a_correction_takes_the_place_of_the_words_and_says_so_in_whatever_order_they_come() -> None:
    first, second = message("52/1", 2, "Come at noon."), message("52/1", 3, "Come at one.")
    came = []
    for n, order in enumerate([(first, second), (second, first), (second, first, second, first)]):
        source = make_source(make_force(f"force-{n}"))
        send(source, UNIT, OFFICER, *BEGINNING)
        person = Victim.objects.get(force_id=source.force_id)
        account = make_account(f"{n}@example.org")
        Victim.objects.filter(id=person.id).update(account_id=account.id, joined_at=NOW)
        for one in order:
            send(source, one)
        with role("portal"), bound(account=account.id):
            came.append(
                [(line.paragraphs, line.state) for line in lines(api.thread(person.id), "victim", now=NOW)]
            )
            assert list(api.my_unread().values()) == [1]
    assert came[0] == [(["Come at one."], "Corrected by police. The words have changed.")]
    assert came[1] == came[2] == came[0]


def test_the_same_words_sent_again_every_night_are_nothing_new(source: Source) -> None:
    send(source, *BEGINNING)
    joined()
    send(source, message("52/1", 2, "Hello"))
    before = Message.objects.get()
    told = Told.objects.count()
    send(source, message("52/1", 900, "Hello"))
    assert Message.objects.get().written_at == before.written_at
    assert (Told.objects.count(), thread()[0].state) == (told, "")


def test_a_message_for_the_wrong_person_goes_out_of_their_thread(source: Source) -> None:
    send(source, *BEGINNING, victim("52/1", 1, "P2"))
    joined()
    joined("P2")
    send(source, message("52/1", 2, "For the other one"))
    send(source, message("52/1", 3, "For the other one", victim="P2"))
    assert read() == []
    assert [text for _, text in read("P2")] == ["For the other one"]
    assert Message.objects.count() == 2  # nothing said is ever un-said in the record


def test_what_was_written_while_the_case_was_closed_goes_out_by_an_officers_hand_only(source: Source) -> None:
    send(source, *BEGINNING)
    joined()
    send(source, event("crime.withdrawn", "52/1", 2, {"reason": "withheld"}))
    assert send(source, message("52/1", 3, "You are in danger")) == ["applied"]
    assert not Message.objects.exists()
    assert not Task.objects.filter(kind="messages_not_shown").exists()
    send(source, event("crime.restored", "52/1", 4, {"reason": "safe"}))
    assert not Message.objects.exists()
    task = Task.objects.get(kind="messages_not_shown")
    assert (task.officer_id, task.unit_id) == ("dc9", "bbt")
    send(source, message("52/1", 5, "Good morning", "M2"))
    assert [text for _, text in read()] == ["Good morning"]


def test_an_answer_in_the_records_system_settles_the_task_to_answer(source: Source) -> None:
    send(source, *BEGINNING)
    account = joined()
    person = Victim.objects.get()
    case_id = Case.objects.get().id
    with role("portal"), bound(account=account.id):
        api.write_as_victim(person.id, case_id, account.id, "Is there news?", UUID(int=7), now=NOW)
    with role("worker"):
        api.take(api.untaken(NOW), now=NOW)
    send(source, message("52/1", 2, "Yes, there is."))
    # nobody has opened what the victim wrote: somebody still must
    assert Task.objects.filter(kind="answer_message", done_at=None).exists()
    Message.objects.filter(by="victim").update(read_at=NOW)
    send(source, message("52/1", 3, "I will ring you.", "M2"))
    assert not Task.objects.filter(kind="answer_message", done_at=None).exists()


def test_history_stands_in_the_thread_and_is_not_told_of() -> None:
    source = make_source(make_force(), live_from=NOW)
    send(source, *BEGINNING)
    joined()
    send(source, message("52/1", 2, "Hello"))
    assert [text for _, text in read()] == ["Hello"]
    assert not Told.objects.exists()


def test_a_thread_is_only_of_its_own_force(source: Source) -> None:
    elsewhere = make_source(make_force())
    send(source, *BEGINNING)
    assert send(elsewhere, message("52/1", 2, "Hello")) == ["waiting-for-crime"]
    assert Force.objects.count() == 2
    assert not Message.objects.exists()


def test_what_was_written_to_somebody_withdrawn_is_there_when_they_are_back(source: Source) -> None:
    """As it would be, had the withdrawal that was not to last come after the message."""
    send(source, *BEGINNING)
    joined()
    send(source, event("victim.withdrawn", "52/1", 2, {"victim": "P1", "reason": "declined"}))
    assert send(source, message("52/1", 3, "Hello")) == ["applied"]
    assert not Message.objects.exists()
    send(source, victim("52/1", 4))
    assert [text for _, text in read()] == ["Hello"]
