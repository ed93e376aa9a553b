"""The walls around helping: whose parts in crimes are one's own, and whose one was let in to.

What is a person's own (`my_victims`) and what they may read of others (`my_accesses`, `my_readable`) are two things
everywhere: contact details, safe contact, settings and alerts follow the first, the case and its messages the second.
"""

from trackmycrime.kernel.walls import ALL, FORCE, Key, Policy, Walls, of_force

from .crossings_of_helping import FUNCTIONS

ME = "(select app_account())"
TODAY = "(now() at time zone 'Europe/London')::date"

PARENT_STILL = f"""(v.role <> 'parent_guardian' or coalesce((select max(g.of_age_on) from people_victim g
    where g.crime_id = v.crime_id and g.force_id = v.force_id and g.role = 'victim' and g.live), 'infinity')
    > {TODAY})"""
"""Whether the victim ``v``, where it is a parent or guardian, still is one of a child (`helping.rules.parents_end`)."""

WHO = """with who as materialized (select me.id as me from people_account me
    where me.id = (select app_account()) and me.is_active and me.frozen_at is null)"""
"""Whose each of the lists below is, found once for all of a list: to check the seal costs more than the list itself.
Nobody's while the account is frozen or closed, also in a session that began at that very moment."""
ITS = "(select me from who)"

PARTS = f"from people_victim v where v.live and v.account_id = {ITS} and {PARENT_STILL}"
"""The parts in crimes that the signed-in account holds itself"""

ORGANISATIONS = f"""from people_member m join people_organisation o on o.id = m.organisation_id
    where m.account_id = {ITS} and m.ended_at is null and o.ended_at is null"""

STANDS = f"""a.ended_at is null and a.until > now() and v.live and {PARENT_STILL}
    and (a.by_officer or coalesce((select g.is_active and g.frozen_at is null from people_account g
        where g.id = v.account_id and g.id = a.given_by), false))
    and (a.kind <> 'guardian' or coalesce(v.of_age_on, 'infinity') > {TODAY})"""
"""Whether the access ``a`` to the part ``v`` counts at this moment. Who gave it must still be who holds the part, so
that what somebody gave away who should never have been there is gone with them; it rests while they are frozen."""

HELPED = f"""from people_access a join people_victim v on v.force_id = a.force_id and v.id = a.victim_id
    where (a.account_id = {ITS} or a.organisation_id = any (array(select m.organisation_id {ORGANISATIONS})))
    and {STANDS}"""
"""The access that the signed-in account has to parts of others"""

MY_ACCESSES = "any ((select my_accesses())::uuid[])"
MY_WRITING = "any ((select my_writing())::uuid[])"
MY_VICTIMS = "any ((select my_victims())::uuid[])"
MY_FORCES = "any ((select my_forces())::smallint[])"
MY_LED = "any ((select my_led_organisations())::uuid[])"


def of_account(name: str, kind: str, query: str) -> tuple[str, str, tuple[str, ...]]:
    """A function without parameters that gives the portal's policies an array of what is the signed-in account's.

    It has the owner's rights, so that one table's policy does not run through those of others, each of which would
    check the seal of the scope anew. Whoever calls it learns what their own rows say.
    """
    return (
        f"{name}()",
        f"create or replace function {name}() returns {kind}[] language plpgsql stable parallel safe"
        " security definer set search_path = pg_catalog, public, pg_temp as"
        f" $$ begin return array({WHO} {query}); end $$",
        ("portal",),
    )


OF_ACCOUNT = [
    of_account(
        "my_led_organisations",
        "uuid",
        f"select m.organisation_id {ORGANISATIONS} and m.role = 'administrator'",
    ),
    of_account("my_victims", "uuid", f"select v.id {PARTS}"),
    of_account("my_accesses", "uuid", f"select a.id {HELPED}"),
    of_account("my_writing", "uuid", f"select a.id {HELPED} and a.may_write"),
    of_account("my_readable", "uuid", f"select v.id {PARTS} union select v.id {HELPED}"),
    of_account("my_crimes", "uuid", f"select v.crime_id {PARTS} union select v.crime_id {HELPED}"),
    of_account(
        "my_forces",
        "smallint",
        f"select v.force_id {PARTS} union select v.force_id {HELPED} union select m.force_id {ORGANISATIONS}",
    ),
]

