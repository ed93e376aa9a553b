"""The whole journey as the people in it walk it: from report to answer, in a real browser, on real processes."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser

from tests.journey.forces import ENGLISH, OFFICER, WELSH
from tests.support.apps import add_app, type_code
from tests.support.events import crime, update, victim
from tests.support.installation import Installation, links, now, plain
from tests.support.processes import eventually
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PASSWORD = "wooden kettle orbit"
SAY_NOTHING = (
    "Rhian",
    "Dilys",
    "Owain",
    "Example",
    "Burglary",
    "burglary",
    "52/",
    "62/",
    "Gloucester",
    "Okafor",
)
"""What no alert, title or address may hold."""


def report(
    running: Installation, slug: str, reference: str, person: str, mobile: str, name: str, **more: object
) -> None:
    """What the records system says when somebody has reported a burglary."""
    running.send(
        slug,
        crime(reference, 1, reported_at=now().date().isoformat(), officer="O1", unit="U1", time=now()),
        victim(reference, 2, person, name=name, mobile=mobile, time=now(), **more),
    )


def invitation(running: Installation, address: str) -> str:
    """The link of the invitation that has come to this address, which names nothing else."""
    mail = running.wait_for_mail(address, 1)
    found = [link for link in links(mail) if "/start/" in link]
    assert len(found) == 1, plain(mail)
    for secret in SAY_NOTHING:
        assert secret not in plain(mail)
    return found[0]


def says_nothing(running: Installation, address: str, number: int) -> None:
    """The next mail has come, tells that there is something new, and nothing at all about what."""
    mail = running.wait_for_mail(address, number)
    for secret in SAY_NOTHING:
        assert secret not in plain(mail), plain(mail)
    assert links(mail) <= {running.serving.portal}, plain(mail)
    assert "update" in str(mail.message["Subject"]).lower()


def join(visitor: Visitor, running: Installation, link: str, mobile: str, address: str) -> None:
    """From the invitation to the cases: link, code by text, password."""
    scanner = httpx.get(link, trust_env=False)
    assert scanner.status_code == 200
    # a mail scanner has opened it, and nothing has come of that
    newest = "select state, opened_at from people_invitation order by created_at desc limit 1"
    assert running.rows(newest) == [("open", None)]
    visitor.go(link)
    visitor.reads("You can follow your case online")
    visitor.press("Start")
    assert running.rows(newest)[0][0] == "opened"
    visitor.press("Send me a code")
    visitor.reads("We are sending you a text")
    visitor.type("Code", "000 000x")
    visitor.press("Continue")
    visitor.is_told_of_a_mistake()
    visitor.type("Code", running.wait_for_code(mobile))
    visitor.press("Continue")
    visitor.type("Email address", address)
    visitor.type("Choose a password", "short")
    visitor.press("Open my case")
    visitor.is_told_of_a_mistake()
    visitor.type("Choose a password", PASSWORD)
    visitor.press("Open my case")
    visitor.go("/cases/")
    visitor.reads("My cases")


def open_case(visitor: Visitor) -> str:
    """Open the one case on the page «my cases»; gives its address."""
    link = visitor.page.locator(".tmc-case h2 a").get_attribute("href")
    assert link
    visitor.go(link)
    return link


def test_from_the_report_to_the_answer(running: Installation, browser: Browser) -> None:
    address, mobile = "rhian@example.org", "+447700900123"
    report(running, ENGLISH, "52/1/26", "P1", mobile, "Rhian Example", email=address)
    link = invitation(running, address)

    # a stranger with the link alone gets no further than the code
    victim_ = Visitor(browser, running.serving.portal, secrets=SAY_NOTHING)
    join(victim_, running, link, mobile, address)
    assert httpx.get(link, trust_env=False).status_code == 404
    victim_.reads("You have 1 case.", "52/1/26", "Gloucester Road", "Avon and Somerset Police")
    case_link = open_case(victim_)
    victim_.reads("Where your case is", "DC Okafor", "The Burglary Team", "52/1/26")
    assert victim_.news() == []

    # something happens: told within seconds and without a word of it, and there when they look
    running.send(ENGLISH, update("52/1/26", 3, "u1", "suspect_arrested", time=now()))
    says_nothing(running, address, 2)
    victim_.reload()
    assert victim_.news() == ["Police have made an arrest"]

    # the victim writes, and is told when to expect an answer, and what to do in danger
    victim_.follow("Write to police")
    victim_.reads("999", "55", "18000", "101", "8am to 6pm")
    victim_.press("Send message")
    victim_.is_told_of_a_mistake()
    victim_.type("Your message", "I have found the receipt.\n\nIs it of any use?")
    victim_.press("Send message")
    victim_.reads("Your message is sent", "You should have an answer by", "Is it of any use?")

    # the officer comes in by the link that the administrator's command gave
    officer = Visitor(browser, running.serving.desk, secrets=SAY_NOTHING)
    officer.page.set_viewport_size({"width": 1280, "height": 800})
    set_up = running.add_officer(ENGLISH, OFFICER)
    assert httpx.get(set_up, trust_env=False).status_code == 200
    officer.go(set_up)
    officer.type("Choose a password", PASSWORD)
    officer.press("Save the password")
    officer.reads("One thing more: a second proof that it is you")
    secret = add_app(officer)
    officer.press("Sign out")
    officer.go("/sign-in/")
    officer.type("Work email address", OFFICER)
    officer.type("Password", PASSWORD)
    officer.press("Sign in")
    type_code(officer, secret)
    officer.press("Continue")
    officer.reads("DC Okafor", "Unread messages (1)", "Rhian Example")
    officer.follow("Unread messages (1)")
    officer.follow("Rhian Example")
    officer.reads("I have found the receipt.", "Is it of any use?", "52/1/26")
    officer.type("Your answer", "Yes, please bring it to the front desk.")
    officer.press("Send")
    officer.reads("Yes, please bring it to the front desk.")

    # the victim is told and reads it
    says_nothing(running, address, 3)
    victim_.go(case_link)
    victim_.follow("Read the new message from police")
    victim_.reads("DC Okafor", "Yes, please bring it to the front desk.")

    # an update in the officer's own words; they see it as the victim will before it goes out
    officer.go("/")
    officer.follow("Rhian Example")
    officer.reads("What Rhian Example sees now", "Police have made an arrest")
    officer.page.get_by_label("What is it about?").select_option("still_working")
    officer.type("In your words", "We have looked at the cameras of the shop.")
    officer.press("See it before it goes out")
    officer.reads("This is what they will read", "We have looked at the cameras of the shop.")
    assert len(running.mails_to(address)) == 3, "nothing has gone out yet"
    officer.press("Publish now")
    says_nothing(running, address, 4)
    victim_.go(case_link)
    victim_.reads("We have looked at the cameras of the shop.")

    # the records system sends one for review: nobody outside reads it until the officer says yes
    held = update("52/1/26", 4, "u2", "note", text={"en": "We went to the house."}, review=True, time=now())
    running.send(ENGLISH, held)
    victim_.reload()
    victim_.does_not_read("We went to the house.")
    officer.go("/held/")
    officer.follow("Rhian Example")
    officer.reads("Waits for a yes", "We went to the house.")
    officer.page.get_by_role("button", name="Show it").click()
    officer.look()
    says_nothing(running, address, 5)
    victim_.reload()
    victim_.reads("We went to the house.")
    written_down = {action for (action,) in running.rows("select distinct action from audit_record")}
    assert {"case.seen", "invited", "message.sent", "entry.release"} <= written_down, written_down
    officer.press("Sign out")
    officer.go("/")
    assert "/sign-in/" in officer.page.url

    for page in ("/settings/", "/help/", "/rights/", "/privacy/", "/cookies/", "/terms/", "/accessibility/"):
        victim_.go(page)
    victim_.press("Sign out")
    victim_.reads("You are signed out")
    victim_.go(case_link)
    assert "/sign-in/?next=" in victim_.page.url
    victim_.type("Email address", address)
    victim_.type("Password", PASSWORD)
    victim_.press("Sign in")
    victim_.reads("We went to the house.")
    leave_at_once(victim_, case_link, running)
    # whatever they were told of they have read by now, and the desk sees it
    states = running.rows("select distinct state from alerts_alert where about <> 'sign_in'")
    assert states == [("opened",)]


def leave_at_once(visitor: Visitor, case: str, running: Installation) -> None:
    """The way out leads to a harmless page, the case is not one step back, and nobody is signed in any more."""
    tab = visitor.context.new_page()
    tab.goto(visitor.home + case)
    way_out = tab.get_by_role("link", name="Exit this page")
    target = way_out.get_attribute("href")
    assert target
    assert not target.startswith(("/", visitor.home))
    # the test does not reach out to the world: the harmless page is answered here
    harmless = re.compile(re.escape(target.rstrip("/")))
    tab.route(harmless, lambda route: route.fulfill(body="<h1>Weather</h1>", content_type="text/html"))
    way_out.click()
    tab.wait_for_url(harmless)
    tab.go_back()
    assert "We went to the house." not in tab.content()
    signed_in = "select 1 from people_portal_session where account_id is not null"
    eventually(lambda: not running.rows(signed_in), 60, "the end of the session by the way out")
    tab.goto(visitor.home + case)
    assert "/sign-in/?next=" in tab.url


def test_in_welsh(running: Installation, browser: Browser) -> None:
    """Whose language nobody has said is written to in both, and the pages are whole in Welsh."""
    address, mobile = "dilys@example.org", "+447700900456"
    report(running, WELSH, "62/1/26", "P1", mobile, "Dilys Example", email=address, language=None)
    link = invitation(running, address)
    words = plain(running.mails_to(address)[0])
    assert (
        0 <= words.index("Gallwch ddilyn eich achos ar-lein") < words.index("You can follow your case online")
    )
    assert words.index("Os ydych mewn perygl") < words.index("Police would like to offer you")

    dilys = Visitor(browser, running.serving.portal, secrets=SAY_NOTHING)
    dilys.go("/")
    dilys.language = "cy"
    dilys.follow("Cymraeg")
    join(dilys, running, link, mobile, address)
    dilys.go("/settings/language/")  # where joining led to
    dilys.reads("In which language should we write to you?")
    dilys.page.locator("input[name=language][value=both]").check()
    dilys.press("Save")
    dilys.reads("62/1/26", "Heddlu De Cymru")
    case_link = open_case(dilys)
    dilys.reads("Where your case is", "Y Tîm Bwrgleriaeth")
    running.send(WELSH, update("62/1/26", 3, "u1", "suspect_arrested", time=now()))
    mail = running.wait_for_mail(address, 2)
    assert "diweddariad" in str(mail.message["Subject"]).lower()
    assert plain(mail).index("Mae gennych") < plain(mail).index("You can read it")
    dilys.reload()
    assert len(dilys.news()) == 1
    dilys.go("/settings/")
    dilys.page.locator("input[name=language][value=cy]").check()
    dilys.press("Save")
    dilys.reads("Saved")
    running.send(WELSH, update("62/1/26", 4, "u2", "property_recovered", time=now()))
    mail = running.wait_for_mail(address, 3)
    assert "diweddariad" in str(mail.message["Subject"]).lower()
    assert "You " not in plain(mail), "who has said in which language is not written to in two"
    dilys.go(case_link + "messages/")
    dilys.type("Your message", "A oes newyddion?")
    dilys.press("Send message")
    dilys.reads("Your message is sent", "A oes newyddion?")
    for page in ("/settings/", "/help/", "/rights/", "/privacy/", "/cookies/", "/terms/", "/accessibility/"):
        dilys.go(page)


def test_without_script(running: Installation, browser: Browser) -> None:
    """A browser that runs no script: joining, the case, a message, signing out."""
    address, mobile = "owain@example.org", "+447700900789"
    report(running, ENGLISH, "52/9/26", "P9", mobile, "Owain Example", email=address)
    link = invitation(running, address)
    owain = Visitor(browser, running.serving.portal, secrets=SAY_NOTHING, script=False)
    join(owain, running, link, mobile, address)
    open_case(owain)
    owain.reads("Where your case is", "Police have recorded your report")
    owain.follow("Write to police")
    owain.press("Send message")
    owain.is_told_of_a_mistake()
    owain.type("Your message", "Is there news?")
    owain.press("Send message")
    owain.reads("Your message is sent", "Is there news?")
    owain.press("Sign out")
    owain.reads("You are signed out")


@pytest.mark.parametrize("language", ["en", "cy"])
def test_a_look_without_an_account(running: Installation, browser: Browser, language: str) -> None:
    """English and without script by mail; Welsh and with script by text, left at once by the keyboard."""
    welsh = language == "cy"
    reference, person = ("62/7/26", "P7") if welsh else ("52/7/26", "P17")
    address, mobile = f"{person.lower()}@example.org", f"+4477009005{person[1:]:0>2}"
    slug = WELSH if welsh else ENGLISH
    report(running, slug, reference, person, mobile, "Gwen Example", email=address, language=language)
    invitation(running, address)
    gwen = Visitor(browser, running.serving.portal, secrets=SAY_NOTHING, script=welsh)
    gwen.go("/")
    gwen.language = language
    if welsh:
        gwen.follow("Cymraeg")
    gwen.follow("See where your case stands, without an account")
    gwen.press("Send me a code")
    gwen.is_told_of_a_mistake()
    gwen.type("Crime reference number", reference)
    gwen.type("Email address or mobile number", mobile if welsh else address)
    gwen.press("Send me a code")
    gwen.type("Code", "000 000x")
    gwen.press("Continue")
    gwen.is_told_of_a_mistake()
    # on a busy machine it may be a while until the worker has looked whose it is, and has sent the code
    sent = running.texts_to if welsh else running.mails_to
    eventually(lambda: len(sent(mobile if welsh else address)) == (1 if welsh else 2), 120, "the code")
    if welsh:
        code = running.wait_for_code(mobile)
    else:
        mail = running.wait_for_mail(address, 2)
        assert links(mail) == set()
        code = re.findall(r"\b\d{6}\b", plain(mail))[0]
    gwen.type("Code", code)
    gwen.press("Continue")
    gwen.reads("Where things stand", "Y Tîm Bwrgleriaeth" if welsh else "The Burglary Team", "101")
    gwen.does_not_read(reference, "Gwen", "Okafor", "Gloucester")
    open_looks = "select 1 from people_look where proved_at is not null and expires_at > now()"
    assert running.rows(open_looks) == [(1,)]
    if welsh:
        gwen.page.route("https://www.bbc.co.uk/*", lambda route: route.fulfill(body="<h1>Weather</h1>"))
        for _ in range(3):
            gwen.page.keyboard.press("Escape")
        gwen.page.wait_for_url("https://www.bbc.co.uk/weather")
    else:
        gwen.page.get_by_role("main").get_by_role("button", name="Close this").click()
        gwen.look()
        gwen.reads("You have closed it")
    eventually(lambda: not running.rows(open_looks), timeout=60, what="the end of the look")
    gwen.page.goto(gwen.home + "/look/case/")
    assert gwen.page.url == gwen.home + "/look/"
