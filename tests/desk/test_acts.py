"""What officers do at the desk, and what becomes of it for the victim."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.desk.people import PASSWORD, World, held, sign_in, world
from tests.desk.test_case import text
from tests.support.doors import door_client
from tests.support.events import crime, update, victim
from trackmycrime.audit.models import Record
from trackmycrime.cases.models import Update
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.messages.models import Message
from trackmycrime.people.models import IdentityCheck, Invitation, Victim
from trackmycrime.publish.models import Entry
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> World:
    return world()


@pytest.fixture
def officer(made: World) -> Client:
    return sign_in(made.force)


def victims_page(made: World, path: str = "", language: str = "en") -> str:
    """The page of the case as the victim has it, in words; «closed» where it does not open."""
    portal = door_client("portal")
    portal.post("/sign-in/", {"email": "p1@example.org", "password": PASSWORD})
    portal.get(f"/language/{language}/")
    answer = portal.get(f"/cases/{made.case().id}/{path}")
    assert answer.status_code in (200, 404)
    return text(answer.content) if answer.status_code == 200 else "closed"


def form(**values: str) -> dict[str, str]:
    return {"once": str(uuid.uuid4()), "step": "preview", "milestone": "note", "en": "", **values}


def soon() -> tuple[dict[str, str], str]:
    """A day in three weeks, as it is typed into a form and as it is read."""
    day = london_date(utc_now()) + timedelta(days=21)
    typed = {"next_on_day": str(day.day), "next_on_month": str(day.month), "next_on_year": str(day.year)}
    return typed, f"{day:%A} {day.day} {day:%B}"


def hidden(content: bytes) -> dict[str, str]:
    """What the form of a preview sends on."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', content.decode()))


# ------------------------------------------------------------------ an update


def test_an_update_is_seen_before_it_goes_out_and_then_the_victim_has_it(
    made: World, officer: Client
) -> None:
    path = f"/cases/{made.crime().id}/update/"
    words = "We have looked at the cameras.\n\nNext we speak to the shop."
    typed, day = soon()
    preview = officer.post(path, form(en=words, **typed))
    assert preview.status_code == 200
    assert "This is what they will read" in text(preview.content)
    assert "We have looked at the cameras. Next we speak to the shop." in text(preview.content)
    assert f"promised by {day.rpartition(' ')[0]}" in text(preview.content)
    assert not Update.objects.exists()
    said = hidden(preview.content) | {"step": "publish"}
    said.pop("csrfmiddlewaretoken", None)
    answer = officer.post(path, said)
    assert answer.status_code == 303
    assert "done=published" in answer["Location"]
    theirs = victims_page(made)
    assert "We have looked at the cameras. Next we speak to the shop." in theirs
    assert f"We will update you by {day}" in theirs


def test_sent_twice_it_is_one_update(made: World, officer: Client) -> None:
    said = form(en="Only once.", step="publish")
    path = f"/cases/{made.crime().id}/update/"
    assert "done=published" in officer.post(path, said)["Location"]
    assert "done=again" in officer.post(path, said)["Location"]
    assert Update.objects.count() == 1


def test_no_words_means_the_forces_own(made: World, officer: Client) -> None:
    path = f"/cases/{made.crime().id}/update/"
    preview = officer.post(path, form(milestone="still_working"))
    assert "Your case is still open" in text(preview.content)
    officer.post(path, form(milestone="still_working", step="publish"))
    assert "Your case is still open" in victims_page(made)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"milestone": ""}, "Choose what the update is about"),
        ({"milestone": "gossip"}, "Select a valid choice"),
        ({"milestone": "note", "en": " "}, "Write your note"),
        ({"en": "x" * 4001}, "4,000 characters or fewer"),
        ({"en": "a\x00b"}, "Null characters are not allowed"),
        (
            {"en": "x", "next_on_day": "1", "next_on_month": "2", "next_on_year": "2020"},
            "must be today or later",
        ),
        ({"en": "x", "next_on_day": "1", "next_on_month": "2", "next_on_year": "2099"}, "within a year"),
        (
            {"en": "x", "next_on_day": "31", "next_on_month": "2", "next_on_year": "2027"},
            "Enter a date that exists",
        ),
        ({"en": "x", "once": "?"}, ""),
    ],
)
@pytest.mark.parametrize("step", ["preview", "publish"])
def test_what_is_wrong_with_an_update_is_named(
    made: World, officer: Client, wrong: dict[str, str], said: str, step: str
) -> None:
    answer = officer.post(f"/cases/{made.crime().id}/update/", form(**{"step": step, **wrong}))
    assert answer.status_code == 422
    assert said in text(answer.content)
    assert "There is a problem" in text(answer.content)
    assert "<title>Error:" in answer.content.decode()
    assert not Update.objects.exists()


