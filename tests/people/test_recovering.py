"""Lost everything: an officer checks who it is, that is kept, and only then is somebody let in again."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.people import helping
from tests.people.making import (
    EMAIL,
    NOW,
    PASSWORD,
    make_account,
    make_crime,
    make_force,
    make_officer,
    make_victim,
)
from tests.support.doors import denied, role
from trackmycrime.audit.api import Actor
from trackmycrime.audit.models import Record
from trackmycrime.forces.models import Force
from trackmycrime.kernel import scope
from trackmycrime.people import accounts, invitations, joining
from trackmycrime.people.models import (
    Access,
    Account,
    AddressChange,
    CodeApp,
    Identity,
    IdentityCheck,
    Invitation,
    Passkey,
    PortalSession,
    PushDevice,
    RecoveryCode,
    SignIn,
    Victim,
)
from trackmycrime.people.recovering import checks, reopening, rules
from trackmycrime.tasks.models import Task

HERE = "192.0.2.1"
NEW = "another three words"


@given(
    how=st.text(max_size=12) | st.sampled_from(rules.How),
    what=st.sets(st.text(max_size=9) | st.sampled_from(rules.What)),
)
def test_what_is_enough_is_a_face_beside_a_document_or_an_officer_who_knows_them(
    how: str, what: set[str]
) -> None:
    told = rules.enough(how, what)
    documents = {"passport", "driving_licence", "identity_card"}
    assert told == (
        (how in ("in_person", "video") and bool(what & (documents | {"known"})))
        or (how == "phone" and "known" in what)
    )


pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> Actor:
    return Actor("officer", str(make_officer(make_force()).pk))


@pytest.fixture
def victim(officer: Actor) -> Victim:
    """Somebody who joined with everything that an account can have, and has lost it all."""
    account = make_account()
    Account.objects.update(second_step="app", code_alone=True)
    Account.objects.filter(pk=account.pk).update(frozen_at=NOW)
    Passkey.objects.create(
        account=account, credential_hash=b"p" * 32, credential=b"", name="x", created_at=NOW
    )
    CodeApp.objects.create(account=account, secret="JBSWY3DP", last_step=0, created_at=NOW)
    RecoveryCode.objects.create(account=account, code_hash=b"r" * 32, created_at=NOW)
    Identity.objects.create(account=account, subject_hash=b"i" * 32, created_at=NOW)
    PortalSession.objects.create(key=b"k" * 32, data=b"", account=account, began_at=NOW, expires_at=NOW)
    PushDevice.objects.create(account=account, endpoint_hash=b"e" * 32, detail={}, created_at=NOW)
    return make_victim(make_crime(Force.objects.get()), account=account, joined_at=NOW)


def checked(victim: Victim, officer: Actor) -> IdentityCheck:
    with role("desk"), scope.bound(force=victim.force_id):
        return checks.record(victim, "in_person", ["passport"], by=officer, now=NOW)


def let_in(victim: Victim, officer: Actor) -> joining.Joining:
    """The officer has checked and handed over a code; the person has typed it."""
    check = checked(victim, officer)
    with role("desk"), scope.bound(force=victim.force_id):
        made = invitations.invite_in_person(victim.force, victim, by=officer, check=check, now=NOW)
    assert made
    with role("portal"):
        found = joining.open_code(made.token, HERE, now=NOW)
    assert found
    assert found.recovers
    assert joining.read(found.kept()) == found
    return found


def reopen(found: joining.Joining, email: str = "new@example.org") -> Account | None:
    with role("portal"):
        return reopening.reopen(found, email, NEW, HERE, now=NOW)


def test_the_account_opens_again_and_every_other_way_into_it_ends(victim: Victim, officer: Actor) -> None:
    helping.let_in(victim, make_account("his@example.org"))
    guardian = helping.let_in(victim, make_account("her@example.org"), kind="guardian", by_officer=True)
    account = reopen(let_in(victim, officer))
    assert account
    assert account.pk == victim.account_id
    account.refresh_from_db()
    assert account.email == "new@example.org"
    assert account.check_password(NEW)
    assert (account.second_step, account.code_alone, account.frozen_at) == ("", False, None)
    for left in (Passkey, Identity, CodeApp, RecoveryCode, PortalSession, PushDevice):
        assert not left._default_manager.exists(), left
    with role("portal"):
        assert accounts.find("victim", EMAIL) == []
        assert accounts.find("victim", "new@example.org")
    assert Invitation.objects.get().state == "used"
    assert Access.objects.get(ended_at=None) == guardian, "whom somebody else may have let in is out"


def test_the_lost_account_itself_cannot_use_it_up_and_keep_its_ways_in(
    victim: Victim, officer: Actor
) -> None:
    found = let_in(victim, officer)
    assert victim.account_id
    with role("portal"):
        assert joining.join(found, victim.account_id, now=NOW) is None
    assert Invitation.objects.get().state == "opened"
    assert reopen(found)


def test_it_is_kept_who_checked_what_and_how_and_it_is_never_changed(victim: Victim, officer: Actor) -> None:
    reopen(let_in(victim, officer))
    check = IdentityCheck.objects.get()
    assert (check.victim_id, check.account_id, str(check.by)) == (victim.pk, victim.account_id, officer.id)
    assert (check.how, check.what, check.at) == ("in_person", ["passport"], NOW)
    assert Invitation.objects.get().check_id == check.pk
    record = Record.objects.get(action="identity_checked")
    assert (record.actor_id, record.object_id, record.force_id) == (
        officer.id,
        str(victim.pk),
        victim.force_id,
    )
    assert record.detail == {"how": "in_person", "what": ["passport"]}
    assert Record.objects.get(action="account_reopened").object_id == str(victim.pk)
    for sql in ("update people_identity_check set how = 'x'", "delete from people_identity_check"):
        denied("desk", sql)


def test_who_is_let_in_again_is_told_of_it_by_another_way(victim: Victim, officer: Actor) -> None:
    reopen(let_in(victim, officer))
    told = SignIn.objects.get()
    assert (told.account_id, told.how, told.by, told.taken_at) == (victim.account_id, "let_in", "", None)


@pytest.mark.parametrize("way", ["by hand", "by letter", "by machine"])
def test_without_a_check_nobody_who_has_joined_is_invited_again(
    victim: Victim, officer: Actor, way: str
) -> None:
    other = make_victim(make_crime(victim.force, "46/2/26"), "p2", account=make_account("two@example.org"))
    theirs = checked(other, officer)
    for check in (None, theirs):
        with (
            role("desk"),
            scope.bound(force=victim.force_id),
            transaction.atomic(),
            pytest.raises(invitations.NotChecked),
        ):
            if way == "by machine":
                invitations.renew(victim.force, [victim], flagged=set(), by=officer, check=check, now=NOW)
            else:
                make = invitations.invite_in_person if way == "by hand" else invitations.invite_by_letter
                make(victim.force, victim, by=officer, check=check, now=NOW)
    assert not Invitation.objects.exists()


def test_the_database_keeps_no_recovery_without_a_check(victim: Victim, officer: Actor) -> None:
    let_in(victim, officer)
    with pytest.raises(DatabaseError, match="recovers_after_check"), transaction.atomic():
        Invitation.objects.update(check_id=None)


@pytest.mark.parametrize(("how", "what"), [("phone", ["passport"]), ("in_person", []), ("email", ["known"])])
def test_what_shows_nobody_s_identity_is_refused(
    victim: Victim, officer: Actor, how: str, what: list[str]
) -> None:
    with role("desk"), scope.bound(force=victim.force_id), pytest.raises(checks.NotEnough):
        checks.record(victim, how, what, by=officer, now=NOW)
    assert not IdentityCheck.objects.exists()
    assert not Record.objects.filter(action="identity_checked").exists()


def test_a_check_holds_for_an_hour_for_the_officer_who_made_it(victim: Victim, officer: Actor) -> None:
    check = checked(victim, officer)
    who, other = UUID(officer.id), make_officer(victim.force, "other@example.org").pk
    with role("desk"), scope.bound(force=victim.force_id):
        assert checks.standing(victim, who, now=NOW + timedelta(minutes=59)) == check
        assert checks.standing(victim, who, now=NOW + timedelta(hours=1)) is None
        assert checks.standing(victim, other, now=NOW) is None
    essex = make_force("essex")
    with role("desk"), scope.bound(force=essex.pk):
        assert checks.standing(victim, who, now=NOW) is None


@pytest.mark.parametrize("case", ["another person", "another force", "a helper"])
def test_an_officer_opens_no_account_that_holds_more_than_this_person_s(
    victim: Victim, officer: Actor, case: str
) -> None:
    lost = victim.account_id
    assert lost
    if case == "another person":
        other = make_victim(make_crime(victim.force, "46/2/26"), "p2", account_id=lost)
    elif case == "another force":
        other = make_victim(make_crime(make_force("essex")), victim.person, account_id=lost)
    else:
        other = make_victim(make_crime(victim.force, "46/2/26"), "p2", account=make_account("x@example.org"))
        Access.objects.create(
            force=victim.force, victim=other, crime_id=other.crime_id, kind="helper", account_id=lost, name="x",
            until=NOW + timedelta(days=9), given_by=other.account_id, given_at=NOW, joined_at=NOW,
        )  # fmt: skip
    mine_too = make_victim(make_crime(victim.force, "46/3/26"), victim.person, account_id=lost)
    found = let_in(victim, officer)
    with role("portal"):
        assert reopening.opens(found, now=NOW) is None
    assert reopen(found) is None
    old = Account.objects.get(pk=lost)
    assert old.check_password(PASSWORD)
    # what this person has at this force goes to the account that they go on with, all of it and nothing else
    with role("portal"):
        joined = joining.join_with(found, "new@example.org", NEW, HERE, now=NOW)
    assert joined
    holders = {part.pk: part.account_id for part in Victim.objects.all()}
    assert holders[victim.pk] == holders[mine_too.pk] == joined[0].pk
    assert holders[other.pk] == other.account_id != joined[0].pk
    assert not PortalSession.objects.filter(account_id=lost).exists()
    assert not PushDevice.objects.filter(account_id=lost).exists()


def test_an_invitation_from_before_moves_nothing_of_who_has_joined_meanwhile(victim: Victim) -> None:
    account, victim.account_id = victim.account_id, None
    other = make_account("other@example.org")
    victim.save()
    (made,) = invitations.invite(victim.force, [victim], flagged=set(), now=NOW)
    Victim.objects.update(account_id=account)
    code = Invitation.objects.get().activation_code
    with role("portal"):
        found = joining.open_link(made.token, HERE, now=NOW)
        assert found
        _, proved = joining.prove(found, code, HERE, now=NOW)
        assert proved
        assert reopening.opens(proved, now=NOW) is None
        assert joining.join(proved, other.pk, now=NOW) is None
    assert Victim.objects.get().account_id == account


@pytest.mark.parametrize("broken", ["ticket", "state", "expired", "withdrawn", "closed account", "moved"])
def test_nothing_opens_without_both_proofs_and_all_that_they_rest_on(
    victim: Victim, officer: Actor, broken: str
) -> None:
    found = let_in(victim, officer)
    if broken == "ticket":
        found = replace(found, ticket="made up")
    elif broken == "state":
        Invitation.objects.update(state="revoked")
    elif broken == "expired":
        Invitation.objects.update(proof_expires_at=NOW)
    elif broken == "withdrawn":
        Victim.objects.update(live=False)
    elif broken == "closed account":
        Account.objects.filter(pk=victim.account_id).update(is_active=False)
    else:
        Victim.objects.update(account=make_account("third@example.org"))
    assert reopen(found) is None
    assert Account.objects.get(pk=victim.account_id).check_password(PASSWORD)
    assert PortalSession.objects.exists()


def test_the_password_of_somebody_else_with_that_email_is_refused(victim: Victim, officer: Actor) -> None:
    other = make_account("shared@example.org", NEW)
    with pytest.raises(joining.AnotherPassword):
        reopen(let_in(victim, officer), "shared@example.org")
    assert Account.objects.get(pk=victim.account_id).check_password(PASSWORD)
    assert Account.objects.get(pk=other.pk).check_password(NEW)


def test_the_task_about_a_frozen_account_is_done_when_it_opens_again(victim: Victim, officer: Actor) -> None:
    Task.objects.create(
        force=victim.force, kind="account_frozen", once="x", crime_id=victim.crime_id, victim_id=victim.pk,
        created_at=NOW,
    )  # fmt: skip
    reopen(let_in(victim, officer))
    assert Task.objects.get().done_at == NOW


@pytest.mark.parametrize("state", ["asked", "proved", "waits", "allowed"])
def test_a_new_address_that_was_typed_before_comes_true_no_more(
    victim: Victim, officer: Actor, state: str
) -> None:
    change = AddressChange.objects.create(
        batch=victim.pk, force=victim.force, victim=victim, account_id=victim.account_id, channel="email",
        value="theirs@example.org", value_hash=b"a" * 32, state=state, asked_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip
    Task.objects.create(
        force=victim.force, kind="own_address_waits", once="x", crime_id=victim.crime_id, victim_id=victim.pk,
        created_at=NOW,
    )  # fmt: skip
    reopen(let_in(victim, officer))
    change.refresh_from_db()
    assert (change.state, change.finished_at) == ("over", NOW)
    assert Task.objects.get().done_at == NOW


def test_it_works_once(victim: Victim, officer: Actor) -> None:
    found = let_in(victim, officer)
    assert reopen(found)
    assert reopen(found, "second@example.org") is None
    assert Account.objects.get(pk=victim.account_id).email == "new@example.org"


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 from people_identity_check",
        "insert into people_identity_check (id) values (gen_random_uuid())",
        "update people_account set email_hash = 'x'",
        "update people_invitation set recovers = null",
    ],
)
def test_what_the_portal_may_not_do(victim: Victim, sql: str) -> None:
    denied("portal", sql)
