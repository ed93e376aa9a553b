"""What is asked besides the password, when a factor comes or goes."""

import pytest

from trackmycrime.people.enough import How, lacking, straight
from trackmycrime.people.factors.second import Held, after, may_go


@pytest.mark.parametrize(
    ("asked", "held", "added", "then"),
    [
        ("", Held(app=True), "app", "app"),
        ("passkey", Held(passkeys=1, app=True), "app", "app"),
        ("", Held(passkeys=1), "passkey", ""),  # to be quick, not to be asked twice
        ("code", Held(passkeys=1), "passkey", "code"),
        ("app", Held(passkeys=1), "", ""),
        ("passkey", Held(), "", ""),
        ("passkey", Held(passkeys=1), "", "passkey"),
        ("code", Held(), "", "code"),
        ("app", Held(app=True), "passkey", "app"),
    ],
)
def test_a_victim_is_asked_for_what_they_chose_and_have(
    asked: str, held: Held, added: str, then: str
) -> None:
    assert after("portal", asked, held, added=added) == then
    assert may_go("portal", held)


@pytest.mark.parametrize(
    ("held", "then"),
    [
        (Held(), ""),
        (Held(codes=10), ""),
        (Held(passkeys=2), "passkey"),
        (Held(app=True), "app"),
        (Held(passkeys=1, app=True), "app"),
    ],
)
def test_an_officer_is_asked_for_the_strongest_they_have_and_keeps_one(held: Held, then: str) -> None:
    for asked in ("", "app", "passkey"):
        assert after("desk", asked, held) == then
    assert may_go("desk", held) is bool(then)


@pytest.mark.parametrize(
    ("ways", "at_once"),
    [
        ({How.APP, How.RECOVERY}, How.APP),
        ({How.APP}, How.APP),
        ({How.PASSKEY}, How.PASSKEY),
        ({How.PASSKEY, How.RECOVERY}, None),
        ({How.PASSKEY, How.APP, How.RECOVERY}, None),
        (set(), None),
    ],
)
def test_where_there_is_nothing_to_choose_it_is_asked_for_at_once(
    ways: set[How], at_once: How | None
) -> None:
    assert straight(ways) == at_once


def test_nobody_is_asked_for_what_they_do_not_have() -> None:
    assert lacking(Held()) == {How.PASSKEY, How.APP, How.RECOVERY}
    assert lacking(Held(app=True, codes=1)) == {How.PASSKEY}
