"""Changing one's own address: proved on the new route, told on another, and an officer first where there is none."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import ProgrammingError, transaction

from tests.alerts import outgoing
from tests.alerts.outgoing import MAIL, MOBILE, SAFE, quiet, reached
from tests.desk.people import PASSWORD, World, sign_in
from tests.support.doors import door_client, role
from tests.support.events import crime, victim
from trackmycrime import rounds
from trackmycrime.alerts.models import Alert
from trackmycrime.audit.models import Record
from trackmycrime.delivery.letters import Letter
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.crypto import blind_email
from trackmycrime.kernel.ids import new_id
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import AddressChange, PushDevice, Victim
from trackmycrime.returns.models import Return
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
NEW = "new@example.org"
PAGE = "/settings/contact/"


@pytest.fixture
def made(settings: Any) -> World:
    return reached(settings)


def browser() -> Any:
    client = door_client("portal")
    assert client.post("/sign-in/", {"email": MAIL, "password": PASSWORD}).status_code == 302
    return client


def work() -> None:
    with role("worker"):
        for name in ("addresses", "contacts"):
            dict(rounds.PASSES)[name](utc_now())


def letters() -> dict[str, Letter]:
    """By address, what goes out now."""
    return {letter.address: letter for letter in outgoing.letters()}


def asked(made: World, value: str = NEW, channel: str = "email", client: Any = None) -> tuple[Any, str, Any]:
    """A browser that has asked for another address, the page for the code, and the code's letter."""
    client = client or browser()
    answer = client.post(f"{PAGE}{made.victim().id}/{channel}/", {"value": value})
    assert answer.status_code == 302, answer.content.decode()
    work()
    return client, answer["Location"], letters().get(value)


def prove(client: Any, page: str, letter: Letter) -> Any:
    (code,) = re.findall(r"\b\d{6}\b", letter.body)
    answer = client.post(page, {"code": f" {code[:3]} {code[3:]}"})
    work()
    return answer


def on_file(made: World) -> tuple[str | None, str | None]:
    one = made.victim()
    return one.email, one.mobile


def test_a_code_goes_to_the_new_address_which_says_nothing_and_nothing_changes_yet(made: World) -> None:
    client, _page, letter = asked(made)
    assert set(letters()) == set()
    assert letter.purpose == "code"
    for secret in ("TrackMyCrime", "police", "http", MAIL, MOBILE, "Rhian"):
        assert secret not in letter.body + (letter.subject or "")
    assert on_file(made) == (MAIL, MOBILE)
    html = client.get(PAGE).content.decode()
    assert MAIL not in html, "masked"
    assert "p…@example.org" in html


def test_the_code_makes_it_and_another_route_the_officer_and_the_records_system_hear_of_it(
    made: World,
) -> None:
    client, page, letter = asked(made)
    assert prove(client, page, letter)["Location"] == PAGE
    assert on_file(made) == (NEW, MOBILE)
    sent = letters()
    assert {to: one.words.partition("/")[0] for to, one in sent.items()} == {
        MOBILE: "alert.contact_told.text"
    }
    assert NEW not in sent[MOBILE].body
    task = Task.objects.get(kind="own_address_changed")
    assert task.officer_id == "o1"
    assert NEW not in str(task.detail)
    told = Return.objects.get(type="contact.changed").data
    assert (told["email"], told["mobile"], told["changed"]) == (NEW, None, ["email"])
    assert Record.objects.filter(action="address.changed", actor_id=str(made.accounts["P1"].pk)).exists()
    assert "It is changed" in client.get(PAGE).content.decode()


def test_it_stands_until_the_records_system_says_something_new_of_its_own(made: World) -> None:
    prove(*asked(made))
    made.send(victim("52/1", 3, email=MAIL, mobile=MOBILE, name="Rhian Other"))
    assert on_file(made) == (NEW, MOBILE)
    assert not Alert.objects.filter(about="contact_new").exists()
    made.send(victim("52/1", 4, email=NEW, mobile=MOBILE))
    assert on_file(made) == (NEW, MOBILE)
    made.send(victim("52/1", 5, email=MAIL, mobile=MOBILE))
    assert on_file(made) == (MAIL, MOBILE), "now that is news from there"


