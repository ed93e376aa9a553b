"""What is due, and the other lists: whose work, in which order, page by page, and how many statements it takes."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.desk.people import World, held, sign_in, world
from tests.desk.test_case import text
from tests.support.events import crime, event, update, victim
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import Victim
from trackmycrime.tasks.api import Need, open_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> World:
    return world()


def need(
    made: World, kind: str, reference: str, days: float | None, officer: str = "o1", unit: str = "u1"
) -> None:
    now = utc_now()
    of = made.crime(reference)
    person = Victim.objects.filter(crime_id=of.id).first()
    assert person
    due = now + timedelta(days=days) if days is not None else None
    one = Need(kind, uuid.uuid4().hex, of.id, person.id, officer, unit, due)
    open_tasks(made.force.id, [one], now=now)


def more(made: World, *references: str, officer: str = "O1", unit: str = "U1") -> None:
    made.send(
        *(
            e
            for ref in references
            for e in (
                crime(ref, 1, officer=officer, unit=unit, stage="investigating"),
                victim(
                    ref, 1, f"V{ref}", name=f"Person of {ref}", email=f"v{ref.replace('/', '')}@example.org"
                ),
            )
        )
    )


def test_the_most_urgent_is_first_under_its_heading(made: World) -> None:
    need(made, "update_due", "52/1", 60)
    need(made, "could_not_be_reached", "52/1", -8)
    need(made, "unopened", "52/1", 3)
    need(made, "invitation_not_used", "52/1", None)
    said = text(sign_in(made.force).get("/").content)
    heads = ["Late", "In the next seven days", "Later", "Without a date"]
    assert [said.index(f" {head} ") for head in heads] == sorted(said.index(f" {head} ") for head in heads)
    assert "Everything due (4)" in said
    assert "Cannot be reached (1)" in said
    assert "working days late" in said
    only = text(sign_in(made.force).get("/?show=unreachable").content)
    assert "We could not reach this person" in only
    assert "An important update has not been opened" not in only


def test_whose_work_is_shown(made: World) -> None:
    made.send(
        event("officer.changed", "O2", 1, {"name": "Ben Shaw", "rank": "PC", "unit": "U1"}),
        event("officer.changed", "O3", 1, {"name": "Cai Rees", "rank": "PC", "unit": "U2"}),
    )
    more(made, "61/1", officer="O2", unit="U1")
    more(made, "61/2", officer="O3", unit="U2")
    client = sign_in(made.force)

    def cases(who: str) -> set[str]:
        return set(re.findall(r"\b\d\d/\d\b", text(client.get(f"/cases/?who={who}").content)))

    assert cases("mine") == {"52/1"}
    assert cases("team") == cases("") == {"52/1", "61/1"}
    assert cases("force") == {"52/1", "61/1", "61/2"}
    nobody = text(sign_in(made.force, officer_id="").get("/cases/").content)
    assert "61/2" in nobody
    assert "Showing:" not in nobody


def test_lists_are_cut_into_pages(made: World) -> None:
    more(made, *(f"71/{n}" for n in range(25)))
    client = sign_in(made.force)
    first, second = client.get("/cases/"), client.get("/cases/?page=2&who=team")
    assert b"Page 1 of 2" in first.content
    assert first.content.count(b'class="tmc-due__row') == 20
    assert second.content.count(b'class="tmc-due__row') == 6
    for odd in ("0", "-1", "x", "²", "9" * 40):
        assert client.get(f"/cases/?page={odd}").status_code == 200


@pytest.mark.parametrize("typed", ["52/AB-1", " 52/ab-1 ", "52 / AB - 1"])
def test_a_case_is_found_by_its_whole_reference_however_it_is_typed(made: World, typed: str) -> None:
    more(made, "52/AB-1")
    answer = sign_in(made.force).post("/cases/find/", {"reference": typed})
    assert answer.status_code == 303
    assert answer["Location"] == f"/cases/{made.crime('52/AB-1').id}/"


def test_a_part_of_a_reference_an_unknown_and_another_forces_find_nothing(made: World) -> None:
    other = world("south-wales")
    more(other, "99/7")
    client = sign_in(made.force)
    for typed in ("99/7", "52", "88/88"):
        answer = client.post("/cases/find/", {"reference": typed})
        assert answer.status_code == 422
        assert "There is no case with that reference in your force" in text(answer.content)
    assert "Enter a crime reference" in text(client.post("/cases/find/", {"reference": ""}).content)


def test_an_administrator_sees_figures_and_nobodys_name(made: World) -> None:
    need(made, "could_not_be_reached", "52/1", -8)
    said = text(sign_in(made.force, "administrator", "").get("/").content)
    assert "Of these, late 1" in said
    assert "Rhian" not in said
    assert "52/1" not in said


def test_another_forces_work_is_in_no_list_and_no_figure(made: World) -> None:
    other = world("south-wales")
    held(other)
    other.write("Hello")
    client = sign_in(made.force, "supervisor", "")
    for path in ("/", "/cases/", "/held/", "/messages/"):
        assert text(client.get(path).content).count("Rhian Example") <= 1, path
    assert "Everything due (0) Unread messages (0) Waiting for a yes (0)" in text(client.get("/").content)


def _statements(client: object, path: str) -> int:
    client.get(path)  # type: ignore[attr-defined]
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200  # type: ignore[attr-defined]
    # what the test does to take the door's role is not the door's
    return len([q for q in seen if "set local role" not in q["sql"] and "reset role" not in q["sql"]])


BUDGETS = {"/": 14, "/cases/": 11, "/held/": 11, "/messages/": 10}


@pytest.mark.parametrize("path", BUDGETS)
def test_a_list_costs_the_same_with_five_rows_and_with_fifty(made: World, path: str) -> None:
    client = sign_in(made.force)

    def fill(start: int, end: int) -> None:
        references = [f"81/{n}" for n in range(start, end)]
        more(made, *references)
        made.send(*(update(ref, 2, "h", "note", text={"en": "Wait."}, review=True) for ref in references))
        for n, reference in enumerate(references):
            need(made, "update_due", reference, n)
            made.join(f"V{reference}")
            made.write("Hello?", reference, f"V{reference}")

    fill(0, 5)
    few = _statements(client, path)
    fill(5, 50)
    assert _statements(client, path) == few
    assert few <= BUDGETS[path]


CASE_BUDGET = 24


def test_the_case_page_costs_the_same_however_much_is_in_it(made: World) -> None:
    client = sign_in(made.force)
    path = f"/cases/{made.crime().id}/"

    def fill(start: int, end: int) -> None:
        numbers = range(100 + start, 100 + end)
        made.send(
            *(update("52/1", n, f"u{n}", "note", text={"en": f"Note {n}"}) for n in numbers),
            *(update("52/1", n, f"h{n}", "note", text={"en": f"Held {n}"}, review=True) for n in numbers),
            *(victim("52/1", n, f"W{n}", name=f"Person {n}", email=f"w{n}@example.org") for n in numbers),
        )
        for n in range(start, end):
            need(made, "update_due", "52/1", n)
            made.write(f"Hello {n}", now=utc_now() - timedelta(hours=2 * (50 - n)))

    fill(0, 5)
    few = _statements(client, path)
    fill(5, 50)
    assert _statements(client, path) == few
    assert few <= CASE_BUDGET
