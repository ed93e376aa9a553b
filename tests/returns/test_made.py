"""What victims do becomes one return each, in the transaction that carries it on."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from tests.alerts import making as alerting
from tests.messages import making
from tests.portal.making import join, signed_in
from tests.portal.making import world as portal_world
from tests.support.doors import role
from trackmycrime import rounds
from trackmycrime.alerts import api as alerts
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery.api import Finished
from trackmycrime.delivery.models import Dispatch
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.messages import api as messages
from trackmycrime.messages.models import Message
from trackmycrime.people.models import ContactChange, Victim
from trackmycrime.returns import api
from trackmycrime.returns.models import Return
from trackmycrime.tasks.models import Task

from .making import NOW, go_round, world

pytestmark = pytest.mark.django_db


def told(type_: str) -> list[dict[str, Any]]:
    """What the records system is told by returns of that type, in the order of their numbers."""
    found = Return.objects.filter(type=type_).order_by("number")
    assert all(one.number for one in found)
    return [one.data | {"subject": one.subject, "time": one.happened_at} for one in found]


def write(made: making.Made, text: str) -> Message:
    assert made.victim.account is not None
    with bound(account=made.victim.account.id), role("portal"):
        return messages.write_as_victim(
            made.victim.id, made.case.id, made.victim.account.id, text, uuid4(), now=NOW
        )


def test_a_message_comes_back_with_its_words_once_whoever_looks_how_often() -> None:
    made = making.whole(making.force(), "52/77")
    written = write(made, "A neighbour has a camera.\nShall I ask them?")
    for _ in range(3):
        with role("worker"):
            go_round()
    assert told("message.received") == [
        {
            "victim": made.victim.person,
            "message": str(written.id),
            "text": "A neighbour has a camera.\nShall I ask them?",
            "subject": "52/77",
            "time": NOW,
        }
    ]
    assert Task.objects.filter(kind="answer_message", victim_id=made.victim.id).count() == 1


def test_a_message_whose_taking_on_fails_comes_back_later_and_not_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = making.whole(making.force(), "52/77")
    write(made, "Is there news?")
    with monkeypatch.context() as patch:
        patch.setattr(messages, "take", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            rounds._take_messages(NOW)
    assert not Return.objects.exists()
    go_round()
    assert [one["text"] for one in told("message.received")] == ["Is there news?"]


def test_what_police_write_does_not_come_back() -> None:
    made = making.whole(making.force(), "52/77")
    making.message(made, "We have news.", by="police")
    go_round()
    assert told("message.received") == []


def test_messages_of_one_round_come_back_in_the_order_in_which_they_were_written() -> None:
    made = making.whole(making.force(), "52/77")
    for minute in range(30):
        making.message(made, f"{minute}", written_at=NOW.replace(hour=9, minute=minute))
    go_round()
    assert [one["text"] for one in told("message.received")] == [str(minute) for minute in range(30)]


def test_a_changed_way_of_contact_comes_back_and_the_same_choice_again_does_not() -> None:
    made = portal_world()
    join(made)
    mine, client = Victim.objects.get(person="P1"), signed_in()
    for channel, language in (("text", "cy"), ("text", "cy"), ("text", "en")):
        answer = client.post("/settings/", {f"channel_{mine.id}": channel, "language": language})
        assert answer.status_code == 302
    assert Victim.objects.get(person="P1").chosen_channel == "text"
    with role("worker"):
        go_round(utc_now())
        go_round(utc_now())
    first, second = told("contact.changed")
    assert (first["victim"], first["subject"]) == ("P1", "52/1")
    assert (first["preferred_channel"], first["language"], first["changed"]) == (
        "text",
        "cy",
        ["preferred_channel", "language"],
    )
    assert (second["preferred_channel"], second["language"], second["changed"]) == (
        "text",
        "en",
        ["language"],
    )


def test_a_person_can_tell_of_their_own_change_only_and_read_nobodys() -> None:
    made = portal_world()
    mine = join(made)
    stranger = world("south-wales").made.victim
    for refused in (
        lambda: ContactChange.objects.bulk_create(
            [ContactChange(force_id=stranger.force_id, victim_id=stranger.id, changed=["language"], at=NOW)]
        ),
        ContactChange.objects.count,
        Return.objects.count,
    ):
        with bound(account=mine.id), role("portal"), pytest.raises(DatabaseError), transaction.atomic():
            refused()


def undeliverable() -> alerting.Made:
    """A victim with an email address and nothing else, whose alert goes out by it."""
    made = alerting.made(mobile="")
    alerts.tell(made.force.id, made.news(), now=NOW)
    return made


def failed(alert: Alert) -> Finished:
    return Finished(uuid4(), alert.force_id, "alert", alert.id, "email", "failed", "refused 550")


def test_an_alert_that_no_way_could_deliver_comes_back_in_the_transaction_that_asks_an_officer(
    settings: Any,
) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    made = undeliverable()
    alert = Alert.objects.get()
    with role("worker"):
        rounds.UPSTAIRS.finished([failed(alert)], NOW)
        rounds.UPSTAIRS.finished([failed(alert)], NOW)
        go_round()
    assert Alert.objects.get().state == "failed"
    assert Task.objects.filter(kind="could_not_be_reached", victim_id=made.victim.id).count() == 1
    assert told("alert.undeliverable") == [
        {
            "victim": made.victim.person,
            "alert": str(alert.id),
            "about": "update",
            "tried": [{"channel": "email", "reason": "refused 550"}],
            "subject": made.crime.reference,
            "time": NOW,
        }
    ]


def test_a_failure_that_the_alert_did_not_hear_of_comes_back_when_it_is_mended(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    undeliverable()
    Dispatch.objects.update(state="failed", reason="refused 550")
    with role("worker"):
        go_round(NOW + timedelta(minutes=5))
        go_round(NOW + timedelta(minutes=5))
    assert len(told("alert.undeliverable")) == 1


def test_while_another_safe_way_is_left_nothing_comes_back(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"
    made = alerting.made()
    alerts.tell(made.force.id, made.news(), now=NOW)
    rounds.letters_ended([failed(Alert.objects.get())], NOW)
    assert Alert.objects.get().channel == "text"
    assert not Return.objects.exists()


def test_of_the_words_nothing_is_stored_in_the_clear() -> None:
    made = world()
    made.happened("canary-rhian wrote this")
    raw = Return.objects.raw("select id, encode(data, 'escape') as plain from returns_return")[0]
    assert "canary" not in raw.plain


def test_a_type_that_is_not_in_the_vocabulary_is_a_fault_of_ours() -> None:
    made = world().made
    with pytest.raises(AssertionError):
        api.add([api.News("suspect.named", uuid4(), made.victim.id, NOW)], now=NOW)