# A victim lets in whom they choose, never a guardian, never themselves as an officer, and for a year at most.
_GIVES = (
    f"victim_id = {MY_VICTIMS} and given_by = {ME} and not by_officer and kind <> 'guardian' and account_id is null"
    " and (kind = 'organisation') = (organisation_id is not null) and ended_at is null"
    " and until <= now() + interval '367 days' and not wants_alerts"
    f" and (organisation_id is null or exists (select from people_organisation o where o.id = organisation_id"
    " and o.force_id = people_access.force_id and o.ended_at is null))"
)
_CHANGES = (
    f"victim_id = {MY_VICTIMS} and (ended_at is not null and ended_by = {ME} or ended_at is null"
    " and kind <> 'guardian' and not by_officer and until <= now() + interval '367 days')"
)
_INVITES = (
    "state = 'waiting' and token_hash is null and proof_hash is null and tries = 0 and ("
    " member_id is null and exists (select from people_access a where a.id = access_id"
    f" and a.victim_id = {MY_VICTIMS} and a.ended_at is null and a.account_id is null)"
    " or access_id is null and exists (select from people_member m where m.id = member_id"
    f" and m.organisation_id = {MY_LED} and m.ended_at is null and m.account_id is null))"
)
_INVITED = (
    f"access_id = any (array(select a.id from people_access a where a.victim_id = {MY_VICTIMS}))"
    f" or member_id = any (array(select m.id from people_member m where m.organisation_id = {MY_LED}))"
)
_PLAIN = "id, force_id, access_id, member_id, state, created_at, expires_at, finished_at"


def _key(table: str, name: str, column: str, target: str) -> Key:
    return Key(table, f"{table}_{name}", f"force_id, {column}", target, "force_id, id")


WALLS = Walls(
    grants={
        "people_organisation": {
            "portal": "select",
            "desk": "select, insert, update (name, ended_at)",
            "worker": "select",
        },
        "people_member": {
            "portal": "select, insert, update (ended_at, ended_by)",
            "desk": "select, insert, update (ended_at, ended_by)",
            "worker": "select",
        },
        "people_access": {
            "portal": "select, insert, update (until, may_write, ended_at, ended_by, ended_why)",
            "desk": "select, insert, update (ended_at, ended_by, ended_why)",
            "gateway": "select, update (victim_id, crime_id, carried_from, ended_at, ended_why)",
            "worker": "select, update (victim_id, crime_id, carried_from, ended_at, ended_by, ended_why, told_at)",
        },
        "people_help_invitation": {
            "portal": f"select ({_PLAIN}), insert, update (state, finished_at)",
            "desk": f"select ({_PLAIN}), insert, update (state, finished_at)",
            "worker": "select, update",
        },
    },
    policies={
        "people_organisation": {
            "portal": [Policy(f"force_id = {MY_FORCES}", None, "select")],
            **of_force("desk", "worker"),
        },
        "people_member": {
            "portal": [
                Policy(f"organisation_id = {MY_LED} or account_id = {ME}", None, "select"),
                Policy(
                    "",
                    f"organisation_id = {MY_LED} and account_id is null and joined_at is null and ended_at is null"
                    f" and added_by = {ME}",
                    "insert",
                ),
                Policy(
                    f"(organisation_id = {MY_LED} or account_id = {ME}) and ended_at is null",
                    f"(organisation_id = {MY_LED} or account_id = {ME}) and ended_at is not null and ended_by = {ME}",
                    "update",
                ),
            ],
            "desk": [
                Policy(FORCE, None, "select"),
                Policy("", f"{FORCE} and account_id is null and joined_at is null", "insert"),
                Policy(FORCE, None, "update"),
            ],
            "worker": [Policy(ALL, ALL)],
        },
        "people_access": {
            "portal": [
                Policy(f"victim_id = {MY_VICTIMS} or id = {MY_ACCESSES}", None, "select"),
                Policy("", _GIVES, "insert"),
                Policy(f"victim_id = {MY_VICTIMS} and ended_at is null", _CHANGES, "update"),
            ],
            "desk": [
                Policy(FORCE, None, "select"),
                Policy("", f"{FORCE} and by_officer and account_id is null and given_by = {ME}", "insert"),
                Policy(FORCE, None, "update"),
            ],
            **of_force("gateway"),
            "worker": [Policy(ALL, ALL)],
        },
        "people_help_invitation": {
            "portal": [
                Policy(_INVITED, None, "select"),
                Policy("", _INVITES, "insert"),
                Policy(
                    f"({_INVITED}) and state in ('waiting', 'open', 'opened')", "state = 'revoked'", "update"
                ),
            ],
            "desk": [
                Policy(FORCE, None, "select"),
                Policy("", f"{FORCE} and state = 'waiting' and token_hash is null", "insert"),
                Policy(FORCE, f"{FORCE} and state = 'revoked'", "update"),
            ],
            "worker": [Policy(ALL, ALL)],
        },
    },
    keys=[
        _key("people_member", "same_force", "organisation_id", "people_organisation"),
        _key("people_access", "same_force", "victim_id", "people_victim"),
        _key("people_access", "organisation_same_force", "organisation_id", "people_organisation"),
        _key("people_help_invitation", "access_same_force", "access_id", "people_access"),
        _key("people_help_invitation", "member_same_force", "member_id", "people_member"),
    ],
    functions=[*FUNCTIONS, *OF_ACCOUNT],
)