def test_words_that_look_like_a_name_are_pointed_at(made: World, officer: Client) -> None:
    path = f"/cases/{made.crime().id}/update/"
    said = text(officer.post(path, form(en="We have spoken to John Smith.")).content)
    assert "Do these words name somebody? John Smith" in said
    said = text(officer.post(path, form(en="Hello Rhian Example, DC Okafor will ring you.")).content)
    assert "Do these words name somebody?" not in said


def test_changing_it_brings_the_words_back(made: World, officer: Client) -> None:
    answer = officer.post(f"/cases/{made.crime().id}/update/", form(en="Almost right.", step="change"))
    assert answer.status_code == 200
    assert ">\nAlmost right.</textarea>" in answer.content.decode()


def test_a_force_with_welsh_writes_in_both_and_says_when_one_is_missing() -> None:
    made = world("south-wales", ("cy", "en"))
    officer = sign_in(made.force)
    path = f"/cases/{made.crime().id}/update/"
    assert b'name="cy"' in officer.get(path).content
    one = text(officer.post(path, form(en="One camera.")).content)
    assert "For somebody who reads Welsh New" in one or "For somebody who reads Welsh Newydd" in one
    officer.post(path, form(en="One camera.", cy="Un camera.", step="publish"))
    assert "Un camera." in victims_page(made, language="cy")
    assert "One camera." in victims_page(made)


def test_nothing_can_be_written_on_a_case_that_is_closed_to_victims(made: World, officer: Client) -> None:
    made.send(crime("62/9", 1, flags=["domestic_abuse"]), victim("62/9", 1, "Z1"))
    assert officer.post(f"/cases/{made.crime('62/9').id}/update/", form(en="x")).status_code == 404


def test_what_the_force_never_shows_is_said_before_and_after() -> None:
    made = world(milestones={"property_recovered": "never"})
    officer = sign_in(made.force)
    path = f"/cases/{made.crime().id}/update/"
    preview = officer.post(path, form(milestone="property_recovered"))
    assert "Your force does not show updates of this kind" in text(preview.content)
    assert (
        "done=not_shown"
        in officer.post(path, form(milestone="property_recovered", step="publish"))["Location"]
    )
    assert "Police have found some property" not in victims_page(made)


def test_news_that_may_put_somebody_at_risk_waits_until_a_person_has_spoken(
    made: World, officer: Client
) -> None:
    made.send(victim("52/1", 5, name="Rhian Example", enhanced_rights=True))
    path = f"/cases/{made.crime().id}/update/"
    preview = officer.post(path, form(milestone="released_on_bail"))
    assert "Speak to them first" in text(preview.content)
    assert "done=held" in officer.post(path, form(milestone="released_on_bail", step="publish"))["Location"]
    page = text(officer.get(f"/cases/{made.crime().id}/").content)
    assert "Waits for a yes" in page
    assert "Speak to them first" in page


def test_the_date_of_the_next_update_is_a_promise(made: World, officer: Client) -> None:
    path = f"/cases/{made.crime().id}/next-update/"
    assert "Enter the day by which they hear next" in text(officer.post(path, {}).content)
    typed, day = soon()
    officer.post(path, typed)
    assert f"We will update you by {day}" in victims_page(made)


# --------------------------------------------------------------- held updates


def test_a_yes_shows_it(made: World, officer: Client) -> None:
    entry = held(made)
    assert "must not come to your street" not in victims_page(made)
    assert officer.post(f"/held/{entry}/release/").status_code == 303
    assert "must not come to your street" in victims_page(made)
    assert officer.post(f"/held/{entry}/release/").status_code == 404


@pytest.mark.parametrize(("decision", "state"), [("keep", "held"), ("never", "never")])
def test_a_no_needs_a_reason_and_is_kept(made: World, officer: Client, decision: str, state: str) -> None:
    entry = held(made)
    wrong = officer.post(f"/held/{entry}/", {"decision": decision, "reason": " "})
    assert wrong.status_code == 422
    assert "Say why they do not see it" in text(wrong.content)
    assert (
        officer.post(f"/held/{entry}/", {"decision": decision, "reason": "Not safe yet"}).status_code == 303
    )
    row = Entry.objects.get(id=entry)
    assert (row.state, row.note) == (state, {"reason": "Not safe yet"})
    assert "must not come to your street" not in victims_page(made)
    page = text(officer.get(f"/cases/{made.crime().id}/").content)
    assert ("Kept back: Not safe yet" in page) is (decision == "keep")


