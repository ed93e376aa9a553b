"""An alert's page: what was decided and why, each letter with each try, and how it ended; no address is shown whole."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.desk.people import World, sign_in, world
from tests.desk.test_case import text
from tests.support.doors import role
from tests.support.events import update, victim
from tests.support.sending import send
from trackmycrime.alerts.models import Alert
from trackmycrime.audit.models import Record
from trackmycrime.delivery.letters import Outcome
from trackmycrime.delivery.models import Dispatch
from trackmycrime.kernel.clock import london, utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import Victim
from trackmycrime.portal import reads
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db

LATER, TAKEN, NEVER = Outcome("later", "451"), Outcome("accepted", "250"), Outcome("never", "550")


@pytest.fixture
def made() -> World:
    made = world()
    send(TAKEN)  # the invitation
    made.send(update("52/1", 3, "u1", "suspect_arrested"))
    return made


def alert(made: World, **values: object) -> Alert:
    found = Alert.objects.filter(victim=made.victim(), about="update", **values).order_by("id").last()
    assert found
    return found


def life(made: World, one: Alert, who: str = "officer") -> str:
    page = sign_in(made.force, who).get(f"/alerts/{one.id}/")
    assert page.status_code == 200
    return text(page.content)


def in_order(said: str, *words: str) -> None:
    at = -1
    for each in words:
        found = said.find(each, at + 1)
        assert found > at, (each, said)
        at = found


def test_its_life_is_told_from_the_decision_to_the_victim_having_looked(made: World) -> None:
    send(LATER, TAKEN)
    case = made.case().id
    with role("portal"), bound(account=made.accounts["P1"].id):
        reads.look(case, made.accounts["P1"].id, now=utc_now() + timedelta(hours=3))
    said = life(made, alert(made))
    assert "Now Opened: they have looked since" in said
    assert "It tells of Police have made an arrest" in said
    in_order(
        said,
        "Decided: Email It is the first way that is safe and known. To be sent at once.",
        "Prepared: Email, p…@example.org In English.",
        "Try 1: the provider could not take it just now The answer was 451, after 43 ms.",
        "Try 2: the provider took it The answer was 250, after 43 ms.",
        "Opened: they have looked since",
    )


def test_after_a_failure_the_next_way_stands_below_the_first(made: World) -> None:
    send(NEVER)
    said = life(made, alert(made))
    in_order(
        said,
        "Prepared: Email, p…@example.org",
        "Try 1: the provider refused it for good The answer was 550",
        "The letter failed for good The provider refused it: 550.",
    )
    assert "Prepared: Text message, …123" in said
    assert "p1@example.org" not in said
    assert "900123" not in said


def test_an_alert_for_a_person_says_why_and_by_whom_it_was_told(made: World) -> None:
    made.send(victim("52/1", 8, safe_contact={"channels": [], "disguise": False, "no_portal": False}))
    made.send(update("52/1", 9, "u2", "property_recovered"))
    one = alert(made, state="by_person")
    said = life(made, one)
    assert "Decided: a person tells them Nothing sent by machine is safe for them." in said
    in_order(said, "An officer was asked to tell them", "Tell")
    assert "Open the task" in said
    task = Task.objects.get(victim_id=made.victim().id, kind="tell_yourself")
    sign_in(made.force).post(f"/tasks/{task.id}/", {"note": "Rang her at noon"})
    said = life(made, one)
    assert "Told by a person DC Okafor" in said
    assert "Open the task" not in said


def test_who_told_is_a_member_of_staff_also_when_nobody_knows_them_any_more(made: World) -> None:
    Alert.objects.filter(id=alert(made).id).update(state="by_person", finished_at=utc_now())
    person = made.victim()
    Task.objects.create(
        force=made.force, kind="tell_yourself", once="t", crime_id=person.crime_id, victim_id=person.id,
        created_at=utc_now(), done_at=utc_now() + timedelta(minutes=1), done_by=new_id(),
    )  # fmt: skip
    said = life(made, alert(made))
    assert "Told by a person A member of staff" in said
    assert "by itself" not in said
    log = text(sign_in(made.force, "auditor", "").get("/log/").content)
    assert re.search(r"Told in person .+?, A member of staff", log)


def test_it_says_why_this_way_and_why_this_hour(made: World) -> None:
    safe = {"channels": ["email", "text"], "hours": {"from": "03:00", "to": "03:30"}}
    now = london(utc_now())
    if now.hour == 3:
        safe["hours"] = {"from": "05:00", "to": "05:30"}
    made.send(victim("52/1", 8, safe_contact={**safe, "disguise": False, "no_portal": False}))
    Victim.objects.update(chosen_channel="text")
    Alert.objects.update(state="opened")  # so that nothing joins what waits
    Dispatch.objects.update(state="cancelled")
    made.send(update("52/1", 9, "u2", "property_recovered"))
    said = life(made, alert(made, channel="text"))
    assert "Decided: Text message They chose this way here. To be sent at" in said
    assert "It waits for an hour that is safe" in said.replace(": it waits", ": It waits")


def test_what_was_cancelled_says_why(made: World) -> None:
    sign_in(made.force).post(f"/cases/{made.crime().id}/withhold/", {"reason": "He reads her phone"})
    assert "Cancelled" in life(made, alert(made))
    assert Dispatch.objects.filter(state="cancelled").exists()


def test_looking_at_it_is_written_down_and_stands_in_the_record_of_the_case(made: World) -> None:
    one = alert(made)
    life(made, one, "auditor")
    seen = Record.objects.order_by("id").last()
    assert seen
    assert (seen.action, seen.object_id) == ("alert.seen", str(made.victim().id))
    assert seen.detail == {"alert": str(one.id)}
    page = sign_in(made.force, "supervisor", "").get(f"/cases/{made.crime().id}/record/")
    assert "Looked at what became of an alert" in text(page.content)


def test_the_case_leads_to_each_alert(made: World) -> None:
    page = sign_in(made.force).get(f"/cases/{made.crime().id}/")
    assert f'href="/alerts/{alert(made).id}/"' in page.content.decode()


def test_its_cost_does_not_grow_with_the_tries(made: World) -> None:
    client = sign_in(made.force)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/alerts/{alert(made).id}/")
        return len([one for one in asked if re.match(r"\s*select", one["sql"], re.I)])

    before = statements()
    send(*[LATER] * 12)
    assert statements() == before