def test_without_another_safe_route_it_waits_for_an_officer_who_says_yes(made: World) -> None:
    made.send(victim("52/1", 3, email=MAIL, mobile=None))
    quiet()
    client, page, letter = asked(made)
    prove(client, page, letter)
    assert on_file(made) == (MAIL, None)
    assert letters() == {}
    assert "Your officer speaks with you first" in client.get(PAGE).content.decode()
    task = Task.objects.get(kind="own_address_waits")
    desk = sign_in(made.force)
    assert "It is not theirs" in desk.get(f"/tasks/{task.id}/").content.decode()
    desk.post(f"/tasks/{task.id}/", {"note": "I called her at work."})
    work()
    assert on_file(made) == (NEW, None)
    assert letters() == {}
    assert Return.objects.filter(type="contact.changed").count() == 1


def test_an_officer_who_says_no_ends_it(made: World) -> None:
    made.send(victim("52/1", 3, email=MAIL, mobile=None))
    client, page, letter = asked(made)
    prove(client, page, letter)
    task = Task.objects.get(kind="own_address_waits")
    sign_in(made.force).post(f"/tasks/{task.id}/", {"note": "It was not her.", "refuse": "1"})
    work()
    assert on_file(made) == (MAIL, None)
    assert AddressChange.objects.get().state == "refused"
    assert "It was not changed" in client.get(PAGE).content.decode()


def test_who_changes_one_after_the_other_meets_an_officer(made: World) -> None:
    """Whoever has the session could else take both routes, each told by the one that is theirs already."""
    client, page, letter = asked(made)
    prove(client, page, letter)
    quiet()
    prove(*asked(made, "+447700900555", "text", client))
    assert on_file(made) == (NEW, MOBILE)
    assert Task.objects.filter(kind="own_address_waits").exists()
    assert NEW not in letters()


def test_what_an_officer_has_allowed_is_no_other_route_for_what_is_made_with_it(made: World) -> None:
    """The old one is not told, because it is changed, and the new one not, because it was changed just now."""
    made.send(victim("52/1", 3, email=MAIL, mobile=None))
    quiet()
    client, page, letter = asked(made)
    prove(client, page, letter)
    waits = Task.objects.get(kind="own_address_waits")
    client, page, letter = asked(made, MOBILE, "text", client)
    sign_in(made.force).post(f"/tasks/{waits.id}/", {"note": "I called her at work."})
    prove(client, page, letter)
    assert on_file(made) == (NEW, None), "both would be another's, and she would hear of one"
    assert Task.objects.filter(kind="own_address_waits", done_at=None).count() == 1


def test_a_phone_that_they_added_is_no_other_route(made: World) -> None:
    made.send(victim("52/1", 3, email=MAIL, mobile=None))
    PushDevice.objects.create(
        account=made.accounts["P1"], endpoint_hash=b"x", created_at=utc_now(),
        detail={"endpoint": "https://push.example/x", "public": "x", "secret": "x", "browser": "", "system": ""},
    )  # fmt: skip
    prove(*asked(made))
    assert on_file(made) == (MAIL, None)


def test_five_wrong_codes_end_it(made: World) -> None:
    client, page, letter = asked(made)
    for left in (4, 3, 2, 1):
        answer = client.post(page, {"code": "000000"}).content.decode()
        assert "The code is not right" in answer, left
    assert "does not work any more" in client.post(page, {"code": "000000"}).content.decode()
    assert prove(client, page, letter).status_code == 422
    assert on_file(made) == (MAIL, MOBILE)


def test_a_code_lives_ten_minutes(made: World) -> None:
    with time_machine.travel(utc_now().replace(hour=12), tick=False) as clock:
        client, page, letter = asked(made)
        clock.shift(9 * 60)
        client.post("/confirm/", {"password": PASSWORD})
        clock.shift(2 * 60)
        assert "does not work any more" in prove(client, page, letter).content.decode()
        assert AddressChange.objects.get().state == "over"


def test_nobody_else_proves_it_nor_by_hand(made: World) -> None:
    _client, page, _letter = asked(made)
    other = door_client("portal")
    assert "/sign-in/" in other.get(page)["Location"]
    with role("portal"), bound(account=made.accounts["P1"].pk):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            AddressChange.objects.update(state="proved")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Victim.objects.update(email_hash=b"x")
    with role("portal"), bound(account=new_id()):
        assert not AddressChange.objects.exists()
    assert on_file(made) == (MAIL, MOBILE)


def test_a_way_that_is_not_safe_is_not_offered_and_its_address_not_taken(made: World) -> None:
    made.send(victim("52/1", 3, email=MAIL, mobile=MOBILE, safe_contact=SAFE | {"channels": ["text"]}))
    client = browser()
    html = client.get(PAGE).content.decode()
    assert "Change this mobile number" in html
    assert "Change this email address" not in html
    assert "your officer changes them with you" in html
    assert client.post(f"{PAGE}{made.victim().id}/email/", {"value": NEW}).status_code == 404


