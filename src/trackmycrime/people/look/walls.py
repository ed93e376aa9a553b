"""Who may do what with looks, and when a victim may be looked at without an account: the rule, once, in SQL."""

from trackmycrime.kernel.walls import Key, Policy, Walls, of_force
from trackmycrime.people.walls_of_helping import PARENT_STILL

_FIXED = "security definer set search_path = pg_catalog, public, pg_temp"
MOST_TRIES = 5


_ADDRESS = "case l.channel when 'email' then v.email_hash else v.mobile_hash end"
MUST_HOLD = {
    "withdrawn": "v.live",
    "account": "v.account_id is null and v.joined_at is null",
    "no_portal": "not v.no_portal",
    "disguise": "not v.disguise",
    "of_age": PARENT_STILL,
    "switched_off": "not v.look_off",
    "no_contact": f"{_ADDRESS} = l.address_hash",
    "not_for_me": "not l.address_hash = any(v.blocked_hashes)",
    "not_safe": "(v.safe_channels is null or l.channel = any(v.safe_channels))",
    "hours": "(v.safe_from is null) = (v.safe_to is null)",
    "not_known": """(v.safe_known or not v.under_age and not exists (select from cases_crime k
      where k.force_id = v.force_id and k.id = v.crime_id and k.switched_on))""",
    "force": """exists (select from forces_force f where f.id = v.force_id
      and coalesce((f.policy ->> 'look_without_account')::boolean, true))""",
}
"""What must hold so that the victim ``v`` may be reached, and looked at, by the contact that was typed for the look
``l``; by a word for why not.

Closed where there is (or was) an account, which is kept better; where this site is not safe or disguise is asked for;
for parents of who is a child no more; where an officer has switched it off; where that way is not safe or said «not for
me»; in a case of a protected kind, or of somebody under 18, as long as nobody has said what is safe; and where the
force does not want it.
"""

MAY_LOOK = f"({' and '.join(MUST_HOLD.values())})"
_WHYS = [f"when ({sql}) is not true then '{why}'" for why, sql in MUST_HOLD.items()]
WHY_NOT = f"(case {' '.join(_WHYS)} else '' end)"
"""The first word of `MUST_HOLD` for what does not hold; empty where the victim may be looked at so"""


# Wrong, too old, too often and nobody's are one answer; each costs the same. Whoever guesses is not told that they have
# no tries left: the person whose case it is asks for another code, or calls.
_PROVE = f"""
create or replace function people_look_prove(ticket bytea, code bytea, fresh bytea, at timestamptz)
returns table (force_id smallint, victim_id uuid) language plpgsql volatile {_FIXED} as $$
#variable_conflict use_column
declare found people_look%rowtype;
begin
    select l.* into found from people_look l
    where l.ticket_hash = ticket and l.proved_at is null and l.expires_at > at for update;
    if found.id is null then return; end if;
    if found.code_hash = code and found.tries < {MOST_TRIES} then
        return query update people_look l
        set ticket_hash = fresh, proved_at = at, expires_at = at + interval '15 minutes', code_hash = null
        where l.id = found.id returning l.force_id, l.victim_id;
    else
        update people_look l set tries = least(l.tries + 1, {MOST_TRIES}) where l.id = found.id;
    end if;
end $$"""

_END = f"""
create or replace function people_look_end(ticket bytea, at timestamptz) returns void
language sql volatile {_FIXED} as $$
    update people_look l set expires_at = least(l.expires_at, at), code_hash = null where l.ticket_hash = ticket $$"""

WALLS = Walls(
    # what is typed goes in and nothing comes out: who reads the portal's database learns of no look
    grants={"people_look": {"portal": "insert", "worker": "select, update, delete"}},
    policies={
        "people_look": {
            "portal": [
                Policy(
                    "",
                    "taken_at is null and force_id is null and victim_id is null and code_hash is null"
                    " and proved_at is null and expires_at <= asked_at + interval '10 minutes'",
                    "insert",
                )
            ],
            **of_force("worker"),
        }
    },
    keys=[
        Key("people_look", "people_look_same_force", "force_id, victim_id", "people_victim", "force_id, id")
    ],
    functions=[
        ("people_look_prove(bytea, bytea, bytea, timestamptz)", _PROVE, ("portal",)),
        ("people_look_end(bytea, timestamptz)", _END, ("portal",)),
    ],
)
