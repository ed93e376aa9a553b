"""A victim lets their sister in to one case for a time, and takes it back: two real browsers on real processes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.journey.forces import ENGLISH, WELSH
from tests.journey.test_journey import PASSWORD, SAY_NOTHING, invitation, join, open_case, report
from tests.support.installation import Installation, links, plain
from tests.support.processes import eventually
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.processes]

OTHER_CASE = """update people_victim v set account_id = o.account_id, joined_at = o.joined_at
from people_victim o join cases_crime c on c.id = o.crime_id where c.reference = %s and v.person = o.person
and v.force_id = o.force_id and v.id <> o.id returning 1"""


@pytest.mark.parametrize("language", ["en", "cy"])
def test_a_sister_is_let_in_and_out_again(running: Installation, browser: Browser, language: str) -> None:
    """In English with script, in Welsh without."""
    welsh = language == "cy"
    slug, reference, other = (WELSH, "62/31/26", "62/32/26") if welsh else (ENGLISH, "52/31/26", "52/32/26")
    address, mobile, sister = f"{language}.rhian@example.org", "+447700900131", f"{language}.gwen@example.org"
    mobile = mobile[:-1] + ("2" if welsh else "1")
    report(running, slug, reference, "P31", mobile, "Rhian Example", email=address, language=language)
    link = invitation(running, address)
    rhian = Visitor(browser, running.serving.portal, secrets=SAY_NOTHING, script=not welsh)
    gwen = Visitor(browser, running.serving.portal, secrets=(*SAY_NOTHING, sister), script=not welsh)
    if welsh:
        for one in (rhian, gwen):
            one.go("/")
            one.language = language
            one.follow("Cymraeg")
    join(rhian, running, link, mobile, address)
    case = open_case(rhian)
    report(running, slug, other, "P31", mobile, "Rhian Example", email=address, language=language)
    assert running.rows(OTHER_CASE, reference) == [(1,)]

    # she lets her in to the one, to read and write, until a day
    rhian.go(case)
    rhian.follow("Let somebody help you")
    rhian.follow("Somebody you know")
    rhian.type("Their name", "Gwen")
    rhian.type("Their email address", sister)
    rhian.page.locator("input[name=may][value=write]").check()
    rhian.press("Send the invitation")
    code = rhian.page.locator(".tmc-code").inner_text().strip()

    # by the link alone nobody gets in; by both the sister does, with a sign-in of her own
    eventually(lambda: len(running.mails_to(sister)) == 1, 120, "the invitation")
    words = plain(running.wait_for_mail(sister, 1))
    assert not [secret for secret in (*SAY_NOTHING, code) if secret in words]
    (found,) = [one for one in links(running.mails_to(sister)[0]) if "/helping/start/" in one]
    gwen.go(found)
    gwen.press("Start")
    gwen.type("Code", "CCCC-CCCC")
    gwen.press("Continue")
    gwen.is_told_of_a_mistake()
    gwen.type("Code", code)
    gwen.press("Continue")
    gwen.type("Email address", sister)
    gwen.type("Choose a password", PASSWORD)
    gwen.press("Go on")
    gwen.go("/cases/")
    gwen.reads(reference, "You help with this case")
    gwen.does_not_read(other)
    gwen.go(case)
    gwen.reads("You are helping somebody with this case", reference)
    gwen.does_not_read(address, mobile, "0" + mobile[3:], "900131", "Rhian")
    for page in (f"{case}people/", "/settings/", "/account/"):
        assert address not in gwen.context.request.get(gwen.home + page).text()
    assert gwen.context.request.get(f"{gwen.home}{case}people/").status == 404
    gwen.go(case)
    gwen.follow("Write to police")
    gwen.type("Your message", "She is well.")
    gwen.press("Send message")
    gwen.reads("Your message is sent", "She is well.")

    # the victim sees who wrote it, takes it back, and the sister is out at once
    rhian.go(f"{case}messages/")
    rhian.reads("She is well.")
    assert "Gwen" in rhian.page.inner_text("main")
    rhian.go(f"{case}people/")
    rhian.page.locator("form[action$='/end/'] button").click()
    rhian.look()
    rhian.reads("Stopped", "Nobody but you and police.")
    gwen.go("/cases/")
    gwen.does_not_read(reference)
    for page in (case, f"{case}messages/"):
        assert gwen.context.request.get(gwen.home + page).status == 404
    acts = running.rows(
        "select distinct actor_kind, action from audit_record"
        " where action like 'access.%%' or action like '%%by_helper'"
    )
    assert {
        ("victim", "access.given"), ("helper", "access.taken_up"), ("helper", "case.seen_by_helper"),
        ("helper", "message.written_by_helper"), ("victim", "access.ended"),
    } <= set(acts)  # fmt: skip
    for one in (rhian, gwen):
        one.close()
