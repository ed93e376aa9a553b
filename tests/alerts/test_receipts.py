"""Alerts hear what became of their letters after a provider took them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from trackmycrime import rounds
from trackmycrime.alerts.api import tell
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery import receipts, work
from trackmycrime.delivery.letters import Letter, Outcome, Receipt
from trackmycrime.delivery.models import Address, Dispatch
from trackmycrime.delivery.settling import Tried
from trackmycrime.delivery.work import Holder
from trackmycrime.kernel.ids import new_id
from trackmycrime.returns.models import Return
from trackmycrime.tasks.models import Task

from .making import NOW, Made, made

pytestmark = pytest.mark.django_db
WORKER = new_id()
LATER = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def both_channels(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1"


def told(**values: Any) -> Made:
    one = made(**values)
    with transaction.atomic():
        tell(one.force.id, one.news(), now=NOW)
    return one


def sent(channel: str = "email", now: Any = NOW) -> Letter:
    """The letter that is due by this channel, taken by its provider."""
    (letter,) = work.claim(Holder(WORKER, channel), most=9, now=now, upstairs=rounds.UPSTAIRS)[0]
    work.complete([Tried(letter, Outcome("accepted", "250"), now)], now=now, upstairs=rounds.UPSTAIRS)
    return letter


def said(letter: Letter, result: Any, answer: str = "", now: Any = LATER) -> None:
    receipts.take(
        [Receipt(letter.channel, letter.id, "", result, answer, now)], now=now, upstairs=rounds.UPSTAIRS
    )


def alert() -> tuple[str, str]:
    found = Alert.objects.get()
    return found.state, found.channel


def tasks() -> list[tuple[str, UUID | None]]:
    return list(Task.objects.values_list("kind", "victim_id").order_by("kind"))


def test_an_alert_that_arrived_is_delivered() -> None:
    told()
    said(sent(), "delivered")
    assert alert() == ("delivered", "email")
    assert Alert.objects.get().finished_at == LATER


def test_an_alert_that_the_victim_has_opened_stays_opened() -> None:
    told()
    letter = sent()
    Alert.objects.update(state="opened")
    said(letter, "delivered")
    said(letter, "failed", "5.1.1")
    assert alert()[0] == "opened"
    assert Dispatch.objects.count() == 1


@pytest.mark.parametrize("first", ["", "delivered"])
def test_what_came_back_goes_on_by_the_next_safe_channel(first: str) -> None:
    one = told()
    letter = sent()
    if first:
        said(letter, first)
    said(letter, "failed", "5.1.1")
    assert alert() == ("waiting", "text")
    assert Alert.objects.get().tried == [{"channel": "email", "reason": "bounced 5.1.1"}]
    assert tasks() == [("address_bounced", one.victim.id)]
    assert sent("text", LATER).address == one.victim.mobile
    assert alert() == ("sent", "text")
    said(letter, "delivered")
    assert alert() == ("sent", "text")


def test_what_came_back_and_has_no_other_safe_way_is_an_officers() -> None:
    one = told(safe_channels=["email"])
    said(sent(), "failed", "5.1.1")
    assert alert()[0] == "failed"
    assert tasks() == [("address_bounced", one.victim.id), ("could_not_be_reached", one.victim.id)]
    assert Return.objects.get().type.endswith("alert.undeliverable")
    for task in Task.objects.all():
        assert one.victim.email not in str(task.detail)


def test_an_address_that_bounced_is_not_used_for_the_next_alert() -> None:
    one = told()
    said(sent(), "failed", "5.1.1")
    sent("text", LATER)
    with transaction.atomic():
        tell(one.force.id, one.news("update:2"), now=LATER)
    assert Alert.objects.get(state="waiting").channel == "text"


def test_a_letter_that_waits_for_an_address_that_bounced_meanwhile_goes_another_way() -> None:
    one = told()
    first = sent()
    with transaction.atomic():
        tell(one.force.id, one.news("update:2"), now=NOW)
    waiting = Alert.objects.get(state="waiting")
    assert waiting.channel == "email"
    said(first, "complained")
    assert work.claim(Holder(WORKER, "email"), most=9, now=LATER, upstairs=rounds.UPSTAIRS)[0] == []
    waiting.refresh_from_db()
    assert (waiting.state, waiting.channel) == ("waiting", "text")
    assert tasks() == [("agree_another_way", one.victim.id)]


def test_an_address_of_one_force_is_not_lost_for_another() -> None:
    one = told()
    said(sent(), "failed", "5.1.1")
    assert Address.objects.get().force_id == one.force.id
    from .making import force

    other = made(force("gwent", name="Gwent Police"), email=one.victim.email)
    with transaction.atomic():
        tell(other.force.id, other.news(), now=LATER)
    assert Alert.objects.get(force=other.force).channel == "email"


def test_no_task_for_an_address_that_is_not_theirs_any_more() -> None:
    one = told()
    letter = sent()
    one.change(email="new@example.org")
    said(letter, "failed", "5.1.1")
    assert ("address_bounced", one.victim.id) not in tasks()


def test_a_late_delivery_ends_an_alert_that_had_gone_on() -> None:
    told()
    for minutes in (0, 1):
        due = NOW + timedelta(minutes=minutes)
        (letter,) = work.claim(Holder(WORKER, "email"), most=9, now=due, upstairs=rounds.UPSTAIRS)[0]
        work.complete([Tried(letter, Outcome("unclear", "lost"), due)], now=due, upstairs=rounds.UPSTAIRS)
    assert work.claim(Holder(WORKER, "email"), most=9, now=LATER, upstairs=rounds.UPSTAIRS)[0] == []
    assert alert() == ("waiting", "text")
    said(letter, "delivered")
    assert alert()[0] == "delivered"
    assert work.claim(Holder(WORKER, "text"), most=9, now=LATER, upstairs=rounds.UPSTAIRS)[0] == []
