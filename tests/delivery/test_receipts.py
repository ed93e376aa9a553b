"""What providers say afterwards: counted, never guessed, and the same in the end in whatever order it comes."""

import itertools
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.support.doors import role
from trackmycrime.delivery import api, receipts, work
from trackmycrime.delivery.letters import Finished, Letter, Lost, Outcome, Receipt, Upstairs
from trackmycrime.delivery.meaning import loses_the_address, no_such_address, state_after
from trackmycrime.delivery.models import Address, Dispatch, Heard
from trackmycrime.delivery.models import Receipt as Stored
from trackmycrime.delivery.settling import Tried
from trackmycrime.delivery.work import Holder
from trackmycrime.forces.models import Force
from trackmycrime.kernel.ids import new_id

from .letters import NOW, letter

WORKER = new_id()
LATER = NOW + timedelta(minutes=1)


class Above:
    """The rooms above, which remember what they heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[UUID, str, str]] = []
        self.lost: list[Lost] = []
        self.breaks = False

    def finished(self, ended: Sequence[Finished], now: datetime) -> None:
        if self.breaks:
            raise LookupError
        self.heard += [(each.id, each.state, each.reason) for each in ended]

    @property
    def upstairs(self) -> Upstairs:
        return Upstairs(lambda letters, now: {}, self.finished, lambda lost, now: self.lost.extend(lost))


@pytest.fixture
def above() -> Above:
    return Above()


@pytest.fixture
def force(db: None) -> Force:
    return Force.objects.create(slug="kent", name="Kent Police", languages=["en"], created_at=NOW)


def claimed(force: Force, above: Above, **values: object) -> Letter:
    """A letter that a worker is sending."""
    sent = letter(force=force.id, **values)
    api.prepare([sent], now=NOW)
    letters, _ = work.claim(Holder(WORKER, sent.channel), most=9, now=NOW, upstairs=above.upstairs)
    return next(each for each in letters if each.id == sent.id)


def settled(sending: Letter, above: Above, outcome: Outcome) -> None:
    work.complete([Tried(sending, outcome, NOW, 9)], now=NOW, upstairs=above.upstairs)


def accepted(force: Force, above: Above, provider_id: str = "", **values: object) -> Letter:
    sending = claimed(force, above, **values)
    settled(sending, above, Outcome("accepted", "250", provider_id))
    above.heard.clear()
    return sending


def said(of: Letter | None, result: str, answer: str = "", **values: object) -> Receipt:
    named: dict[str, object] = {
        "channel": of.channel if of else "email",
        "dispatch": of.id if of else new_id(),
        "provider_id": "",
        "at": NOW,
    }
    return Receipt(result=result, answer=answer, **(named | values))  # type: ignore[arg-type]


def take(above: Above, *several: Receipt, now: datetime = LATER) -> Counter[str]:
    with role("worker"):
        return receipts.take(several, now=now, upstairs=above.upstairs)


def carry_on(above: Above, now: datetime = LATER) -> Counter[str]:
    with transaction.atomic(), role("worker"):
        return receipts.carry_on(now=now, upstairs=above.upstairs)


def state_of(each: Letter) -> tuple[str, str]:
    row = Dispatch.objects.get(id=each.id)
    return row.state, row.reason


# ------------------------------------------------------------- what it means


def test_what_arrived_is_delivered_and_the_rooms_above_hear_of_it(force: Force, above: Above) -> None:
    sent = accepted(force, above)
    assert take(above, said(sent, "delivered", "250")) == {"delivered": 1}
    assert state_of(sent) == ("delivered", "")
    assert above.heard == [(sent.id, "delivered", "")]
    assert (Stored.objects.get().at, Stored.objects.get().taken_at) == (NOW, LATER)


def test_what_came_back_has_failed_and_its_address_is_lost(force: Force, above: Above) -> None:
    sent = accepted(force, above)
    take(above, said(sent, "failed", "5.1.1"))
    assert state_of(sent) == ("failed", "bounced 5.1.1")
    assert above.heard == [(sent.id, "failed", "bounced 5.1.1")]
    address = Address.objects.get()
    assert (bytes(address.address_hash), address.state, address.since) == (
        sent.address_hash,
        "bounced",
        LATER,
    )
    (lost,) = above.lost
    assert (lost.owner_id, lost.state, lost.reason) == (sent.owner_id, "bounced", "5.1.1")


def test_a_passing_failure_is_noted_and_changes_nothing(force: Force, above: Above) -> None:
    sent = accepted(force, above)
    assert take(above, said(sent, "later", "4.2.2")) == {"later": 1}
    assert state_of(sent)[0] == "accepted"
    assert (Stored.objects.get().result, Stored.objects.get().answer) == ("later", "4.2.2")
    assert (above.heard, above.lost, Address.objects.count()) == ([], [], 0)


def test_a_complaint_says_that_it_arrived_and_that_no_more_is_wanted(force: Force, above: Above) -> None:
    sent = accepted(force, above)
    take(above, said(sent, "complained"))
    assert state_of(sent)[0] == "delivered"
    assert Address.objects.get().state == "complained"


@pytest.mark.parametrize("answer", ["5.7.1", "5.2.2", "5.3.4", "5.4.7", "technical-failure"])
def test_what_is_wrong_with_us_or_the_text_is_not_held_against_the_address(
    force: Force, above: Above, answer: str
) -> None:
    sent = accepted(force, above)
    take(above, said(sent, "failed", answer))
    assert state_of(sent)[0] == "failed"
    assert not Address.objects.exists()


def test_answers_that_say_nothing_count_against_the_address() -> None:
    assert loses_the_address("failed", "") == "bounced"
    assert loses_the_address("failed", "permanent-failure") == "bounced"
    assert loses_the_address("later", "4.2.2") == ""


def test_a_mail_server_that_refuses_at_once_says_whether_it_knows_the_address() -> None:
    assert [no_such_address(each) for each in ("550 5.1.1", "550 5.1.10", "550 5.2.1")] == [True] * 3
    assert [no_such_address(each) for each in ("550", "550 5.7.1", "554", "552 5.2.2", "5.1.8")] == [
        False
    ] * 5


def test_an_address_that_is_refused_at_once_is_lost_too(force: Force, above: Above) -> None:
    sending = claimed(force, above)
    settled(sending, above, Outcome("never", "550 5.1.1", nobody=True))
    assert (Address.objects.get().state, Address.objects.get().reason) == ("bounced", "550 5.1.1")
    (lost,) = above.lost
    assert lost.owner_id == sending.owner_id
    sending = claimed(force, above, channel="text", address="+447700900123", address_hash=b"t" * 32)
    settled(sending, above, Outcome("never", "400 21211", nobody=True))
    assert above.lost[-1].channel == "text"
    assert set(Address.objects.values_list("state", "reason")) == {
        ("bounced", "550 5.1.1"),
        ("bounced", "400 21211"),
    }
    settled(claimed(force, above, address_hash=b"x" * 32), above, Outcome("never", "550 5.7.1"))
    assert Address.objects.count() == 2


def test_an_invitation_is_wiped_when_a_receipt_ends_it(force: Force, above: Above) -> None:
    sending = claimed(force, above, purpose="invitation")
    settled(sending, above, Outcome("unclear", "timeout"))
    assert Dispatch.objects.get().body is not None
    take(above, said(sending, "delivered"))
    assert Dispatch.objects.get().body is None


# ---------------------------------------------------- early, twice, unknown


def test_one_that_comes_while_the_answer_is_on_its_way_holds(force: Force, above: Above) -> None:
    sending = claimed(force, above)
    take(above, said(sending, "delivered"))
    settled(sending, above, Outcome("accepted", "250"))
    assert state_of(sending)[0] == "delivered"
    assert above.heard == [(sending.id, "delivered", "")]


@pytest.mark.parametrize("outcome", ["later", "unclear", "never"])
def test_what_has_arrived_is_not_sent_again_whatever_the_answer_was(
    force: Force, above: Above, outcome: str
) -> None:
    sending = claimed(force, above)
    settled(sending, above, Outcome(outcome, "451"))  # type: ignore[arg-type]
    take(above, said(sending, "delivered"))
    assert state_of(sending)[0] == "delivered"
    day = NOW + timedelta(days=1)
    assert work.claim(Holder(WORKER, "email"), most=9, now=day, upstairs=above.upstairs)[0] == []


def test_one_by_the_providers_name_waits_until_that_name_is_written_down(force: Force, above: Above) -> None:
    sending = claimed(force, above, channel="text", address="+447700900123")
    early = said(sending, "delivered", dispatch=None, provider_id="SM1")
    assert take(above, early) == {"kept": 1}
    assert carry_on(above, LATER + timedelta(seconds=2)) == {"kept": 1}
    settled(sending, above, Outcome("accepted", "202", "SM1"))
    assert carry_on(above, LATER + timedelta(minutes=20)) == {"delivered": 1}
    assert state_of(sending)[0] == "delivered"
    assert not Heard.objects.exists()


def test_one_that_waits_for_a_name_that_never_comes_is_counted_and_forgotten(
    force: Force, above: Above, caplog: pytest.LogCaptureFixture
) -> None:
    take(above, said(None, "delivered", channel="text", dispatch=None, provider_id="SM1"))
    assert carry_on(above, LATER + timedelta(hours=20)) == {"kept": 1}
    assert carry_on(above, LATER + timedelta(hours=30)) == {"unknown": 1}
    assert not Heard.objects.exists()
    assert "1 receipts name no letter" in caplog.text


def test_the_same_twice_is_counted_and_heard_once(force: Force, above: Above) -> None:
    sent = accepted(force, above)
    assert take(above, said(sent, "failed", "5.1.1"), said(sent, "failed", "5.1.1")) == {
        "failed": 1,
        "twice": 1,
    }
    assert take(above, said(sent, "failed", "5.1.0")) == {"twice": 1}
    assert (Stored.objects.get().times, Stored.objects.get().answer) == (3, "5.1.1")
    assert (len(above.heard), len(above.lost)) == (1, 1)


def test_what_names_no_letter_that_was_sent_is_counted_and_changes_nothing(
    force: Force, above: Above
) -> None:
    waiting = letter(force=force.id, due_at=NOW + timedelta(hours=1))
    api.prepare([waiting], now=NOW)
    sent = accepted(force, above)
    other_channel = said(sent, "failed", channel="text")
    assert take(above, said(None, "failed"), said(waiting, "failed"), other_channel) == {"unknown": 3}
    assert (state_of(waiting)[0], state_of(sent)[0]) == ("prepared", "accepted")
    assert not Address.objects.exists()


def test_a_name_that_two_texts_have_says_nothing_of_either(force: Force, above: Above) -> None:
    both = [accepted(force, above, "SM1", channel="text", address="+447700900123") for _ in range(2)]
    assert take(above, said(both[0], "failed", dispatch=None, provider_id="SM1")) == {"unknown": 1}
    assert {state_of(each)[0] for each in both} == {"accepted"}


def test_what_was_cancelled_stays_so(force: Force, above: Above) -> None:
    sending = claimed(force, above)
    settled(sending, above, Outcome("unclear", "timeout"))
    api.cancel([sending.owner_id], "address changed", now=NOW)
    take(above, said(sending, "delivered"))
    assert state_of(sending) == ("cancelled", "address changed")
    assert not [each for each in above.heard if each[1] == "delivered"]


# ------------------------------------------------------------- in any order

RESULTS = ("delivered", "failed", "later", "complained")


@given(st.lists(st.sampled_from(RESULTS), max_size=6), st.sampled_from(["accepted", "sending", "failed"]))
def test_receipts_in_any_order_come_to_the_same_state(results: list[str], begun: str) -> None:
    ends = set()
    for order in itertools.islice(itertools.permutations(results), 120):
        state, known = begun, set()
        for each in order:
            known.add(each)
            state = state_after(state, known) or state
        ends.add(state)
    assert len(ends) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(RESULTS)), ids="-".join)
def test_in_the_database_too_and_the_answer_of_the_sender_anywhere_among_them(
    force: Force, above: Above, order: tuple[str, ...]
) -> None:
    ends = set()
    for place in range(len(order) + 1):
        sending = claimed(force, above, address_hash=new_id().bytes * 2)
        for n, result in enumerate(order):
            if n == place:
                settled(sending, above, Outcome("accepted", "250"))
            take(above, said(sending, result, "5.1.1" if result == "failed" else ""))
        if place == len(order):
            settled(sending, above, Outcome("accepted", "250"))
        address = Address.objects.get(address_hash=sending.address_hash)
        stored = Stored.objects.filter(dispatch_id=sending.id).values_list("result", flat=True)
        ends.add((*state_of(sending), address.state, tuple(sorted(stored))))
    assert ends == {("failed", "bounced 5.1.1", "complained", tuple(sorted(RESULTS)))}


# ----------------------------------------------------------- doors and races


def test_a_door_can_say_what_it_heard_and_read_nothing_of_it(force: Force, above: Above) -> None:
    sent = accepted(force, above)
    with role("gateway"):
        assert receipts.hear([said(sent, "delivered")], now=LATER) == 1
    assert state_of(sent)[0] == "accepted"
    assert carry_on(above) == {"delivered": 1}
    assert state_of(sent)[0] == "delivered"
    assert carry_on(above) == {}


def test_one_that_cannot_be_taken_does_not_hold_up_the_others(
    force: Force, above: Above, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = accepted(force, above), accepted(force, above)
    receipts.hear([said(bad, "failed", "5.1.1"), said(good, "later")], now=LATER)
    above.breaks = True
    assert carry_on(above) == {"later": 1, "kept": 1}
    assert state_of(bad)[0] == "accepted"
    above.breaks = False
    assert carry_on(above, LATER + timedelta(minutes=11)) == {"failed": 1}
    assert state_of(bad)[0] == "failed"


@pytest.mark.django_db(transaction=True)
def test_the_same_receipt_taken_by_two_workers_at_once_is_applied_once() -> None:
    force = Force.objects.create(slug="kent", name="Kent Police", languages=["en"], created_at=NOW)
    above = Above()
    sent = [accepted(force, above, address_hash=new_id().bytes * 2) for _ in range(30)]
    counts: list[Counter[str]] = []
    start = threading.Barrier(4)

    def take_all() -> None:
        start.wait()
        try:
            for each in sent:
                counts.append(
                    receipts.take([said(each, "failed", "5.1.1")], now=LATER, upstairs=above.upstairs)
                )
        finally:
            connection.close()

    threads = [threading.Thread(target=take_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    later = LATER
    while Heard.objects.exists():
        later += timedelta(minutes=11)
        with transaction.atomic():
            counts.append(receipts.carry_on(now=later, upstairs=above.upstairs))
    total = sum(counts, Counter())
    assert (total["failed"], total["twice"]) == (30, 90)
    assert len(above.heard) == len(above.lost) == 30
    assert set(Stored.objects.values_list("times", flat=True)) == {4}
