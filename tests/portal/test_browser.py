"""Every page of the portal in a real browser, in both languages: accessibility, small phones, content policy."""

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings

from tests.delivery.push_service import PushService
from tests.portal.making import join, signed_in, world
from tests.portal.test_cases import staff, yesterday
from tests.support.browsing import is_right_on_the_smallest_phone
from tests.support.doors import door_client, role
from tests.support.events import belonging, crime, event, hearing, update, victim
from trackmycrime import rounds
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery.channels.push import vapid
from trackmycrime.delivery.models import Dispatch
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import Account, Victim
from trackmycrime.publish.models import Case

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


def pages(language: str) -> dict[str, str]:
    """The HTML of each page that this door has, by a name for it."""
    made = world("south-wales", ("cy", "en"))
    account = join(made)
    staff(made)
    soon = utc_now().date() + timedelta(days=12)
    note = "We have looked at the cameras.\n\nThe bicycle was seen at 6pm."
    made.send(
        crime(
            "52/2",
            1,
            stage="closed",
            outcome={"code": "18", "decided_on": yesterday().date().isoformat()},
            place="Queen Street",
            time=yesterday(),
        ),
        victim("52/2", 1, safe_contact={"channels": [], "disguise": False, "no_portal": False}),
        update("52/1", 6, "u1", "suspect_arrested"),
        update("52/1", 7, "u2", "note", text={"en": note}),
        hearing("52/1", 8, starts_at=f"{soon.isoformat()}T10:00:00Z", attendance="required"),
        hearing(
            "52/1", 8, "H2", starts_at=None, week_commencing=(soon + timedelta(days=5)).isoformat(), weeks=3
        ),
        hearing("52/1", 9, "H3", starts_at=f"{soon.isoformat()}T14:00:00Z", status="cancelled"),
        hearing("52/1", 9, "H4", status="held", result={"en": "It was put back for reports."}),
        belonging("52/1", 9, "reported_stolen"),
        belonging("52/1", 9, "held_as_evidence", "I2", description="Crowbar with a red handle", serial=None),
        belonging("52/1", 9, "ready_to_collect", "I3", collect_from="Bridewell Police Station, 9am to 4pm"),
        update("52/1", 10, "u3", "note", text={"en": "We will come on Monday."}),
        event("update.withdrawn", "52/1", 11, {"update": "u3", "reason": "replaced", "replaced_by": "u2"}),
    )
    join(made)
    made.send(crime("52/3", 1), victim("52/3", 1, "P3"))
    guest = door_client("portal")
    guest.get(f"/language/{language}/")
    client = signed_in()
    client.get(f"/language/{language}/")
    first = client.get("/cases/")
    Account.objects.filter(pk=account.pk).update(seen_at=account.created_at)
    one, other = (f"/cases/{made.case(reference)}/" for reference in ("52/1", "52/2"))
    wrong = {"once": "x", "text": ""}
    found = {
        "home": guest.get("/"),
        "sign-in": guest.get("/sign-in/?ended=1"),
        "sign-in-wrong": guest.post("/sign-in/", {"email": "x"}),
        "join": guest.get("/start/"),
        **{
            name: guest.get(f"/{name}/")
            for name in ("help", "safety", "rights", "privacy", "cookies", "terms", "accessibility")
        },
        "not-found": guest.get("/nothing/"),
        **_look(language),
        "my-cases": first,
        "case": client.get(one),
        "case-finished": client.get(other),
        "messages-empty": client.get(f"{one}messages/"),
        "messages-wrong": client.post(f"{one}messages/", wrong),
        "threads": client.get("/messages/"),
        "settings": client.get("/settings/?saved=1"),
        "sent": _sent(client, made.force, language),
        "devices": client.get("/account/devices/?ended=1"),
        "freeze": client.get("/account/freeze/"),
        **_own_address(client),
        **_phone(client),
    }
    client.post(
        f"{one}messages/",
        {"once": "0192f0f0-0000-7000-8000-000000000000", "text": "Is there news?\n\nThank you."},
    )
    found["messages"] = client.get(f"{one}messages/?sent=1")
    Victim.objects.update(language="", chosen_language="")
    found["language"] = client.get("/settings/language/")
    found["language-wrong"] = client.post("/settings/language/", {})
    Victim.objects.update(live=False)
    found["no-cases"] = client.get("/cases/")
    found["signed-out-everywhere"] = client.post("/account/freeze/")
    found["signed-out"] = client.post("/sign-out/")
    return {f"/{name}": response.content.decode() for name, response in found.items()}


