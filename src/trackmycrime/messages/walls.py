from trackmycrime.kernel.walls import ALL, FORCE, Key, Policy, Walls
from trackmycrime.people.walls import MINE, MY_READABLE, MY_VICTIMS
from trackmycrime.people.walls_of_helping import MY_WRITING
from trackmycrime.publish.walls import MY_CASES

# The case must be open and readable (publish_case's own policy says so) and be about this very victim's crime: an
# account with two cases cannot put a message about one of them into the other's thread.
_OF_ONE_CRIME = (
    "exists (select from people_victim v join publish_case c on c.force_id = v.force_id and c.crime_id = v.crime_id"
    f" where v.id = messages_message.victim_id and c.id = messages_message.case_id and v.live and v.{MINE})"
)
# A helper writes as themselves, by the access that lets them, on just the case that it is for.
_HELPING = (
    f"access_id = {MY_WRITING} and exists (select from people_access a join publish_case c on c.force_id = a.force_id"
    " and c.crime_id = a.crime_id where a.id = messages_message.access_id"
    " and a.victim_id = messages_message.victim_id and c.id = messages_message.case_id)"
)
_WRITES = (
    "by = 'victim' and account_id = (select app_account()) and shown_as is null"
    " and taken_at is null and read_at is null and ref = ''"
    f" and (access_id is null and {_OF_ONE_CRIME} or {_HELPING})"
)
_FROM_RECORDS = "by = 'police' and ref <> ''"
_READS = f"victim_id = {MY_READABLE} and case_id = {MY_CASES}"
# That somebody else has read it tells nobody that the victim has.
_OPENS = f"victim_id = {MY_VICTIMS} and case_id = {MY_CASES} and by = 'police'"

WALLS = Walls(
    grants={
        "messages_message": {
            "portal": "select, insert, update (read_at, read_by)",
            "desk": "select, insert, update (read_at, read_by, read_as)",
            "worker": "select, insert, update (taken_at, corrected, replaced_at, written_at)",
            # writes what was written in the records system, and reads none of it
            "gateway": "select (id, force_id, victim_id, case_id, ref, once, written_at, corrected, replaced_at, by,"
            " read_at), insert, update (written_at, corrected, replaced_at)",
        }
    },
    policies={
        "messages_message": {
            "portal": [
                Policy(_READS, None, "select"),
                Policy("", _WRITES, "insert"),
                Policy(_OPENS, None, "update"),
            ],
            # Nobody writes in another's name, and only the other side says that it has read.
            "desk": [
                Policy(FORCE, None, "select"),
                Policy("", f"{FORCE} and by = 'police'", "insert"),
                Policy(f"{FORCE} and by = 'victim'", None, "update"),
            ],
            "worker": [Policy(ALL, ALL)],
            "gateway": [
                Policy(FORCE, None, "select"),
                Policy("", f"{FORCE} and {_FROM_RECORDS}", "insert"),
                Policy(f"{FORCE} and {_FROM_RECORDS}", None, "update"),
            ],
        }
    },
    keys=[
        Key("messages_message", f"messages_message_{name}", f"force_id, {column}", target, "force_id, id")
        for name, column, target in (
            ("same_force", "victim_id", "people_victim"),
            ("case_same_force", "case_id", "publish_case"),
            ("access_same_force", "access_id", "people_access"),
        )
    ],
)
