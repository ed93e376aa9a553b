"""Who may prove what: every mix of the proofs of two invitations, and of what people know of each other, against one
plain rule: a part is joined by what was sent or handed out for it, twice by two ways, or once by an officer's hand."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.people.making import EMAIL, MOBILE, NOW, make_account, make_crime, make_force, make_victim
from tests.support.doors import role
from trackmycrime.audit import api as audit
from trackmycrime.people import invitations, joining, limits
from trackmycrime.people.models import Invitation, Victim

pytestmark = pytest.mark.django_db
HERE = "192.0.2.1"
KNOWN = [
    "Sam Example",
    "46/1/26",
    "1990-04-01",
    "01/04/1990",
    EMAIL,
    MOBILE,
    "p1",
    "000000",
    "",
    "CDFG-HJKM-3467",
]
"""What a partner knows, and what a guesser types"""


@dataclass(frozen=True)
class Try:
    """One try: what is shown first and then, each of invitation 0 or 1, or something that is known of the person."""

    first: str
    of_first: int
    second: str
    of_second: int
    known: str
    wrong_before: int
    later: timedelta


TRIES = st.builds(
    Try,
    first=st.sampled_from(["token", "token", "token", "known"]),
    of_first=st.sampled_from([0, 0, 0, 1]),
    second=st.sampled_from(["officer", "text", "token", "known"]),
    of_second=st.integers(0, 1),
    known=st.sampled_from(KNOWN),
    wrong_before=st.integers(0, 6),
    later=st.sampled_from([timedelta(0), timedelta(minutes=16), timedelta(hours=71), timedelta(days=15)]),
)


def make(way: str, reference: str) -> invitations.Invited:
    crime = make_crime(make_force(f"f{reference}"), f"46/{reference}/26")
    victim = make_victim(crime, f"p{reference}", email=EMAIL if way == "email" else None)
    if way == "letter":
        found = invitations.invite_by_letter(victim.force, victim, by=audit.SYSTEM, now=NOW)
    elif way == "desk":
        found = invitations.invite_in_person(victim.force, victim, by=audit.SYSTEM, now=NOW)
    else:
        (found,) = invitations.invite(victim.force, [victim], flagged=set(), now=NOW)
    assert found
    assert found.way == way
    return found


def opened(made: invitations.Invited, token: str, one: Try) -> joining.Joining | None:
    with role("portal"):
        if made.way == "email":
            return joining.open_link(token, HERE, now=NOW)
        return joining.open_code(token, HERE, now=NOW)


def texted(found: joining.Joining) -> str:
    """The code that the mobile on file gets, if it gets one."""
    with role("portal"):
        asked = joining.want_code(found, HERE, now=NOW)
    with role("worker"):
        codes = [each.code for each in invitations.codes_wanted(NOW)] if asked else []
    return codes[0] if codes else "no text"


def let_in(made: invitations.Invited, one: Try, right: bool, texts: bool) -> bool:
    """The rule that everything is held against."""
    if one.first != "token" or one.of_first != 0:
        return False
    if made.second == "none":
        return one.later < timedelta(hours=1)  # the proof is given by opening it, at NOW
    lives = timedelta(days=14) if made.way == "letter" else timedelta(hours=72)
    in_time = one.later < lives and one.wrong_before < 5
    if one.second == "officer":
        return in_time and one.of_second == 0
    return (
        one.second == "text"
        and in_time
        and one.of_second == 0
        and texts
        and one.later < timedelta(minutes=15)
    )


@pytest.mark.parametrize("way", ["email", "text", "letter", "desk"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=TRIES)
@example(Try("token", 0, "officer", 0, "", 4, timedelta(hours=71)))
@example(Try("token", 0, "officer", 0, "", 5, timedelta(0)))
@example(Try("token", 0, "text", 0, "", 0, timedelta(0)))
@example(Try("token", 0, "text", 1, "", 0, timedelta(0)))
def test_who_may_prove_what(way: str, one: Try) -> None:
    with transaction.atomic():
        mine, other = make(way, "1"), make(way, "2")
        account = make_account("whoever@example.org")
        both = (mine, other)
        officer = [Invitation.objects.get(pk=each.invitation_id).activation_code for each in both]
        joinings = [opened(each, each.token, one) for each in both] if one.second == "text" else [None, None]
        texts = [texted(each) if each else "no text" for each in joinings]
        token = both[one.of_first].token if one.first == "token" else one.known
        # a browser that aims at invitation 0: whatever it opens, only that part counts
        found = opened(mine, token, one)
        typed = {
            "officer": officer[one.of_second], "text": texts[one.of_second], "token": both[one.of_second].token,
            "known": one.known,
        }[one.second]  # fmt: skip
        now = NOW + one.later
        with role("portal"):
            proved = found if found and found.ticket else None
            if found and not found.ticket:
                for _ in range(one.wrong_before):
                    joining.prove(found, "wrong", HERE, now=NOW)
                proved = joining.prove(found, typed, HERE, now=now)[1]
            joined = joining.join(proved, account.pk, now=now) if proved else None
        expected = let_in(mine, one, True, texts[0] != "no text")
        part = Victim.objects.get(pk=mine.victim.id)
        assert (part.account_id == account.pk) == expected, (one, joined)
        # and a part is never joined by what was not its own
        theirs = Victim.objects.get(pk=other.victim.id)
        if one.of_first == 0 or one.first == "known":
            assert theirs.account_id is None
        transaction.set_rollback(True)


def test_the_limits_of_tries_are_the_same_for_all() -> None:
    assert limits.PROVING.most >= 5, "five wrong codes lock before the address is held up"
