"""The walls around what a person does to stay in control of their account: sign-ins, and addresses changed here."""

from trackmycrime.kernel.walls import Key, Policy, Walls, of_force

from .crossings_of_control import FUNCTIONS

_MINE = "account_id = (select app_account())"
_MY_VICTIMS = "any ((select my_victims())::uuid[])"

WALLS = Walls(
    grants={
        "people_sign_in": {"portal": "select, insert", "worker": "select, update (told, taken_at), delete"},
        "people_address_change": {
            "portal": "select, insert, update (state, finished_at)",
            "desk": "select, update (state, finished_at)",
            "worker": "select, update, delete",
        },
    },
    policies={
        "people_sign_in": {
            "portal": [Policy(_MINE, None, "select"), Policy("", f"{_MINE} and taken_at is null", "insert")],
            "worker": [Policy("true", "true")],
        },
        # that the code was typed, the database itself finds (`people_address_prove`); by hand it can only be ended
        "people_address_change": {
            "portal": [
                Policy(_MINE, None, "select"),
                Policy(
                    "",
                    f"{_MINE} and victim_id = {_MY_VICTIMS} and state = 'asked' and code_hash is null",
                    "insert",
                ),
                Policy(f"{_MINE} and state = 'asked'", f"{_MINE} and state = 'over'", "update"),
            ],
            **of_force("desk", "worker"),
        },
    },
    keys=[
        Key(
            "people_address_change",
            "people_address_change_same_force",
            "force_id, victim_id",
            "people_victim",
            "force_id, id",
        )
    ],
    functions=[*FUNCTIONS],
)
