"""What is dangerous is asked about once more, of who signed in here and of whom a provider vouches for."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
import time_machine

from tests.desk.people import PASSWORD, World, sign_in, staff, world
from tests.desk.test_provider import Desk
from tests.desk.test_walk import GUARDED, ROUTES, address, ids_of
from tests.support.doors import DoorClient, door_client
from tests.support.provider import Provider, query_of
from trackmycrime.desk.rights import DANGEROUS, Act, may
from trackmycrime.kernel.clock import utc_now

pytestmark = pytest.mark.django_db

DANGER = "/words/"


@pytest.fixture
def made() -> World:
    return world()


def later(minutes: int) -> time_machine.travel:
    return time_machine.travel(utc_now() + timedelta(minutes=minutes), tick=True)


def asks(answer: object) -> bool:
    return getattr(answer, "status_code", 0) == 302 and answer["Location"].startswith("/confirm/")  # type: ignore[index]


def test_each_dangerous_page_asks_after_ten_minutes_and_no_other_does(made: World) -> None:
    ids = ids_of(made)
    clients = {role: sign_in(made.force, role) for role in ("supervisor", "administrator")}
    with later(11):
        for name in GUARDED:
            act: Act = ROUTES[name].callback.act  # type: ignore[attr-defined]
            if act == Act.OWN_SIGN_IN:
                continue  # some of one's own pages ask too
            client = clients["supervisor" if may("supervisor", act) else "administrator"]
            for method in ("get", "post"):
                answer = getattr(client, method)(address(name, ids))
                if answer.status_code != 405:
                    assert (name, method, asks(answer)) == (name, method, act in DANGEROUS)
            if act in DANGEROUS and client.get(address(name, ids)).status_code == 302:
                assert (
                    unquote(client.get(address(name, ids))["Location"])
                    == f"/confirm/?next={address(name, ids)}"
                )


def test_who_has_not_the_right_is_not_even_asked(made: World) -> None:
    client = sign_in(made.force, "auditor")
    with later(11):
        assert client.get(DANGER).status_code == 403


def test_the_password_once_more_opens_it_and_a_wrong_one_does_not(made: World) -> None:
    account = staff(made.force, "administrator").account
    client = door_client("desk")
    client.enter(account, "password", "app")
    with later(11):
        assert asks(client.get(DANGER))
        assert client.post("/confirm/", {"password": "wrong", "next": DANGER}).status_code == 200
        assert asks(client.get(DANGER))
        assert client.post("/confirm/", {"password": PASSWORD, "next": DANGER})["Location"] == DANGER
        assert client.get(DANGER).status_code == 200


# ---------------------------------------------------------------- by the force's provider


def vouched(openid: Provider, **more: object) -> tuple[Desk, DoorClient]:
    """Somebody whom the provider let through without asking: it knew them since an hour ago."""
    desk = Desk(openid, "dyfed-powys", **more)
    desk.new(["TMC administrators"])
    openid.lie(auth_time=int(utc_now().timestamp()) - 3600)
    client = desk.come_in()
    openid.lie()
    return desk, client


def once_more(desk: Desk, client: DoorClient) -> object:
    page = client.get(f"/confirm/?next={DANGER}")
    assert b"password" not in page.content, "for whom a provider vouches there is no password here"
    assert f"/confirm/provider/?next={DANGER}" in unquote(page.content.decode())
    return desk.walk(client, f"/confirm/provider/?next={DANGER}")


@pytest.mark.processes
@pytest.mark.usefixtures("honest")
def test_a_sign_in_that_the_provider_remembered_lets_in_and_not_to_what_is_dangerous(
    openid: Provider,
) -> None:
    desk, client = vouched(openid)
    assert client.get("/").status_code == 200
    assert asks(client.get(DANGER))
    assert once_more(desk, client)["Location"] == DANGER  # type: ignore[index]
    assert client.get(DANGER).status_code == 200
    asked = query_of(client.get(f"/confirm/provider/?next={DANGER}")["Location"])
    assert (asked["max_age"], asked["prompt"]) == ("0", "login")


@pytest.mark.processes
@pytest.mark.usefixtures("honest")
def test_signing_in_a_second_time_is_no_way_round_it(openid: Provider) -> None:
    desk, client = vouched(openid)
    openid.lie(auth_time=int(utc_now().timestamp()) - 3600)
    assert desk.sign_in(client)[1]["Location"] == "/"
    assert asks(client.get(DANGER))


@pytest.mark.processes
@pytest.mark.usefixtures("honest")
@pytest.mark.parametrize("lie", [{"auth_time": 1}, {"auth_time": None}, {"acr": "password"}, {"acr": None}])
def test_an_answer_that_is_old_or_too_weak_opens_nothing(openid: Provider, lie: dict[str, object]) -> None:
    desk, client = vouched(openid, acr=["phishing-resistant"])
    openid.acr("phishing-resistant")
    openid.lie(**lie)
    assert once_more(desk, client).status_code == 403  # type: ignore[attr-defined]
    assert openid.asked()["acr_values"] == "phishing-resistant"
    assert asks(client.get(DANGER))
    openid.lie()
    assert once_more(desk, client)["Location"] == DANGER  # type: ignore[index]
    assert client.get(DANGER).status_code == 200


@pytest.mark.processes
@pytest.mark.usefixtures("honest")
def test_somebody_else_at_the_provider_does_not_step_anybody_up(openid: Provider) -> None:
    desk, client = vouched(openid)
    desk.new(["TMC administrators"])
    assert desk.walk(client, f"/confirm/provider/?next={DANGER}").status_code == 403
    assert asks(client.get(DANGER))
