"""Two people on one email address are two people: the password says who, by one hash, and tells nothing else."""

from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, check_password, make_password

from tests.people.making import (
    EMAIL,
    NOW,
    PASSWORD,
    invited,
    make_account,
    make_crime,
    make_force,
    make_victim,
    session_of,
    sign_in,
)
from tests.support.doors import role
from trackmycrime.people import access, accounts, joining, passwords
from trackmycrime.people.hashing import Argon2
from trackmycrime.people.models import Account, Invitation, Victim

OTHER = "another three words"


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for every password that is hashed."""
    made: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        made.append(salt)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return made


def who(client: Any) -> Any:
    class Request:
        session = session_of(client)

    return access.signed_in(Request())  # type: ignore[arg-type]


@pytest.mark.django_db
def test_two_people_on_one_email_address_stay_two_people() -> None:
    first = make_account()
    victim = make_victim(make_crime(make_force()), account=first)
    other = make_victim(make_crime(victim.force, "46/2/26"), "p2")
    made = invited(other, NOW)
    code = Invitation.objects.get().activation_code
    with role("portal"):
        found = joining.open_link(made.token, "192.0.2.1", now=NOW)
        assert found
        _, found = joining.prove(found, code, "192.0.2.1", now=NOW)
        assert found
        joined = joining.join_with(found, EMAIL.upper(), OTHER, "192.0.2.1", now=NOW)
    assert joined
    second = joined[0]
    assert [v.account_id for v in Victim.objects.order_by("person")] == [first.pk, second.pk]
    for password, account in ((PASSWORD, first), (OTHER, second)):
        client, answer = sign_in("portal", EMAIL, password)
        assert answer.status_code == 302
        assert who(client) == account.pk
    assert sign_in("portal", EMAIL, "wrong words here")[1].status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("people", [0, 1, 2, 3])
@pytest.mark.parametrize("right", [True, False])
def test_one_password_is_hashed_however_many_share_the_address(
    people: int, right: bool, hashes: list[str]
) -> None:
    for n in range(people):
        make_account(password=f"{PASSWORD} {n}")
    hashes.clear()
    _, answer = sign_in("portal", EMAIL, f"{PASSWORD} 0" if right else "wrong words here")
    assert (answer.status_code == 302) == (right and people > 0)
    assert len(hashes) == 1


@pytest.mark.django_db
def test_a_password_that_was_stored_in_another_way_is_stored_anew_at_the_next_sign_in(
    hashes: list[str],
) -> None:
    account = make_account()
    Account.objects.update(password=make_password(PASSWORD))
    hashes.clear()
    assert sign_in("portal", EMAIL, "wrong words here")[1].status_code == 200
    assert len(hashes) == 1
    assert sign_in("portal")[1].status_code == 302
    account.refresh_from_db()
    assert passwords.is_current(EMAIL, account.password)
    assert sign_in("portal")[1].status_code == 302


@pytest.mark.django_db
def test_where_two_have_the_same_password_neither_gets_in_by_it() -> None:
    """It cannot be set so; if it came to be, nobody is let into the case of somebody else."""
    make_account()
    make_account()
    assert accounts.whose(accounts.find("victim", EMAIL), EMAIL, PASSWORD) is None


@pytest.mark.django_db
def test_an_officers_email_is_one_officers() -> None:
    assert accounts.create("officer", EMAIL, PASSWORD, now=NOW)
    assert accounts.create("officer", EMAIL, OTHER, now=NOW) is None
    assert accounts.create("victim", EMAIL, OTHER, now=NOW)


@pytest.mark.django_db
def test_a_closed_account_is_nobodys_though_its_password_is_right() -> None:
    make_account()
    Account.objects.update(frozen_at=NOW)
    assert accounts.whose(accounts.find("victim", EMAIL), EMAIL, PASSWORD) is None


def test_the_salt_is_the_addresss_own_and_argon2_knows_it(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["trackmycrime.people.hashing.Argon2"]
    one = passwords.hashed(EMAIL, PASSWORD)
    assert one == passwords.hashed(EMAIL.upper(), PASSWORD)
    assert one != passwords.hashed("other@example.org", PASSWORD)
    assert check_password(PASSWORD, one)
    assert passwords.is_current(EMAIL, one)
    assert not passwords.is_current("other@example.org", one)
    assert not passwords.is_current(EMAIL, Argon2().encode(PASSWORD, "another salt of 22 signs"))
    assert not passwords.is_current(EMAIL, make_password(None))


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("kettle", ["short"]),
        ("x" * 201, ["long"]),
        ("password123", ["common"]),
        ("aaaaaaaaaaaaaaaa", ["common"]),
        ("TrackMyCrime2026", ["common"]),
        ("Track My Crime 1", ["common"]),
        ("Kent Police 2026!", ["common"]),
        ("kentpolice999", ["common"]),
        ("rhian.example99", ["email"]),
        ("rhian.example@example.org", ["email"]),
        ("wooden kettle orbit", []),
        ("kent police wooden kettle", []),
        ("pa55 w0rd of mine, long", []),
        ("ŵyneb hapus y gath", []),
    ],
)
def test_which_passwords_will_not_do(password: str, fault: list[str]) -> None:
    assert passwords.faults(password, "rhian.example@example.org", ["Kent Police"]) == fault