def test_outside_safe_hours_no_code_goes(made: World) -> None:
    with time_machine.travel(utc_now().replace(hour=2), tick=False):
        hours = SAFE | {"hours": {"from": "10:00", "to": "12:00"}}
        made.send(victim("52/1", 3, email=MAIL, mobile=MOBILE, safe_contact=hours))
        answer = browser().post(f"{PAGE}{made.victim().id}/email/", {"value": NEW})
        assert "At this time of day" in answer.content.decode()
        assert not AddressChange.objects.exists()


def test_in_disguise_the_code_goes_under_the_neutral_sender(made: World) -> None:
    both = SAFE | {"channels": ["email"], "disguise": True}
    made.send(victim("52/1", 3, email=MAIL, mobile=MOBILE, safe_contact=both))
    quiet()
    _client, _page, letter = asked(made)
    assert letter.disguised


def test_what_became_unsafe_before_the_code_went_stops_it(made: World) -> None:
    answer = browser().post(f"{PAGE}{made.victim().id}/email/", {"value": NEW})
    assert answer.status_code == 302
    work()
    Victim.objects.update(safe_channels=["text"])
    assert letters() == {}


@pytest.mark.parametrize("wrong", ["", "x", "020 7946 0123", "0900 123 4567", "+1 202 555 0123"])
def test_what_is_no_mobile_number_is_refused_by_name(made: World, wrong: str) -> None:
    answer = browser().post(f"{PAGE}{made.victim().id}/text/", {"value": wrong})
    assert answer.status_code == 422
    assert "mobile number" in answer.content.decode()


def test_what_is_on_file_already_or_was_not_for_them_is_refused(made: World) -> None:
    client = browser()
    for value in (MAIL.upper(), "nobody"):
        assert client.post(f"{PAGE}{made.victim().id}/email/", {"value": value}).status_code == 422
    Victim.objects.update(blocked_hashes=[blind_email(NEW)])
    assert (
        "We cannot use this one"
        in client.post(f"{PAGE}{made.victim().id}/email/", {"value": NEW}).content.decode()
    )


def test_all_parts_with_that_address_change_together_and_others_do_not(made: World) -> None:
    made.send(
        crime("52/2", 1), victim("52/2", 1, email=MAIL, mobile=MOBILE),
        crime("52/3", 1), victim("52/3", 1, email="work@example.org", mobile=MOBILE),
    )  # fmt: skip
    made.join()
    quiet()
    prove(*asked(made))
    assert [made.victim(reference).email for reference in ("52/1", "52/2", "52/3")] == [
        NEW,
        NEW,
        "work@example.org",
    ]


def test_an_address_that_changed_meanwhile_is_not_overwritten(made: World) -> None:
    client, page, letter = asked(made)
    made.send(victim("52/1", 3, email="newer@example.org", mobile=MOBILE))
    prove(client, page, letter)
    assert on_file(made)[0] == "newer@example.org"
    assert AddressChange.objects.get().state == "over"


def test_freezing_the_account_ends_what_is_not_made_yet(made: World) -> None:
    client, _page, _letter = asked(made)
    client.post("/account/freeze/")
    assert AddressChange.objects.get().state == "over"


def test_it_asks_for_a_fresh_sign_in_and_for_codes_only_so_often(made: World) -> None:
    with time_machine.travel(utc_now().replace(hour=12), tick=False) as clock:
        client = browser()
        for n in range(6):
            answer = client.post(f"{PAGE}{made.victim().id}/email/", {"value": f"new{n}@example.org"})
            assert answer.status_code == 302
        answer = client.post(f"{PAGE}{made.victim().id}/email/", {"value": NEW})
        assert "too many codes" in answer.content.decode()
        assert AddressChange.objects.filter(state="asked").count() == 1, (
            "the newest takes the place of the others"
        )
        clock.shift(11 * 60)
        assert "/confirm/" in client.get(PAGE)["Location"]


def test_what_came_to_its_end_is_forgotten_after_ninety_days(made: World) -> None:
    prove(*asked(made))
    with role("worker"):
        assert dict(rounds.PASSES)["old addresses"](utc_now() + timedelta(days=89)) == 0
        assert dict(rounds.PASSES)["old addresses"](utc_now() + timedelta(days=91)) == 1
    assert on_file(made) == (NEW, MOBILE)
