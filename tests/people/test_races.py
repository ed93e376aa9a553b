"""Two at once, over the doors' real logins: one winner, and limits that count across connections."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from tests.people.making import NOW, invited, make_account, make_crime, make_force, make_victim
from tests.support.doors import door_client
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.walls import role as login_of
from trackmycrime.people import invitations, joining, limits
from trackmycrime.people.models import Invitation, Victim
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
        from django.db import transaction

        with connection.cursor() as cursor:
            cursor.execute(f"set role {login_of('worker')}")
        with transaction.atomic():
            return len(invitations.codes_wanted(NOW + timedelta(seconds=1)))

    assert sorted(in_threads(make, make)) == [0, 1]


def test_a_try_stays_counted_when_the_page_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import transaction

    monkeypatch.setattr("trackmycrime.people.signing.authenticate", lambda *_, **__: 1 / 0)
    client = door_client("portal", raise_request_exception=False)
    with transaction.atomic():
        assert client.post("/sign-in/", {"email": "a@example.org", "password": "x"}).status_code == 500
    with connection.cursor() as cursor:
        cursor.execute("select sum(count) from kernel_counter where ends_at > %s", [utc_now()])
        assert cursor.fetchone()[0] == 5, (
            "network, address, the two together with the account for a while and a day, account"
        )
