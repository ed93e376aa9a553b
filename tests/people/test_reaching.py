"""Whether a machine may invite, and how: each rule, and that silence never loosens."""

from datetime import date, datetime, time

import pytest

from trackmycrime.kernel.clock import LONDON
from trackmycrime.people.reaching import Contact, Plan, plan, within_hours

EMAIL, MOBILE = b"email", b"mobile"
BOTH = {"email": EMAIL, "mobile": MOBILE}


@pytest.mark.parametrize(
    ("contact", "protected", "expected"),
    [
        (Contact(**BOTH), False, ("email", "text", EMAIL)),
        (Contact(email=EMAIL), False, ("email", "officer", EMAIL)),
        (Contact(mobile=MOBILE), False, ("text", "officer", MOBILE)),
        (
            Contact(**BOTH, safe_known=True, safe_channels=frozenset({"email"})),
            True,
            ("email", "officer", EMAIL),
        ),
        (
            Contact(**BOTH, safe_known=True, safe_channels=frozenset({"text"})),
            True,
            ("text", "officer", MOBILE),
        ),
        (Contact(**BOTH, blocked=frozenset({EMAIL})), False, ("text", "officer", MOBILE)),
        (Contact(**BOTH, blocked=frozenset({MOBILE})), False, ("email", "officer", EMAIL)),
    ],
)
def test_way_and_second_proof(contact: Contact, protected: bool, expected: tuple[str, str, bytes]) -> None:
    found = plan(contact, protected=protected)
    assert (found.way, found.second, found.address) == expected
    assert not found.task


@pytest.mark.parametrize(
    ("contact", "protected", "task", "reason"),
    [
        (Contact(**BOTH, no_portal=True, safe_known=True), False, "tell_yourself", "no_portal"),
        (Contact(**BOTH, disguise=True, safe_known=True), False, "tell_yourself", "disguise"),
        (Contact(**BOTH), True, "tell_yourself", "safe_contact_not_known"),
        (
            Contact(**BOTH, safe_known=True, safe_channels=frozenset()),
            False,
            "invite_in_person",
            "no_safe_address",
        ),
        (Contact(**BOTH, safe_channels=frozenset({"push"})), False, "invite_in_person", "no_safe_address"),
        (Contact(), False, "invite_in_person", "no_safe_address"),
        (Contact(**BOTH, blocked=frozenset({EMAIL, MOBILE})), False, "invite_in_person", "no_safe_address"),
    ],
)
def test_no_machine_where_it_may_not(contact: Contact, protected: bool, task: str, reason: str) -> None:
    assert plan(contact, protected=protected) == Plan("desk", task=task, reason=reason)


@pytest.mark.parametrize(
    ("start", "end", "clock", "safe"),
    [
        (None, None, time(3), True),
        (time(9), time(17), time(9), True),
        (time(9), time(17), time(16, 59), True),
        (time(9), time(17), time(17), False),
        (time(22), time(6), time(23), True),
        (time(22), time(6), time(5), True),
        (time(22), time(6), time(12), False),
        (time(9), None, time(10), False),
        (None, time(17), time(16), False),
    ],
)
def test_hours(start: time | None, end: time | None, clock: time, safe: bool) -> None:
    moment = datetime.combine(date(2026, 11, 24), clock, LONDON)
    assert within_hours(Contact(safe_from=start, safe_to=end), moment) is safe
