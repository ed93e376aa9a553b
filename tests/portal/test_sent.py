"""What was sent to me: when, how and in which language; no address whole, nothing of others, nothing where unsafe."""

import re
from typing import Any

import pytest
from django.db import connection

from tests.desk.people import World, world
from tests.desk.test_case import text
from tests.portal.making import signed_in
from tests.support.doors import denied, role
from tests.support.events import update
from tests.support.sending import send
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery.letters import Outcome
from trackmycrime.delivery.models import Dispatch
from trackmycrime.kernel.crypto import blind_email
from trackmycrime.kernel.ids import new_id
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import Victim
from trackmycrime.publish.models import Case

pytestmark = pytest.mark.django_db

TAKEN = Outcome("accepted", "250")


@pytest.fixture
def made() -> World:
    """P1 got an invitation and an alert, by email."""
    made = world()
    send(TAKEN)
    made.send(update("52/1", 3, "u1", "suspect_arrested"))
    send(TAKEN)
    return made


def listed(**query: Any) -> str:
    page = signed_in("p1@example.org").get("/settings/sent/", query)
    assert page.status_code == 200
    return text(page.content)


def test_it_says_what_was_sent_when_how_and_in_which_language(made: World) -> None:
    said = listed()
    assert re.search(
        r"A note that there was something new Email to p…@example.org \w+ \d+ \w+, \S+ · In English"
        r" .*An invitation to use this site Email to p…@example.org",
        said,
    )
    for secret in ("p1@example.org", "arrest", "52/1", "Burglary", "Rhian"):
        assert secret not in said


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("no_news", "A note that there was no news yet"),
        ("contact_new", "A note that we now write to you there"),
        ("contact_told", "A note that how we reach you had changed"),
    ],
)
def test_what_did_not_tell_of_something_new_is_said_to_be_so(made: World, about: str, words: str) -> None:
    Alert.objects.filter(about="update").update(about=about)
    said = listed()
    assert f"{words} Email to p…@example.org" in said
    assert "something new" not in said


def test_it_is_there_in_welsh(made: World) -> None:
    client = signed_in("p1@example.org")
    client.get("/language/cy/")
    said = text(client.get("/settings/sent/").content)
    assert "Nodyn bod rhywbeth newydd" in said
    assert re.search(r"bost at p…@example.org .* Yn Saesneg", said)


def test_settings_lead_to_it(made: World) -> None:
    assert 'href="/settings/sent/"' in signed_in("p1@example.org").get("/settings/").content.decode()


def test_an_address_that_has_changed_is_not_shown_at_all(made: World) -> None:
    mine = made.victim()
    mine.email, mine.email_hash = "new@example.org", blind_email("new@example.org")
    mine.save()
    said = listed()
    assert "Email to an address that we do not use for you any more" in said
    assert "…@" not in said


def test_what_arrived_and_what_did_not_is_said(made: World) -> None:
    first, second = Dispatch.objects.filter(state="accepted").order_by("id")
    Dispatch.objects.filter(id=first.id).update(state="delivered")
    Dispatch.objects.filter(id=second.id).update(state="failed")
    said = listed()
    assert "It arrived" in said
    assert "It could not be delivered" in said


def test_what_waits_or_was_cancelled_was_not_sent(made: World) -> None:
    Dispatch.objects.update(state="cancelled")
    assert "There is nothing to show." in listed()


@pytest.mark.parametrize(
    ("victim", "case", "letter"),
    [
        ({"disguise": True}, {}, {}),
        ({"no_portal": True}, {}, {}),
        ({"live": False}, {}, {}),
        ({}, {"open": False}, {}),
        ({}, {}, {"disguised": True}),
    ],
)
def test_nothing_shows_where_it_must_not(
    made: World, victim: dict[str, Any], case: dict[str, Any], letter: dict[str, Any]
) -> None:
    assert "something new Email" in listed()
    for model, values in ((Victim, victim), (Case, case), (Dispatch, letter)):
        if values:
            model.objects.update(**values)
    assert "There is nothing to show." in listed()


def rows(made: World, person: str) -> list[Any]:
    account = made.accounts[person].id
    with role("portal"), bound(account=account), connection.cursor() as cursor:
        cursor.execute("select * from sent_to_me(100)")
        return cursor.fetchall()


def test_nobody_is_told_of_what_was_sent_to_another(made: World) -> None:
    other = world("south-wales")
    send(TAKEN)
    mine = other.join("P9")  # an account without a case
    assert mine
    assert len(rows(made, "P1")) == 3  # P1 is one account with a case in each force
    assert rows(other, "P9") == []
    with role("portal"), connection.cursor() as cursor:
        cursor.execute("select * from sent_to_me(100)")
        assert cursor.fetchall() == []


def test_the_portal_can_read_no_letter_no_address_and_no_alert(made: World) -> None:
    assert not {b"p1@example.org", *[bytes(one.address_hash) for one in Dispatch.objects.all()]} & {
        bytes(value) for row in rows(made, "P1") for value in row if isinstance(value, bytes | memoryview)
    }
    for table in ("delivery_dispatch", "delivery_attempt", "alerts_alert", "alerts_told"):
        denied("portal", f"select 1 from {table}")


def test_many_stand_on_several_pages(made: World) -> None:
    first = Dispatch.objects.filter(purpose="alert").get()
    Dispatch.objects.bulk_create([Dispatch(**{**_values(first), "id": new_id()}) for _ in range(30)])
    assert "Page 1 of 2" in listed()
    assert "An invitation to use this site" in listed(page=2)


def _values(row: Dispatch) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in Dispatch._meta.concrete_fields}
