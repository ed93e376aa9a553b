"""Who chose push is told on their newest phone, else on the next, else by the next channel; and never unsafely."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection

from tests.delivery.push_service import Browser, PushService, push_service
from tests.people.making import Counted
from tests.support.doors import role
from trackmycrime import rounds
from trackmycrime.alerts.api import tell
from trackmycrime.alerts.models import Alert
from trackmycrime.alerts.reading import people
from trackmycrime.audit.models import Record
from trackmycrime.delivery import providers
from trackmycrime.delivery.api import read_subscription
from trackmycrime.delivery.channels import Channel
from trackmycrime.delivery.channels.push import vapid
from trackmycrime.delivery.letters import Letter, Outcome
from trackmycrime.delivery.models import Dispatch
from trackmycrime.delivery.work import Holder, Tried, claim, complete
from trackmycrime.kernel import scope
from trackmycrime.kernel.ids import new_id
from trackmycrime.people import devices
from trackmycrime.people.models import PushDevice, Victim
from trackmycrime.people.sessions import end_all
from trackmycrime.tasks.models import Task

from . import making
from .making import NOW, Made

pytestmark = pytest.mark.django_db
WORKER = new_id()
PRIVATE = vapid.new_private_key()


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"
    settings.TMC_VAPID_PRIVATE_KEY = PRIVATE
    with push_service(vapid.public_key(PRIVATE)) as made:
        settings.TMC_PUSH_HOSTS = made.host
        yield made


@pytest.fixture
def channel(service: PushService) -> Iterator[Channel]:
    made = providers.opened("push")
    yield made
    made.close()


def subscribed(made: Made, service: PushService, path: str, *, at: datetime = NOW) -> Browser:
    """A phone on which this victim asked to be told."""
    browser = service.browser(path)
    account = made.victim.account_id
    assert account
    with role("portal"), scope.bound(account=account):
        devices.add(account, read_subscription(browser.text), browser="Chrome", system="Android", now=at)
    return browser


def told(service: PushService, *paths: str, **values: Any) -> Made:
    """A victim who chose push, with these phones, the newest last, and one alert."""
    made = making.made(**{"chosen_channel": "push"} | values)
    for n, path in enumerate(paths):
        subscribed(made, service, path, at=NOW - timedelta(days=9 - n))
    with role("gateway"), scope.bound(force=made.force.id):
        tell(made.force.id, made.news(make=False), now=NOW)
    made.entry()
    return made


def due(by: str = "push", now: datetime = NOW) -> list[Letter]:
    with role("worker"):
        return claim(Holder(WORKER, by), most=10, now=now, upstairs=rounds.UPSTAIRS)[0]


def ended(letters: list[Letter], outcome: Outcome, now: datetime = NOW) -> None:
    with role("worker"):
        complete([Tried(letter, outcome, now) for letter in letters], now=now, upstairs=rounds.UPSTAIRS)


def send(channel: Channel, now: datetime = NOW) -> Outcome:
    """The worker's round for the one push that is due."""
    (letter,) = due(now=now)
    outcome = channel.send(letter)
    ended([letter], outcome, now)
    return outcome


def test_the_newest_phone_shows_words_that_say_nothing(service: PushService, channel: Channel) -> None:
    told(service, "old", "new")
    assert send(channel).result == "accepted"
    assert service.browsers["new"].shown == [
        {"title": "TrackMyCrime", "body": "You have an update. Read it when it suits you.", "lang": "en"}
    ]
    assert service.browsers["old"].shown == [], "one alert is one push, however many phones there are"
    assert Alert.objects.get().state == "sent"
    assert Dispatch.objects.get().words.startswith("alert.push/en@")
    assert {row.ok_at for row in PushDevice.objects.all()} == {NOW, None}


def test_both_languages_where_the_victims_is_not_known(service: PushService, channel: Channel) -> None:
    force = making.force(languages=["en", "cy"])
    told(service, "phone", of=force)
    send(channel)
    (shown,) = service.browsers["phone"].shown
    assert shown["body"].startswith("Mae gennych ddiweddariad.")
    assert shown["body"].endswith("You have an update. Read it when it suits you.")


