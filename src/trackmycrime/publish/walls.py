from trackmycrime.kernel.walls import Key, Policy, Walls, of_force
from trackmycrime.people.walls import MY_CRIMES, MY_FORCES, MY_READABLE_ARRAY, of_account

from .looks import FUNCTIONS as LOOKS

READABLE = "open and (readable_until is null or readable_until > now())"
MY_CASES = "any ((select my_cases())::uuid[])"

# A force's words are only ever added to. Each new version begins a new state of them, and the force's row names it: the
# row's lock puts those of one force in order, the sequence gives no number twice, whatever is undone.
_WORDS_BEGIN = """
create or replace function publish_words_begin() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform from forces_force where id = new.force_id for no key update;
    new.revision := nextval('publish_words_revision');
    update forces_force set words_revision = new.revision where id = new.force_id;
    return new;
end $$"""
_WORDS_STAY = """
create or replace function publish_words_stay() returns trigger language plpgsql as $$
begin raise insufficient_privilege using message = 'a version of words is never changed: save a new one'; end $$"""
_WORDS_TRIGGER = """
do $$ begin if not exists (select from pg_trigger where tgname = '{name}') then
create trigger {name} before {acts} on publish_words for each {each} execute function {name}(); end if; end $$"""

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
        "publish_words": {"desk": "select, insert", "gateway": "select", "worker": "select"},
    },
    policies={
        "publish_contact": {
            "portal": [Policy(f"force_id = {MY_FORCES}", None, "select")],
            **of_force("desk", "gateway", "worker"),
        },
        "publish_words": of_force("desk", "gateway", "worker"),
        "publish_case": {
            "portal": [Policy(f"crime_id = {MY_CRIMES} and {READABLE}", None, "select")],
            **of_force("desk", "gateway", "worker"),
        },
        "publish_entry": {
            "portal": [
                Policy(
                    f"case_id = {MY_CASES} and state in ('published', 'withdrawn')"
                    f" and (victims is null or victims && {MY_READABLE_ARRAY})",
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
            f"select c.id from publish_case c where c.crime_id = {MY_CRIMES} and {READABLE}",
        ),
        *LOOKS,
        ("publish_words_begin()", _WORDS_BEGIN, ()),
        ("publish_words_stay()", _WORDS_STAY, ()),
    ],
    statements=[
        _WORDS_TRIGGER.format(name="publish_words_begin", acts="insert", each="row"),
        _WORDS_TRIGGER.format(name="publish_words_stay", acts="update", each="statement"),
    ],
)
