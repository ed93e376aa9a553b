"""The pages of letting somebody in and of helping, at portal and desk, in a real browser on the smallest phone."""

import re
from typing import Any

import pytest

from tests.desk.people import sign_in
from tests.people.helping import let_in, organisation, person, worker
from tests.portal.making import join, signed_in, world
from tests.support.browsing import is_right_on_the_smallest_phone
from tests.support.doors import door_client, role
from trackmycrime.alerts import helping as mails
from trackmycrime.delivery.models import Dispatch
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people.models import Access, Victim

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


def pages(language: str) -> dict[str, str]:
    made = world("south-wales", ("cy", "en"))
    join(made)
    Victim.objects.update(role="business_contact")
    part = Victim.objects.get()
    of = organisation(made.force)
    gwen = person("gwen@example.org")
    worker(of, gwen, "administrator")
    worker(of, None)
    rhian, case = signed_in(), made.case("52/1")
    people = f"/cases/{case}/people/"
    guest = door_client("portal")
    for client in (guest, rhian):
        client.get(f"/language/{language}/")
    found: dict[str, Any] = {"nobody": rhian.get(people), "add": rhian.get(f"{people}add/")}
    found["add-wrong"] = rhian.post(f"{people}add/", {"email": "x"})
    day = london_date(utc_now())
    until = {"day_day": day.day, "day_month": day.month, "day_year": day.year}
    found["code"] = rhian.post(
        f"{people}add/", {"name": "Huw", "email": "huw@example.org", "may": "read"} | until, follow=True
    )
    code = re.search(r'class="tmc-code"><strong>([A-Z0-9-]+)', found["code"].content.decode())
    assert code
    with role("worker"):
        mails.send_invitations(utc_now())
    link = str(Dispatch.objects.get().body).partition("/helping/start/")[2].split()[0]
    helps = let_in(part, gwen, may_write=True)
    let_in(part, organisation=of, kind="organisation", name=of.name, joined_at=utc_now())
    let_in(part, person("old@example.org"), ended_at=utc_now(), ended_why="victim")
    waits = Access.objects.get(joined_at=None, kind="helper", account=None, ended_at=None)
    found |= {
        "list": rhian.get(f"{people}?done=ended"),
        "organisation": rhian.get(f"{people}organisation/"),
        "change": rhian.get(f"/people/{helps.id}/change/"),
        "again": rhian.get(f"/people/{waits.id}/again/"),
        "hand-over": rhian.post(f"/people/{helps.id}/contact/", {}),
        "case": rhian.get(f"/cases/{case}/"),
        "link": guest.get(f"/helping/start/{link}"),
        "unusable": guest.get("/helping/code/"),
    }
    guest.post(f"/helping/start/{link}", {"start": "1"})
    found["typing"] = guest.post("/helping/code/", {"code": ""})
    found["not-for-me"] = guest.get("/helping/not-for-me/")
    guest.post("/helping/code/", {"code": code[1]})
    found["account"] = guest.get("/helping/account/")
    helper = signed_in("gwen@example.org")
    helper.get(f"/language/{language}/")
    found |= {
        "case-of-another": helper.get(f"/cases/{case}/"),
        "cases": helper.get("/cases/"),
        "messages": helper.get(f"/cases/{case}/messages/"),
        "helping": helper.get("/helping/?done=on"),
        "team": helper.post(f"/helping/team/{of.id}/", {"name": "", "email": "x"}),
    }
    officer, administrator = sign_in(made.force), sign_in(made.force, "administrator")
    for client in (officer, administrator):
        client.cookies["language"] = language
    found |= {
        "desk-people": officer.get(f"/victims/{part.id}/people/"),
        "desk-guardian": officer.post(f"/victims/{part.id}/guardian/", {}),
        "desk-organisations": administrator.post("/organisations/", {"organisation": ""}),
        "desk-organisation": administrator.get(f"/organisations/{of.id}/"),
    }
    assert {name: one.status_code for name, one in found.items() if one.status_code not in (200, 422)} == {
        "unusable": 404
    }
    return {f"/{name}": one.content.decode() for name, one in found.items()}


@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_page_of_helping_is_right_on_the_smallest_phone(language: str) -> None:
    is_right_on_the_smallest_phone(pages(language), language)
