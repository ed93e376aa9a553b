"""What must be shown to be let in: the whole of the rule, against the sentences that it is made of."""

from itertools import combinations

import pytest

from trackmycrime.people.enough import How, enough, must_add, next_steps

SETS = [frozenset(some) for n in range(len(How) + 1) for some in combinations(How, n)]
STEPS = ("", "code", "app", "passkey")


def lets_in(shown: frozenset[How], door: str, step: str, code_alone: bool = False) -> bool:
    return enough(shown, door=door, second_step=step, code_alone=code_alone)


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_showing_more_never_shuts_out(door: str) -> None:
    for step in STEPS:
        for shown in SETS:
            if lets_in(shown, door, step):
                assert all(lets_in(shown | {more}, door, step) for more in How)


def test_without_a_password_only_what_stands_for_two_lets_in() -> None:
    for shown in SETS:
        if How.PASSWORD in shown or shown & {How.PASSKEY, How.PROVIDER}:
            continue
        for step in STEPS:
            assert lets_in(shown, "portal", step) == (How.INVITATION in shown)
            assert not lets_in(shown, "desk", step)


@pytest.mark.parametrize("door", ["portal", "desk"])
@pytest.mark.parametrize("step", ["code", "app", "passkey"])
def test_a_password_is_half_where_a_second_step_is_asked(door: str, step: str) -> None:
    assert not lets_in(frozenset({How.PASSWORD}), door, step)
    for second in (How.APP, How.RECOVERY, How.PASSKEY):
        assert lets_in(frozenset({How.PASSWORD, second}), door, step)


def test_a_code_that_is_sent_does_not_stand_for_an_app_or_a_passkey() -> None:
    for step in ("app", "passkey"):
        assert not lets_in(frozenset({How.PASSWORD, How.CODE}), "portal", step)
    assert lets_in(frozenset({How.PASSWORD, How.CODE}), "portal", "code")


def test_a_code_alone_lets_in_only_where_the_account_says_so_and_asks_for_no_second_step() -> None:
    code = frozenset({How.CODE})
    assert not lets_in(code, "portal", "")
    assert lets_in(code, "portal", "", code_alone=True)
    assert not any(lets_in(code, "portal", step, code_alone=True) for step in STEPS[1:])
    assert not any(lets_in(code, "desk", step, code_alone=True) for step in STEPS)


def test_an_officer_with_a_password_alone_must_add_something_first() -> None:
    assert must_add(frozenset({How.PASSWORD}), door="desk")
    assert not must_add(frozenset({How.PASSWORD}), door="portal")
    assert not must_add(frozenset({How.PASSWORD, How.APP}), door="desk")


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_what_is_asked_next_leads_in(door: str) -> None:
    for step in STEPS:
        asked = next_steps(frozenset({How.PASSWORD}), door=door, second_step=step, code_alone=False)
        assert asked
        assert all(lets_in(frozenset({How.PASSWORD, how}), door, step) for how in asked)
    assert How.PASSWORD in next_steps(frozenset(), door=door, second_step="app", code_alone=False)
