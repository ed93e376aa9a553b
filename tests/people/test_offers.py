"""Later crimes of the same person: offered to their account, never added by themselves, joined only after a proof."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.urls import reverse

from tests.people.making import (
    NOW,
    invited,
    make_account,
    make_crime,
    make_force,
    make_victim,
    sign_in,
)
from tests.support.doors import role
from trackmycrime.audit import api as audit
from trackmycrime.cases.models import Crime
from trackmycrime.kernel import scope
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import invitations, joining, offers
from trackmycrime.people.models import Access, Account, Invitation, Victim

pytestmark = pytest.mark.django_db
HERE = "192.0.2.1"


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def later(account: Account) -> Victim:
    """Somebody who joined about one crime, and is now the victim of another."""
    force = make_force()
    make_victim(make_crime(force), account=account, joined_at=NOW)
    return make_victim(make_crime(force, "46/2/26"))


def offered(account: Account, now: Any = NOW) -> list[uuid.UUID]:
    with role("portal"), scope.bound(account=account.pk):
        return [one.invitation for one in offers.mine(now)]


def test_a_later_crime_is_offered_and_not_added(account: Account, later: Victim) -> None:
    made = invited(later, NOW)
    assert offered(account) == [made.invitation_id]
    later.refresh_from_db()
    assert later.account_id is None
    assert offered(account, NOW + timedelta(hours=72)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"person": "p2"},
        {"live": False},
        {"no_portal": True},
        {"disguise": True},
        {"under_age": True},
        {"enhanced": True},
    ],
)
def test_nothing_is_offered_of_others_or_where_it_could_give_something_away(
    account: Account, later: Victim, change: dict[str, Any]
) -> None:
    invited(later, NOW)
    Victim.objects.filter(pk=later.pk).update(**change)
    assert offered(account) == []


def test_nothing_is_offered_in_a_case_of_a_protected_kind(account: Account, later: Victim) -> None:
    """Whoever knows the password of an account must not learn there that its owner has reported them."""
    later.safe_known = True
    invited(later, NOW, flagged=True)
    Crime.objects.filter(pk=later.crime_id).update(switched_on=True)
    assert offered(account) == []


@pytest.mark.parametrize("state", ["used", "locked", "stopped", "revoked", "expired"])
def test_what_is_over_is_offered_no_more(account: Account, later: Victim, state: str) -> None:
    invited(later, NOW)
    Invitation.objects.update(state=state)
    assert offered(account) == []


def test_the_same_id_at_another_force_is_another_person(account: Account, later: Victim) -> None:
    invited(make_victim(make_crime(make_force("essex"))), NOW)
    assert offered(account) == []


def test_what_an_officer_hands_over_or_posts_is_not_offered(account: Account, later: Victim) -> None:
    for make in (invitations.invite_in_person, invitations.invite_by_letter):
        assert make(later.force, later, by=audit.SYSTEM, now=NOW)
        assert offered(account) == []


def test_a_helper_is_offered_nothing(account: Account, later: Victim) -> None:
    invited(later, NOW)
    helper = make_account("helper@example.org")
    own = Victim.objects.get(account=account)
    Access.objects.create(
        force=own.force, victim=own, crime_id=own.crime_id, kind="helper", account=helper, name="x",
        until=NOW + timedelta(days=300), given_by=account.pk, given_at=NOW, joined_at=NOW,
    )  # fmt: skip
    assert offered(helper) == []


def test_nothing_without_somebody_signed_in(later: Victim) -> None:
    invited(later, NOW)
    with role("portal"):
        assert offers.mine(NOW) == []


def test_it_is_joined_only_after_the_second_proof(account: Account, later: Victim) -> None:
    made = invited(later, NOW)
    code = Invitation.objects.get().activation_code
    with role("portal"):
        with scope.bound(account=account.pk):
            found = offers.take(made.invitation_id, HERE, now=NOW)
            assert offers.take(uuid.uuid4(), HERE, now=NOW) is None
        assert found
        assert not found.ticket
        assert joining.join(found, account.pk, now=NOW) is None
        assert joining.prove(found, "000000", HERE, now=NOW) == ("wrong", None)
        _, proved = joining.prove(found, code, HERE, now=NOW)
        assert proved
        assert joining.join(proved, account.pk, now=NOW)
    later.refresh_from_db()
    assert later.account_id == account.pk
    assert offered(account) == []


def test_five_wrong_codes_end_the_offer_too(account: Account, later: Victim) -> None:
    made = invited(later, NOW)
    with role("portal"), scope.bound(account=account.pk):
        found = offers.take(made.invitation_id, HERE, now=NOW)
        assert found
        for _ in range(5):
            joining.prove(found, "000000", HERE, now=NOW)
    assert offered(account) == []
    later.refresh_from_db()
    assert later.account_id is None


def test_the_pages_say_nothing_of_the_crime_before_the_proof(account: Account, later: Victim) -> None:
    made = invited(later, utc_now())
    browser, _ = sign_in("portal")
    assert "Police have 1 more case for you" in browser.get("/cases/").content.decode()
    page = browser.get("/cases/more/").content.decode()
    for word in ("Burglary", "46/2/26", "Sam Example", "07700"):
        assert word not in page
    assert "Nothing is added by itself" in page
    take = reverse("take_case", urlconf="trackmycrime.portal.urls", args=[made.invitation_id])
    assert browser.get(take).status_code == 405
    assert browser.post(take).headers["Location"] == "/start/code/"
    code = Invitation.objects.get().activation_code
    assert browser.post("/start/code/", {"code": code}).headers["Location"] == "/start/account/"
    later.refresh_from_db()
    assert later.account_id is None, "and still one button before it is added"
    assert browser.post("/start/account/", {"mine": "1"}).headers["Location"] == "/cases/"
    later.refresh_from_db()
    assert later.account_id == account.pk
    assert "more case" not in browser.get("/cases/").content.decode()
    assert "There is nothing to add just now" in browser.get("/cases/more/").content.decode()


def test_another_s_offer_is_not_found_and_a_stale_sign_in_is_asked_again(
    account: Account, later: Victim
) -> None:
    made = invited(make_victim(make_crime(later.force, "46/9/26"), "p9"), utc_now())
    browser, _ = sign_in("portal")
    for invitation in (made.invitation_id, uuid.uuid4()):
        take = reverse("take_case", urlconf="trackmycrime.portal.urls", args=[invitation])
        assert browser.post(take).status_code == 404
    with time_machine.travel(utc_now() + timedelta(minutes=11)):
        assert browser.get("/cases/more/").headers["Location"].startswith("/confirm/")


def test_offers_are_found_by_an_index(account: Account, later: Victim) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select indexdef from pg_indexes where indexname = 'people_victim_not_joined'")
        (made,) = cursor.fetchone()
    assert "person, force_id" in made
    assert "account_id IS NULL" in made
