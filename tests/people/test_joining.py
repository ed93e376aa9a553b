"""The portal's side: proofs, single use, locks, and that nothing else of an invitation can be reached."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from tests.people.making import (
    EMAIL,
    NOW,
    PASSWORD,
    invited,
    make_account,
    make_crime,
    make_force,
    make_victim,
)
from tests.support.doors import denied, role
from trackmycrime.audit.api import Actor
from trackmycrime.audit.models import Record
from trackmycrime.kernel import crypto, scope
from trackmycrime.people import invitations, joining, limits
from trackmycrime.people.models import Account, Invitation, Victim
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
HERE = "192.0.2.1"


@pytest.fixture
def victim() -> Victim:
    return make_victim(make_crime(make_force()))


@pytest.fixture
def made(victim: Victim) -> invitations.Invited:
    return invited(victim, NOW)


def opened(made: invitations.Invited) -> joining.Joining:
    with role("portal"):
        found = joining.open_link(made.token, HERE, now=NOW)
    assert found
    return found


def activation() -> str:
    return Invitation.objects.get().activation_code


def prove(found: joining.Joining, code: str, now: Any = NOW) -> tuple[str, joining.Joining | None]:
    with role("portal"):
        return joining.prove(found, code, HERE, now=now)


def proved(made: invitations.Invited) -> joining.Joining:
    result, found = prove(opened(made), activation())
    assert result == "right"
    assert found
    return found


def join(found: joining.Joining, account: Account, now: Any = NOW) -> joining.Joined | None:
    with role("portal"):
        return joining.join(found, account.pk, now=now)


def test_link_and_code_bind_the_victim_to_the_account(victim: Victim, made: invitations.Invited) -> None:
    account = make_account()
    found = join(proved(made), account)
    assert found == joining.Joined(victim.force_id, victim.pk, victim.crime_id)
    victim.refresh_from_db()
    assert (victim.account_id, victim.joined_at) == (account.pk, NOW)
    record = Record.objects.get(action="joined")
    assert (record.actor_id, record.object_id, record.force_id) == (
        str(account.pk),
        str(victim.pk),
        victim.force_id,
    )


def test_the_link_alone_is_not_enough(victim: Victim, made: invitations.Invited) -> None:
    assert join(opened(made), make_account()) is None
    forged = joining.Joining(opened(made).token, made.invitation_id, "email", "text", ticket="made up")
    assert join(forged, make_account("other@example.org")) is None
    victim.refresh_from_db()
    assert victim.account_id is None


def test_the_code_alone_is_not_enough(made: invitations.Invited) -> None:
    code = activation()
    with role("portal"):
        assert joining.open_code(code, HERE, now=NOW) is None


def test_a_link_works_once(made: invitations.Invited) -> None:
    found = proved(made)
    assert join(found, make_account())
    assert join(found, make_account("other@example.org")) is None
    with role("portal"):
        assert not joining.usable(made.token, now=NOW)
        assert joining.open_link(made.token, HERE, now=NOW) is None


def test_a_proof_is_of_one_browser(made: invitations.Invited) -> None:
    first = proved(made)
    second = proved(made)
    assert join(first, make_account()) is None
    assert join(second, make_account("other@example.org"))


def test_looking_changes_nothing(made: invitations.Invited) -> None:
    before = Invitation.objects.values_list("state", "opened_at", "tries", "codes_sent", "token_hash").get()
    with role("portal"):
        assert joining.usable(made.token, now=NOW)
        assert joining.usable(made.token, now=NOW)
    assert (
        Invitation.objects.values_list("state", "opened_at", "tries", "codes_sent", "token_hash").get()
        == before
    )


@pytest.mark.parametrize("state", ["used", "stopped", "revoked", "expired"])
def test_no_final_state_moves(made: invitations.Invited, state: str) -> None:
    found = proved(made)
    Invitation.objects.update(state=state)
    with role("portal"):
        assert not joining.usable(made.token, now=NOW)
        assert joining.open_link(made.token, HERE, now=NOW) is None
        assert not joining.want_code(found, HERE, now=NOW)
        assert not joining.stop(found, now=NOW)
    assert prove(found, activation())[0] == "gone"
    assert join(found, make_account()) is None
    assert Invitation.objects.get().state == state


def test_ends_after_72_hours(made: invitations.Invited) -> None:
    late = NOW + timedelta(hours=72)
    with role("portal"):
        assert joining.usable(made.token, now=late - timedelta(seconds=1))
        assert not joining.usable(made.token, now=late)
        assert joining.open_link(made.token, HERE, now=late) is None
    assert prove(opened(made), activation(), late)[0] == "gone"


def test_a_proof_lasts_an_hour(made: invitations.Invited) -> None:
    found = proved(made)
    assert join(found, make_account(), NOW + timedelta(hours=1)) is None
    assert join(found, make_account("other@example.org"), NOW + timedelta(minutes=59))


def test_a_withdrawn_victim_cannot_join(victim: Victim, made: invitations.Invited) -> None:
    found = proved(made)
    Victim.objects.update(live=False)
    assert join(found, make_account()) is None
    with role("portal"):
        assert not joining.usable(made.token, now=NOW)


def text_code(found: joining.Joining, now: Any = NOW) -> str:
    with role("portal"):
        assert joining.want_code(found, HERE, now=now)
    with role("worker"):
        (one,) = invitations.codes_wanted(now)
    return one.code


def test_the_texted_code_works_for_fifteen_minutes_and_once(made: invitations.Invited) -> None:
    found = opened(made)
    code = text_code(found)
    assert prove(found, code, NOW + timedelta(minutes=15))[0] == "wrong"
    assert prove(found, f" {code[:3]} {code[3:]}", NOW + timedelta(minutes=14))[0] == "right"
    assert prove(found, code, NOW + timedelta(minutes=14))[0] == "wrong"


def test_only_the_newest_text_counts(made: invitations.Invited) -> None:
    found = opened(made)
    old = text_code(found)
    new = text_code(found, NOW + timedelta(minutes=1))
    if old != new:
        assert prove(found, old, NOW + timedelta(minutes=1))[0] == "wrong"
    assert prove(found, new, NOW + timedelta(minutes=1))[0] == "right"


def test_no_text_where_the_officer_gives_the_code() -> None:
    made = invited(make_victim(make_crime(make_force()), mobile=None), NOW)
    with role("portal"):
        assert not joining.want_code(opened(made), HERE, now=NOW)


def test_the_code_of_another_invitation_is_wrong(victim: Victim, made: invitations.Invited) -> None:
    other = invited(make_victim(make_crime(victim.force, "46/2/26"), "p2"), NOW)
    mine = Invitation.objects.get(pk=made.invitation_id).activation_code
    assert prove(opened(other), mine)[0] == "wrong"
    assert prove(opened(made), mine)[0] == "right"


def test_five_wrong_codes_lock_it_and_ask_the_officer(victim: Victim, made: invitations.Invited) -> None:
    right = activation()
    for _ in range(4):
        assert prove(opened(made), "000000")[0] == "wrong"
    assert prove(opened(made), "000000")[0] == "wrong"
    assert Invitation.objects.get().state == "locked"
    assert prove(joining.Joining(b"", made.invitation_id, "", ""), right)[0] == "gone"
    task = Task.objects.get()
    assert (task.kind, task.victim_id, task.crime_id) == ("invitation_locked", victim.pk, victim.crime_id)
    record = Record.objects.get(action="invitation_locked")
    assert (record.force_id, record.object_id) == (victim.force_id, str(victim.pk))


def test_whoever_guesses_is_not_told_that_it_is_locked(made: invitations.Invited) -> None:
    right, found = activation(), opened(made)
    for _ in range(5):
        prove(found, "000000")
    before = Invitation.objects.values_list("state", "tries", "finished_at", "proof_hash").get()
    assert before[:2] == ("locked", 5)
    with role("portal"):
        assert joining.usable(made.token, now=NOW)
        assert joining.open_link(made.token, HERE, now=NOW) == found
        assert joining.want_code(found, HERE, now=NOW), "and no text goes"
    with role("worker"):
        assert invitations.codes_wanted(NOW) == []
    for typed in ("000000", right):
        assert prove(found, typed) == ("wrong", None)
    assert Invitation.objects.values_list("state", "tries", "finished_at", "proof_hash").get() == before
    assert Task.objects.count() == 1, "the officer is told once"
    late = NOW + timedelta(hours=72)
    assert prove(found, right, late)[0] == "gone", "as one that was never locked"


def test_not_for_me_works_on_a_locked_one_too(victim: Victim, made: invitations.Invited) -> None:
    found = opened(made)
    for _ in range(5):
        prove(found, "000000")
    with role("portal"):
        assert joining.stop(found, now=NOW)
    victim.refresh_from_db()
    assert [bytes(each) for each in victim.blocked_hashes] == [crypto.blind_email(EMAIL)]


def test_a_proof_given_before_does_not_outlive_the_lock(made: invitations.Invited) -> None:
    found = proved(made)
    for _ in range(5):
        prove(found, "000000")
    assert join(found, make_account()) is None


def test_not_for_me_ends_it_blocks_the_address_and_tells_the_officer(
    victim: Victim, made: invitations.Invited
) -> None:
    with role("portal"):
        assert joining.stop(opened(made), now=NOW)
        assert joining.open_link(made.token, HERE, now=NOW) is None
    victim.refresh_from_db()
    assert [bytes(each) for each in victim.blocked_hashes] == [crypto.blind_email(EMAIL)]
    assert Task.objects.get().kind == "not_for_me"
    assert Record.objects.get(action="invitation_not_for_me").object_id == str(victim.pk)
    # the next invitation takes another way
    with scope.bound(force=victim.force_id):
        (again,) = invitations.renew(victim.force, [victim], flagged=set(), now=NOW)
    assert again.way == "text"


def test_a_typed_code_stands_for_a_link(victim: Victim) -> None:
    Victim.objects.update(email=None, email_hash=None)
    victim.refresh_from_db()
    made = invited(victim, NOW)
    with role("portal"):
        found = joining.open_code(made.token.lower().replace("-", " "), HERE, now=NOW)
        assert joining.open_link(made.token, HERE, now=NOW) is None
    assert found
    assert not found.ticket
    assert prove(found, activation())[0] == "right"


def test_a_code_handed_over_in_person_is_enough() -> None:
    victim = make_victim(make_crime(make_force()), email=None, mobile=None)
    made = invitations.invite_in_person(victim.force, victim, by=Actor("officer", "x"), now=NOW)
    assert made
    with role("portal"):
        found = joining.open_code(made.token, HERE, now=NOW)
    assert found
    assert found.ticket
    assert join(found, make_account())


@pytest.mark.parametrize(
    ("limit", "act"),
    [
        (limits.TYPING, lambda found: joining.open_code("CDFG-HJKM-3467", HERE, now=NOW)),
        (limits.OPENING, lambda found: joining.open_link("x" * 32, HERE, now=NOW)),
        (limits.WANTING, lambda found: joining.want_code(found, HERE, now=NOW)),
    ],
)
def test_limits_by_network_address(made: invitations.Invited, limit: Any, act: Any) -> None:
    found = opened(made)
    with role("portal"):
        for _ in range(limit.most - (limit is limits.OPENING)):
            act(found)
        with pytest.raises(limits.TooManyTries):
            act(found)


def join_with(
    found: joining.Joining, email: str = EMAIL, password: str = PASSWORD, now: Any = NOW
) -> Account | None:
    with role("portal"):
        joined = joining.join_with(found, email, password, HERE, now=now)
    return joined[0] if joined else None


def test_a_new_account_is_made_and_joined(victim: Victim, made: invitations.Invited) -> None:
    account = join_with(proved(made), "new@example.org")
    assert account
    victim.refresh_from_db()
    assert victim.account_id == account.pk
    # the sign-in name is not where alerts go
    assert victim.email == EMAIL


def test_no_account_is_left_where_the_invitation_cannot_be_used(made: invitations.Invited) -> None:
    found = proved(made)
    Invitation.objects.update(state="revoked")
    assert join_with(found) is None
    assert not Account.objects.exists()


def test_one_account_several_crimes(victim: Victim, made: invitations.Invited) -> None:
    account = make_account()
    assert join(proved(made), account)
    other = make_victim(make_crime(make_force("essex")), "p9")
    Invitation.objects.all().delete()
    assert join(proved(invited(other, NOW)), account)
    assert {v.account_id for v in Victim.objects.all()} == {account.pk}


def test_the_password_of_somebody_else_on_that_email_is_refused_in_words_that_give_nothing_away(
    made: invitations.Invited,
) -> None:
    account = make_account("somebody@example.org")
    found = proved(made)
    for _ in range(3):
        with pytest.raises(joining.AnotherPassword):
            join_with(found, "somebody@example.org")
    with pytest.raises(limits.TooManyTries):
        join_with(found, "somebody@example.org")
    assert not Victim.objects.filter(account=account).exists()


def test_joining_is_no_quicker_way_to_guess_a_password_than_signing_in(made: invitations.Invited) -> None:
    make_account("somebody@example.org")
    found = proved(made)
    with role("portal"):
        for _ in range(limits.PAIR.most):
            limits.before_password("portal", "somebody@example.org", HERE, now=NOW)
    with pytest.raises(limits.TooManyTries):
        join_with(found, "somebody@example.org")


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 from people_invitation",
        "update people_invitation set state = 'open'",
        "delete from people_invitation",
        "select 1 from people_staff",
        "select 1 from people_officer",
        "select 1 from people_setup_link",
        "select 1 from people_desk_session",
        "update people_victim set account_id = null",
        "insert into people_victim (id) values (gen_random_uuid())",
        "select * from people_staff_of(gen_random_uuid())",
        "select * from people_setup_use('x', 'x', now())",
        "update people_account set kind = 'officer'",
    ],
)
def test_what_the_portal_may_not_do(made: invitations.Invited, sql: str) -> None:
    denied("portal", sql)


def test_nobody_redeems_without_an_account_or_with_a_forged_one(made: invitations.Invited) -> None:
    found = proved(made)
    account = make_account()
    forged = f"{account.pk}.{scope.seal_key()[0]}.{'0' * 64}"
    sql = "select set_config('app.account', %s, true), people_invitation_redeem(%s, %s, %s)"
    for value in ("", forged):
        with (
            role("portal"),
            connection.cursor() as cursor,
            pytest.raises(ProgrammingError),
            transaction.atomic(),
        ):
            cursor.execute(sql, [value, found.token, b"x", NOW])
