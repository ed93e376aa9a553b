"""The police's side: who is invited, how, how often, and what becomes a task for an officer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from tests.people.making import (
    EMAIL,
    MOBILE,
    NOW,
    Counted,
    invited,
    make_account,
    make_crime,
    make_force,
    make_victim,
)
from tests.support.doors import role
from trackmycrime.audit import api as audit
from trackmycrime.audit.models import Record
from trackmycrime.forces.models import Force
from trackmycrime.kernel import crypto, scope
from trackmycrime.people import invitations, joining
from trackmycrime.people.models import Invitation, Victim
from trackmycrime.people.recovering import checks
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
OFFICER = audit.Actor("officer", "00000000-0000-7000-8000-000000000001")


@contextmanager
def at(door: str, force: Force) -> Iterator[None]:
    """With the rights of a door, within the rows of a force."""
    with role(door), scope.bound(force=force.pk if door != "worker" else None):
        yield


@pytest.fixture
def force() -> Force:
    return make_force()


def invite(
    force: Force, *victims: Victim, flagged: bool = False, now: datetime = NOW
) -> list[invitations.Invited]:
    with at("gateway", force):
        return invitations.invite(
            force, victims, flagged={v.pk for v in victims} if flagged else set(), now=now
        )


def tasks() -> list[str]:
    return list(Task.objects.filter(done_at=None).order_by("created_at", "id").values_list("kind", flat=True))


def test_a_thousand_victims_cost_as_many_statements_as_one(force: Force) -> None:
    crimes = [make_crime(force, f"46/{n}/26") for n in range(1001)]
    one, *many = [make_victim(crime, email=None if n % 3 else EMAIL) for n, crime in enumerate(crimes)]
    counts = []
    for victims in ([one], many):
        with connection.execute_wrapper(counted := Counted()):
            made = invite(force, *victims)
        counts.append(len(counted.said))
    assert len(made) == 1000
    assert Invitation.objects.count() == 1001
    assert counts[0] == counts[1] < 15
    assert Record.objects.filter(action="invited").count() == 1001


def test_email_first_and_the_second_proof_by_text(force: Force) -> None:
    (made,) = invite(force, make_victim(make_crime(force)))
    assert (made.way, made.second, made.round) == ("email", "text", 1)
    assert made.expires_at == NOW + timedelta(hours=72)
    assert len(made.token) == 32
    victim = Victim.objects.get()
    assert victim.invited_at == NOW


def test_what_is_stored_lets_nobody_in(force: Force) -> None:
    (made,) = invite(force, make_victim(make_crime(force)))
    with connection.cursor() as cursor:
        cursor.execute("select i::text from people_invitation i")
        (row,) = cursor.fetchone()
    assert made.token not in row
    code = Invitation.objects.get().activation_code
    assert code not in row
    assert code.replace("-", "") not in row
    assert made.token.encode().hex() not in row


def test_a_text_carries_a_code_to_type_and_never_a_link(force: Force) -> None:
    (made,) = invite(force, make_victim(make_crime(force), email=None))
    assert (made.way, made.second) == ("text", "officer")
    assert len(made.token) == 14
    assert made.token == made.token.upper()


@pytest.mark.parametrize(
    ("more", "flagged", "kind", "reason"),
    [
        ({"no_portal": True, "safe_known": True}, False, "tell_yourself", "no_portal"),
        ({"disguise": True, "safe_known": True}, False, "tell_yourself", "disguise"),
        ({}, True, "tell_yourself", "safe_contact_not_known"),
        ({"under_age": True}, False, "tell_yourself", "safe_contact_not_known"),
        ({"email": None, "mobile": None}, False, "invite_in_person", "no_safe_address"),
        ({"safe_known": True, "safe_channels": []}, True, "invite_in_person", "no_safe_address"),
    ],
)
def test_whom_no_machine_may_invite_is_a_task(
    force: Force, more: dict[str, Any], flagged: bool, kind: str, reason: str
) -> None:
    victim = make_victim(make_crime(force), **more)
    assert invite(force, victim, flagged=flagged) == []
    assert not Invitation.objects.exists()
    task = Task.objects.get()
    assert (task.kind, task.victim_id, task.crime_id) == (kind, victim.pk, victim.crime_id)
    assert task.detail == {"reason": reason}


def test_nobody_is_invited_twice_by_machine(force: Force) -> None:
    victim = make_victim(make_crime(force))
    invite(force, victim)
    assert invite(force, victim) == []
    victim.invited_at = None
    assert invite(force, victim) == []
    assert Invitation.objects.count() == 1


def test_who_has_joined_or_is_withdrawn_is_not_invited(force: Force) -> None:
    joined = make_victim(make_crime(force), account=make_account())
    gone = make_victim(make_crime(force, "46/2/26"), live=False)
    assert invite(force, joined, gone) == []
    assert tasks() == []


def test_an_address_that_said_not_for_me_is_not_used_again(force: Force) -> None:
    victim = make_victim(make_crime(force), blocked_hashes=[crypto.blind_email(EMAIL)])
    (made,) = invite(force, victim)
    assert made.way == "text"


def due(now: datetime) -> list[invitations.Due]:
    with role("worker"):
        return invitations.due_for_renewal(now)


def test_renewed_on_days_three_and_ten_and_then_handed_to_an_officer(force: Force) -> None:
    victim = make_victim(make_crime(force))
    tokens = [invite(force, victim)[0].token]
    assert due(NOW + timedelta(days=2, hours=23)) == []
    for day, round_ in ((3, 2), (10, 3)):
        now = NOW + timedelta(days=day)
        (one,) = due(now)
        assert (one.victim_id, one.last) == (victim.pk, False)
        with at("worker", force):
            (made,) = invitations.renew(force, [victim], flagged=set(), now=now)
        assert made.round == round_
        assert made.expires_at == now + timedelta(hours=72)
        tokens.append(made.token)
        assert due(now) == []
    assert due(NOW + timedelta(days=12, hours=23)) == []
    (one,) = due(NOW + timedelta(days=13))
    assert one.last
    with at("worker", force):
        assert invitations.hand_over(force, [one], now=NOW + timedelta(days=13)) == 1
    assert tasks() == ["invitation_not_used"]
    assert due(NOW + timedelta(days=30)) == []
    assert len(set(tokens)) == 3
    states = list(Invitation.objects.order_by("round").values_list("state", flat=True))
    assert states == ["revoked", "revoked", "expired"]


def test_who_has_joined_is_not_reminded_of_a_later_invitation(force: Force) -> None:
    victim = make_victim(make_crime(force), account=make_account())
    with at("desk", force):
        check = checks.record(victim, "in_person", ["passport"], by=OFFICER, now=NOW)
        assert invitations.renew(force, [victim], flagged=set(), now=NOW, by=OFFICER, check=check)
    assert due(NOW + timedelta(days=20)) == []


def test_a_renewal_looks_at_what_is_known_now(force: Force) -> None:
    victim = make_victim(make_crime(force))
    invite(force, victim)
    victim.no_portal = True
    with at("worker", force):
        assert invitations.renew(force, [victim], flagged=set(), now=NOW + timedelta(days=3)) == []
    assert tasks() == ["tell_yourself"]
    assert Invitation.objects.get().state == "revoked"


def test_an_officer_resends_and_it_begins_anew(force: Force) -> None:
    victim = make_victim(make_crime(force))
    (first,) = invite(force, victim)
    later = NOW + timedelta(days=5)
    with at("desk", force):
        (second,) = invitations.renew(force, [victim], flagged=set(), now=later, by=OFFICER)
    assert second.round == 1
    assert second.token != first.token
    with role("portal"):
        assert not joining.usable(first.token, now=later)
        assert joining.usable(second.token, now=later)
    assert due(later + timedelta(days=2)) == []
    assert [one.victim_id for one in due(later + timedelta(days=3))] == [victim.pk]
    assert Record.objects.filter(action="invited", actor_kind="officer", actor_id=OFFICER.id).count() == 1


def test_in_person_one_code_does(force: Force) -> None:
    victim = make_victim(make_crime(force), disguise=True)
    invite(force, victim)
    assert tasks() == ["tell_yourself"]
    with at("desk", force):
        made = invitations.invite_in_person(force, victim, by=OFFICER, now=NOW)
        assert made
        shown = invitations.sheet(victim.pk)
    assert shown
    assert shown.code == made.token
    assert (shown.way, shown.second) == ("desk", "none")


def test_in_person_closes_the_task_that_asked_for_it(force: Force) -> None:
    victim = make_victim(make_crime(force), email=None, mobile=None)
    invite(force, victim)
    with at("desk", force):
        assert invitations.invite_in_person(force, victim, by=OFFICER, now=NOW)
    assert tasks() == []


def test_a_letter_in_the_post_is_half_of_the_proof(force: Force) -> None:
    victim = make_victim(make_crime(force))
    invite(force, victim)
    with at("desk", force):
        made = invitations.invite_by_letter(force, victim, by=OFFICER, now=NOW)
        assert made
        shown = invitations.sheet(victim.pk)
    assert (made.way, made.second) == ("letter", "text")
    assert made.expires_at == NOW + timedelta(days=14)
    assert shown
    assert shown.code != made.token, "what the officer says on the phone is another code"
    with role("portal"):
        found = joining.open_code(made.token, "192.0.2.1", now=NOW + timedelta(days=5))
    assert found
    assert not found.ticket, "whoever opens the letter holds one half"


def test_without_a_safe_mobile_the_letter_s_second_code_is_the_officer_s(force: Force) -> None:
    victim = make_victim(make_crime(force), safe_channels=["letter", "email"])
    with at("desk", force):
        made = invitations.invite_by_letter(force, victim, by=OFFICER, now=NOW)
    assert made
    assert made.second == "officer"


def test_no_machine_follows_a_letter_and_an_officer_is_asked_when_it_has_run_out(force: Force) -> None:
    victim = make_victim(make_crime(force))
    with at("desk", force):
        assert invitations.invite_by_letter(force, victim, by=OFFICER, now=NOW)
    assert due(NOW + timedelta(days=13, hours=23)) == []
    (one,) = due(NOW + timedelta(days=14))
    assert one.last


def test_no_portal_is_obeyed_by_the_officer_too(force: Force) -> None:
    victim = make_victim(make_crime(force), no_portal=True)
    with at("desk", force):
        assert invitations.invite_in_person(force, victim, by=OFFICER, now=NOW) is None
        assert invitations.invite_by_letter(force, victim, by=OFFICER, now=NOW) is None


def test_the_desk_shows_the_activation_code_of_its_own_force_only(force: Force) -> None:
    victim = make_victim(make_crime(force))
    invite(force, victim)
    with at("desk", force):
        shown = invitations.sheet(victim.pk)
    assert shown
    assert len(shown.code) == 9
    with at("desk", make_force("essex")):
        assert invitations.sheet(victim.pk) is None


def test_revoked_when_the_case_closes_to_its_victims(force: Force) -> None:
    victim = make_victim(make_crime(force))
    (made,) = invite(force, victim)
    with at("gateway", force):
        assert invitations.revoke([victim.pk], now=NOW) == 1
        assert invitations.revoke([victim.pk], now=NOW) == 0
    with role("portal"):
        assert not joining.usable(made.token, now=NOW)


@pytest.fixture
def asked(force: Force) -> joining.Joining:
    """Somebody has opened an invitation and asked for a code by text."""
    made = invited(make_victim(make_crime(force)), NOW)
    with role("portal"):
        found = joining.open_link(made.token, "192.0.2.1", now=NOW)
        assert found
        assert joining.want_code(found, "192.0.2.1", now=NOW)
    return found


def wanted(now: datetime = NOW) -> list[invitations.CodeWanted]:
    with role("worker"):
        return invitations.codes_wanted(now)


def test_a_code_is_made_once_for_each_time_it_is_asked_for(asked: joining.Joining) -> None:
    (made,) = wanted()
    assert made.victim.mobile == MOBILE
    assert made.expires_at == NOW + timedelta(minutes=15)
    assert len(made.code) == 6
    assert wanted() == []
    with role("portal"):
        assert not joining.want_code(asked, "192.0.2.1", now=NOW + timedelta(seconds=20))
        assert joining.want_code(asked, "192.0.2.1", now=NOW + timedelta(seconds=40))


def test_five_codes_and_no_more(asked: joining.Joining) -> None:
    now = NOW
    for _ in range(5):
        assert len(wanted(now)) == 1
        now += timedelta(minutes=1)
        with role("portal"):
            last = joining.want_code(asked, "192.0.2.1", now=now)
    assert not last
    assert wanted(now) == []


@pytest.mark.parametrize(
    "change",
    [
        {"safe_channels": ["email"]},
        {"safe_channels": []},
        {"disguise": True},
        {"no_portal": True},
        {"live": False},
        {"mobile": None, "mobile_hash": None},
        {"blocked_hashes": [b"x" * 32]},
        {"safe_from": "14:00", "safe_to": "16:00"},
    ],
)
def test_looked_at_once_more_before_a_text_goes(asked: joining.Joining, change: dict[str, Any]) -> None:
    if "blocked_hashes" in change:
        change = {"blocked_hashes": [crypto.blind("mobile", MOBILE)]}
    victim = Victim.objects.get()
    for name, value in change.items():
        setattr(victim, name, value)
    victim.save()
    assert wanted() == []
    assert wanted(NOW + timedelta(hours=3)) == []


def test_safe_hours_are_those_of_great_britain(asked: joining.Joining) -> None:
    summer = datetime(2026, 7, 1, 16, 30, tzinfo=UTC)
    Victim.objects.update(safe_from="17:00", safe_to="18:00")
    Invitation.objects.update(expires_at=NOW + timedelta(days=300))
    assert len(wanted(summer)) == 1
