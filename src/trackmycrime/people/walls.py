from trackmycrime.kernel.walls import Key, Policy, Walls, of_force

from .crossings import FUNCTIONS
from .devices import MAY_BE_PUSHED
from .factors import walls as factors

MINE = "account_id = (select app_account())"
MY_CRIMES = "any ((select my_crimes())::uuid[])"
"""The crimes of the signed-in account; an array, so that the planner walks an index."""
MY_VICTIMS_ARRAY = "(select my_victims())"
MY_VICTIMS = "any ((select my_victims())::uuid[])"
MY_FORCES = "any ((select my_forces())::smallint[])"


def of_account(name: str, kind: str, query: str) -> tuple[str, str, tuple[str, ...]]:
    """A function without parameters that gives the portal's policies an array of what is the signed-in account's.

    It has the owner's rights, so that one table's policy does not run through those of others, each of which would
    check the seal of the scope anew. Whoever calls it learns what their own rows say.
    """
    return (
        f"{name}()",
        f"create or replace function {name}() returns {kind}[] language plpgsql stable parallel safe"
        " security definer set search_path = pg_catalog, public, pg_temp as"
        f" $$ begin return array({query}); end $$",
        ("portal",),
    )


_PARTS = f"from people_victim v where v.live and v.{MINE}"
_OF_ACCOUNT = [
    of_account("my_crimes", "uuid", f"select v.crime_id {_PARTS}"),
    of_account("my_victims", "uuid", f"select v.id {_PARTS}"),
    # what it asks of a crime the portal cannot see; it learns for which of its own victims push may be offered
    of_account("my_push_victims", "uuid", f"select v.id {_PARTS} and {MAY_BE_PUSHED}"),
    of_account("my_forces", "smallint", f"select distinct v.force_id {_PARTS}"),
]

ME = "kind = 'victim' and id = (select app_account())"
OF_A_VICTIM = "exists (select from people_victim v where v.account_id = people_push_device.account_id)"
STAFF_OF_FORCE = "any (array(select s.account_id from people_staff s))"

WALLS = Walls(
    grants={
        "people_account": {
            "portal": "select, insert, update (password, last_login, language, language_asked_at, seen_at)",
            # an officer's password is only ever set by a set-up link (`people_setup_use`)
            "desk": "select, update (last_login, language, seen_at)",
        },
        "people_staff": {"desk": "select", "gateway": "select", "worker": "select"},
        "people_setup_link": {},
        "people_portal_session": {"portal": "select, insert, update, delete", "worker": "select, delete"},
        "people_desk_session": {"desk": "select, insert, update, delete", "worker": "select, delete"},
        "people_sign_in": {"portal": "select, insert", "worker": "select, update (told, taken_at), delete"},
        "people_officer": {
            "desk": "select",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "people_victim": {
            "portal": "select, update (chosen_channel, chosen_language, chosen_pace, agreed_days, chosen_at)",
            "desk": "select, update (invited_at)",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "people_push_device": {
            "portal": "select, insert, delete",
            "desk": "select",
            "gateway": "select",
            "worker": "select, update (ok_at), delete",
        },
        "people_contact_change": {"portal": "insert", "worker": "select, update (taken_at)"},
        "people_invitation": {
            "desk": "select, insert, update",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        **factors.GRANTS,
    },
    policies={
        "people_account": {
            "portal": [
                Policy(ME, None, "select"),
                Policy(ME, ME, "update"),
                Policy("", "kind = 'victim'", "insert"),
            ],
            "desk": [
                Policy(f"kind = 'officer' and id = {STAFF_OF_FORCE}", None, "select"),
                Policy("kind = 'officer' and id = (select app_account())", None, "update"),
            ],
        },
        "people_staff": of_force("desk", "gateway", "worker"),
        "people_sign_in": {
            "portal": [Policy(MINE, None, "select"), Policy("", f"{MINE} and taken_at is null", "insert")],
            "worker": [Policy("true", "true")],
        },
        "people_officer": of_force("desk", "gateway", "worker"),
        "people_victim": {
            "portal": [
                Policy(f"live and {MINE}", None, "select"),
                Policy(f"live and {MINE}", None, "update"),
            ],
            **of_force("desk", "gateway", "worker"),
        },
        "people_push_device": {
            "portal": [
                Policy(MINE, None, "select"),
                Policy("", MINE, "insert"),
                Policy(MINE, None, "delete"),
            ],
            # those of the accounts that have a part in a crime of the force; victims' own walls stand inside
            "desk": [Policy(OF_A_VICTIM, None, "select")],
            "gateway": [Policy(OF_A_VICTIM, None, "select")],
            "worker": [Policy("true", "true")],
        },
        "people_contact_change": {
            "portal": [Policy("", f"victim_id = {MY_VICTIMS} and taken_at is null", "insert")],
            **of_force("worker"),
        },
        "people_invitation": of_force("desk", "gateway", "worker"),
        **factors.POLICIES,
    },
    keys=[
        Key(
            "people_contact_change",
            "people_contact_change_same_force",
            "force_id, victim_id",
            "people_victim",
            "force_id, id",
        ),
        Key("people_victim", "people_victim_same_force", "force_id, crime_id", "cases_crime", "force_id, id"),
        Key(
            "people_invitation",
            "people_invitation_same_force",
            "force_id, victim_id",
            "people_victim",
            "force_id, id",
        ),
    ],
    functions=[*FUNCTIONS, *_OF_ACCOUNT, *factors.FUNCTIONS],
)
__all__ = ["MINE", "MY_CRIMES", "MY_FORCES", "MY_VICTIMS", "MY_VICTIMS_ARRAY", "WALLS", "of_account"]
