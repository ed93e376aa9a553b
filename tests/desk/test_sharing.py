"""Who sees a case with its victim, as officers see it and can stop it; guardians; and the organisations of a force."""

import re
from typing import Any

import pytest

from tests.desk.people import World, sign_in, world
from tests.people.helping import let_in, organisation, person, worker
from trackmycrime.kernel.clock import utc_now
from trackmycrime.messages.models import Message
from trackmycrime.people.models import Access, HelpInvitation, Member, Organisation, Victim

pytestmark = pytest.mark.django_db
GUARDIAN = {"name": "Mam Example", "email": "mam@example.org", "may": "write", "sure": "on"}


@pytest.fixture
def made() -> World:
    return world()


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def child(made: World, born: str) -> Victim:
    part = made.victim()
    part.detail |= {"born_on": born}
    part.under_age = True
    part.save()
    return part


def test_the_case_says_who_sees_it_and_an_officer_stops_it(made: World) -> None:
    access = let_in(made.victim(), person("gwen@example.org"), may_write=True)
    officer, auditor = sign_in(made.force), sign_in(made.force, "auditor")
    assert "1 other sees it with them" in text(officer.get(f"/cases/{made.crime().id}/"))
    page = f"/victims/{made.victim().id}/people/"
    assert "Gwen Example" in text(officer.get(page))
    assert b"Stop this" not in auditor.get(page).content
    assert auditor.post(f"/access/{access.id}/end/").status_code == 403
    assert officer.post(f"/access/{access.id}/end/").status_code == 303
    assert Access.objects.get().ended_why == "officer"
    assert "Police stopped it" in text(officer.get(page))
    assert "Nobody else sees it" in text(officer.get(f"/cases/{made.crime().id}/"))
    record = text(sign_in(made.force, "supervisor").get(f"/cases/{made.crime().id}/record/"))
    assert "Access of somebody who was let in ended" in record
    assert "Looked at who sees the case" in record


def test_an_officer_lets_in_a_guardian_and_gets_the_code_once(made: World) -> None:
    part = child(made, f"{utc_now().year - 10}-01-02")
    officer = sign_in(made.force)
    page = f"/victims/{part.id}/guardian/"
    assert "Make sure of it first" in text(officer.post(page, GUARDIAN | {"sure": ""}))
    assert not Access.objects.exists()
    assert "The code for Mam Example" in text(officer.post(page, GUARDIAN, follow=True))
    assert "The code for" not in text(officer.get(f"/victims/{part.id}/people/"))
    access = Access.objects.get()
    assert (access.kind, access.by_officer, access.account_id) == ("guardian", True, None)
    assert (access.until.year, access.until.month) == (utc_now().year + 8, 1)
    assert HelpInvitation.objects.get().email == "mam@example.org"


@pytest.mark.parametrize(("born", "words"), [("1984-03-12", "18 or older"), ("", "has not said when")])
def test_no_guardian_of_somebody_who_is_no_child(made: World, born: str, words: str) -> None:
    part = child(made, born)
    answer = sign_in(made.force).post(f"/victims/{part.id}/guardian/", GUARDIAN)
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Access.objects.exists()


def test_a_thread_names_who_wrote_it(made: World) -> None:
    of = organisation(made.force)
    mair, nia, gwen = (person(f"{who}@example.org") for who in ("mair", "nia", "gwen"))
    worker(of, mair)
    colleague = worker(of, nia)
    colleague.name = "Nia Example"
    colleague.save()
    by_hand = let_in(made.victim(), gwen, may_write=True)
    by_work = let_in(made.victim(), organisation=of, kind="organisation", name=of.name, may_write=True)
    for access, who in ((by_hand, gwen), (by_work, mair), (by_work, nia), (None, made.accounts["P1"])):
        Message.objects.create(
            force=made.force, victim=made.victim(), case_id=made.case().id, by="victim", account_id=who.id,
            access_id=access.id if access else None, text="Hello", written_at=utc_now(), once=who.id,
        )  # fmt: skip
    shown = text(sign_in(made.force).get(f"/messages/{made.victim().id}/"))
    assert "Gwen Example, who helps" in shown
    assert shown.count("Ivo Example, Harbour Advocates, who helps") == 1
    assert shown.count("Nia Example, Harbour Advocates, who helps") == 1
    assert "Rhian Example" in shown


def test_an_administrator_names_organisations_and_closes_them(made: World) -> None:
    admin = sign_in(made.force, "administrator")
    form = {"organisation": "Harbour Advocates", "name": "Ivo", "email": "ivo@example.org"}
    assert admin.post("/organisations/", form | {"email": "ivo"}).status_code == 422
    assert "The code for Ivo" in text(admin.post("/organisations/", form, follow=True))
    of = Organisation.objects.get()
    assert Member.objects.get().role == "administrator"
    again = {"name": "Mair", "email": "mair@example.org"}
    assert "The code for Mair" in text(admin.post(f"/organisations/{of.id}/", again, follow=True))
    mair = person("mair@example.org")
    Member.objects.filter(organisation=of).update(account=None)
    worker(of, mair)
    let_in(made.victim(), organisation=of, kind="organisation", name=of.name)
    assert "People 1 Cases 1" in text(admin.get("/organisations/"))
    assert admin.post(f"/organisations/{of.id}/close/").status_code == 303
    assert "There is none yet" in text(admin.get("/organisations/"))
    assert sign_in(made.force).get("/organisations/").status_code == 403
    elsewhere = world("south-wales")
    assert sign_in(elsewhere.force, "administrator").post(f"/organisations/{of.id}/close/").status_code == 404