# ------------------------------------------------------- closing and opening


def test_a_supervisor_closes_a_case_at_once_and_opens_it_again(made: World) -> None:
    supervisor = sign_in(made.force, "supervisor")
    entry = held(made)
    path = f"/cases/{made.crime().id}"
    assert "Say why" in text(supervisor.post(f"{path}/withhold/", {}).content)
    assert victims_page(made) != "closed"
    assert supervisor.post(f"{path}/withhold/", {"reason": "He reads her phone"}).status_code == 303
    assert victims_page(made) == "closed"
    page = text(supervisor.get(f"{path}/?done=withheld").content)
    assert "nobody outside can see it" in page
    assert "Nothing more is sent about it" in page
    assert supervisor.post(f"/held/{entry}/release/").status_code == 404
    assert supervisor.get(f"{path}/withhold/").status_code == 404
    assert supervisor.post(f"{path}/lift/", {"reason": "She has a new phone"}).status_code == 303
    assert victims_page(made) != "closed"
    assert supervisor.get(f"{path}/lift/").status_code == 404


def test_a_protected_case_opens_after_a_conversation_that_is_written_down() -> None:
    made = world()
    officer = sign_in(made.force)
    made.send(crime("52/1", 5, officer="O1", unit="U1", flags=["domestic_abuse"]))
    assert victims_page(made) == "closed"
    path = f"/cases/{made.crime().id}/switch/"
    said = text(officer.post(path, {}).content)
    assert "Talk with them first, then tick the box" in said
    assert "Write down what you agreed" in said
    answer = officer.post(path, {"spoken": "on", "reason": "She has her own phone and email"})
    assert "done=switched_on" in answer["Location"]
    assert victims_page(made) != "closed"
    why = Task.objects.get(kind="switched_on")
    assert why.note == "She has her own phone and email"
    answer = officer.post(path, {"reason": "He has moved back in"})
    assert "done=switched_off" in answer["Location"]
    assert victims_page(made) == "closed"


def test_a_look_without_an_account_is_switched_off_for_one_victim_and_their_own_no_holds(
    made: World, officer: Client
) -> None:
    made.send(victim("52/1", 9, "P2", name="Gareth Example", email="p2@example.org", mobile=None))
    other = made.victim(person="P2")
    path, case = f"/victims/{other.id}/look/", f"/cases/{made.crime().id}/?v={other.id}"

    def said() -> str:
        return text(officer.get(case).content)

    assert "Possible: who knows the reference gets a code by email" in said()
    assert "Say why" in text(officer.post(path, {}).content)
    assert "done=look_off" in officer.post(path, {"reason": "His brother reads his mail"})["Location"]
    assert "Not possible: an officer has switched it off. Allow it again" in said()
    assert Task.objects.get(kind="look_off").note == "His brother reads his mail"
    Victim.objects.filter(id=other.id).update(no_portal=True)
    assert "done=look_on" in officer.post(path, {"reason": "He has moved out"})["Location"]
    assert "Not possible: this site is not safe for them" in said()
    Victim.objects.filter(id=other.id).update(
        no_portal=False, blocked_hashes=[bytes(other.email_hash or b"")]
    )
    assert "said that it is not for them" in said()
    # who shares the address with somebody for whom it is not safe
    Victim.objects.filter(id=other.id).update(blocked_hashes=[])
    Victim.objects.filter(id=made.victim().id).update(email_hash=other.email_hash, disguise=True)
    assert "somebody else in the case has the same address" in said()
    assert {"look.switched_off", "look.switched_on"} <= {
        one.action for one in Record.objects.filter(object_id=str(other.id))
    }


def test_an_ordinary_case_has_nothing_to_switch(made: World, officer: Client) -> None:
    assert officer.get(f"/cases/{made.crime().id}/switch/").status_code == 404


# ------------------------------------------------------------------- messages


