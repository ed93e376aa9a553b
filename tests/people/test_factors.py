"""Passkeys, apps and recovery codes as the doors' own logins keep and check them."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.desk.people import staff
from tests.people.making import make_account, make_force
from tests.support.doors import role
from tests.support.keeper import LOCAL, Keeper
from trackmycrime.audit.models import Record
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.people.factors import ceremony, challenges, code_app, passkeys, recovery
from trackmycrime.people.factors.ceremony import NotRight
from trackmycrime.people.models import CodeApp, Passkey, RecoveryCode

pytestmark = pytest.mark.django_db
NOW = utc_now().replace(microsecond=0)


def victim(email: str = "rhian@example.org") -> UUID:
    return make_account(email).pk


def kept(account: UUID, door: str = "portal", **keeper: object) -> Keeper:
    """A passkey of the account."""
    made = Keeper(origin=LOCAL[door], **keeper)  # type: ignore[arg-type]
    with role(door):
        passkeys.add(door, account, made.make(passkeys.to_add(door, account, "x", now=NOW)), "Phone", now=NOW)
    return made


def acts() -> list[str]:
    return list(Record.objects.order_by("id").values_list("action", flat=True))


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_a_passkey_signs_its_owner_in_at_its_own_door_only(door: str) -> None:
    account = victim() if door == "portal" else staff(make_force()).account.pk
    keeper = kept(account, door)
    with role(door):
        assert passkeys.shown(door, keeper.show(passkeys.to_sign_in(door, now=NOW)), now=NOW) == account
        assert [one.name for one in passkeys.mine(door, account)] == ["Phone"]
    other = "desk" if door == "portal" else "portal"
    keeper.origin = LOCAL[other]
    with role(other), pytest.raises(NotRight):
        passkeys.shown(other, keeper.show(passkeys.to_sign_in(other, now=NOW)), now=NOW)
    assert acts() == ["passkey_added"]


def test_an_answer_counts_once() -> None:
    account = victim()
    keeper = kept(account, counts=False)
    with role("portal"):
        answer = keeper.show(passkeys.to_sign_in("portal", now=NOW))
        assert passkeys.shown("portal", answer, now=NOW) == account
        with pytest.raises(NotRight):
            passkeys.shown("portal", answer, now=NOW)
        made = Keeper().make(passkeys.to_add("portal", account, "x", now=NOW))
        passkeys.add("portal", account, made, "a", now=NOW)
        with pytest.raises(NotRight):
            passkeys.add("portal", account, made, "b", now=NOW)


LIES: dict[str, Callable[[Keeper], None]] = {
    "nobody was verified": lambda keeper: setattr(keeper, "verified", False),
    "another site asked": lambda keeper: setattr(keeper, "origin", "https://evil.example"),
    "a page of the same host on another port asked": lambda k: setattr(k, "origin", "http://localhost:9"),
    "another site's passkey": lambda keeper: setattr(keeper, "host", "evil.example"),
    "in a frame of another site": lambda keeper: setattr(keeper, "cross_origin", True),
    "another key signed": lambda keeper: setattr(keeper, "key", Keeper().key),
    "an unknown passkey": lambda keeper: setattr(keeper, "id", b"x" * 32),
    "another account is named": lambda keeper: setattr(keeper, "user", b"x" * 32),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused(lie: str) -> None:
    keeper = kept(victim())
    LIES[lie](keeper)
    with role("portal"), pytest.raises(NotRight):
        passkeys.shown("portal", keeper.show(passkeys.to_sign_in("portal", now=NOW)), now=NOW)


@pytest.mark.parametrize("lie", list(LIES)[:5])
def test_no_passkey_is_made_of_a_lie(lie: str) -> None:
    account, keeper = victim(), Keeper()
    LIES[lie](keeper)
    with role("portal"), pytest.raises(NotRight):
        passkeys.add(
            "portal", account, keeper.make(passkeys.to_add("portal", account, "x", now=NOW)), "", now=NOW
        )
    assert not Passkey.objects.exists()


def test_a_challenge_is_good_for_its_purpose_its_person_its_door_and_fifteen_minutes() -> None:
    rhian, idris = victim(), victim("idris@example.org")
    keeper = kept(rhian)
    with role("portal"):
        asked = passkeys.to_sign_in("portal", now=NOW)
        with pytest.raises(NotRight):  # as a second step it is asked of one account
            passkeys.shown("portal", keeper.show(asked), account=rhian, now=NOW)
        with pytest.raises(NotRight):
            passkeys.shown("portal", keeper.show(asked), now=NOW + challenges.LIFE + timedelta(seconds=1))
        for_rhian = passkeys.to_prove("portal", rhian, now=NOW)
        with pytest.raises(NotRight):
            passkeys.shown("portal", keeper.show(for_rhian), account=idris, now=NOW)
        assert passkeys.shown("portal", keeper.show(for_rhian), account=rhian, now=NOW) == rhian
        assert passkeys.to_prove("portal", idris, now=NOW) == ""
        invented = json.dumps(json.loads(asked) | {"challenge": "A" * 76})
        with pytest.raises(NotRight):
            passkeys.shown("portal", keeper.show(invented), now=NOW)


def test_somebody_elses_passkey_is_no_second_step() -> None:
    rhian = victim()
    keeper = kept(victim("idris@example.org"))
    kept(rhian)
    with role("portal"), pytest.raises(NotRight):
        passkeys.shown(
            "portal", keeper.show(passkeys.to_prove("portal", rhian, now=NOW)), account=rhian, now=NOW
        )


def test_a_copied_passkey_is_refused_and_written_down() -> None:
    account = victim()
    keeper = kept(account)
    with role("portal"):
        passkeys.shown("portal", keeper.show(passkeys.to_sign_in("portal", now=NOW)), now=NOW)
        keeper.count -= 1  # the copy was used one time less
        with pytest.raises(NotRight):
            passkeys.shown("portal", keeper.show(passkeys.to_sign_in("portal", now=NOW)), now=NOW)
    assert acts() == ["passkey_added", "passkey_copied"]


def test_a_passkey_that_was_taken_away_opens_nothing() -> None:
    account = victim()
    keeper = kept(account)
    with role("portal"):
        (one,) = passkeys.mine("portal", account)
        assert not passkeys.remove("portal", victim("idris@example.org"), one.id, now=NOW)
        assert passkeys.rename("portal", account, one.id, " My own phone ", now=NOW)
        assert [p.name for p in passkeys.mine("portal", account)] == ["My own phone"]
        assert passkeys.remove("portal", account, one.id, now=NOW)
        with pytest.raises(NotRight):
            passkeys.shown("portal", keeper.show(passkeys.to_sign_in("portal", now=NOW)), now=NOW)
    assert acts() == ["passkey_added", "passkey_renamed", "passkey_removed"]


def test_one_passkey_belongs_to_one_account() -> None:
    keeper = kept(victim())
    idris = victim("idris@example.org")
    with role("portal"), pytest.raises(passkeys.TakenAlready):
        passkeys.add(
            "portal", idris, keeper.make(passkeys.to_add("portal", idris, "x", now=NOW)), "", now=NOW
        )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(max_size=200), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "rawId", "response", "type", "clientDataJSON", "authenticatorData", "signature"]),
        inner, max_size=5),
    max_leaves=12).map(json.dumps)))  # fmt: skip
def test_whatever_comes_is_an_answer_or_is_not_right(text: str) -> None:
    for read in (ceremony.answered, lambda t: ceremony.made(ceremony.site("portal"), t, lambda _: True)):
        with pytest.raises(NotRight):
            read(text)


def test_a_code_of_the_app_opens_once_and_an_older_one_never_after_it() -> None:
    account, secret = victim(), code_app.new_secret()
    at = NOW + timedelta(minutes=5)

    def shows(seconds: int) -> str:
        return code_app.code_at(secret, at + timedelta(seconds=seconds))

    with role("portal"):
        assert not code_app.add("portal", account, secret, "000000" if shows(0) != "000000" else "1", now=NOW)
        assert code_app.add("portal", account, secret, code_app.code_at(secret, NOW), now=NOW)
        assert not code_app.right("portal", account, code_app.code_at(secret, NOW), now=NOW)
        assert not code_app.right("portal", account, "", now=at)
        assert not code_app.right("portal", account, shows(-60), now=at)
        assert not code_app.right("portal", account, shows(60), now=at)
        typed = f" {shows(0)[:3]} {shows(0)[3:]} "
        assert not code_app.right("portal", victim("idris@example.org"), typed, now=at)
        assert code_app.right("portal", account, typed, now=at)
        assert not code_app.right("portal", account, shows(0), now=at)
        assert not code_app.right("portal", account, shows(-30), now=at)
        assert code_app.right("portal", account, shows(30), now=at)
        with pytest.raises(code_app.HasOne):
            code_app.add("portal", account, secret, shows(0), now=at)
        assert code_app.remove("portal", account, now=at)
        assert not code_app.right("portal", account, shows(60), now=at + timedelta(seconds=60))
    assert acts() == ["code_app_added", "code_app_removed"]


def test_the_secret_is_sealed_and_shown_for_camera_and_for_typing() -> None:
    account, secret = victim(), code_app.new_secret()
    with role("portal"):
        code_app.add("portal", account, secret, code_app.code_at(secret, NOW), now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("select secret from people_code_app")
        assert secret.encode() not in bytes(cursor.fetchone()[0])
    assert CodeApp.objects.get().secret == secret
    assert code_app.spelled(secret).replace(" ", "") == secret
    assert code_app.picture(secret, "rhian@example.org").startswith("data:image/svg+xml")
    assert secret in code_app.address(secret, "rhian@example.org")


def test_a_recovery_code_opens_once_and_a_new_set_ends_the_old_one() -> None:
    account = victim()
    with role("portal"):
        old = recovery.renew("portal", account, now=NOW)
        assert len(set(old)) == recovery.HOW_MANY == recovery.left("portal", account)
        assert not recovery.use("portal", victim("idris@example.org"), old[0], now=NOW)
        assert recovery.use("portal", account, f" {old[0].lower()} ", now=NOW)
        assert not recovery.use("portal", account, old[0], now=NOW)
        assert recovery.left("portal", account) == 9
        new = recovery.renew("portal", account, now=NOW)
        assert not recovery.use("portal", account, old[1], now=NOW)
        assert recovery.use("portal", account, new[1], now=NOW)
    assert acts() == [
        "recovery_codes_made",
        "recovery_code_used",
        "recovery_codes_made",
        "recovery_code_used",
    ]
    stored = b"".join(bytes(one.code_hash) for one in RecoveryCode.objects.all())
    assert new[0].encode() not in stored


TABLES = ("people_passkey", "people_code_app", "people_recovery_code")


def test_a_door_sees_the_factors_of_its_own_signed_in_account_only() -> None:
    force = make_force()
    officer, rhian, idris = staff(force).account.pk, victim(), victim("idris@example.org")
    for door, account in (("portal", rhian), ("portal", idris), ("desk", officer)):
        kept(account, door)
        secret = code_app.new_secret()
        with role(door):
            code_app.add(door, account, secret, code_app.code_at(secret, NOW), now=NOW)
            recovery.renew(door, account, now=NOW)

    def seen(door: str, account: UUID | None, force_id: int | None = None) -> list[set[UUID]]:
        found = []
        with role(door), bound(account=account, force=force_id), connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"select account_id from {table}")
                found.append({row[0] for row in cursor.fetchall()})
        return found

    assert seen("portal", rhian) == [{rhian}] * 3
    assert seen("desk", officer, force.id) == [{officer}] * 3
    assert seen("portal", None) == [set()] * 3
    assert seen("portal", officer) == [set()] * 3
    assert seen("desk", rhian, force.id) == [set()] * 3
    for door in ("gateway", "worker"):
        for table in TABLES:
            with (
                role(door),
                pytest.raises(ProgrammingError),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(f"select from {table}")