def _look(language: str) -> dict[str, HttpResponse]:
    """A look without an account, by the one victim who has none."""
    guest = door_client("portal")
    guest.get(f"/language/{language}/")
    found = {
        "look": guest.get("/look/"),
        "look-wrong": guest.post("/look/", {"reference": "", "contact": "x"}),
    }
    guest.post("/look/", {"reference": "52/3", "contact": "p3@example.org"})
    found["look-code"] = guest.get("/look/code/")
    found["look-code-wrong"] = guest.post("/look/code/", {"code": "x"})
    with role("worker"):
        dict(rounds.PASSES)["looks"](utc_now())
    sent = Dispatch.objects.get(purpose="code")
    guest.post("/look/code/", {"code": re.findall(r"\d{6}", sent.body or "")[0]})
    found["look-case"] = guest.get("/look/case/")
    found["look-ended"] = guest.post("/look/end/", follow=True)
    assert "tmc-facts" in found["look-case"].content.decode()
    return found


@override_settings(TMC_EMAIL_URL="smtp://127.0.0.1:1", TMC_TEXT_URL="http://127.0.0.1:1/")
def _own_address(client: Client) -> dict[str, HttpResponse]:
    """Changing one's own address: what is on file, the forms, what is wrong with them."""
    form = f"/settings/contact/{Victim.objects.filter(safe_channels=None).order_by('id')[0].id}/email/"
    asked = client.post(form, {"value": "new@example.org"})
    return {
        "own-address": client.get(form),
        "own-address-wrong": client.post(form, {"value": "x"}),
        "own-address-code": client.get(asked["Location"]),
        "own-address-code-wrong": client.post(asked["Location"], {"code": "1"}),
        "own-addresses": client.get("/settings/contact/"),
    }


def _phone(client: Client) -> dict[str, HttpResponse]:
    """Being told on a phone: with one that is on, and where it is not offered."""
    browser = PushService(port=9000).browser()
    key = vapid.public_key(vapid.new_private_key())
    with override_settings(TMC_VAPID_PUBLIC_KEY=key, TMC_PUSH_HOSTS="127.0.0.1:9000"):
        said = client.post("/settings/phone/add/", {"subscription": browser.text})
        found = {"phone": client.get(said["Location"])}
        Victim.objects.update(disguise=True)
        found["phone-not-offered"] = client.get("/settings/phone/?said=failed")
        Victim.objects.update(disguise=False)
    return found


def _sent(client: Client, force: Force, language: str) -> HttpResponse:
    """What was sent to the account, made up: by each channel, in each state."""
    now, victim = utc_now(), Victim.objects.filter(force=force, person="P1").order_by("id")[0]
    case = Case.objects.get(crime_id=victim.crime_id)
    alert = Alert.objects.create(
        force=force, victim=victim, case_id=case.id, about="update", state="sent", decided_at=now, due_at=now
    )
    for channel, hash_, state in (
        ("email", victim.email_hash, "delivered"),
        ("text", victim.mobile_hash, "failed"),
        ("email", b"x" * 32, "accepted"),
    ):
        Dispatch.objects.create(
            force=force, purpose="alert", owner_id=alert.id, channel=channel, address="x", address_hash=hash_,
            language="cy+en", state=state, created_at=now, give_up_at=now, finished_at=now,
        )  # fmt: skip
    return client.get("/settings/sent/")


@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_page_is_right_on_the_smallest_phone(language: str) -> None:
    is_right_on_the_smallest_phone(pages(language), language)
