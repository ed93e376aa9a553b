"""Another email address to sign in with: by the password and a code to the new one, told to others, or not at all."""

import re
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from tests.alerts import outgoing
from tests.alerts.outgoing import MAIL, MOBILE, SAFE, quiet, reached
from tests.desk.people import PASSWORD, World
from tests.people.helping import let_in, person
from tests.people.making import make_account
from tests.support.doors import door_client, role
from tests.support.events import victim
from trackmycrime import rounds
from trackmycrime.audit.models import Record
from trackmycrime.delivery.letters import Letter
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.crypto import blind_email
from trackmycrime.kernel.scope import bound
from trackmycrime.people import once
from trackmycrime.people.models import Account, PortalSession, SignIn, SignInCode
from trackmycrime.returns.models import Return

pytestmark = pytest.mark.django_db
NEW, PAGE, CODE = "new@example.org", "/account/email/", "/account/email/code/"


@pytest.fixture
def made(settings: Any) -> World:
    return reached(settings)


def browser(email: str = MAIL) -> Any:
    client = door_client("portal")
    assert client.post("/sign-in/", {"email": email, "password": PASSWORD}).status_code == 302
    return client


def letters() -> dict[str, Letter]:
    """By address, what goes out when the worker has looked."""
    with role("worker"):
        for name in (once.BELL, "sign-ins"):
            dict(rounds.PASSES)[name](utc_now())
    return {letter.address: letter for letter in outgoing.letters()}


def ask(client: Any, left: str = "no", password: str = PASSWORD, value: str = NEW) -> Any:
    return client.post(PAGE, {"value": value, "left": left, "password": password})


def asked(client: Any, left: str = "no") -> str:
    """The code that went to the new address; nothing else of what waited goes on."""
    letters()
    assert ask(client, left).status_code == 302
    sent = letters()
    quiet()
    if NEW not in sent:
        return ""
    assert sent[NEW].purpose == "code"
    for secret in ("TrackMyCrime", "police", "http", MAIL):
        assert secret not in sent[NEW].body + (sent[NEW].subject or "")
    (code,) = re.findall(r"\b\d{6}\b", sent[NEW].body)
    return code


def test_it_is_changed_by_password_and_code_and_both_other_routes_are_told(made: World) -> None:
    mine, other = browser(), browser()
    code = asked(mine)
    assert browser(MAIL), "nothing has changed yet"
    assert "not right" in mine.post(CODE, {"code": "000000"}).content.decode()
    letters()
    quiet()
    assert mine.post(CODE, {"code": code})["Location"] == "/account/?done=email"
    assert NEW in mine.get("/account/").content.decode()
    assert "/sign-in/" in other.get("/cases/")["Location"]
    assert PortalSession.objects.count() == 1
    account = Account.objects.get(pk=made.accounts["P1"].pk)
    assert (account.email, bytes(account.email_hash)) == (NEW, blind_email(NEW))
    told = letters()
    assert {to: one.words.partition("/")[0] for to, one in told.items()} == {
        MAIL: "alert.email_left.email",
        MOBILE: "alert.sign_in.text",
    }
    assert not [one for one in told.values() if NEW in one.body]
    assert SignIn.objects.get(how="email").told == "email+text"
    record = Record.objects.get(action="account.email_changed", object_kind="victim")
    assert (record.object_id, record.force_id) == (str(made.victim().id), made.force.id)
    assert NEW not in str(record.detail)
    assert not Return.objects.filter(type="contact.changed").exists()
    assert made.victim().email == MAIL, "where we write to is another thing"
    assert browser(NEW)
    old = door_client("portal").post("/sign-in/", {"email": MAIL, "password": PASSWORD})
    assert old.status_code == 200
    kept = SignInCode.objects.get()
    assert (kept.new_email, kept.new_password, kept.stood) == (None, "", "")


def test_an_address_that_is_left_because_it_is_not_safe_is_not_told(made: World) -> None:
    client = browser()
    client.post(CODE, {"code": asked(client, "yes")})
    told = letters()
    assert MAIL not in told
    assert told[MOBILE].words.startswith("alert.sign_in.text")


