"""Ends that come from outside: the victim has looked, a case closes; and what the sweeps mend."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from tests.support.doors import role
from trackmycrime.alerts import api as alerts
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery import presence
from trackmycrime.delivery.models import Dispatch
from trackmycrime.kernel import scope
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks.models import Task

from . import making
from .making import NOW, Made

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def both_set_up(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"


def told(state: str = "waiting", **values: Any) -> Made:
    made = making.made(**values)
    alerts.tell(made.force.id, made.news(), now=NOW)
    if state != "waiting":
        Alert.objects.filter(victim=made.victim).update(state=state)
        Dispatch.objects.filter(owner_id=Alert.objects.get(victim=made.victim).id).update(state="accepted")
    return made


@pytest.mark.parametrize("state", ["waiting", "sent", "delivered", "not_set_up"])
def test_a_victim_who_looks_at_the_portal_has_opened_it(state: str) -> None:
    mine, others = told(), told()
    Alert.objects.update(state=state)
    assert mine.victim.account is not None
    with scope.bound(account=mine.victim.account.id), role("portal"):
        assert alerts.seen(others.case.id, now=NOW) == 0
        assert alerts.seen(mine.case.id, now=NOW) == 1
        assert alerts.seen(mine.case.id, now=NOW) == 0
    assert Alert.objects.get(victim=mine.victim).state == "opened"
    assert Dispatch.objects.get(owner_id=Alert.objects.get(victim=mine.victim).id).state == "cancelled"
    assert Alert.objects.get(victim=others.victim).state == state


def test_whoever_looks_does_not_stop_what_tells_of_another_address() -> None:
    """They may be who changed it."""
    made = making.made()
    assert made.victim.account is not None
    alerts.tell_of_change(made.force.id, {made.victim.id: ["email"]}, now=NOW)
    with scope.bound(account=made.victim.account.id), role("portal"):
        assert alerts.seen(made.case.id, now=NOW) == 0
    assert set(Dispatch.objects.values_list("channel", "state")) == {
        ("email", "prepared"),
        ("text", "prepared"),
    }


def test_nobody_signed_in_has_seen_nothing_and_the_portal_reads_no_alert() -> None:
    made = told()
    with transaction.atomic(), role("portal"):
        assert alerts.seen(made.case.id, now=NOW) == 0
    for table in ("alerts_alert", "alerts_told", "delivery_dispatch", "delivery_attempt", "delivery_worker"):
        with (
            role("portal"),
            pytest.raises(ProgrammingError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"select * from {table}")


def test_a_case_that_closes_takes_back_what_waits_and_nothing_else() -> None:
    closing, sent, other = told(), told("sent"), told()
    with scope.bound(force=closing.force.id), role("gateway"):
        crimes = [closing.crime.id, sent.crime.id]
        assert alerts.cancel_for_crimes(closing.force.id, crimes, "closed to victims", now=NOW) == 1
    states = [Alert.objects.get(victim=made.victim).state for made in (closing, sent, other)]
    assert states == ["cancelled", "sent", "waiting"]
    letter = Dispatch.objects.get(state="cancelled")
    assert letter.reason == "closed to victims"


def test_what_is_in_flight_is_not_called_cancelled() -> None:
    made = told()
    Dispatch.objects.update(state="sending")
    assert alerts.cancel_for_crimes(made.force.id, [made.crime.id], "declined", now=NOW) == 0
    assert Alert.objects.get().state == "waiting"


def test_the_desk_takes_back_an_invitation_and_its_key_is_gone() -> None:
    made = making.made(joined=False)
    alerts.send_invitations(made.force.id, [making.invited(made)], now=NOW)
    with scope.bound(force=made.force.id), role("desk"):
        assert alerts.cancel_for_crimes(made.force.id, [made.crime.id], "declined", now=NOW) == 1
    assert Dispatch.objects.get().body is None


def test_one_forces_desk_cannot_reach_anothers() -> None:
    made, kent = told(), making.force("kent", name="Kent Police")
    with scope.bound(force=kent.id), role("desk"):
        assert alerts.cancel_for_crimes(made.force.id, [made.crime.id], "declined", now=NOW) == 0
        assert alerts.lines_for([made.victim.id]) == []
    with scope.bound(force=made.force.id), role("desk"):
        assert len(alerts.lines_for([made.victim.id])) == 1


@pytest.mark.parametrize(
    ("letter", "expected"), [("accepted", "sent"), ("cancelled", "cancelled"), ("failed", "waiting")]
)
def test_an_alert_that_did_not_hear_of_its_letters_end_is_mended(letter: str, expected: str) -> None:
    told()
    Dispatch.objects.update(state=letter, reason="refused 550", finished_at=NOW)
    with role("worker"):
        assert alerts.mend(NOW + timedelta(minutes=1)) == 0
        assert alerts.mend(NOW + timedelta(minutes=5)) == 1
    alert = Alert.objects.get()
    assert alert.state == expected
    if letter == "failed":
        assert alert.channel == "text"


def test_alerts_say_so_when_no_worker_can_send_by_their_channel() -> None:
    told()
    worker = new_id()
    with role("worker"), connection.cursor() as cursor:
        assert alerts.mend(NOW) == 0  # no worker says anything yet
        presence.here(cursor, worker, frozenset({"text"}))
        assert alerts.mend(NOW) == 1
        assert Alert.objects.get().state == "not_set_up"
        presence.here(cursor, worker, frozenset({"text", "email"}))
        assert alerts.mend(NOW) == 1
    assert Alert.objects.get().state == "waiting"


def test_the_desk_sees_each_alerts_life() -> None:
    made = told()
    Dispatch.objects.update(state="failed", reason="refused 550", finished_at=NOW)
    with role("worker"):
        alerts.mend(NOW + timedelta(minutes=5))
    with scope.bound(force=made.force.id), role("desk"):
        (line,) = alerts.lines_for([made.victim.id])
    assert (line.state, line.channel, line.about) == ("waiting", "text", "update")
    assert [(each.channel, each.state, each.reason) for each in line.letters] == [
        ("email", "failed", "refused 550"),
        ("text", "prepared", ""),
    ]
    assert not Task.objects.exists()
