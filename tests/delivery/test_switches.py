"""The kill switch holds at once, for one force or all, and loses nothing: not a letter, not an alert, not its time."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.alerts import making
from tests.support.doors import role
from tests.support.events import AT_ANY_HOUR
from trackmycrime.alerts.api import tell
from trackmycrime.alerts.models import Alert
from trackmycrime.audit.api import SYSTEM, Actor
from trackmycrime.audit.models import Record
from trackmycrime.delivery import api, switches, work
from trackmycrime.delivery.letters import Letter, Outcome, Upstairs
from trackmycrime.delivery.models import Dispatch, Switch
from trackmycrime.delivery.settling import Tried
from trackmycrime.delivery.work import Holder
from trackmycrime.forces.models import Force
from trackmycrime.kernel import scope
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.ops.commands.channel import command

from .counterparts import mail_server
from .letters import NOW, letter
from .processes import wait_for, worker

LATER = NOW + timedelta(seconds=1)
WORKER = new_id()
QUIET = Upstairs(lambda letters, now: {}, lambda ended, now: None)
BY = Actor("officer", "7")


@pytest.fixture
def kent(db: None) -> Force:
    return force("kent")


@pytest.fixture
def essex(db: None) -> Force:
    return force("essex")


def force(slug: str) -> Force:
    return Force.objects.create(slug=slug, name=f"{slug.title()} Police", languages=["en"], created_at=NOW)


def prepared(of: Force, n: int = 1, **values: object) -> list[Letter]:
    letters = [letter(force=of.id, due_at=NOW + timedelta(milliseconds=k), **values) for k in range(n)]
    api.prepare(letters, now=NOW)
    return letters


def claim(channel: str = "email", now: datetime = LATER, most: int = 10) -> list[Letter]:
    with role("worker"):
        return work.claim(Holder(WORKER, channel), most=most, now=now, upstairs=QUIET)[0]


def complete(letters: list[Letter], outcome: Outcome, now: datetime) -> None:
    with role("worker"):
        work.complete([Tried(each, outcome, now) for each in letters], now=now, upstairs=QUIET)


def hold(of: Force | None, channel: str = "email", now: datetime = NOW, reason: str = "provider") -> bool:
    return switches.hold(channel, force=of and of.id, reason=reason, by=BY, now=now)


def release(of: Force | None, channel: str = "email", now: datetime = LATER) -> bool:
    return switches.release(channel, force=of and of.id, by=BY, now=now)


# --------------------------------------------------------------------- holds


def test_one_force_is_held_and_the_others_go_on(kent: Force, essex: Force) -> None:
    prepared(kent, 3)
    others = prepared(essex, 2)
    texts = prepared(kent, channel="text", address="+447700900123")
    assert hold(kent)
    assert {each.id for each in claim()} == {each.id for each in others}
    assert [each.id for each in claim("text")] == [texts[0].id]
    assert Counter(Dispatch.objects.filter(force=kent, channel="email").values_list("state", "tries")) == {
        ("prepared", 0): 3
    }
    assert release(kent)
    assert len(claim()) == 3


def test_all_forces_are_held_at_once_and_each_hold_is_released_by_itself(kent: Force, essex: Force) -> None:
    prepared(kent)
    prepared(essex)
    hold(None)
    hold(kent)
    assert claim() == []
    release(None)
    assert {each.force for each in claim()} == {essex.id}
    release(kent)
    assert {each.force for each in claim()} == {kent.id}


def test_a_release_wakes_those_who_send(kent: Force) -> None:
    hold(kent)
    with CaptureQueriesContext(connection) as seen:
        release(kent)
    assert any(f"pg_notify('tmc_bell', '{api.BELL}')" in query["sql"] for query in seen)


def test_what_is_in_flight_is_finished_and_what_came_back_waits(kent: Force) -> None:
    prepared(kent, 2)
    flying = claim()
    hold(kent)
    complete(flying[:1], Outcome("accepted", "250"), LATER)
    complete(flying[1:], Outcome("later", "451"), LATER)
    assert Counter(Dispatch.objects.values_list("state", flat=True)) == {"accepted": 1, "prepared": 1}
    assert claim(now=NOW + timedelta(hours=1)) == []


def test_one_by_one_a_held_letter_is_not_taken_either(kent: Force, essex: Force) -> None:
    (held,), (free,) = prepared(kent), prepared(essex)
    hold(kent)
    with role("worker"):
        going = work.claim_apart(Holder(WORKER, "email"), most=10, now=LATER, upstairs=QUIET)
        named = work.claim(Holder(WORKER, "email"), most=1, now=LATER, upstairs=QUIET, only=held.id)[0]
    assert [each.id for each in going] == [free.id]
    assert named == []


def test_a_held_letter_can_still_be_cancelled(kent: Force) -> None:
    (held,) = prepared(kent)
    hold(kent)
    with scope.bound(force=kent.id), role("desk"):
        assert api.cancel([held.owner_id], "withheld", now=NOW) == {held.owner_id}
    release(kent)
    assert claim() == []


# ----------------------------------------------------------- nothing is lost


def test_time_under_a_hold_is_not_held_against_a_letter(kent: Force) -> None:
    """Tried for an hour, held for four days by two holds, tried again: it has its days left."""
    prepared(kent, give_up_at=NOW + timedelta(hours=72))
    complete(claim(), Outcome("later", "451"), LATER)
    hour = timedelta(hours=1)
    hold(kent, now=NOW + hour)
    hold(None, now=NOW + 24 * hour, reason="incident")
    release(kent, now=NOW + 48 * hour)
    release(None, now=NOW + 97 * hour)
    back = NOW + 98 * hour
    complete(claim(now=back), Outcome("later", "451"), back)
    assert Dispatch.objects.get().state == "prepared"
    # 72 hours of its own, and the 96 of the holds, counted once where they overlap; not more
    late = NOW + 169 * hour
    complete(claim(now=late), Outcome("later", "451"), late)
    assert (Dispatch.objects.get().state, Dispatch.objects.get().reason) == ("failed", "given up 451")


def test_a_hold_of_another_force_channel_or_day_gives_no_time(kent: Force, essex: Force) -> None:
    for of, channel in ((essex, "email"), (kent, "text")):
        hold(of, channel, now=NOW)
    hold(kent, now=NOW - timedelta(days=9))
    release(kent, now=NOW - timedelta(days=2))
    prepared(kent, give_up_at=NOW + timedelta(hours=72))
    late = NOW + timedelta(hours=73)
    complete(claim(now=late), Outcome("later", "451"), late)
    assert Dispatch.objects.get().state == "failed"


def test_a_refusal_stays_a_refusal(kent: Force) -> None:
    prepared(kent)
    hold(kent)
    release(kent)
    complete(claim(), Outcome("never", "550"), LATER)
    assert Dispatch.objects.get().state == "failed"


def test_what_lets_somebody_in_runs_out_at_its_time_and_says_so(kent: Force, essex: Force) -> None:
    for of in (kent, essex):
        prepared(of, purpose="code", give_up_at=NOW + timedelta(minutes=15))
    hold(kent)
    with role("worker"):
        assert work.expire(now=NOW + timedelta(minutes=16)) == 2
    assert set(Dispatch.objects.values_list("force_id", "state", "reason", "body")) == {
        (kent.id, "cancelled", "over while held", None),
        (essex.id, "cancelled", "over", None),
    }


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_running_worker_stops_at_once_and_afterwards_sends_each_letter_once() -> None:
    with mail_server() as mail, worker("--email-senders", "2", email=mail.url):
        mail.seconds = 0.02
        force = making.force(policy=AT_ANY_HOUR)
        found = [making.made(force, email=f"held{k}@example.org") for k in range(40)]
        for each in found:
            each.entry()
        with transaction.atomic():
            tell(found[0].force.id, [item for one in found for item in one.news(make=False)], now=utc_now())
        wait_for(lambda: len(mail.mails) > 5)
        switches.hold("email", force=None, reason="exercise", by=SYSTEM, now=utc_now())
        wait_for(lambda: not Dispatch.objects.filter(state="sending").exists())
        sent = len(mail.mails)
        assert sent < 40
        assert Dispatch.objects.filter(state="prepared").count() == 40 - sent
        late = making.made(force, email="late@example.org")
        late.entry()
        with transaction.atomic():  # rings, and is held like the rest
            tell(late.force.id, late.news(make=False), now=utc_now())
        (standing,) = switches.standing(now=utc_now())
        assert standing.waiting == Dispatch.objects.filter(state="prepared").count() > 0
        assert len(mail.mails) == sent
        switches.release("email", force=None, by=SYSTEM, now=utc_now())
        wait_for(lambda: not Alert.objects.exclude(state="sent").exists())
    counts = Counter(mail.message["Message-ID"] for mail in mail.mails)
    assert set(counts.values()) == {1}
    assert len(counts) == Dispatch.objects.count()


# ------------------------------------------------------------------ who, and seen


def test_an_administrators_desk_holds_for_its_own_force_only(kent: Force, essex: Force) -> None:
    with scope.bound(force=kent.id), role("desk"):
        assert hold(kent)
        assert not hold(kent)  # it stands, and stays as it was
        assert [each.force for each in switches.standing(now=NOW)] == [kent.id]
    hold(None)
    hold(essex)
    with scope.bound(force=kent.id), role("desk"):
        assert {each.force for each in switches.standing(now=NOW)} == {None, kent.id}
        assert not release(None)
        assert not release(essex)
        assert release(kent)
    for other in (None, essex):
        Switch.objects.filter(force=other).update(released_at=NOW)
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            transaction.atomic(),
            scope.bound(force=kent.id),
            role("desk"),
        ):
            hold(other)


def test_each_hold_and_release_is_in_the_audit(kent: Force) -> None:
    hold(kent, reason="wrong_words")
    hold(kent, reason="flood")
    release(kent)
    release(kent)
    assert list(
        Record.objects.filter(object_kind="channel")
        .order_by("id")
        .values_list("action", "object_id", "actor_kind", "actor_id", "force_id", "detail")
    ) == [
        ("channel.held", "email", "officer", "7", kent.id, {"reason": "wrong_words"}),
        ("channel.released", "email", "officer", "7", kent.id, {}),
    ]


@pytest.mark.parametrize(("channel", "reason"), [("fax", "provider"), ("email", "because")])
def test_a_hold_that_cannot_be_says_what_would_be_right(db: None, channel: str, reason: str) -> None:
    with pytest.raises(switches.CannotHold, match="is one of"):
        switches.hold(channel, force=None, reason=reason, by=BY, now=NOW)


def ran(*words: str) -> Result:
    return CliRunner().invoke(command, words)


def test_the_command_holds_lists_and_releases(kent: Force) -> None:
    prepared(kent, 2)
    held = ran("hold", "--channel", "email", "--force", "kent", "--reason", "provider", "--json")
    assert json.loads(held.stdout) == {"channel": "email", "force": "kent", "held": True, "new": True}
    assert "for all forces" in ran("hold", "--channel", "email", "--reason", "incident").stdout
    first, second = json.loads(ran("list", "--json").stdout)
    assert (first["force"], first["reason"], first["waiting"]) == (None, "incident", 2)
    assert (second["force"], second["held_by"], second["waiting"]) == ("kent", "system", 2)
    assert "Another still stands" in ran("release", "--channel", "email", "--force", "kent").stdout
    assert ran("release", "--channel", "email", "--force", "kent").exit_code == 1
    assert json.loads(ran("release", "--channel", "email", "--json").stdout)["held"] is False
    assert "No channel is held" in ran("list").stdout
    for wrong in (["--channel", "fax"], ["--channel", "email", "--force", "nowhere"]):
        assert ran("hold", *wrong, "--reason", "provider").exit_code == 2
