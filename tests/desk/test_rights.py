"""The table of rights, cell by cell: a changed cell is a decision and turns this red."""

import importlib.util
from pathlib import Path

import pytest

from trackmycrime.desk.rights import DANGEROUS, ROLES, Act, may

ROOT = Path(__file__).parents[2]

#                      officer  supervisor  administrator  auditor
CELLS = {
    Act.START: (True, True, True, True),
    Act.OWN_SIGN_IN: (True, True, True, True),
    Act.SEE_CASES: (True, True, False, True),
    Act.SEE_RECORD: (False, True, False, True),
    Act.WRITE_UPDATE: (True, True, False, False),
    Act.DECIDE_HELD: (True, True, False, False),
    Act.SET_DATE: (True, True, False, False),
    Act.ANSWER: (True, True, False, False),
    Act.DO_TASK: (True, True, False, False),
    Act.INVITE: (True, True, False, False),
    Act.RECOVER: (True, True, False, False),
    Act.SWITCH: (True, True, False, False),
    Act.WITHHOLD: (True, True, False, False),
    Act.LIFT: (False, True, False, False),
    Act.QUARANTINE: (False, False, True, False),
    Act.DELIVERY_LOG: (False, True, True, True),
    Act.SEE_CHANNELS: (False, True, True, False),
    Act.HOLD_CHANNELS: (False, False, True, False),
    Act.WORDS: (False, False, True, False),
    Act.ORGANISATIONS: (False, False, True, False),
}


@pytest.mark.parametrize(
    ("role", "act", "allowed"),
    [(role, act, row[n]) for act, row in CELLS.items() for n, role in enumerate(ROLES)],
)
def test_who_may_do_what(role: str, act: Act, allowed: bool) -> None:
    assert may(role, act) is allowed


def test_every_act_has_its_row() -> None:
    assert set(CELLS) == set(Act)


def test_an_unknown_role_may_nothing() -> None:
    assert not any(may(role, act) for role in ("", "victim", "Officer") for act in Act)


def test_what_is_dangerous_is_asked_about_once_more() -> None:
    assert {
        Act.INVITE,
        Act.RECOVER,
        Act.SWITCH,
        Act.LIFT,
        Act.HOLD_CHANNELS,
        Act.WORDS,
        Act.ORGANISATIONS,
    } == DANGEROUS


def test_the_page_of_roles_is_made_from_the_table() -> None:
    spec = importlib.util.spec_from_file_location("make_roles_page", ROOT / "scripts" / "make_roles_page.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (ROOT / "docs" / "roles.md").read_text("utf-8")
    assert page == script.page(), "run scripts/make_roles_page.py"
    for act, row in CELLS.items():
        cells = " | ".join("yes" if each else "–" for each in row)
        assert f"| {script.about()[act]} | {cells} |" in page
