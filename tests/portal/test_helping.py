"""Letting somebody in to a case and helping with one, by the pages, under the portal's own login."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from tests.people.helping import let_in, organisation, person, worker
from tests.people.making import Counted
from tests.portal.making import PASSWORD, World, join, signed_in, world
from tests.support.doors import door_client, role
from tests.support.events import crime, update, victim
from trackmycrime.alerts import helping as mails
from trackmycrime.audit.models import Record
from trackmycrime.delivery.models import Dispatch
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.messages.models import Message
from trackmycrime.people import limits
from trackmycrime.people.models import Access, Account, Member, Victim

pytestmark = pytest.mark.django_db
NOW = utc_now()


class Made:
    def __init__(self) -> None:
        self.world: World = world()
        self.world.send(crime("52/2", 1), victim("52/2", 1))
        self.rhian = join(self.world)
        self.case = self.world.case("52/1")
        self.part = Victim.objects.get(person="P1", crime_id=self._crime())

    def _crime(self) -> Any:
        from trackmycrime.publish.models import Case

        return Case.objects.get(id=self.case).crime_id

    @property
    def people(self) -> str:
        return f"/cases/{self.case}/people/"


@pytest.fixture
def made() -> Made:
    return Made()


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def form(**more: Any) -> dict[str, Any]:
    day = london_date(utc_now()) + timedelta(days=30)
    parts = {"day_day": day.day, "day_month": day.month, "day_year": day.year}
    return {"name": "Gwen", "email": "gwen@example.org", "may": "write"} | parts | more


def invite(made: Made, client: Client, **more: Any) -> tuple[str, str]:
    """The code that the victim sees, and the link that the helper gets."""
    answer = client.post(f"{made.people}add/", form(**more), follow=True)
    found = re.search(r'class="tmc-code"><strong>([A-Z0-9-]+)', answer.content.decode())
    assert found, text(answer)
    with role("worker"):
        mails.send_invitations(utc_now())
    letter = Dispatch.objects.order_by("-id").first()
    assert letter
    assert letter.body
    return found[1], letter.body.partition("/helping/start/")[2].split()[0]


def test_from_the_form_to_a_message_in_the_helpers_own_name(made: Made) -> None:
    rhian = signed_in()
    code, link = invite(made, rhian)
    assert code not in text(rhian.get(f"{made.people}code/", follow=True)), "once"
    assert "have not joined yet" in text(rhian.get(made.people))
    gwen = door_client("portal")
    start = f"/helping/start/{link}"
    assert "Rhian" not in text(gwen.get(start))
    assert gwen.post(start, {"start": "1"})["Location"] == "/helping/code/"
    assert gwen.get("/helping/account/")["Location"] == "/helping/code/"
    assert gwen.post("/helping/code/", {"code": "XXXX-XXXX"}).status_code == 200
    assert gwen.post("/helping/code/", {"code": code})["Location"] == "/helping/account/"
    answer = gwen.post("/helping/account/", {"email": "gwen@example.org", "password": "wooden kettle orbit"})
    assert answer.status_code == 302, text(answer)
    page = gwen.get(f"/cases/{made.case}/")
    assert "You are helping somebody with this case" in text(page)
    assert "Change how we keep in touch" not in text(page)
    assert "Who can see this case with you" not in text(page)
    assert Record.objects.filter(actor_kind="helper", action="case.seen_by_helper").count() == 1
    cases = text(gwen.get("/cases/"))
    assert "You help with this case" in cases
    assert "52/2" not in cases
    thread = f"/cases/{made.case}/messages/"
    once = re.search(r'name="once" value="([^"]+)', gwen.get(thread).content.decode())
    assert once
    assert gwen.post(thread, {"text": "She is well", "once": once[1]}).status_code == 302
    message = Message.objects.get()
    helper = Account.objects.get(id=message.account_id)
    assert helper.email == "gwen@example.org"
    assert message.access_id == Access.objects.get().id
    assert Record.objects.filter(
        actor_kind="helper", actor_id=str(helper.id), action="message.written_by_helper"
    ).exists()
    assert "Gwen, who helps" in text(rhian.get(thread))
    assert " You " in text(gwen.get(thread))
    shown = text(rhian.get(f"/cases/{made.case}/"))
    assert "Gwen can read and write" in shown


def test_what_a_reader_may_not(made: Made) -> None:
    let_in(made.part, person("gwen@example.org"))
    gwen = signed_in("gwen@example.org")
    thread = f"/cases/{made.case}/messages/"
    assert b"<textarea" not in gwen.get(thread).content
    assert gwen.post(thread, {"text": "x", "once": "019aa6e8-1c5e-7b0a-9d52-1f6f3f1f9c11"}).status_code == 404
    assert not Message.objects.exists()
    for page in (made.people, f"{made.people}add/", f"/cases/{made.world.case('52/2')}/"):
        assert gwen.get(page).status_code == 404
    settings = gwen.get("/settings/").content.decode()
    assert "rhian" not in settings.lower()
    assert "channel_" not in settings


def test_the_victim_changes_and_ends_it(made: Made) -> None:
    access = let_in(made.part, person("gwen@example.org"))
    rhian, gwen = signed_in(), signed_in("gwen@example.org")
    page = f"/cases/{made.case}/"
    assert "You can read it, until" in text(gwen.get(page))
    assert rhian.post(f"/people/{access.id}/change/", form()).status_code == 302
    assert "write to police in your own name" in text(gwen.get(page)), "a kept page does not go on"
    assert rhian.post(f"/people/{access.id}/end/").status_code == 302
    assert gwen.get(page).status_code == 404
    assert "You stopped it" in text(rhian.get(made.people))
    assert "Nobody but you and police" in text(rhian.get(page))
    assert rhian.post(f"/people/{access.id}/end/").status_code == 404


def test_another_victims_helpers_are_none_of_mine(made: Made) -> None:
    made.world.send(victim("52/1", 5, "I"))
    idris = join(made.world, "I", "idris@example.org")
    theirs = let_in(Victim.objects.get(person="I"), person("gwen@example.org"))
    rhian = signed_in()
    assert "Gwen" not in text(rhian.get(made.people))
    assert "Gwen" not in text(rhian.get(f"/cases/{made.case}/"))
    for act in ("end", "change", "again", "contact"):
        assert rhian.post(f"/people/{theirs.id}/{act}/", form(addresses="ours", sure="on")).status_code == 404
    assert Access.objects.get(ended_at=None).given_by == idris.id


def test_who_has_a_part_and_helps_another_with_theirs_is_both(made: Made) -> None:
    made.world.send(
        victim("52/1", 5, "I"), update("52/1", 6, "R", "note", text={"en": "For Rhian"}, victims=["P1"])
    )
    idris = join(made.world, "I", "idris@example.org")
    access = let_in(made.part, idris, name="My brother")
    let_in(Victim.objects.get(person="I"), person("gwen@example.org"))
    client = signed_in("idris@example.org")
    page = text(client.get(f"/cases/{made.case}/"))
    assert "For Rhian" in page
    assert "Gwen Example can read" in page
    assert "My brother" not in page, "it is not his case that he was let in to"
    looked = Record.objects.get(actor_kind="helper", action="case.seen_by_helper")
    assert (looked.actor_id, looked.detail["access"]) == (str(idris.id), str(access.id))
    assert f"/helping/{access.id}/leave/" in client.get("/helping/").content.decode()


def test_reading_the_messages_of_somebody_else_is_written_down(made: Made) -> None:
    gwen = person("gwen@example.org")
    let_in(made.part, gwen)
    thread = f"/cases/{made.case}/messages/"
    assert signed_in().get(thread).status_code == 200
    assert not Record.objects.filter(action="case.seen_by_helper").exists()
    assert signed_in("gwen@example.org").get(thread).status_code == 200
    assert Record.objects.get(action="case.seen_by_helper").actor_id == str(gwen.id)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Enter their name"),
        ({"email": "gwen"}, "Enter all of their email address"),
        ({"may": ""}, "Choose what they may do"),
        ({"day_year": "2001"}, "Choose a day that is still to come"),
        ({"day_year": "2999"}, "within the next year"),
        ({"day_month": ""}, "must have a month"),
    ],
)
def test_a_wrong_form_says_what_would_be_right(made: Made, wrong: dict[str, str], words: str) -> None:
    answer = signed_in().post(f"{made.people}add/", form(**wrong))
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Access.objects.exists()


def test_a_child_is_sent_to_the_officer(made: Made) -> None:
    Victim.objects.update(under_age=True)
    rhian = signed_in()
    assert "You are under 18" in text(rhian.get(made.people))
    assert "You are under 18" in text(rhian.post(f"{made.people}add/", form()))


def test_letting_in_needs_a_fresh_sign_in_and_stopping_does_not(made: Made) -> None:
    access = let_in(made.part, person("gwen@example.org"))
    rhian = signed_in()
    with time_machine.travel(utc_now() + timedelta(minutes=11)):
        for page in (f"{made.people}add/", f"/people/{access.id}/change/"):
            assert rhian.get(page)["Location"].startswith("/confirm/"), page
            assert rhian.post(page, form())["Location"].startswith("/confirm/"), page
        assert rhian.post(f"/people/{access.id}/end/").status_code == 302


def test_who_helps_asks_to_be_told_and_leaves(made: Made) -> None:
    access = let_in(made.part, person("gwen@example.org"))
    gwen = signed_in("gwen@example.org")
    assert "We do not tell you" in text(gwen.get("/helping/"))
    gwen.post(f"/helping/{access.id}/alerts/", {"wanted": "yes"})
    assert "once a day at most" in text(gwen.get("/helping/"))
    assert signed_in().post(f"/helping/{access.id}/leave/").status_code == 404
    gwen.post(f"/helping/{access.id}/leave/")
    assert "You do not help anybody" in text(gwen.get("/helping/"))
    assert Access.objects.get().ended_why == "left"


def test_a_business_hands_its_case_to_a_colleague(made: Made) -> None:
    Victim.objects.update(role="business_contact")
    access = let_in(made.part, person("gwen@example.org"))
    rhian, gwen = signed_in(), signed_in("gwen@example.org")
    assert "Make them the named contact" in text(rhian.get(made.people))
    assert rhian.post(f"/people/{access.id}/contact/", {"addresses": "mine"}).status_code == 422
    sure = {"addresses": "mine", "sure": "on"}
    assert rhian.post(f"/people/{access.id}/contact/", sure)["Location"] == "/cases/"
    assert rhian.get(f"/cases/{made.case}/").status_code == 404
    assert "Who can see this case with you" in text(gwen.get(f"/cases/{made.case}/"))


def test_an_organisation_is_let_in_and_sees_to_who_works_there(made: Made) -> None:
    of = organisation(made.world.force)
    boss = worker(of, person("boss@example.org"), "administrator")
    hand = worker(of, person("hand@example.org"))
    rhian = signed_in()
    assert rhian.post(f"{made.people}organisation/", form(organisation=str(of.id))).status_code == 302
    page = f"/cases/{made.case}/"
    at_hand, at_boss = signed_in("hand@example.org"), signed_in("boss@example.org")
    assert at_hand.get(page).status_code == 200
    assert at_hand.get(f"/helping/team/{of.id}/").status_code == 404
    team = at_boss.post(f"/helping/team/{of.id}/", {"name": "New", "email": "new@example.org"}, follow=True)
    assert "The code for New" in text(team)
    assert "The code for New" not in text(at_boss.get(f"/helping/team/{of.id}/"))
    assert at_hand.post(f"/helping/member/{boss.id}/off/").status_code == 404
    assert at_boss.post(f"/helping/member/{hand.id}/off/").status_code == 302
    assert at_hand.get(page).status_code == 404
    at_boss.post(f"/helping/member/{boss.id}/off/")
    assert Member.objects.get(id=boss.id).ended_at is None, "somebody has to say who works there"


def test_an_invitation_that_is_not_for_me(made: Made) -> None:
    _code, link = invite(made, signed_in())
    client = door_client("portal")
    assert client.post(f"/helping/start/{link}", {"not_for_me": "1"})["Location"] == "/helping/not-for-me/"
    assert "we have stopped it" in text(client.post("/helping/not-for-me/"))
    assert client.get(f"/helping/start/{link}").status_code == 404
    assert client.get("/helping/code/").status_code == 404


def test_whoever_guesses_a_code_hears_the_same_until_there_are_too_many(made: Made) -> None:
    code, link = invite(made, signed_in())
    client = door_client("portal")
    client.post(f"/helping/start/{link}", {"start": "1"})
    said = [client.post("/helping/code/", {"code": "XXXX-XXXX"}) for _ in range(limits.PROVING.most + 1)]
    assert {answer.status_code for answer in said[:-1]} == {200}
    assert (said[-1].status_code, "too many tries" in text(said[-1])) == (429, True)
    with time_machine.travel(utc_now() + limits.PROVING.window):
        assert client.post("/helping/code/", {"code": code}).status_code == 200, (
            "locked, and it does not say so"
        )
    assert "wrong code five times" in text(signed_in().get(made.people))


def test_a_sign_in_that_somebody_has_takes_it_up(made: Made) -> None:
    gwen = person("gwen@example.org")
    code, link = invite(made, signed_in())
    client = door_client("portal")
    client.post(f"/helping/start/{link}", {"start": "1"})
    client.post("/helping/code/", {"code": code})
    taken = client.post("/helping/account/", {"email": "gwen@example.org", "password": PASSWORD})
    assert taken.status_code == 200, "nobody comes into an account that is there but by signing in"
    answer = client.post(
        "/sign-in/?next=/helping/account/", {"email": "gwen@example.org", "password": PASSWORD}
    )
    assert answer["Location"] == "/helping/account/"
    assert client.post("/helping/account/", {"mine": "1"})["Location"] == "/helping/"
    assert Access.objects.get().account_id == gwen.id


def test_sharing_costs_the_pages_no_statement(made: Made) -> None:
    def cost(page: str) -> int:
        client = signed_in()
        client.get(page)
        Victim.objects.filter(id=made.part.id).update(told_at=NOW)
        with connection.execute_wrapper(counted := Counted()):
            client.get(page)
        return len(counted.said)

    pages = (f"/cases/{made.case}/", "/cases/")
    before = [cost(page) for page in pages]
    let_in(made.part, person("gwen@example.org"))
    let_in(made.part, person("huw@example.org"))
    assert [cost(page) for page in pages] == before


def test_a_helper_who_lost_everything_is_let_in_again_by_who_did(made: Made) -> None:
    """No officer and no machine can: /lost/ says so, and the victim does it with one form, for another address."""
    rhian, gwen = signed_in(), person("gwen@example.org")
    old = let_in(made.part, gwen, may_write=True, name="Gwen")
    lost = text(door_client("portal").get("/lost/"))
    assert "If you help somebody else with their case" in lost
    assert "they press «They cannot sign in any more»" in lost
    old_browser = signed_in("gwen@example.org")
    case = f"/cases/{made.case}/"
    assert old_browser.get(case).status_code == 200
    page = rhian.get(made.people).content.decode()
    anew = f"/people/{old.id}/again/"
    assert f'href="{anew}"' in page
    assert "They cannot sign in any more" in page
    assert "ends at once" in text(rhian.get(anew))
    answer = rhian.post(anew, {"email": "gwen.new@example.org"}, follow=True)
    assert "The code for Gwen" in text(answer)
    old.refresh_from_db()
    assert (old.ended_why, old_browser.get(case).status_code) == ("lost", 404)
    (new,) = Access.objects.filter(ended_at=None)
    assert (new.name, new.may_write, new.until, new.account_id) == ("Gwen", True, old.until, None)
    with role("worker"):
        mails.send_invitations(utc_now())
    letter = Dispatch.objects.order_by("-id").first()
    assert letter
    assert letter.address == "gwen.new@example.org"
    assert "They could not sign in any more" in text(rhian.get(made.people))
    theirs = let_in(made.part, gwen, kind="guardian", by_officer=True)
    assert f"/people/{theirs.id}/again/" not in rhian.get(made.people).content.decode()
    assert rhian.post(f"/people/{theirs.id}/again/", {"email": "x@example.org"}).status_code == 404
    assert door_client("portal").get(anew).status_code == 302, "nobody but who gave it"
    assert signed_in("gwen@example.org").post(anew, {"email": "x@example.org"}).status_code in (302, 404)
    assert Access.objects.filter(ended_at=None).count() == 2