def test_a_message_is_read_and_answered(made: World, officer: Client) -> None:
    made.write("Is there news?")
    case = made.case().id
    assert "Waiting for an officer" in victims_page(made, "messages/")
    assert "Unread messages (1)" in text(officer.get("/").content)
    path = f"/messages/{made.victim().id}/"
    page = text(officer.get(path).content)
    assert "New Rhian Example" in page
    assert "Is there news?" in page
    assert "Opened by your officer" in victims_page(made, "messages/")
    assert "Unread messages (0)" in text(officer.get("/").content)
    assert "Opened, not answered yet" in text(officer.get("/messages/").content)
    wrong = officer.post(path, {"text": "", "once": str(uuid.uuid4())})
    assert wrong.status_code == 422
    assert "Write your answer before you send it" in text(wrong.content)
    said = {"text": "Yes: we have found the ring.", "once": str(uuid.uuid4())}
    for _ in range(2):
        assert officer.post(path, said).status_code == 303
    assert Message.objects.filter(case_id=case, by="police").count() == 1
    assert not Task.objects.filter(kind="answer_message", done_at=None).exists()
    assert "Nobody is waiting for an answer" in text(officer.get("/messages/").content)
    theirs = victims_page(made, "messages/")
    assert "DC Okafor" in theirs
    assert "Yes: we have found the ring." in theirs
    assert "Opened " in text(officer.get(path).content).split("found the ring.")[1]


def test_a_colleague_of_another_team_who_opens_it_is_the_team(made: World) -> None:
    made.write("Is there news?")
    sign_in(made.force, "supervisor", "").get(f"/messages/{made.victim().id}/")
    assert "Opened by your team" in victims_page(made, "messages/")


def test_an_auditor_who_reads_it_has_not_opened_it_for_the_police(made: World) -> None:
    made.write("Is there news?")
    sign_in(made.force, "auditor", "").get(f"/messages/{made.victim().id}/")
    assert "Waiting for an officer" in victims_page(made, "messages/")


def test_an_answer_that_nobody_could_read_is_not_sent(made: World, officer: Client) -> None:
    made.write("Is there news?")
    sign_in(made.force, "supervisor").post(f"/cases/{made.crime().id}/withhold/", {"reason": "x"})
    path = f"/messages/{made.victim().id}/"
    assert b"<textarea" not in officer.get(path).content
    answer = officer.post(path, {"text": "Hello", "once": str(uuid.uuid4())})
    assert answer.status_code == 422
    assert not Message.objects.filter(by="police").exists()


def test_no_answer_is_needed_is_a_note(made: World, officer: Client) -> None:
    made.write("Thank you.")
    task = Task.objects.get(kind="answer_message")
    assert officer.post(f"/tasks/{task.id}/", {"note": ""}).status_code == 422
    assert officer.post(f"/tasks/{task.id}/", {"note": "Only a thank you"}).status_code == 303
    task.refresh_from_db()
    assert task.done_at
    assert task.note == "Only a thank you"
    assert officer.get(f"/tasks/{task.id}/").status_code == 404


# ---------------------------------------------------------------- invitations


@pytest.fixture
def invited(made: World) -> World:
    made.send(victim("52/1", 5, "P2", name="Gareth Example", email="p2@example.org"))
    return made


def test_the_code_is_shown_on_demand_and_each_time_written_down(invited: World, officer: Client) -> None:
    person = invited.victim(person="P2")
    code = Invitation.objects.get(victim=person).activation_code
    path = f"/people/{person.id}/invitation/"
    assert code not in officer.get(path).content.decode()
    assert not Record.objects.filter(action="code.seen").exists()
    for n in (1, 2):
        sheet = officer.post(f"{path}code/").content.decode()
        assert code in sheet
        assert Record.objects.filter(action="code.seen", object_id=str(person.id)).count() == n
    article = re.search(r"<article.*?</article>", sheet, re.S)
    assert article
    for secret in ("Gareth", "52/1", "Burglary at", "Gloucester"):
        assert secret not in article.group()


def test_an_invitation_is_sent_again_made_by_hand_and_taken_back(invited: World, officer: Client) -> None:
    person = invited.victim(person="P2")
    path = f"/people/{person.id}/invitation/"
    first = Invitation.objects.get(victim=person)
    assert "done=invited" in officer.post(f"{path}again/")["Location"]
    assert "done=made" in officer.post(f"{path}in-person/")["Location"]
    by_hand = Invitation.objects.get(victim=person, state="open")
    assert (by_hand.way, by_hand.second) == ("desk", "none")
    page = text(officer.get(path).content)
    assert page.index("Earlier invitations") < page.rindex("Taken back")
    assert page.rindex("Email") > page.index("Earlier invitations")
    sheet = text(officer.post(f"{path}code/").content)
    assert by_hand.activation_code in sheet
    assert "/start/" in sheet
    assert "done=revoked" in officer.post(f"{path}revoke/")["Location"]
    assert not Invitation.objects.filter(victim=person, state="open").exists()
    first.refresh_from_db()
    assert first.state == "revoked"
    assert officer.post(f"{path}code/").status_code == 404
    assert Record.objects.filter(action="invitation.revoked", object_id=str(person.id)).count() == 1


