"""A letter that is printed and posted by machine: an officer's button, a real worker's turn, and what becomes of it."""

import io
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from tests.delivery.notify_service import KEY, Notify, notify_service
from tests.desk.people import World, sign_in, world
from tests.desk.test_letters import letter_task, part, text
from tests.support.doors import role
from trackmycrime import rounds
from trackmycrime.audit.models import Record
from trackmycrime.delivery import providers, work
from trackmycrime.delivery.asking import AFTER, PRINTED, go_on
from trackmycrime.delivery.channels.stepping import drive
from trackmycrime.delivery.models import Address, Dispatch
from trackmycrime.delivery.trying import attempting
from trackmycrime.delivery.work import Holder
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.people.models import Victim
from trackmycrime.publish.models import Case
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def notify(settings: Any) -> Iterator[Notify]:
    with notify_service() as running:
        settings.TMC_NOTIFY_API_KEY, settings.TMC_NOTIFY_BASE_URL = KEY, running.url
        settings.TMC_NOTIFY_LETTERS, settings.TMC_NOTIFY_CALLBACK_TOKEN = "first", "a token of ours"
        yield running


def asked(made: World, **values: Any) -> tuple[Victim, Task]:
    victim = part(made, preferred_channel="letter", **values)
    return victim, letter_task(made, victim)


def press(made: World, task: Task) -> str:
    said = sign_in(made.force).post(f"/tasks/{task.id}/letter/", {"post": "1"}, follow=True)
    return str(said.content.decode())


def turn() -> None:
    """A worker takes what is due, sends it, and writes down what came back."""
    now = utc_now()
    channel = providers.opened("letter")
    with role("worker"):
        letters, _ = work.claim(Holder(new_id(), "letter", True), most=5, now=now, upstairs=rounds.UPSTAIRS)
        tried = [drive(attempting(channel, each, utc_now)) for each in letters]
        work.complete(tried, now=now, upstairs=rounds.UPSTAIRS)
    channel.close()


def ask(notify: Notify, state: str) -> None:
    """Notify has come so far with the letter, and is asked."""
    for one in notify.kept:
        one["status"] = state
    channel = providers.notify()
    with role("worker"):
        go_on(AFTER[0], channel, ("letter",), now=utc_now() + timedelta(minutes=20), upstairs=rounds.UPSTAIRS)
    channel.close()


def test_a_letter_is_printed_and_posted_once_and_kept_nowhere(notify: Notify) -> None:
    made = world()
    victim, task = asked(made, chosen_language="cy")
    assert "The letter will be printed and posted" in press(made, task)
    task.refresh_from_db()
    assert task.done_at is not None
    assert Record.objects.filter(action="letter.posted", object_id=str(victim.id)).exists()
    turn()
    turn()
    (posted,) = notify.kept
    dispatch = Dispatch.objects.get(purpose="post")
    assert (posted["reference"], posted["postage"]) == (str(dispatch.id), "first")
    said = text(PdfReader(io.BytesIO(b64decode(posted["content"]))))
    assert "Mae rhywbeth newydd i chi" in said
    assert "CF5 2LA" in said
    assert (dispatch.state, dispatch.body) == ("accepted", None)
    ask(notify, "received")
    dispatch.refresh_from_db()
    assert dispatch.state == "delivered"
    assert not Task.objects.filter(victim_id=victim.id, kind=task.kind, done_at=None).exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"safe_channels": ["phone"]}, "no letter"),
        ({"disguise": True}, "no letter"),
        ({"detail": {"name": "Rhian Example", "address": {"lines": ["9 New Street"]}}}, "address changed"),
        ({"live": False}, "not live"),
    ],
)
def test_what_is_not_right_any_more_is_not_printed_and_is_an_officers_again(
    notify: Notify, change: dict[str, Any], why: str
) -> None:
    made = world()
    victim, task = asked(made)
    press(made, task)
    victim.refresh_from_db()
    for name, value in change.items():
        setattr(victim, name, value)
    victim.save()
    turn()
    assert not notify.kept
    dispatch = Dispatch.objects.get(purpose="post")
    assert (dispatch.state, dispatch.reason, dispatch.body) == ("cancelled", why, None)
    again = Task.objects.filter(victim_id=victim.id, kind=task.kind, done_at=None)
    assert again.exists() == victim.live
    if victim.live:
        assert again.get().detail["reason"] == why


def test_of_a_case_that_has_closed_nothing_is_printed_and_nobody_asked(notify: Notify) -> None:
    made = world()
    victim, task = asked(made)
    press(made, task)
    Case.objects.filter(crime_id=victim.crime_id).update(open=False)
    turn()
    assert not notify.kept
    assert Dispatch.objects.get(purpose="post").reason == "case closed"
    assert not Task.objects.filter(victim_id=victim.id, kind=task.kind, done_at=None).exists()


@pytest.mark.parametrize("state", ["validation-failed", "cancelled", "permanent-failure"])
def test_a_letter_that_cannot_be_printed_is_an_officers_again_and_the_address_is_not_blamed(
    notify: Notify, state: str
) -> None:
    made = world()
    victim, task = asked(made)
    press(made, task)
    turn()
    ask(notify, state)
    assert Dispatch.objects.get(purpose="post").state == "failed"
    assert Task.objects.filter(victim_id=victim.id, kind=task.kind, done_at=None).count() == 1
    assert not Address.objects.exists()


def test_what_nobody_takes_in_two_days_is_an_officers_again(notify: Notify) -> None:
    """The setting was taken away after the press, or all letters are held: she would never hear."""
    made = world()
    victim, task = asked(made)
    press(made, task)
    again = Task.objects.filter(victim_id=victim.id, kind=task.kind, done_at=None)
    mend = dict(rounds.PASSES)["alerts"]
    with role("worker"):
        mend(utc_now() + timedelta(hours=47))
        assert not again.exists()
        mend(utc_now() + timedelta(hours=49))
    assert again.get().detail["reason"] == "over"
    dispatch = Dispatch.objects.get(purpose="post")
    assert (dispatch.state, dispatch.reason, dispatch.body) == ("cancelled", "over", None)
    turn()
    assert not notify.kept


def test_where_nobody_prints_there_is_no_button(settings: Any) -> None:
    made = world()
    _, task = asked(made)
    assert "Have it printed and posted" not in sign_in(made.force).get(f"/tasks/{task.id}/").content.decode()
    assert "%PDF" in sign_in(made.force).post(f"/tasks/{task.id}/letter/", {"post": "1"}).content[:8].decode()
    settings.TMC_NOTIFY_LETTERS = "second"
    assert "Have it printed and posted" in sign_in(made.force).get(f"/tasks/{task.id}/").content.decode()


def test_printed_letters_are_asked_for_after_a_holiday_too(notify: Notify) -> None:
    assert AFTER[-1] == PRINTED > timedelta(days=5)
    assert providers.asked_for() == ("letter",), "they have no receipts, so a token does not end the asking"
