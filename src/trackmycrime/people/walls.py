from trackmycrime.kernel.walls import Key, Policy, Walls, of_force

from .crossings import FUNCTIONS
from .devices import MAY_BE_PUSHED
from .disguise import FUNCTIONS as DISGUISE
from .factors import walls as factors
from .look.walls import WALLS as LOOK
from .offers import FUNCTION as OFFERS
from .once import walls as once
from .openid import walls as openid
from .recovering import walls as recovering
from .walls_of_control import WALLS as CONTROL
from .walls_of_helping import MY_FORCES, MY_VICTIMS, PARTS, of_account
from .walls_of_helping import WALLS as HELPING

MINE = "account_id = (select app_account())"
MY_CRIMES = "any ((select my_crimes())::uuid[])"
"""The crimes that the signed-in account may read of; an array, so that the planner walks an index."""
MY_READABLE_ARRAY = "(select my_readable())"
MY_READABLE = "any ((select my_readable())::uuid[])"
"""The parts in crimes whose case and messages it may read: its own, and those that it was let in to."""


_OF_ACCOUNT = [
    # what it asks of a crime the portal cannot see; it learns for which of its own victims push may be offered
    of_account("my_push_victims", "uuid", f"select v.id {PARTS} and {MAY_BE_PUSHED}"),
]

ME = "kind = 'victim' and id = (select app_account())"
OF_A_VICTIM = "exists (select from people_victim v where v.account_id = people_push_device.account_id)"
STAFF_OF_FORCE = "any (array(select s.account_id from people_staff s))"

NO_ADDRESS = "email is null and mobile is null"

WALLS = Walls(
    grants={
        **HELPING.grants,
        **recovering.GRANTS,
        **CONTROL.grants,
        "people_account": {
            # frozen and opened again by functions only (`people_freeze`, `people_account_reopen`)
            "portal": "select, insert, update (password, last_login, language, language_asked_at, seen_at,"
            " second_step, code_alone)",
            # an officer's password is only ever set by functions (`people_setup_use`, `people_officer_password`)
            "desk": "select, update (last_login, language, seen_at, second_step)",
        },
        "people_staff": {"desk": "select", "gateway": "select", "worker": "select"},
        "people_setup_link": {},
        "people_portal_session": {"portal": "select, insert, update, delete", "worker": "select, delete"},
        "people_desk_session": {"desk": "select, insert, update, delete", "worker": "select, delete"},
        "people_officer": {
            "desk": "select",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "people_victim": {
            "portal": "select, update (chosen_channel, chosen_language, chosen_pace, agreed_days, chosen_at)",
            "desk": "select, update (invited_at, look_off)",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "people_push_device": {
            "portal": "select, insert, delete",
            "desk": "select",
            "gateway": "select",
            "worker": "select, update (ok_at), delete",
        },
        "people_contact_change": {"portal": "insert", "worker": "select, insert, update (taken_at)"},
        "people_invitation": {
            "desk": "select, insert, update",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        **factors.GRANTS,
        **LOOK.grants,
        **openid.GRANTS,
        **once.GRANTS,
    },
    policies={
        **HELPING.policies,
        **CONTROL.policies,
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
        "people_officer": of_force("desk", "gateway", "worker"),
        "people_victim": {
            "portal": [
                Policy(f"id = {MY_VICTIMS}", None, "select"),
                Policy(f"id = {MY_VICTIMS}", None, "update"),
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
            "portal": [
                Policy(
                    "",
                    f"victim_id = {MY_VICTIMS} and taken_at is null and email is null and mobile is null",
                    "insert",
                )
            ],
            **of_force("worker"),
        },
        "people_invitation": of_force("desk", "gateway", "worker"),
        **factors.POLICIES,
        **LOOK.policies,
        **openid.POLICIES,
        **recovering.POLICIES,
        **once.POLICIES,
    },
    keys=[
        *HELPING.keys,
        *LOOK.keys,
        *recovering.KEYS,
        *CONTROL.keys,
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
    functions=[
        *HELPING.functions,
        *LOOK.functions,
        *DISGUISE,
        *FUNCTIONS,
        *CONTROL.functions,
        *_OF_ACCOUNT,
        *factors.FUNCTIONS,
        *openid.FUNCTIONS,
        *recovering.FUNCTIONS,
        OFFERS,
        *once.FUNCTIONS,
    ],
)
__all__ = [
    "MINE",
    "MY_CRIMES",
    "MY_FORCES",
    "MY_READABLE",
    "MY_READABLE_ARRAY",
    "MY_VICTIMS",
    "WALLS",
    "of_account",
]