def test_no_machine_sends_where_it_is_not_safe(invited: World, officer: Client) -> None:
    safe = {"channels": ["email"], "disguise": True, "no_portal": False}
    invited.send(victim("52/1", 6, "P2", name="Gareth Example", email="p2@example.org", safe_contact=safe))
    person = invited.victim(person="P2")
    answer = officer.post(f"/people/{person.id}/invitation/again/")
    assert "done=not_by_machine" in answer["Location"]
    assert Task.objects.filter(victim_id=person.id, kind="tell_yourself", done_at=None).exists()


def test_who_has_joined_and_forgot_the_password_gets_a_new_invitation(made: World, officer: Client) -> None:
    assert "They cannot sign in any more" in text(officer.get(f"/cases/{made.crime().id}/").content)
    path = f"/people/{made.victim().id}/invitation/"
    page = text(officer.get(path).content)
    assert "Make sure first who it is" in page
    assert "Send a new invitation" not in page
    for act in ("again", "in-person", "by-letter"):
        assert officer.post(f"{path}{act}/")["Location"].endswith("/identity/"), act
    assert not Invitation.objects.exclude(recovers=None).exists()
    checked = officer.post(f"/people/{made.victim().id}/identity/", {"how": "video", "what": ["passport"]})
    assert "done=checked" in checked["Location"]
    page = text(officer.get(path).content)
    assert "made sure who it is" in page
    assert "I saw them on a video call. Their passport." in page
    assert "done=invited" in officer.post(f"{path}again/")["Location"]
    made_for = Invitation.objects.get(victim=made.victim(), state="open")
    assert made_for.recovers == made.victim().account_id
    # it is this officer's look, and nobody else's
    other = sign_in(made.force, "supervisor")
    assert other.post(f"{path}in-person/")["Location"].endswith("/identity/")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ("Choose how you checked who it is", "Choose what you looked at")),
        ({"how": "phone", "what": ["passport"]}, ("On the phone no document shows whose it is",)),
        ({"how": "in_person", "what": ["birth_certificate"]}, ("birth_certificate",)),
    ],
)
def test_a_look_that_shows_nobody_is_not_written_down(
    made: World, officer: Client, given: dict[str, Any], said: tuple[str, ...]
) -> None:
    path = f"/people/{made.victim().id}/identity/"
    assert "Look at the face beside a document with a photo" in text(officer.get(path).content)
    answer = officer.post(path, given)
    assert answer.status_code == 422
    for words in said:
        assert words in text(answer.content)
    assert not IdentityCheck.objects.exists()
    assert officer.post(f"/people/{made.victim().id}/invitation/again/")["Location"].endswith("/identity/")


def test_who_has_not_joined_or_must_not_come_here_is_not_let_in_again(
    invited: World, officer: Client
) -> None:
    not_joined = invited.victim(person="P2")
    assert officer.get(f"/people/{not_joined.id}/identity/").status_code == 404
    Victim.objects.filter(id=invited.victim().id).update(no_portal=True)
    given = {"how": "in_person", "what": ["known"]}
    assert officer.post(f"/people/{invited.victim().id}/identity/", given).status_code == 404
    assert not IdentityCheck.objects.exists()


@pytest.mark.parametrize(
    "kind", ["account_frozen", "invitation_locked", "invite_in_person", "invitation_not_used"]
)
def test_a_task_that_ends_in_an_invitation_leads_to_it(made: World, officer: Client, kind: str) -> None:
    person = made.victim()
    task = Task.objects.create(
        force=made.force,
        kind=kind,
        once="x",
        crime_id=person.crime_id,
        victim_id=person.id,
        created_at=utc_now(),
    )
    assert f'href="/people/{person.id}/invitation/"' in officer.get(f"/tasks/{task.id}/").content.decode()


def test_nobody_is_invited_to_a_closed_case(invited: World, officer: Client) -> None:
    sign_in(invited.force, "supervisor").post(f"/cases/{invited.crime().id}/withhold/", {"reason": "x"})
    path = f"/people/{invited.victim(person='P2').id}/invitation/"
    assert "Send a new invitation" not in text(officer.get(path).content)
    for act in ("again", "in-person", "code"):
        assert officer.post(f"{path}{act}/").status_code == 404


def test_a_withdrawn_update_has_left_the_list(made: World, officer: Client) -> None:
    entry = held(made)
    made.send(
        {
            **update("52/1", 90, "h1", "note"),
            "type": "update.withdrawn",
            "data": {"update": "h1", "reason": "wrong_case"},
        }
    )
    assert officer.get(f"/held/{entry}/").status_code == 404
    assert "No update is waiting" in text(officer.get("/held/").content)
