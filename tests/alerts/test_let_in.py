"""Somebody who lost everything is let in again: what goes out, by which way, and what does not."""

import re
from typing import Any

import pytest

from tests.alerts.outgoing import MAIL, MOBILE, letters, quiet, reached
from tests.alerts.test_signins import carry_on
from tests.desk.people import World, sign_in, staff
from tests.support.doors import door_client, role
from trackmycrime import pipeline
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import Account, Invitation, SignIn, Staff, Victim

pytestmark = pytest.mark.django_db
NEW = {"email": "new@example.org", "password": "another three words"}


@pytest.fixture
def made(settings: Any) -> World:
    return reached(settings)


def checked(made: World) -> Staff:
    """An officer who has looked at the person's passport."""
    officer = staff(made.force)
    with role("desk"), bound(force=made.force.id, account=officer.account_id):
        pipeline.check_identity(officer, made.victim().id, "in_person", ["passport"], now=utc_now())
    return officer


def invited(made: World, officer: Staff) -> bool:
    with role("desk"), bound(force=made.force.id, account=officer.account_id):
        return pipeline.invite_again(officer, made.victim().id, now=utc_now())


def test_the_invitation_of_who_has_joined_goes_out_and_opens_their_account_again(made: World) -> None:
    assert invited(made, checked(made))
    (mail,) = letters()
    assert mail.address == MAIL
    (token,) = re.findall(r"/start/([A-Za-z0-9_-]{32})", mail.body)
    browser = door_client("portal")
    browser.post(f"/start/{token}", {"start": "1"})
    browser.post("/start/text/")
    code = Invitation.objects.get(state="opened").activation_code
    assert browser.post("/start/code/", {"code": code}).headers["Location"] == "/start/account/"
    assert browser.post("/start/again/", NEW).headers["Location"] == "/cases/"
    account = Account.objects.get(pk=made.victim().account_id)
    assert account.email == NEW["email"]
    # and somebody who reads those mails is not the only one who hears of it
    quiet()
    carry_on()
    (note,) = letters()
    assert (note.address, note.words.partition("/")[0]) == (MOBILE, "alert.sign_in.text")
    assert sorted(SignIn.objects.values_list("how", "told")) == [("invitation", "joined"), ("let_in", "text")]


def test_one_that_was_taken_back_before_it_went_goes_no_more(made: World) -> None:
    invited(made, checked(made))
    answer = sign_in(made.force).post(f"/people/{made.victim().id}/invitation/revoke/")
    assert "done=revoked" in answer.headers["Location"]
    assert letters() == []


def test_nothing_is_made_without_a_look_or_for_whom_the_site_is_not_safe(made: World) -> None:
    officer = staff(made.force)
    with pytest.raises(pipeline.NotPossible, match="not_checked"):
        invited(made, officer)
    officer = checked(made)
    Victim.objects.update(disguise=True)
    assert not invited(made, officer)
    assert letters() == []