def test_a_phone_that_is_gone_is_forgotten_and_the_next_one_told(
    service: PushService, channel: Channel
) -> None:
    made = told(service, "old", "new")
    service.answers["new"] = 410
    assert send(channel) == Outcome("never", "gone")
    assert [row.endpoint_hash for row in PushDevice.objects.all()] == [
        devices.hash_of(service.browsers["old"].endpoint)
    ]
    assert send(channel).result == "accepted"
    assert len(service.browsers["old"].shown) == 1
    alert = Alert.objects.get(victim_id=made.victim.id)
    assert (alert.state, alert.channel) == ("sent", "push")
    assert not Task.objects.exists()


def test_after_the_last_phone_the_next_channel_and_never_round_in_a_circle(
    service: PushService, channel: Channel
) -> None:
    made = told(service, "old", "new")
    service.answers |= {"new": 413, "old": 403}
    assert send(channel) == Outcome("never", "413")
    assert PushDevice.objects.count() == 2, "too long is no fault of the phone's"
    assert send(channel) == Outcome("never", "403")
    assert service.tried == ["new", "old"]
    assert due() == []
    (mail,) = due("email")
    assert mail.address == made.victim.email
    ended([mail], Outcome("never", "550"))
    assert due() == [], "push had failed for this alert before the mail did"
    (text,) = due("text")
    ended([text], Outcome("never", "404"))
    assert Alert.objects.get().state == "failed"
    assert Task.objects.get().kind == "could_not_be_reached"


def test_a_push_service_that_is_down_delays_and_takes_no_other_way(
    service: PushService, channel: Channel
) -> None:
    told(service, "old", "new")
    service.answers["new"] = 503
    assert send(channel).result == "later"
    assert (due(), due("email")) == ([], [])
    service.answers.clear()
    assert send(channel, NOW + timedelta(minutes=1)).result == "accepted"
    assert len(service.browsers["new"].shown) == 1


def unsubscribe(made: Made) -> None:
    account = made.victim.account_id
    assert account
    with role("portal"), scope.bound(account=account):
        for one in devices.mine(account):
            assert devices.remove(account, one.id, now=NOW)


def end_everywhere(made: Made) -> None:
    account = made.victim.account_id
    assert account
    with role("portal"), scope.bound(account=account):
        end_all(account, door="portal")


def switched_on(made: Made) -> None:
    made.crime.switched_on = True
    made.crime.save()


@pytest.mark.parametrize(
    "happens",
    [
        unsubscribe,
        end_everywhere,
        switched_on,
        lambda made: made.change(safe_channels=["email", "text"]),
        lambda made: made.change(chosen_channel="email"),
    ],
)
def test_what_was_frozen_goes_another_way_when_push_is_not_right_any_more(
    service: PushService, happens: Any
) -> None:
    made = told(service, "phone")
    happens(made)
    assert due() == []
    (mail,) = due("email")
    assert mail.address == made.victim.email
    assert Alert.objects.get().state == "waiting"


@pytest.mark.parametrize(
    "values",
    [
        {"safe_channels": ["email"]},
        {"safe_channels": []},
        {"disguise": True},
        {"disguise": True, "safe_channels": ["push"]},
        {"no_portal": True},
        {"live": False},
    ],
)
def test_nobody_is_pushed_where_it_is_not_safe(service: PushService, values: dict[str, Any]) -> None:
    told(service, "phone", **values)
    assert not Dispatch.objects.filter(channel="push").exists()
    assert service.tried == []


def test_in_a_case_of_a_protected_kind_only_where_somebody_said_so(service: PushService) -> None:
    silent, said = (
        making.made(chosen_channel="push"),
        making.made(chosen_channel="push", safe_channels=["push"]),
    )
    for n, made in enumerate((silent, said)):
        switched_on(made)
        subscribed(made, service, f"phone{n}")
        tell(made.force.id, made.news(), now=NOW)
    assert Dispatch.objects.get(channel="push").owner_id == Alert.objects.get(victim_id=said.victim.id).id
    assert Alert.objects.get(victim_id=silent.victim.id).channel == "email"


def test_who_has_not_chosen_push_is_not_told_by_it(service: PushService) -> None:
    told(service, "phone", chosen_channel="")
    assert Alert.objects.get().channel == "email"


def test_whom_the_records_system_says_prefers_push_is_told_by_it(service: PushService) -> None:
    told(service, "phone", chosen_channel="", preferred_channel="push")
    assert Alert.objects.get().channel == "push"
    made = told(service, chosen_channel="", preferred_channel="push")
    assert Alert.objects.get(victim_id=made.victim.id).channel == "email", "but not before there is a phone"


