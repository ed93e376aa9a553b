"""Tries of passwords: counted for browser, address, network and account, so that nobody is locked out on purpose."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.test import override_settings

from tests.people.making import NOW
from tests.support.doors import role
from trackmycrime.kernel.limits import seen
from trackmycrime.kernel.models import Counter
from trackmycrime.people import limits, turns
from trackmycrime.people.limits import TooManyTries, Tries

pytestmark = pytest.mark.django_db
MAIL = "rhian@example.org"


@pytest.fixture(autouse=True)
def as_the_door() -> Iterator[None]:
    with role("portal"):
        yield


def allowed(tries: Tries, most: int) -> int:
    """How many of so many tries are let through."""
    through = 0
    for _ in range(most):
        try:
            tries.count(now=NOW)
            through += 1
        except TooManyTries:
            pass
    return through


def stranger(number: int, email: str = MAIL) -> Tries:
    return Tries("portal", email, f"198.51.{number % 200}.{number // 200}")


def test_a_browser_that_is_known_has_tries_of_its_own_whatever_comes_from_beside_it() -> None:
    """A partner on the same wireless network uses up everything that the address has."""
    hers = Tries("portal", MAIL, "192.0.2.7", "her browser")
    hers.count(now=NOW)
    hers.forgive(now=NOW)
    assert allowed(Tries("portal", MAIL, "192.0.2.7", "his browser"), 30) == limits.PAIR.most
    for n in range(200):
        allowed(Tries("portal", f"{n}@example.org", "192.0.2.7"), 1)
    assert allowed(Tries("portal", "other@example.org", "192.0.2.7"), 1) == 0, "the address has no more tries"
    assert allowed(hers, 1) == 1
    elsewhere = Tries("portal", MAIL, "203.0.113.9", "her browser")
    for n in range(200):
        allowed(stranger(n), 1)
    assert allowed(elsewhere, 1) == 1, "her own phone, on the train, while others guess"


def test_many_addresses_have_few_tries_at_one_account() -> None:
    """Ten thousand guesses from two hundred addresses."""
    through = sum(allowed(stranger(address), 50) for address in range(200))
    assert through <= limits.ACCOUNT.most + 200 * limits.FIRST.most


def test_a_network_of_ipv6_is_one_address_when_an_account_is_guessed_at() -> None:
    houses = [Tries("portal", MAIL, f"2001:db8:1:{n:x}::/64") for n in range(200)]
    assert sum(allowed(house, 5) for house in houses) == limits.ACCOUNT.most + limits.FIRST.most


def test_a_known_browser_may_not_guess_for_ever() -> None:
    his = Tries("portal", MAIL, "192.0.2.7", "b")
    his.count(now=NOW)
    his.forgive(now=NOW)
    assert allowed(his, 50) == limits.PAIR.most
    assert allowed(Tries("portal", "someone.else@example.org", "192.0.2.8", "b"), 50) == limits.PAIR.most


def test_a_browser_is_known_for_one_account_and_one_door() -> None:
    Tries("portal", MAIL, "192.0.2.7", "b").forgive(now=NOW)
    for door, email in (("desk", MAIL), ("portal", "other@example.org")):
        tries = Tries(door, email, "203.0.113.1", "b")
        assert not seen(limits.KNOWN, tries.browser, now=NOW)


def test_a_network_has_a_limit_over_its_addresses() -> None:
    assert limits.network_of("198.51.100.7") == limits.network_of("198.51.100.250") == "198.51.100.0/24"
    assert (
        limits.network_of("2001:db8:1:2::/64") == limits.network_of("2001:db8:1:3::/64") == "2001:db8:1::/48"
    )
    assert limits.network_of("unknown") == "unknown"
    through = sum(
        allowed(Tries("portal", f"{host}.{n}@example.org", f"198.51.100.{host}"), 1)
        for host in range(1, 14)
        for n in range(limits.ADDRESS.most)
    )
    assert through == limits.NETWORK.most < 13 * limits.ADDRESS.most


def test_those_who_get_in_cost_the_others_behind_their_address_nothing() -> None:
    """A police station at the beginning of a shift: hundreds behind one address."""
    for n in range(limits.ADDRESS.most * 2):
        officer = Tries("desk", f"{n}@police.example.org", "192.0.2.1", f"browser {n}")
        officer.count(now=NOW)
        officer.forgive(now=NOW)


def test_somebody_with_an_account_cannot_buy_tries_with_it() -> None:
    own = Tries("portal", "own@example.org", "192.0.2.1", "b")
    for _ in range(50):
        own.count(now=NOW)
        own.forgive(now=NOW)
    assert (
        sum(allowed(Tries("portal", f"{n}@example.org", "192.0.2.1"), 1) for n in range(120))
        <= limits.ADDRESS.most
    )


def test_who_shares_the_email_cannot_buy_tries_at_the_others_password_with_their_own() -> None:
    his = Tries("portal", MAIL, "192.0.2.7", "his browser")
    through = 0
    for _ in range(20):
        through += allowed(his, limits.PAIR.most - 1)
        if allowed(his, 1):
            his.forgive(now=NOW)
    assert through <= 2 * limits.PAIR.most, "from the address, and then in the browser that is known there"


def test_new_browsers_and_addresses_are_known_only_so_many_a_day() -> None:
    through = 0
    for number in range(60):
        his = Tries("portal", MAIL, f"198.51.{number}.1", f"browser {number}")
        if allowed(his, 1):
            his.forgive(now=NOW)
        through += allowed(his, limits.PAIR.most)
    assert through <= (limits.KNOWING.most * limits.PAIR.most) + limits.ACCOUNT.most + 60 * limits.FIRST.most


def test_what_is_over_one_limit_is_not_counted_against_the_next() -> None:
    one = stranger(1)
    assert allowed(one, 100) == limits.PAIR.most
    assert seen(limits.ACCOUNT, one.account, now=NOW) == limits.PAIR.most


def test_looking_whether_somebody_is_known_writes_nothing() -> None:
    assert seen(limits.KNOWN, "nobody", now=NOW) == 0
    with role("worker"):
        assert Counter.objects.count() == 0


def test_it_ends_with_its_window() -> None:
    one = stranger(1)
    assert allowed(one, limits.PAIR.most + 1) == limits.PAIR.most
    one.count(now=NOW + limits.PAIR.window + timedelta(seconds=1))


def test_only_so_many_are_looked_at_at_once_and_the_next_is_told_to_come_back() -> None:
    held = [turns.one() for _ in range(turns.MOST)]
    for each in held:
        each.__enter__()
    try:
        with pytest.raises(turns.Busy) as busy, turns.one():
            pass
        assert busy.value.minutes == 1
    finally:
        for each in held:
            each.__exit__(None, None, None)
    with turns.one():
        pass


@override_settings(PASSWORD_HASHERS=["trackmycrime.people.hashing.Argon2"])
def test_passwords_are_hashed_as_owasp_asks_one_at_a_time() -> None:
    made = make_password("wooden kettle orbit")
    kind, variety, version, cost, *_ = made.split("$")
    assert (kind, variety, version) == ("argon2", "argon2id", "v=19")
    said = dict(each.split("=") for each in cost.split(","))
    assert int(said["m"]) >= 19 * 1024
    assert int(said["t"]) >= 2
    assert int(said["p"]) >= 1
    assert check_password("wooden kettle orbit", made)
    assert not check_password("wooden kettle orbits", made)
    hasher = identify_hasher(made)
    assert not hasher.must_update(made)
    busy, most = [0], [0]
    plain = type(hasher).__mro__[1].verify

    def watched(self: object, password: str, encoded: str) -> bool:
        busy[0] += 1
        most[0] = max(most[0], busy[0])
        try:
            return plain(self, password, encoded)
        finally:
            busy[0] -= 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(hasher).__mro__[1], "verify", watched)
        threads = [threading.Thread(target=hasher.verify, args=("x", made)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == [1]
