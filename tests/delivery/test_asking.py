"""What may have arrived is asked for before it is sent again, where the provider can be asked; else sent once more.

The counterpart here keeps every letter by our id, as Notify does, and can lose its answer, its mind or its voice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.support.doors import role
from trackmycrime.delivery import api, work
from trackmycrime.delivery.channels import Channel
from trackmycrime.delivery.channels.stepping import drive
from trackmycrime.delivery.health import health
from trackmycrime.delivery.letters import Finished, Letter, Outcome, Upstairs
from trackmycrime.delivery.models import Attempt, Dispatch
from trackmycrime.delivery.retry import DELAYS, SPREAD
from trackmycrime.delivery.trying import attempting
from trackmycrime.delivery.work import Holder
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id

from .letters import NOW, letter

TAKEN = Outcome("accepted", "201")


@dataclass
class Provider(Channel):
    """Takes every letter, and answers as it is told: `says` is what comes back from sending, `knows` from asking."""

    askable: bool = True
    says: Outcome = TAKEN
    knows: Outcome | Exception | None = None
    takes: bool = True
    got: Counter[UUID] = field(default_factory=Counter)
    asked: int = 0

    def send(self, letter: Letter) -> Outcome:
        self.got[letter.id] += self.takes
        return self.says

    def ask(self, letter: Letter) -> Outcome | None:
        self.asked += 1
        if isinstance(self.knows, Exception):
            raise self.knows
        if self.knows is not None:
            return self.knows
        return Outcome("accepted", "200", "notify-1") if self.got[letter.id] else None

    def close(self) -> None:
        pass


@dataclass
class Desk:
    """A worker's way with one letter, step by step; `heard` is what the rooms above heard."""

    provider: Provider
    now: datetime = NOW
    worker: UUID = field(default_factory=new_id)
    heard: list[tuple[str, str]] = field(default_factory=list)

    @property
    def upstairs(self) -> Upstairs:
        return Upstairs(lambda letters, now: {}, self._hear)

    def _hear(self, ended: Sequence[Finished], now: datetime) -> None:
        self.heard += [(each.state, each.reason) for each in ended]

    def claim(self) -> list[Letter]:
        due = Dispatch.objects.get().next_try_at
        self.now = max(self.now, due) if due else self.now
        with role("worker"):
            by = Holder(self.worker, "email", self.provider.askable)
            return work.claim(by, most=10, now=self.now, upstairs=self.upstairs)[0]

    def go(self) -> Dispatch:
        """Claim, try, write down."""
        tried = [drive(attempting(self.provider, each, lambda: self.now)) for each in self.claim()]
        with role("worker"):
            work.complete(tried, now=self.now, upstairs=self.upstairs)
        return Dispatch.objects.get()

    def die(self) -> None:
        """Claim, and be killed with the letter in flight; another worker takes it back."""
        for each in self.claim():
            self.provider.send(each)
        with role("worker"):
            self.worker, dead = new_id(), self.worker
            assert dead != self.worker
            work.sweep(self.worker, now=self.now, unseen=timedelta(seconds=20), upstairs=self.upstairs)


def prepared(db: None, **values: object) -> Letter:
    force = Force.objects.create(slug="kent", name="Kent Police", languages=["en"], created_at=NOW)
    (one,) = letters = [letter(force=force.id, **values)]
    api.prepare(letters, now=NOW)
    return one


def hows() -> list[tuple[str, str]]:
    return list(Attempt.objects.order_by("at", "id").values_list("how", "result"))


def test_what_it_got_although_its_answer_was_lost_is_not_sent_again(db: None) -> None:
    sent = prepared(db)
    desk = Desk(Provider(says=Outcome("unclear", "timeout")))
    assert desk.go().state == "prepared"
    after = desk.go()
    assert (after.state, after.provider_id) == ("accepted", "notify-1")
    assert desk.provider.got[sent.id] == 1
    assert hows() == [("sent", "unclear"), ("asked", "accepted")]
    assert desk.heard == [("accepted", "")]