def test_where_nobody_could_be_told_no_code_goes(made: World) -> None:
    made.send(victim("52/1", 3, email=MAIL, mobile=None))
    quiet()
    assert asked(browser(), "yes") == ""


@pytest.mark.parametrize(
    "safe", [{"channels": ["text"]}, {"disguise": True}, {"channels": [], "disguise": False}]
)
def test_it_is_not_changed_where_no_mail_may_go(made: World, safe: dict[str, Any]) -> None:
    made.send(victim("52/1", 3, email=MAIL, mobile=MOBILE, safe_contact={**SAFE, **safe}))
    quiet()
    assert asked(browser()) == ""


def test_whoever_finds_an_open_session_lacks_the_password(made: World) -> None:
    client = browser()
    answer = ask(client, password="not the right one")
    assert "The password is not right" in answer.content.decode()
    assert not SignInCode.objects.exists()


def test_two_people_on_one_email_stay_two_and_nothing_tells_of_the_other(made: World) -> None:
    other = make_account(NEW, password="another three words")
    client = browser()
    assert client.post(CODE, {"code": asked(client)})["Location"] == "/account/?done=email"
    assert Account.objects.filter(email_hash=blind_email(NEW)).count() == 2
    assert browser(NEW).get("/account/").status_code == 200
    other.refresh_from_db()
    assert other.has_usable_password()


def test_a_password_that_both_have_is_refused_in_the_words_for_an_easy_one(made: World) -> None:
    make_account(NEW, password=PASSWORD)
    answer = ask(browser())
    assert answer.status_code == 200
    assert "harder to guess" in answer.content.decode()
    assert not SignInCode.objects.exists()


def test_who_comes_to_that_email_with_the_same_password_meanwhile_stops_it(made: World) -> None:
    client = browser()
    code = asked(client)
    make_account(NEW, password=PASSWORD)
    assert "does not work any more" in client.post(CODE, {"code": code}).content.decode()
    assert Account.objects.get(pk=made.accounts["P1"].pk).email == MAIL


def test_a_browser_that_keeps_passwords_is_told_whose_is_asked_for(made: World) -> None:
    client = browser()
    for page in (PAGE, "/account/password/", "/confirm/"):
        html = client.get(page).content.decode()
        assert re.findall(r'value="([^"]+)" autocomplete="username"', html) == [MAIL], page


def test_a_new_password_meanwhile_is_not_undone(made: World) -> None:
    client = browser()
    code = asked(client)
    client.post("/account/password/", {"password": "seven quiet otters"})
    assert "does not work any more" in client.post(CODE, {"code": code}).content.decode()
    assert (
        door_client("portal").post("/sign-in/", {"email": MAIL, "password": "seven quiet otters"}).status_code
        == 302
    )


def test_the_code_signs_nobody_in_and_five_wrong_ones_end_it(made: World) -> None:
    client = browser()
    code = asked(client)
    row = SignInCode.objects.get()
    with role("portal"):
        assert once.prove(row.id, code, "192.0.2.1", now=utc_now()) is None
    for _ in range(5):
        client.post(CODE, {"code": "000000"})
    assert "does not work any more" in client.post(CODE, {"code": code}).content.decode()


def test_the_portal_itself_writes_no_email_and_proves_nothing_of_others(made: World) -> None:
    client = browser()
    code = asked(client)
    row = SignInCode.objects.get()
    other = make_account("other@example.org")
    with role("portal"), bound(account=other.pk):
        assert once.prove_new_email(row.id, code, now=utc_now()) == "over"
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            setwise.fetch("update people_account set email_hash = %s returning id", [blind_email(NEW)])


def test_who_only_helps_hears_it_at_the_address_that_is_left(made: World) -> None:
    account = person("gwen@example.org")
    let_in(made.victim(), account)
    client = browser("gwen@example.org")
    assert asked(client, "yes") == "", "nobody could be told"
    client.post(CODE, {"code": asked(client)})
    assert list(letters()) == ["gwen@example.org"]
    record = Record.objects.get(action="account.email_changed", object_kind="victim")
    assert (record.actor_kind, record.object_id) == ("helper", str(made.victim().id))
