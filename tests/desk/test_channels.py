"""The channels' page and the switch: it says what happened, looking costs the same ever after, a hold loses nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection
from playwright.sync_api import Page

from tests.desk.people import World, sign_in, world
from tests.desk.test_case import text
from tests.desk.test_log import alert_of, many
from tests.support.browsing import is_right_on_the_smallest_phone
from tests.support.doors import DoorClient, role
from tests.support.events import update
from tests.support.sending import send
from trackmycrime.alerts import promptness
from trackmycrime.audit.api import SYSTEM
from trackmycrime.audit.models import Record
from trackmycrime.delivery import health, switches
from trackmycrime.delivery.letters import Outcome
from trackmycrime.delivery.models import Attempt, Dispatch, Receipt, Reply, Tally, Worker
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import LONDON, utc_now
from trackmycrime.kernel.ids import lowest_id, new_id
from trackmycrime.kernel.scope import bound
from trackmycrime.ops.commands.channel import command

pytestmark = pytest.mark.django_db

TAKEN, LATER = Outcome("accepted", "250"), Outcome("later", "451")


@pytest.fixture
def made(settings: Any) -> World:
    """P1 has joined; the invitation went out, and an alert waits, by email."""
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    made = world()
    send(TAKEN)
    made.send(update("52/1", 3, "u1", "suspect_arrested"))
    return made


@pytest.fixture
def administrator(made: World) -> DoorClient:
    return sign_in(made.force, "administrator", "")


def email(client: DoorClient) -> str:
    page = client.get("/channels/")
    assert page.status_code == 200
    return text(page.content.split(b'id="email"')[1].split(b'id="text"')[0])


def test_it_says_how_email_is_doing(made: World, administrator: DoorClient) -> None:
    Worker.objects.create(id=new_id(), started_at=utc_now(), seen_at=utc_now(), channels="email")
    said = email(administrator)
    assert "Provider A mail server (SMTP)" in said
    assert "Programs that send 1" in said
    assert "Waiting 1, the first since" in said
    assert "Sent today 1" in said
    send(LATER, start=utc_now())
    send(TAKEN, start=utc_now() + timedelta(hours=1))
    letter = Dispatch.objects.get(owner_id=alert_of(made).id)
    Attempt.objects.update(at=utc_now() - timedelta(minutes=1))
    Receipt.objects.create(
        force=made.force, dispatch_id=letter.id, result="delivered", at=utc_now(), taken_at=utc_now()
    )
    said = email(administrator)
    assert "Waiting 0" in said
    assert "Taken by the provider 2 2" in said
    assert "Of these, delivered so far 1 1" in said
    assert "Put off, to be tried again 1 1" in said
    assert "Last error 451," in said
    assert "Half of it was taken within" in said


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_figures_fit_on_a_phone_and_in_their_cards(administrator: DoorClient, language: str) -> None:
    administrator.cookies["language"] = language
    fits: list[bool] = []

    def at_a_desk(page: Page, address: str) -> None:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(f"{address}/channels")
        script = "all => all.map(one => one.offsetWidth <= one.parentElement.clientWidth)"
        fits.extend(page.eval_on_selector_all(".tmc-card table", script))

    page = administrator.get("/channels/").content.decode()
    is_right_on_the_smallest_phone({"/channels": page}, language, and_then=at_a_desk)
    assert fits
    assert all(fits), "a table is wider than its card"


def test_what_is_not_set_up_or_has_nobody_is_said(
    made: World, administrator: DoorClient, settings: Any
) -> None:
    assert "Nobody sends" in email(administrator)
    settings.TMC_EMAIL_URL = ""
    assert "Not set up Provider None" in email(administrator)


def test_budget_and_replies_are_on_the_page(made: World, administrator: DoorClient) -> None:
    letter = Dispatch.objects.filter(state="accepted").first()
    assert letter
    for n in range(2):
        Reply.objects.create(
            force=made.force, dispatch_id=letter.id, at=utc_now(), kind="reply", message_key=bytes([n]) * 32
        )
    Tally.objects.create(
        force_id=made.force.id, address_hash=b"", channel="text", day=utc_now().astimezone(LONDON).date(),
        letters=3, segments=20_000, owner_id=new_id(),
    )  # fmt: skip
    Force.objects.filter(id=made.force.id).update(policy={**made.force.policy, "text_price": 250})
    assert "Replies of people in the last day 2 Of these, told where to write instead 2" in email(
        administrator
    )
    said = text(administrator.get("/channels/").content)
    assert "Parts of texts today 20,000 of 20,000 (£500.00)" in said
    assert "The budget is used up" in said


def test_another_forces_letters_do_not_count(made: World) -> None:
    other = world("south-wales")
    assert "Waiting 1" in email(sign_in(other.force, "supervisor", ""))  # its own invitation
    assert "Sent today 0" in email(sign_in(other.force, "supervisor", ""))


def test_a_force_is_held_by_its_administrator_and_nothing_is_lost(
    made: World, administrator: DoorClient
) -> None:
    said = text(administrator.get("/channels/email/hold/").content)
    assert "Are you sure that nothing should go out?" in said
    assert "1 message waits at this moment." in said
    assert administrator.post("/channels/email/hold/", {}).status_code == 422
    done = administrator.post("/channels/email/hold/", {"reason": "wrong_words"})
    assert done["Location"] == "/channels/?done=held_channel"
    said = email(administrator)
    assert "Held Held for your force : What goes out says the wrong thing. Since" in said
    assert "@police.example.org." in said
    assert send(TAKEN) == []
    assert Dispatch.objects.get(owner_id=alert_of(made).id).state == "prepared"
    assert administrator.get("/channels/email/hold/").status_code == 404
    assert "1 message waits, and goes out at once." in text(
        administrator.get("/channels/email/release/").content
    )
    administrator.post("/channels/email/release/")
    assert [letter.owner_id for letter in send(TAKEN)] == [alert_of(made).id]
    acts = Record.objects.filter(object_kind="channel").order_by("id").values_list("action", "actor_kind")
    assert list(acts) == [("channel.held", "officer"), ("channel.released", "officer")]


def test_what_is_held_for_all_can_only_be_seen(made: World, administrator: DoorClient) -> None:
    switches.hold("email", force=None, reason="provider", by=SYSTEM, now=utc_now())
    said = email(administrator)
    assert "Held for all forces : The provider is in trouble." in said
    assert "by Those who run the service." in said
    assert administrator.post("/channels/email/release/").status_code == 404
    administrator.post("/channels/email/hold/", {"reason": "provider"})
    assert "nothing goes before they let it go too" in text(
        administrator.get("/channels/email/release/").content
    )
    administrator.post("/channels/email/release/")
    assert [one.force for one in switches.standing(now=utc_now(), force=made.force.id)] == [None]


def test_a_supervisor_sees_and_does_not_switch(made: World) -> None:
    client = sign_in(made.force, "supervisor", "")
    assert "/hold/" not in client.get("/channels/").content.decode()
    for way in ("hold", "release"):
        assert client.post(f"/channels/email/{way}/", {"reason": "other"}).status_code == 403


def test_an_unknown_channel_is_not_there(administrator: DoorClient) -> None:
    assert administrator.get("/channels/pigeon/hold/").status_code == 404


def test_the_command_says_the_same_to_a_script(made: World) -> None:
    def run(*args: str) -> Any:
        return CliRunner().invoke(command, ["health", "--force", made.force.slug, *args])

    done = run("--json")
    assert done.exit_code == 1, done.output  # something waits, and nobody sends
    (mail,) = [one for one in json.loads(done.stdout) if one["channel"] == "email"]
    assert (mail["waiting"], mail["workers"], mail["today"], mail["stuck"]) == (1, 0, 1, True)
    Worker.objects.create(id=new_id(), started_at=utc_now(), seen_at=utc_now(), channels="email")
    assert run().exit_code == 0
    assert "1 waiting" in run().stdout
    switches.hold("email", force=made.force.id, reason="exercise", by=SYSTEM, now=utc_now())
    assert run().exit_code == 1
    assert "HELD" in run().stdout


def blocks(made: World) -> dict[str, int]:
    """How many blocks PostgreSQL touches for each question of the page."""
    found, now = {}, utc_now()
    asked = {
        "waiting": (health.WAITING, health.values(made.force.id, now)),
        "went": (health.WENT, health.values(made.force.id, now)),
        "prompt": (promptness.PROMPTNESS, promptness.values(made.force.id, now)),
    }
    with role("desk"), bound(force=made.force.id), connection.cursor() as cursor:
        for name, (sql, values) in asked.items():
            cursor.execute("explain (analyze, buffers, format json) " + sql, values)
            plan = cursor.fetchone()[0][0]["Plan"]
            found[name] = int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
    return found


def test_looking_costs_the_same_however_much_was_ever_sent(made: World) -> None:
    few = blocks(made)
    long_ago = utc_now() - timedelta(days=60)
    many(made, 3000, long_ago)
    letter = Dispatch.objects.filter(state="accepted").first()
    assert letter
    moments = [long_ago - timedelta(minutes=n) for n in range(3000)]
    same = {
        name: getattr(letter, name)
        for name in (
            "purpose",
            "channel",
            "address_hash",
            "language",
            "created_at",
            "give_up_at",
            "finished_at",
        )
    }
    ids = [type(letter.id)(int=lowest_id(at).int | new_id().int & 0xFFFF) for at in moments]
    Dispatch.objects.bulk_create(
        Dispatch(id=id_, force=made.force, owner_id=new_id(), address="x", state="accepted", **same)
        for id_ in ids
    )
    Attempt.objects.bulk_create(
        Attempt(
            id=type(id_)(int=id_.int | 1 << 17),
            force=made.force,
            dispatch_id=id_,
            at=at,
            result="accepted",
            answer="250",
        )
        for id_, at in zip(ids, moments, strict=True)
    )
    with connection.cursor() as cursor:
        for table in ("delivery_attempt", "delivery_dispatch", "alerts_alert"):
            cursor.execute(f"analyze {table}")
    for name, before in few.items():
        assert blocks(made)[name] <= before + 25, name
