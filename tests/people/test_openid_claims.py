"""What claims mean: no claim that nobody has named gives anything, and no two roles become one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackmycrime.people.models import Staff
from trackmycrime.people.openid import claims
from trackmycrime.people.openid.claims import Decided

MAPPING = {
    "TMC officers": "officer",
    "TMC supervisors": "supervisor",
    "TMC administrators": "administrator",
    "TMC auditors": "auditor",
    "Also officers": "officer",
    "Broken": "chief constable",
}
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "decided"),
    [
        (["TMC officers"], Decided("officer")),
        ("TMC officers", Decided("officer")),
        (["TMC officers", "Also officers", "Canteen"], Decided("officer")),
        (["TMC officers", "TMC supervisors"], Decided("supervisor")),
        (["TMC officers", "TMC administrators"], Decided("", "several")),
        (["TMC officers", "TMC supervisors", "TMC auditors"], Decided("", "several")),
        (["tmc officers"], Decided("", "none")),
        (["TMC officers "], Decided("", "none")),
        ("TMC officers,TMC auditors", Decided("", "none")),
        (["Broken"], Decided("", "none")),
        ([["TMC officers"]], Decided("", "none")),
        ({"TMC officers": True}, Decided("", "none")),
        ([], Decided("", "none")),
        (None, Decided("", "none")),
        (True, Decided("", "none")),
    ],
)
def test_a_role_comes_from_claims_that_are_named_and_from_nothing_else(value: Any, decided: Decided) -> None:
    assert claims.role({"roles": value}, "roles", MAPPING) == decided
    assert claims.role({"elsewhere": value}, "roles", MAPPING) == Decided("", "none")


ONE = st.sampled_from([*sorted(MAPPING), "Canteen", "", None, True, 7, ["TMC officers"], {"TMC auditors": 1}])
JUNK = ONE | st.lists(ONE, max_size=5)


@given(JUNK)
def test_whatever_is_claimed_there_is_one_role_that_somebody_mapped_or_none(value: Any) -> None:
    found = claims.role({"roles": value}, "roles", MAPPING)
    named = {
        MAPPING[v]
        for v in (value if isinstance(value, list) else [value])
        if isinstance(v, str) and v in MAPPING
    }
    assert found.role in named | {""}
    assert bool(found.role) != bool(found.why)
    if {"administrator"} < named or {"auditor"} < named - {"chief constable"}:
        assert found.role in ("", "administrator", "auditor")


def test_the_roles_are_those_of_the_staff() -> None:
    assert set(Staff.Role.values) == claims.ROLES


def test_a_claim_is_found_by_its_whole_name_or_by_names_with_dots() -> None:
    said = {"https://force.example.org/roles": ["a"], "realm_access": {"roles": ["b"]}}
    assert claims.at(said, "https://force.example.org/roles") == ["a"]
    assert claims.at(said, "realm_access.roles") == ["b"]
    assert claims.at(said, "realm_access.roles.b") is None
    assert claims.at(said, "") is None


def test_an_email_counts_only_when_the_provider_has_seen_to_it() -> None:
    for verified in (False, None, "true", 1):
        assert not claims.verified_email({"email": "a@example.org", "email_verified": verified})
    assert claims.verified_email({"email": "a@example.org", "email_verified": True}) == "a@example.org"


def test_a_sign_in_that_is_too_old_or_too_weak_steps_nobody_up() -> None:
    then = NOW - timedelta(minutes=10)
    assert claims.signed_in_since({"auth_time": then.timestamp()}, then)
    for when in (then.timestamp() - 2, None, "now", True):
        assert not claims.signed_in_since({"auth_time": when}, then)
    assert claims.strong_enough({}, ())
    assert claims.strong_enough({"acr": "mfa"}, ("mfa", "hardware"))
    assert not claims.strong_enough({"acr": "password"}, ("mfa",))
    assert not claims.strong_enough({}, ("mfa",))


def test_one_login_must_give_the_trust_that_was_asked_for() -> None:
    assert claims.trusted_enough({"vot": "Cl.Cm"}, "Cl.Cm")
    assert claims.trusted_enough({"vot": "P0.Cl.Cm"}, "Cl.Cm")
    for said in ("Cl", "", None, 7, "CmCl"):
        assert not claims.trusted_enough({"vot": said}, "Cl.Cm")
