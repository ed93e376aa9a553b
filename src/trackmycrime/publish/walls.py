from trackmycrime.kernel.walls import Key, Policy, Walls, of_force
from trackmycrime.people.walls import MY_CRIMES, MY_FORCES, MY_VICTIMS_ARRAY, of_account

READABLE = "open and (readable_until is null or readable_until > now())"
MY_CASES = "any ((select my_cases())::uuid[])"

# The portal reads only what is published, only of its own cases, only while they are open and readable, and of each
# entry only what is meant for this person. A held entry cannot reach it whatever a page does.
WALLS = Walls(
    grants={
        "publish_case": {
            "portal": "select",
            "desk": "select, insert, update",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "publish_entry": {
            "portal": "select",
            "desk": "select, insert, update",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "publish_contact": {
            "portal": "select",
            "desk": "select, insert, update",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
    },
    policies={
        "publish_contact": {
            "portal": [Policy(f"force_id = {MY_FORCES}", None, "select")],
            **of_force("desk", "gateway", "worker"),
        },
        "publish_case": {
            "portal": [Policy(f"crime_id = {MY_CRIMES} and {READABLE}", None, "select")],
            **of_force("desk", "gateway", "worker"),
        },
        "publish_entry": {
            "portal": [
                Policy(
                    f"case_id = {MY_CASES} and state in ('published', 'withdrawn')"
                    f" and (victims is null or victims && {MY_VICTIMS_ARRAY})",
                    None,
                    "select",
                )
            ],
            **of_force("desk", "gateway", "worker"),
        },
    },
    keys=[
        Key("publish_case", "publish_case_same_force", "force_id, crime_id", "cases_crime", "force_id, id"),
        Key("publish_entry", "publish_entry_same_force", "force_id, case_id", "publish_case", "force_id, id"),
    ],
    functions=[
        of_account(
            "my_cases",
            "uuid",
            f"select c.id from publish_case c where c.crime_id = any (my_crimes()) and {READABLE}",
        )
    ],
)
