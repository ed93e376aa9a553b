"""«No more to this address»: one click in a mail program, or the button of its page; nobody signs in for it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from tests.alerts.making import NOW, Made, made
from tests.design.served import served
from tests.support.browsing import browsers, violations
from tests.support.doors import door_client, role
from trackmycrime import rounds
from trackmycrime.alerts.api import tell
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery import receipts, work
from trackmycrime.delivery.letters import Outcome, Receipt
from trackmycrime.delivery.models import Address, Dispatch, Heard
from trackmycrime.delivery.settling import Tried
from trackmycrime.delivery.unsubscribing import token
from trackmycrime.delivery.work import Holder
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mailed(settings: Any) -> Made:
    """A victim to whom a mail has gone out."""
    settings.TMC_EMAIL_URL, settings.TMC_TEXT_URL = "smtp://127.0.0.1:1", "http://127.0.0.1:1"
    one = made()
    with transaction.atomic():
        tell(one.force.id, one.news(), now=NOW)
    (letter,) = work.claim(Holder(new_id(), "email"), most=9, now=NOW, upstairs=rounds.UPSTAIRS)[0]
    work.complete([Tried(letter, Outcome("accepted", "250"), NOW)], now=NOW, upstairs=rounds.UPSTAIRS)
    return one


def address() -> str:
    return f"/unsubscribe/{token(Dispatch.objects.get().id)}"


def carry_on() -> None:
    with transaction.atomic(), role("worker"):
        receipts.carry_on(now=utc_now() + timedelta(seconds=1), upstairs=rounds.UPSTAIRS)


def test_one_click_stops_mail_to_that_address_and_asks_an_officer(mailed: Made) -> None:
    client = door_client("portal", enforce_csrf_checks=True)
    answer = client.post(address(), ONE_CLICK)
    assert (answer.status_code, answer.cookies.keys()) == (200, set())
    carry_on()
    assert Address.objects.get().state == "unsubscribed"
    task = Task.objects.get()
    assert (task.kind, task.victim_id) == ("agree_another_way", mailed.victim.id)
    with transaction.atomic():
        tell(mailed.force.id, mailed.news("update:2"), now=NOW)
    assert Alert.objects.get(state="waiting").channel == "text"


def test_the_page_asks_first_in_both_languages_and_says_nothing_of_police(mailed: Made) -> None:
    page = door_client("portal").get(address()).content.decode()
    for said in ("Stop emails to this address", "Atal e-byst i", 'lang="cy"', 'value="One-Click"'):
        assert said in page
    done = door_client("portal").post(address(), ONE_CLICK).content.decode()
    wrong = door_client("portal").get("/unsubscribe/nothing").content.decode()
    for shown in (page, done, wrong):
        for word in (
            "police",
            "Police",
            "heddlu",
            "crime",
            "TrackMyCrime",
            "victim",
            "example.org",
            'href="/"',
        ):
            assert word not in shown.replace("design/", ""), word
    assert Heard.objects.count() == 1


@pytest.mark.browser
def test_its_pages_are_for_everybody(mailed: Made) -> None:
    client = door_client("portal")
    pages = {
        "/ask": client.get(address()).content.decode(),
        "/wrong": client.get("/unsubscribe/nothing").content.decode(),
        "/done": client.post(address(), ONE_CLICK).content.decode(),
    }
    with served(pages) as at, browsers() as browser:
        page = browser.new_page(viewport={"width": 320, "height": 640})
        for name in pages:
            page.goto(at + name)
            assert (name, violations(page)) == (name, [])
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_looking_changes_nothing_and_a_form_of_another_kind_neither(mailed: Made) -> None:
    client = door_client("portal")
    assert client.get(address()).status_code == 200
    assert client.head(address()).status_code == 200
    assert client.post(address(), {"List-Unsubscribe": "yes"}).status_code == 400
    assert not Heard.objects.exists()


def test_a_token_that_was_not_made_here_does_nothing(mailed: Made) -> None:
    good = address()
    for wrong in (f"{good[:-2]}zz", f"{good}A", "/unsubscribe/%20", "/unsubscribe/" + "A" * 43):
        assert door_client("portal").post(wrong, ONE_CLICK).status_code == 404
    assert not Heard.objects.exists()


def test_pressed_a_hundred_times_it_is_written_down_a_few_times_and_done_once(mailed: Made) -> None:
    client = door_client("portal")
    assert {client.post(address(), ONE_CLICK).status_code for _ in range(30)} == {200}
    assert Heard.objects.count() == 5
    carry_on()
    assert (Address.objects.count(), Task.objects.count(), Heard.objects.count()) == (1, 1, 0)


def test_the_portal_can_say_this_and_nothing_else(mailed: Made) -> None:
    id_ = Dispatch.objects.get().id
    failed = Receipt("email", id_, "", "failed", "5.1.1", NOW)
    for refused in (
        lambda: receipts.hear([failed], now=NOW),
        Heard.objects.count,
        Address.objects.count,
        Dispatch.objects.count,
    ):
        with role("portal"), pytest.raises(DatabaseError), transaction.atomic():
            refused()
