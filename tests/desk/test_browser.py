"""Every page of the desk in a real browser, in both languages: accessibility, small phones, content policy, print."""

import uuid
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.desk.people import World, held, quarantined, sign_in, world
from tests.support.browsing import is_right_on_the_smallest_phone
from tests.support.events import START, crime, update, victim
from trackmycrime.alerts.models import Alert
from trackmycrime.feed.models import Event
from trackmycrime.people.models import Victim
from trackmycrime.tasks.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


WORDS = {
    "cy_based": "0", "en_based": "0",
    "cy_heading": "Newyddion i Rhian Enghraifft", "en_heading": "News for you and for Rhian Example",
    "cy_body": "Mae newyddion i chi. Ffoniwch 999 mewn argyfwng.",
    "en_body": "There is news for you. In danger? Call 999.",
}  # fmt: skip


def pages(language: str) -> dict[str, str]:
    """The HTML of each page that this door has, by a name for it."""
    made = world("south-wales", ("cy", "en"))
    safe = {
        "channels": ["email"],
        "hours": {"from": "09:00", "to": "20:00"},
        "disguise": False,
        "no_portal": False,
    }
    made.send(
        victim("52/1", 2, name="Rhian Example", safe_contact={**safe, "note": "The post is shared"}),
        victim("52/1", 2, "P2", name="Gareth Example", email="p2@example.org", language="cy"),
        update("52/1", 3, "u1", "suspect_arrested"),
        update("52/1", 4, "u2", "note", text={"en": "We have the cameras.\n\nNext we speak to the shop."}),
        crime("62/9", 1, officer="O1", unit="U1", flags=["domestic_abuse"]),
        victim("62/9", 1, "Z1", name="Wei Example", email="z1@example.org"),
    )
    entry = held(made)
    made.write("I have found the receipt.\n\nIs it of any use?")
    task = Task.objects.filter(force=made.force, done_at=None).first()
    alert = Alert.objects.filter(victim=made.victim()).first()
    assert task
    assert alert
    person, other, case = made.victim().id, made.victim(person="P2").id, made.crime().id
    clients: dict[str, Any] = {
        role: sign_in(made.force, role) for role in ("officer", "supervisor", "administrator")
    }
    for client in clients.values():
        client.cookies["language"] = language
    client, once = clients["supervisor"], str(uuid.uuid4())
    waits, administrator = quarantined(made), clients["administrator"]
    Event.objects.filter(id=waits).update(received_at=START)
    said = {"once": once, "milestone": "note", "en": "We spoke to John Smith.", "step": "preview"}
    wrong = {"once": once, "milestone": "", "next_on_day": "1", "step": "preview"}
    administrator.post("/words/alert.push/", {**WORDS, "cy_heading": "Newyddion", "step": "save"})
    found = {
        "start": client.get("/"),
        "figures": administrator.get("/"),
        "cases": client.get("/cases/"),
        "find-wrong": client.post("/cases/find/", {"reference": "99/nope"}),
        "case": clients["officer"].get(f"/cases/{case}/?done=answered"),
        "case-other": client.get(f"/cases/{case}/?v={other}"),
        "case-protected": client.get(f"/cases/{made.crime('62/9').id}/"),
        "alert": client.get(f"/alerts/{alert.id}/"),
        "channels": administrator.get("/channels/?done=held_channel"),
        "channel-hold-wrong": administrator.post("/channels/email/hold/", {}),
        "log": client.get("/log/?channel=email"),
        "log-wrong": administrator.get("/log/?since_day=99"),
        "log-none": client.get("/log/?state=failed"),
        "record": client.get(f"/cases/{case}/record/"),
        "update": client.get(f"/cases/{case}/update/"),
        "update-wrong": client.post(f"/cases/{case}/update/", wrong),
        "preview": client.post(f"/cases/{case}/update/", said),
        "next-update": client.get(f"/cases/{case}/next-update/"),
        "withhold": client.get(f"/cases/{case}/withhold/"),
        "switch-wrong": client.post(f"/cases/{made.crime('62/9').id}/switch/", {}),
        "held": client.get("/held/"),
        "decide-wrong": client.post(f"/held/{entry}/", {}),
        "messages": client.get("/messages/"),
        "thread": client.get(f"/messages/{person}/"),
        "thread-wrong": client.post(f"/messages/{person}/", {"text": "", "once": once}),
        "task": client.get(f"/tasks/{task.id}/"),
        "task-letter": client.get(f"/tasks/{_letter(made, task.crime_id, person)}/?done=not_set"),
        "invitation": client.get(f"/people/{other}/invitation/?done=made"),
        "sheet": client.post(f"/people/{other}/invitation/code/"),
        "words": administrator.get("/words/?done=words_saved"),
        "words-text": administrator.get("/words/alert.email/"),
        "words-wrong": administrator.post("/words/alert.text/", {"en_body": "A {name}", "en_based": "0"}),
        "words-preview": administrator.post(
            "/words/alert.push/", {**WORDS, "cy_based": "1", "step": "preview"}
        ),
        "words-preview-text": administrator.post("/words/alert.text/", {**WORDS, "step": "preview"}),
        "words-history": administrator.get("/words/alert.push/history/"),
        "quarantine": administrator.get("/quarantine/?waiting=long&problem=waiting-for-crime"),
        "quarantine-since-wrong": administrator.get("/quarantine/?since_day=99"),
        "quarantine-find-wrong": administrator.post("/quarantine/find/", {"subject": ""}),
        "quarantine-event": administrator.get(f"/quarantine/{waits}/?done=asked"),
        "quarantine-mend-wrong": administrator.post(f"/quarantine/{waits}/mend/", {"patch": "[}"}),
        "quarantine-drop-wrong": administrator.post(f"/quarantine/{waits}/drop/", {}),
        "quarantine-replay": administrator.get("/quarantine/replay/?waiting=yes"),
        "identity": client.get(f"/people/{person}/identity/"),
        "identity-wrong": client.post(f"/people/{person}/identity/", {}),
        "look": client.get(f"/victims/{other}/look/"),
        "look-wrong": client.post(f"/victims/{other}/look/", {}),
        "not-found": client.get("/nothing/"),
        "forbidden": clients["officer"].get(f"/cases/{case}/withhold/"),
    }
    administrator.post("/channels/email/hold/", {"reason": "flood"})
    found["channels-held"] = administrator.get("/channels/")
    found["channel-release"] = administrator.get("/channels/email/release/")
    client.post(f"/cases/{case}/withhold/", {"reason": "He reads her phone"})
    found["lift"] = client.get(f"/cases/{case}/lift/")
    found["case-withheld"] = client.get(f"/cases/{case}/")
    found["thread-withheld"] = client.get(f"/messages/{person}/")
    return {f"/{name}": response.content.decode() for name, response in found.items()}


def _letter(made: World, crime: Any, person: Any) -> Any:
    """The task of telling somebody by letter who needs large print."""
    victim = Victim.objects.get(id=person)
    address = {"lines": ["12 Heol yr Eglwys", "Caerdydd"], "postcode": "CF5 2LA"}
    victim.detail = victim.detail | {"address": address, "needs": ["large_print"]}
    victim.save()
    detail = {"reason": "prefers letter"}
    return Task.objects.create(
        force=made.force, kind="tell_yourself", once="letter", crime_id=crime, victim_id=person,
        created_at=START, detail=detail,
    ).id  # fmt: skip


@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_page_is_right_on_the_smallest_phone(language: str) -> None:
    printed: list[str] = []

    def print_the_sheet(page: Page, address: str) -> None:
        page.goto(address + "/sheet")
        page.emulate_media(media="print")
        printed.append(page.inner_text("body"))

    is_right_on_the_smallest_phone(pages(language), language, and_then=print_the_sheet)
    for secret in ("Gareth", "52/1", "South Wales", "Burglary at"):
        assert secret not in printed[0]
