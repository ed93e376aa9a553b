"""Two at once, over the doors' real logins: one winner, and limits that count across connections."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from tests.people.making import (
    EMAIL,
    NOW,
    PASSWORD,
    invited,
    make_account,
    make_crime,
    make_force,
    make_officer,
    make_victim,
    sign_in,
)
from tests.support.doors import DoorClient, door_client
from trackmycrime.kernel import scope
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.walls import role as login_of
from trackmycrime.people import accounts, invitations, joining, limits, passwords, sessions, shown, staff
from trackmycrime.people.models import Account, DeskSession, Invitation, PortalSession, Victim
from trackmycrime.portal import tongue
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


def in_threads(*works: Callable[[], Any]) -> list[Any]:
    """Run each in a thread with a database connection of its own that has the portal's rights; what each returned."""
    results: list[Any] = [None] * len(works)
    ready = threading.Barrier(len(works))

    def run(n: int, work: Callable[[], Any]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"set role {login_of('portal')}")
            ready.wait(10)
            results[n] = work()
        except Exception as error:
            results[n] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, work)) for n, work in enumerate(works)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    return results


@pytest.fixture
def made() -> invitations.Invited:
    return invited(make_victim(make_crime(make_force())), NOW)


def ready(made: invitations.Invited) -> joining.Joining:
    found = joining.open_link(made.token, "192.0.2.1", now=NOW)
    assert found
    _, proved = joining.prove(found, Invitation.objects.get().activation_code, "192.0.2.1", now=NOW)
    assert proved
    return proved


@pytest.fixture(autouse=True)
def cleaned() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("reset role")


def test_of_two_that_redeem_at_once_one_gets_it(made: invitations.Invited) -> None:
    found = ready(made)
    one, two = make_account("one@example.org"), make_account("two@example.org")
    results = in_threads(
        lambda: joining.join(found, one.pk, now=NOW), lambda: joining.join(found, two.pk, now=NOW)
    )
    assert sorted(type(each).__name__ for each in results) == ["Joined", "NoneType"]
    winner = one if results[0] else two
    assert Victim.objects.get().account_id == winner.pk


def test_wrong_codes_typed_at_once_are_all_counted(made: invitations.Invited) -> None:
    found = joining.open_link(made.token, "192.0.2.1", now=NOW)
    assert found
    results = in_threads(*[lambda: joining.prove(found, "000000", "192.0.2.1", now=NOW)[0]] * 8)
    assert results == ["wrong"] * 8
    assert Invitation.objects.get().tries == 5
    assert Task.objects.filter(kind="invitation_locked").count() == 1


def test_limits_count_across_connections() -> None:
    def try_one() -> bool:
        try:
            limits.before_password("portal", "sam@example.org", "192.0.2.1", now=NOW)
        except limits.TooManyTries:
            return False
        return True

    results = [each for _ in range(3) for each in in_threads(*[try_one] * 8)]
    assert results.count(True) == limits.PAIR.most


def test_codes_are_made_by_one_worker_only(made: invitations.Invited) -> None:
    found = joining.open_link(made.token, "192.0.2.1", now=NOW)
    assert found
    assert joining.want_code(found, "192.0.2.1", now=NOW)

    def make() -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"set role {login_of('worker')}")
        with transaction.atomic():
            return len(invitations.codes_wanted(NOW + timedelta(seconds=1)))

    assert sorted(in_threads(make, make)) == [0, 1]


def test_a_try_stays_counted_when_the_page_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackmycrime.people.signing.authenticate", lambda *_, **__: 1 / 0)
    client = door_client("portal", raise_request_exception=False)
    with transaction.atomic():
        assert client.post("/sign-in/", {"email": "a@example.org", "password": "x"}).status_code == 500
    with connection.cursor() as cursor:
        cursor.execute("select sum(count) from kernel_counter where ends_at > %s", [utc_now()])
        assert cursor.fetchone()[0] == 5, (
            "network, address, the two together with the account for a while and a day, account"
        )


def as_door(door: str) -> None:
    """From here on this connection has that door's rights."""
    with connection.cursor() as cursor:
        cursor.execute(f"set role {login_of(door)}")


def elsewhere(door: str, work: Callable[[], Any]) -> Any:
    """What it returned, run to its end in a connection of its own with that door's rights (the owner's for none)."""
    found: list[Any] = []

    def run() -> None:
        try:
            if door:
                as_door(door)
            found.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return found[0]


def is_in(client: DoorClient) -> bool:
    return "/cases/" in client.get("/").headers.get("Location", "")


def test_who_signs_in_by_the_old_password_while_a_new_one_is_set_is_not_let_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account, find = make_account(), accounts.find

    def then_changed(kind: str, email: str) -> list[accounts.Found]:
        found = find(kind, email)
        new = passwords.hashed(EMAIL, "another kettle orbit")
        assert elsewhere("", lambda: Account.objects.filter(pk=account.pk).update(password=new)) == 1
        return found

    monkeypatch.setattr(accounts, "find", then_changed)
    as_door("portal")
    client, answer = sign_in("portal")
    assert answer.status_code == 200
    assert not is_in(client)


def test_a_session_that_begins_while_all_are_ended_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    account, onwards = make_account(), tongue.onwards

    def then_ended(*args: Any, **more: Any) -> str:
        def end() -> int:
            with scope.bound(account=account.pk):
                return sessions.end_all(account.pk, door="portal")

        assert elsewhere("portal", end) == 1
        return onwards(*args, **more)

    monkeypatch.setattr(tongue, "onwards", then_ended)
    as_door("portal")
    client, answer = sign_in("portal")
    assert answer.status_code == 400
    assert not is_in(client)
    assert not PortalSession.objects.filter(account_id=account.pk).exists()


def test_what_is_confirmed_while_all_are_ended_is_no_way_back_in(monkeypatch: pytest.MonkeyPatch) -> None:
    account, note = make_account(), shown.note
    as_door("portal")
    client, _ = sign_in("portal")

    def ended_then(*args: Any, **more: Any) -> Any:
        assert elsewhere("", lambda: PortalSession.objects.filter(account_id=account.pk).delete()[0]) == 1
        return note(*args, **more)

    monkeypatch.setattr(shown, "note", ended_then)
    answer = client.post("/confirm/", {"password": PASSWORD})
    assert answer.status_code == 400
    assert not is_in(client)
    assert not PortalSession.objects.filter(account_id=account.pk).exists()


def test_an_officers_session_that_begins_while_the_set_up_link_is_used_is_ended() -> None:
    account = make_officer(make_force())
    link = staff.add(account.staff.force, account.email, "officer", now=NOW).token
    doing = threading.Thread(target=lambda: elsewhere("desk", lambda: staff.set_up(link, PASSWORD, now=NOW)))
    waits = "select count(*) from pg_locks where not granted"
    with transaction.atomic(), connection.cursor() as cursor:
        Account.objects.select_for_update().get(pk=account.pk)
        doing.start()
        cursor.execute(waits)
        while cursor.fetchone() == (0,) and doing.is_alive():
            cursor.execute(waits)
        door_client("desk").enter(account, "password")
    doing.join(30)
    assert not DeskSession.objects.filter(account_id=account.pk).exists()