def test_a_push_that_has_not_arrived_when_the_safe_hours_end_must_not(service: PushService) -> None:
    told(service, "phone", safe_from=time(9), safe_to=time(17))
    (letter,) = due()
    until = json.loads(letter.address)["until"]
    assert datetime.fromisoformat(until) == datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


def test_hours_that_have_become_shorter_hold_for_what_was_frozen(service: PushService) -> None:
    made = told(service, "phone", safe_from=time(9), safe_to=time(17))
    made.change(safe_to=time(15))
    assert due() == [], "it would still have arrived at four"
    (letter,) = due()
    assert json.loads(letter.address)["until"].startswith("2026-11-24T15:00")
    assert Alert.objects.get().state == "waiting"


def test_a_second_try_on_another_day_ends_with_that_days_hours(
    service: PushService, channel: Channel
) -> None:
    told(service, "phone", safe_from=time(9), safe_to=time(14, 5))
    service.answers["phone"] = 503
    send(channel)
    assert due(now=NOW + timedelta(minutes=2)) == [], "the hours are over"
    later = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    letters = due(now=later) or due(now=later)
    assert json.loads(letters[0].address)["until"].startswith("2026-11-25T14:05")


def test_reading_costs_one_statement_and_asks_for_no_phone_of_who_did_not_choose_push(
    service: PushService,
) -> None:
    many = [making.made() for _ in range(3)] + [told(service, "phone")]
    counted = Counted()
    with connection.execute_wrapper(counted):
        found = people([made.victim.id for made in many])
    assert len(counted.said) == 1
    assert [len(found[made.victim.id].phones) for made in many] == [0, 0, 0, 1]


def test_another_force_does_not_see_the_phones_of_a_victim_who_is_not_its_own(service: PushService) -> None:
    made, other = told(service, "phone"), making.force("kent")
    for door in ("desk", "gateway"):
        with role(door), scope.bound(force=made.force.id):
            assert PushDevice.objects.count() == 1
        with role(door), scope.bound(force=other.id):
            assert PushDevice.objects.count() == 0


def test_a_phone_belongs_to_whoever_asked_last(service: PushService) -> None:
    first, second = making.made(), making.made()
    subscribed(first, service, "shared")
    for made in (first, second):
        with role("portal"), scope.bound(account=made.victim.account_id):
            assert (len(devices.mine(made.victim.account_id)) == 1) == (made is first)  # type: ignore[arg-type]
    browser = service.browsers["shared"]
    account = second.victim.account_id
    assert account
    with role("portal"), scope.bound(account=account):
        devices.add(account, read_subscription(browser.text), browser="Chrome", system="Android", now=NOW)
        assert len(devices.mine(account)) == 1
    assert PushDevice.objects.get().account_id == account


def test_an_account_has_a_few_phones_and_a_further_one_takes_the_place_of_the_oldest(
    service: PushService,
) -> None:
    made = making.made()
    for n in range(devices.MOST + 2):
        subscribed(made, service, f"phone{n}", at=NOW + timedelta(minutes=n))
    account = made.victim.account_id
    assert account
    with role("portal"), scope.bound(account=account):
        kept = [one.endpoint.rpartition("/")[2] for one in devices.mine(account)]
    assert kept == [f"phone{n}" for n in range(devices.MOST + 1, 1, -1)]


def test_nothing_of_a_phone_lies_open_in_the_database(service: PushService) -> None:
    told(service, "phone")
    with connection.cursor() as cursor:
        cursor.execute("select to_jsonb(d)::text from people_push_device d")
        (row,) = cursor.fetchone()
    assert "127.0.0.1" not in row
    assert "Chrome" not in row


def test_phones_go_when_no_part_of_an_account_may_be_told_by_push(service: PushService) -> None:
    made = told(service, "phone")
    other = making.made()
    Victim.objects.filter(id=other.victim.id).update(account=made.victim.account)
    with role("worker"):
        made.change(safe_channels=["email"])
        assert devices.forget_unsafe(NOW) == 0, "there is still the other case"
        Victim.objects.filter(id=other.victim.id).update(live=False)
        assert devices.forget_unsafe(NOW) == 1
    assert not PushDevice.objects.exists()
    assert Record.objects.filter(action="push.off", detail__reason="not safe").count() == 1
    assert [record.action for record in Record.objects.filter(object_kind="account")] == [
        "push.on",
        "push.off",
    ]
