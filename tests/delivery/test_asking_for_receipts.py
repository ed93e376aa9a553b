"""What became of letters is asked for where receipts cannot reach us: each in its time, none passed over."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from tests.support.doors import role
from trackmycrime.delivery import api, asking, providers, work
from trackmycrime.delivery.asking import AFTER, Asker, go_on
from trackmycrime.delivery.channels.notify import NotifyChannel, Service
from trackmycrime.delivery.channels.stepping import drive
from trackmycrime.delivery.letters import Finished, Letter, Upstairs
from trackmycrime.delivery.models import Address, Asking, Dispatch, Reply
from trackmycrime.delivery.trying import attempting
from trackmycrime.delivery.work import Holder
from trackmycrime.forces.models import Force
from trackmycrime.kernel import crypto
from trackmycrime.kernel.ids import new_id

from .letters import NOW, letter
from .notify_service import BROKEN, EMAIL_TEMPLATE, KEY, TEXT_TEMPLATE, Notify, notify_service
from .processes import wait_for

QUARTER, HOUR = AFTER[0], AFTER[1]


@pytest.fixture
def notify() -> Iterator[Notify]:
    with notify_service() as running:
        yield running


class Room:
    """A worker that sends by Notify, and what the rooms above hear of it."""

    def __init__(self, notify: Notify) -> None:
        self.notify = notify
        self.heard: list[tuple[str, str]] = []
        self.upstairs = Upstairs(lambda letters, now: {}, self._hear)
        self.channel = self.opened()
        self.force = Force.objects.create(slug="kent", name="Kent Police", languages=["en"], created_at=NOW)

    def _hear(self, ended: Sequence[Finished], now: datetime) -> None:
        self.heard += [(each.state, each.reason) for each in ended if each.state != "accepted"]

    def opened(self) -> NotifyChannel:
        service = Service(KEY, self.notify.url, email_template=EMAIL_TEMPLATE, text_template=TEXT_TEMPLATE)
        return NotifyChannel(service, timeout=2)

    def send(self, n: int = 1, at: datetime = NOW, **values: Any) -> list[Letter]:
        """So many mails that Notify has accepted at that moment, all in one batch."""
        sent = [letter(force=self.force.id, due_at=at, **values) for _ in range(n)]
        api.prepare(sent, now=at)
        with role("worker"):
            by = Holder(new_id(), "email", True)
            claimed, _ = work.claim(by, most=n, now=at, upstairs=self.upstairs)
            tried = [drive(attempting(self.channel, each, lambda: at)) for each in claimed]
            work.complete(tried, now=at, upstairs=self.upstairs)
        return sent

    def ask(self, after: timedelta, now: datetime, most: int = 50) -> int:
        with role("worker"):
            return go_on(after, self.channel, ("email", "text"), now=now, upstairs=self.upstairs, most=most)

    def asked(self) -> list[str]:
        return [said["reference"][0] for method, _, said in self.notify.requests if method == "GET"]


@pytest.fixture
def room(db: None, notify: Notify) -> Iterator[Room]:
    made = Room(notify)
    yield made
    made.channel.close()


def states() -> list[str]:
    return sorted(Dispatch.objects.values_list("state", flat=True))


def test_a_letter_is_asked_for_after_a_quarter_of_an_hour_and_not_before(room: Room) -> None:
    (sent,) = room.send()
    room.notify.becomes(str(sent.id), "delivered")
    assert room.ask(QUARTER, NOW + QUARTER - timedelta(seconds=1)) == 0
    assert room.asked() == []
    assert room.ask(QUARTER, NOW + QUARTER) == 1
    assert states() == ["delivered"]
    assert room.ask(QUARTER, NOW + QUARTER + timedelta(minutes=1)) == 0, "once at each age"
    assert room.ask(HOUR, NOW + HOUR) == 0, "what is delivered is not asked for again"


def test_what_is_on_its_way_is_asked_for_again_later_and_its_end_is_heard(room: Room) -> None:
    (sent,) = room.send()
    room.notify.becomes(str(sent.id), "sending")
    assert room.ask(QUARTER, NOW + QUARTER) == 1
    assert states() == ["accepted"]
    room.notify.becomes(str(sent.id), "permanent-failure")
    assert room.ask(HOUR, NOW + HOUR) == 1
    assert states() == ["failed"]
    assert room.heard == [("failed", "bounced permanent-failure")]


def test_all_of_one_batch_are_asked_for_each_once(room: Room) -> None:
    sent = room.send(7)
    assert [room.ask(QUARTER, NOW + QUARTER, most=3) for _ in range(4)] == [3, 3, 1, 0]
    assert sorted(room.asked()) == sorted(str(one.id) for one in sent)


def test_a_provider_that_cannot_say_is_asked_from_there_another_time(room: Room) -> None:
    sent = room.send(4)
    room.notify.ask_rule = lambda: BROKEN if len(room.asked()) > 2 else None
    assert room.ask(QUARTER, NOW + QUARTER) == 2
    room.notify.ask_rule = None
    assert room.ask(QUARTER, NOW + QUARTER) == 2
    assert set(room.asked()) == {str(one.id) for one in sent}


def test_after_an_outage_nothing_is_passed_over(room: Room) -> None:
    room.ask(QUARTER, NOW)
    sent = [room.send(at=NOW + timedelta(hours=hours))[0] for hours in (1, 20, 40)]
    for one in sent:
        room.notify.becomes(str(one.id), "delivered")
    assert room.ask(QUARTER, NOW + timedelta(hours=48)) == 3
    assert states() == ["delivered"] * 3


def test_one_worker_at_a_time_and_what_a_dead_one_held_is_asked_for_by_another(room: Room) -> None:
    (sent,) = room.send()
    room.notify.becomes(str(sent.id), "delivered")
    later = NOW + QUARTER
    Asking.objects.create(
        after=QUARTER, upto=NOW - timedelta(days=1), upto_id=new_id(), held_until=later + timedelta(minutes=2)
    )
    assert room.ask(QUARTER, later) == 0
    assert room.asked() == []
    assert room.ask(QUARTER, later + timedelta(minutes=2)) == 1
    assert states() == ["delivered"]


def test_what_goes_by_another_way_than_notify_is_not_asked_for(room: Room) -> None:
    room.send()
    with role("worker"):
        assert go_on(QUARTER, room.channel, ("text",), now=NOW + QUARTER, upstairs=room.upstairs) == 0


def listened(room: Room, now: datetime) -> int:
    with role("worker"):
        return asking.listen(room.channel, now=now, upstairs=room.upstairs)


def test_stop_is_heard_where_it_cannot_be_posted_to_us_and_once(room: Room, settings: Any) -> None:
    now = datetime.now(UTC)
    number = "+447700900123"
    hash_ = crypto.blind("mobile", number)
    one = letter(force=room.force.id, channel="text", address=number, address_hash=hash_, due_at=now)
    api.prepare([one], now=now)
    with role("worker"):
        work.claim(Holder(new_id(), "text", True), most=1, now=now, upstairs=room.upstairs)
    for words in ("who is this", "STOP"):
        room.notify.hears(number, words)
    later = now + timedelta(minutes=1)
    assert [listened(room, later), listened(room, later)] == [2, 0]
    assert sorted(Reply.objects.values_list("kind", flat=True)) == ["reply", "unsubscribe"]
    assert list(Address.objects.values_list("state", flat=True)) == ["unsubscribed"]
    Address.objects.update(confirmed_at=later + timedelta(minutes=1))
    assert listened(room, later + timedelta(minutes=2)) == 0, "what was heard is not heard again"
    room.notify.ask_rule = lambda: BROKEN
    room.notify.hears(number, "STOP")
    assert listened(room, later + timedelta(minutes=3)) == 0
    room.notify.ask_rule = None
    assert listened(room, later + timedelta(minutes=4)) == 1, "nor is anything passed over"


def test_only_an_installation_without_callbacks_asks(settings: Any) -> None:
    settings.TMC_NOTIFY_EMAIL_TEMPLATE, settings.TMC_NOTIFY_TEXT_TEMPLATE = EMAIL_TEMPLATE, ""
    settings.TMC_NOTIFY_CALLBACK_TOKEN = ""
    assert providers.asked_for() == ("email",)
    settings.TMC_NOTIFY_CALLBACK_TOKEN = "t0ken"
    assert providers.asked_for() == ()


def test_what_is_asked_for_is_found_without_reading_all_letters(room: Room) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(
            "explain select id from delivery_dispatch where finished_at >= %s and finished_at <= %s"
            " and (finished_at, id) > (%s, %s) and state = 'accepted' order by finished_at, id limit 50",
            [NOW, NOW + QUARTER, NOW, new_id()],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "delivery_finished" in plan, plan


@pytest.mark.django_db(transaction=True)
def test_the_asker_goes_round_on_its_own_and_ends_when_told(notify: Notify) -> None:
    room = Room(notify)
    (sent,) = room.send()
    notify.becomes(str(sent.id), "delivered")
    asker = Asker(room.opened, ("email",), room.upstairs, every=0.05, clock=lambda: NOW + asking.AFTER[0] * 2)
    asker.start()
    wait_for(lambda: states() == ["delivered"])
    asker.stop()
    asker.join(10)
    assert not asker.is_alive()
