"""Hearings, property and merged records on the page of a case, under the portal's own rights."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.portal.making import World, join, signed_in, world
from tests.portal.test_cases import text
from tests.support.events import belonging, crime, event, hearing, victim
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import Account, Victim

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> World:
    return world()


@pytest.fixture
def account(made: World) -> Account:
    return join(made)


def test_court_dates_and_property_are_on_the_page_at_no_further_statement(
    made: World, account: Account
) -> None:
    client = signed_in()
    page = f"/cases/{made.case('52/1')}/"
    client.get(page)
    assert "Court dates" not in text(client.get(page))
    day = utc_now() + timedelta(days=20)
    made.send(
        *(
            hearing("52/1", n, f"H{n}", starts_at=day.isoformat(), attendance="required")
            for n in range(2, 20)
        ),
        *(belonging("52/1", n, "ready_to_collect", f"I{n}", collect_from="Bridewell") for n in range(2, 20)),
    )
    with CaptureQueriesContext(connection) as asked:
        said = text(client.get(page))
    assert "Court dates" in said
    assert said.count("You need to be there ") >= 18
    assert said.count("Serial number: WTU-0042") == 18
    assert said.count("Value: £349.99") == 18
    ours = r"(?i)savepoint|release|set local role|reset role"
    counted = [query["sql"] for query in asked if not re.match(ours, query["sql"])]
    assert len(counted) <= 8, "\n".join(counted)


def test_another_victim_of_the_case_is_not_shown_what_tells_an_item_from_others(
    made: World, account: Account
) -> None:
    made.send(victim("52/1", 1, "P2", role="spokesperson"), belonging("52/1", 2, "held"), hearing("52/1", 2))
    Victim.objects.filter(person="P1").update(account=None)
    Victim.objects.filter(person="P2").update(account=account)
    said = text(signed_in().get(f"/cases/{made.case('52/1')}/"))
    assert "Blue bicycle" in said
    assert "WTU-0042" not in said
    assert "349.99" not in said


def test_the_page_of_a_merged_case_names_the_other_to_whoever_has_a_part_in_it(
    made: World, account: Account
) -> None:
    made.send(crime("52/2", 1), victim("52/2", 1, "P2"))
    made.send(event("crime.withdrawn", "52/1", 3, {"reason": "merged", "merged_into": "52/2"}))
    client = signed_in()
    old = text(client.get(f"/cases/{made.case('52/1')}/"))
    assert "The other case has the reference 52/2." in old
    new = text(client.get(f"/cases/{made.case('52/2')}/"))
    assert "They have put them together in this case." in new


def test_it_is_not_named_to_somebody_who_has_no_part_in_it(made: World, account: Account) -> None:
    made.send(crime("52/2", 1), victim("52/2", 1, "P2"))
    made.send(event("crime.withdrawn", "52/1", 3, {"reason": "merged", "merged_into": "52/2"}))
    other = Victim.objects.get(person="P2").crime_id
    Victim.objects.filter(person="P1", crime_id=other).update(live=False)
    old = text(signed_in().get(f"/cases/{made.case('52/1')}/"))
    assert "now part of another one" in old or "put them together" in old
    assert "52/2" not in old
