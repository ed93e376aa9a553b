"""An account was signed in to: its owner hears by another way, where that is safe for all that the account holds."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import RequestFactory

from tests.alerts.outgoing import MAIL, MOBILE, SAFE, goes_to, letters, quiet, reached
from tests.desk.people import PASSWORD, World
from tests.support.doors import door_client, role
from tests.support.events import crime, victim
from trackmycrime import rounds
from trackmycrime.alerts.api import UPSTAIRS
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery.letters import Finished, Letter
from trackmycrime.delivery.models import Dispatch
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.people.factors.owner import owned
from trackmycrime.people.models import Account, SignIn, Victim
from trackmycrime.people.own_sign_in import WAYS, choose
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
BY_EMAIL = SAFE | {"channels": ["email"]}


@pytest.fixture
def made(settings: Any) -> World:
    return reached(settings)


def sign_in() -> Any:
    client = door_client("portal")
    answer = client.post("/sign-in/", {"email": MAIL, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def carry_on() -> None:
    with role("worker"):
        dict(rounds.PASSES)["sign-ins"](utc_now())


def told() -> dict[str, str]:
    """By address, which words go there after the worker has looked."""
    carry_on()
    return goes_to()


def sent(letter: Letter) -> None:
    """A provider took it."""
    took = Finished(letter.id, letter.force, "alert", letter.owner_id, letter.channel, "accepted", "")
    with role("worker"):
        UPSTAIRS.finished([took], utc_now())
    Dispatch.objects.update(state="accepted", next_try_at=None)


def test_who_signs_in_by_email_and_password_is_told_by_text(made: World) -> None:
    sign_in()
    carry_on()
    (letter,) = letters()
    assert (letter.address, letter.words.partition("/")[0]) == (MOBILE, "alert.sign_in.text")
    for secret in ("52/1", "urglar", "Rhian", "http", MAIL):
        assert secret not in letter.body
    assert "We told you by text message" in sign_in().get("/account/devices/").content.decode()


def test_where_there_is_no_other_way_the_same_one_tells(made: World) -> None:
    made.send(victim("52/1", 3, email=MAIL, mobile=None))
    quiet()
    sign_in()
    assert told() == {MAIL: "alert.sign_in.email"}


def test_a_code_that_came_by_text_is_told_of_by_email(made: World) -> None:
    SignIn.objects.create(account=made.accounts["P1"], at=utc_now(), how="code", by="text", detail={})
    assert told() == {MAIL: "alert.sign_in.email"}


def test_who_is_let_in_by_an_invitation_is_not_told_of_it_here(made: World) -> None:
    SignIn.objects.create(account=made.accounts["P1"], at=utc_now(), how="invitation", detail={})
    assert told() == {}
    assert SignIn.objects.get().told == "joined"


def test_sign_ins_close_together_are_one_note(made: World) -> None:
    with time_machine.travel(utc_now().replace(hour=12), tick=False) as clock:
        sign_in()
        carry_on()
        sign_in()
        carry_on()
        (letter,) = letters()
        sent(letter)
        clock.shift(timedelta(minutes=2))
        sign_in()
        assert told() == {}, "ten minutes after the last one"
        clock.shift(timedelta(minutes=3))
        sign_in()
        assert told() == {}
        clock.shift(timedelta(minutes=6))
        assert told() == {MOBILE: "alert.sign_in.text"}
    assert Alert.objects.filter(about="sign_in").count() == 2
    assert {one.told for one in SignIn.objects.all()} == {"text"}


def test_in_disguise_it_says_nothing_of_who_writes(made: World) -> None:
    made.send(
        victim(
            "52/1",
            3,
            email=MAIL,
            mobile=MOBILE,
            safe_contact=BY_EMAIL | {"disguise": True},
        )
    )
    quiet()
    sign_in()
    carry_on()
    (letter,) = letters()
    assert letter.disguised
    assert letter.address == MAIL
    assert "police" not in letter.body.lower()
    assert "TrackMyCrime" not in letter.body


def test_a_way_must_be_safe_for_each_part_that_the_account_has(made: World) -> None:
    made.send(
        crime("52/2", 1),
        victim("52/2", 1, email=MAIL, mobile=MOBILE, safe_contact=BY_EMAIL),
    )
    made.join()
    quiet()
    sign_in()
    assert told() == {MAIL: "alert.sign_in.email"}
    made.send(victim("52/2", 2, email=MAIL, mobile=MOBILE, safe_contact={**SAFE, "channels": []}))
    quiet()
    sign_in()
    assert told() == {}
    assert SignIn.objects.order_by("-at")[0].told == "no safe channel"
    assert not Task.objects.exists(), "nobody calls for each sign-in"


def test_one_part_in_disguise_puts_all_of_it_in_disguise(made: World) -> None:
    both = {**SAFE, "channels": ["email", "text"], "disguise": True}
    made.send(crime("52/2", 1), victim("52/2", 1, email=MAIL, safe_contact=both))
    made.join()
    quiet()
    sign_in()
    assert told() == {MAIL: "alert.sign_in.disguise.email"}, "no text can be neutral here"


def test_it_goes_at_night_but_never_outside_safe_hours(made: World) -> None:
    with time_machine.travel(utc_now().replace(hour=2), tick=False) as clock:
        sign_in()
        assert told() == {MOBILE: "alert.sign_in.text"}
        made.send(
            victim(
                "52/1",
                3,
                email=MAIL,
                mobile=MOBILE,
                safe_contact={**SAFE, "hours": {"from": "10:00", "to": "12:00"}},
            )
        )
        quiet()
        sign_in()
        assert told() == {}
        clock.shift(timedelta(hours=9))
        assert told() == {MOBILE: "alert.sign_in.text"}


def test_whoever_signed_in_does_not_stop_it_by_looking(made: World) -> None:
    client = sign_in()
    carry_on()
    client.get(f"/cases/{made.case().id}/")
    assert told() == {MOBILE: "alert.sign_in.text"}


def test_it_is_cancelled_when_the_way_is_not_safe_for_another_part_any_more(made: World) -> None:
    made.send(crime("52/2", 1), victim("52/2", 1, email=MAIL))
    made.join()
    quiet()
    sign_in()
    carry_on()
    Victim.objects.filter(id=made.victim("52/2").id).update(safe_channels=["email"])
    assert letters() == []
    alert = Alert.objects.get(about="sign_in")
    assert (alert.state, alert.reason) == ("cancelled", "no safe way")


def test_a_number_that_changes_before_it_was_told_makes_it_an_officers_task(made: World) -> None:
    sign_in()
    carry_on()
    made.send(victim("52/1", 3, email=MAIL, mobile="+447700900124"))
    assert "alert.sign_in.text" not in told().values()
    assert Task.objects.filter(kind="tell_yourself").exists()


def test_it_is_no_news_of_a_case(made: World) -> None:
    """Who signs in every day still hears after 28 days that there is no news."""
    later = utc_now() + timedelta(days=40)
    sign_in()
    carry_on()
    Alert.objects.update(state="sent", sent_at=later - timedelta(days=1))
    with role("worker"):
        assert dict(rounds.PASSES)["quiet"](later.replace(hour=10)) == 1


def test_it_is_forgotten_after_ninety_days(made: World) -> None:
    sign_in()
    with role("worker"):
        assert dict(rounds.PASSES)["old sign-ins"](utc_now() + timedelta(days=89)) == 0
        assert dict(rounds.PASSES)["old sign-ins"](utc_now() + timedelta(days=91)) == 1


def changes(door: str, account: Any, action: str) -> None:
    with role(door), owned(door, account) as owner:
        owner.record(action, now=utc_now())


def test_who_changes_how_they_sign_in_is_told_of_it(made: World) -> None:
    account = made.accounts["P1"].pk
    changes("portal", account, "passkey_renamed")
    assert told() == {}, "its name lets nobody in"
    changes("portal", account, "passkey_added")
    assert SignIn.objects.get().how == "changed"
    assert list(told().values()) == ["alert.sign_in.email"]


@pytest.mark.parametrize("way", ["password", "second step"])
def test_a_new_password_and_another_second_step_are_told_too(made: World, way: str) -> None:
    client = sign_in()
    told()
    quiet()
    if way == "password":
        client.post("/account/password/", {"password": "seven quiet otters"})
    else:
        with role("portal"), bound(account=made.accounts["P1"].pk):
            account = Account.objects.get(pk=made.accounts["P1"].pk)
            request: Any = RequestFactory().get("/")
            Account.objects.filter(pk=account.pk).update(second_step="app")
            account.second_step = "app"
            assert choose(request, account, WAYS[0], now=utc_now())
    assert SignIn.objects.filter(how="changed").count() == 1
    assert len(told()) == 1
    page = client.get("/account/devices/").content.decode()
    assert "How you sign in was changed" in page


def test_a_closed_account_is_told_of_by_a_way_that_nobody_signs_in_by(made: World) -> None:
    sign_in().post("/account/freeze/")
    carry_on()
    (letter,) = [one for one in letters() if one.words.startswith("alert.frozen")]
    assert (letter.address, letter.disguised) == (MOBILE, False)
    assert "closed" in letter.body
    assert "101" in letter.body
    for secret in ("52/1", "Rhian", "http", MAIL):
        assert secret not in letter.body
    assert SignIn.objects.get(how="frozen").told == "text"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"mobile": None}, "no safe way"),
        ({"safe_contact": BY_EMAIL}, "no safe way"),
        ({"safe_contact": {**SAFE, "channels": ["email", "text"], "disguise": True}}, "disguise"),
    ],
)
def test_a_closed_account_is_told_of_by_no_other(made: World, change: dict[str, Any], word: str) -> None:
    made.send(victim("52/1", 3, **{"email": MAIL, "mobile": MOBILE, **change}))
    quiet()
    sign_in().post("/account/freeze/")
    SignIn.objects.exclude(how="frozen").update(by="")  # as by a passkey: email is still where codes go
    carry_on()
    assert not [words for words in goes_to().values() if words.startswith("alert.frozen")]
    assert SignIn.objects.get(how="frozen").told == word


def test_a_number_that_was_used_to_sign_in_is_not_told_that_the_account_is_closed(made: World) -> None:
    account = made.accounts["P1"]
    SignIn.objects.create(account=account, at=utc_now(), how="code", by="text", detail={})
    sign_in().post("/account/freeze/")
    assert "alert.frozen.text" not in told().values()


def test_that_it_is_closed_is_not_said_any_more_to_whom_an_officer_let_in_again(made: World) -> None:
    sign_in().post("/account/freeze/")
    carry_on()
    SignIn.objects.create(account=made.accounts["P1"], at=utc_now(), how="let_in", by="text", detail={})
    assert "alert.frozen.text" not in told().values()
    assert Alert.objects.get(about="frozen").state == "cancelled"


def test_who_was_let_in_again_hears_it_by_every_way_that_was_not_used_for_it(made: World) -> None:
    SignIn.objects.create(account=made.accounts["P1"], at=utc_now(), how="let_in", detail={})
    assert told() == {MAIL: "alert.sign_in.email", MOBILE: "alert.sign_in.text"}
    assert SignIn.objects.get().told == "email+text"
    page = sign_in().get("/account/devices/").content.decode()
    assert "Your officer let you in again." in page
    assert "We told you by email. We told you by text message." in page