@pytest.mark.parametrize("takes", [True, False])
def test_a_dead_workers_letter_is_asked_for_by_the_next(db: None, takes: bool) -> None:
    sent = prepared(db)
    desk = Desk(Provider(takes=takes))
    desk.die()
    desk.provider.takes = True
    assert desk.go().state == "accepted"
    assert desk.provider.asked == 1
    assert desk.provider.got[sent.id] == 1  # asked: it has it; or it had not, and gets it now
    assert hows()[-1] == (("asked" if takes else "sent"), "accepted")  # no repeat either way


def test_killed_again_and_again_it_is_asked_again_and_never_given_to_it_twice(db: None) -> None:
    sent = prepared(db)
    desk = Desk(Provider(takes=False))
    for _ in range(4):
        desk.die()
    assert Dispatch.objects.get().state == "prepared"
    desk.provider.takes = True
    desk.go()
    assert desk.provider.got[sent.id] == 1
    assert Dispatch.objects.get().state == "accepted"


@pytest.mark.parametrize("voice", [Outcome("unclear", "503"), RuntimeError("rhian.pritchard@example.org")])
def test_a_provider_that_cannot_say_is_asked_later_and_later_and_nothing_is_sent(
    db: None, voice: Outcome | Exception
) -> None:
    sent = prepared(db)
    desk = Desk(Provider(says=Outcome("unclear", "timeout"), knows=voice))
    desk.go()
    waits = []
    for _ in range(5):
        row = desk.go()
        assert (row.state, row.doubts) == ("prepared", 1)
        assert row.next_try_at is not None
        waits.append(row.next_try_at - desk.now)
    for wait, least in zip(waits, DELAYS, strict=False):
        assert least <= wait <= least * (1 + SPREAD)
    assert desk.provider.got[sent.id] == 1
    (said,) = api.standing([sent.owner_id])
    assert said.tries == 1  # asking is no try of sending
    desk.provider.knows, desk.provider.says = None, TAKEN
    assert desk.go().state == "accepted"


def test_it_is_not_asked_for_ever(db: None) -> None:
    prepared(db, give_up_at=NOW + timedelta(hours=2))
    desk = Desk(Provider(says=Outcome("unclear", "timeout"), knows=Outcome("unclear", "503")))
    while desk.go().state == "prepared":
        pass
    assert desk.heard == [("failed", "given up 503")]
    assert desk.now <= NOW + timedelta(hours=2)


def test_what_it_says_it_could_not_deliver_is_sent_again_without_being_asked_for(db: None) -> None:
    sent = prepared(db)
    desk = Desk(Provider(says=Outcome("unclear", "timeout"), knows=Outcome("later", "temporary-failure")))
    desk.go()
    assert desk.go().doubts == 0
    desk.provider.says = TAKEN
    assert desk.go().state == "accepted"
    assert desk.provider.asked == 1
    assert desk.provider.got[sent.id] == 2


def test_what_it_refused_is_over(db: None) -> None:
    prepared(db)
    desk = Desk(Provider(says=Outcome("unclear", "timeout"), knows=Outcome("never", "permanent-failure")))
    desk.go()
    assert desk.go().state == "failed"
    assert desk.heard == [("failed", "refused permanent-failure")]


def test_a_first_try_and_one_after_a_passing_failure_ask_nobody(db: None) -> None:
    prepared(db)
    desk = Desk(Provider(says=Outcome("later", "429")))
    desk.go()
    desk.provider.says = Outcome("accepted", "201")
    desk.go()
    assert desk.provider.asked == 0
    assert hows() == [("sent", "later"), ("sent", "accepted")]


def test_elsewhere_it_is_sent_once_more_which_is_counted_also_when_that_takes_several_tries(db: None) -> None:
    sent = prepared(db)
    desk = Desk(Provider(askable=False, says=Outcome("unclear", "lost after text")))
    desk.go()
    desk.provider.says, desk.provider.takes = Outcome("later", "451"), False
    desk.go()
    desk.provider.says, desk.provider.takes = Outcome("accepted", "250"), True
    desk.go()
    assert desk.provider.asked == 0
    assert desk.provider.got[sent.id] == 2
    assert hows() == [("sent", "unclear"), ("again", "later"), ("again", "accepted")]
    now = utc_now()  # by which the tries have their ids
    Attempt.objects.update(at=now - timedelta(minutes=70))
    (email,) = [one for one in health(sent.force, now=now) if one.channel == "email"]
    assert (email.day.again, email.hour.again) == (1, 0)
