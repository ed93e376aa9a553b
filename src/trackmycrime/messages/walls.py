from trackmycrime.kernel.walls import Key, Policy, Walls, of_force
from trackmycrime.people.walls import MY_VICTIMS

# A victim's message must name a victim of this account, its own case, and this account as the writer.
_MINE = (
    f"by = 'victim' and account_id = (select app_account()) and victim_id = {MY_VICTIMS}"
    " and case_id = any (array(select c.id from publish_case c))"
)

WALLS = Walls(
    grants={
        "messages_message": {
            "portal": "select, insert, update (read_at, read_by)",
            "desk": "select, insert, update (read_at, read_by)",
            "worker": "select, update (taken_at)",
        }
    },
    policies={
        "messages_message": {
            "portal": [
                Policy(f"victim_id = {MY_VICTIMS}", None, "select"),
                Policy("", _MINE, "insert"),
                Policy(f"victim_id = {MY_VICTIMS} and by = 'police'", None, "update"),
            ],
            **of_force("desk", "worker"),
        }
    },
    keys=[
        Key("messages_message", "messages_message_same_force", "force_id, victim_id", "people_victim", "force_id, id"),
        Key("messages_message", "messages_message_case_same_force", "force_id, case_id", "publish_case", "force_id, id"),
    ],
)
