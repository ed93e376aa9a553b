"""What of helping must be looked up before anybody is known, or is done by somebody who holds no part of their own.

As in `crossings`: secrets come in as keyed hashes, and each function gives the least.
"""

from .crossings import _FIXED as FIXED
from .crossings import Function
from .crossings import _sql as sql

# One that is locked looks no other way from outside, as in `crossings`, and no code is right for it.
_SEEN = """i.token_hash = h and i.state in ('open', 'opened', 'locked') and i.expires_at > at
    and (i.member_id is not null and exists (select from people_member m join people_organisation o
           on o.id = m.organisation_id where m.id = i.member_id and m.ended_at is null and o.ended_at is null)
      or i.access_id is not null and exists (select from people_access a join people_victim v on v.id = a.victim_id
           where a.id = i.access_id and a.ended_at is null and a.until > at and v.live))"""

_PEEK = sql(
    "people_help_peek(h bytea, at timestamptz)",
    "boolean",
    f"select exists (select from people_help_invitation i where {_SEEN})",
)

_OPEN = sql(
    "people_help_open(h bytea, at timestamptz)",
    "table (id uuid, works boolean)",
    f"""
    update people_help_invitation i set state = case i.state when 'locked' then 'locked' else 'opened' end
    where {_SEEN} returning i.id, i.member_id is not null""",
    "volatile",
)

# Five wrong codes lock it, from all browsers together. Whoever guesses hears the same each time; the person whose case
# it is sees it on their page.
_PROVE = f"""
create or replace function people_help_prove(h bytea, code bytea, ticket bytea, at timestamptz) returns text
language plpgsql volatile {FIXED} as $$
declare inv people_help_invitation%rowtype;
begin
    select i.* into inv from people_help_invitation i where {_SEEN} and i.state <> 'open' for update;
    if inv.id is null then return 'gone'; end if;
    if inv.state = 'locked' then return 'wrong'; end if;
    if inv.code_hash = code then
        update people_help_invitation i set proof_hash = ticket, proof_expires_at = at + interval '60 minutes'
        where i.id = inv.id;
        return 'right';
    end if;
    update people_help_invitation i set tries = i.tries + 1, proof_hash = null,
        state = case when i.tries + 1 < 5 then i.state else 'locked' end,
        finished_at = case when i.tries + 1 < 5 then null else at end where i.id = inv.id;
    return 'wrong';
end $$"""

# Nobody helps with what is their own, and nobody twice.
_REDEEM = f"""
create or replace function people_help_redeem(h bytea, ticket bytea, at timestamptz)
returns table (force_id smallint, kind text, id uuid, victim_id uuid)
language plpgsql volatile {FIXED} as $$
#variable_conflict use_column
declare me uuid := app_account(); inv people_help_invitation%rowtype;
begin
    if me is null or not exists (
        select from people_account a where a.id = me and a.kind = 'victim' and a.is_active) then
        raise insufficient_privilege using message = 'an invitation is redeemed by an account that is signed in';
    end if;
    update people_help_invitation i set state = 'used', finished_at = at, proof_hash = null
    where i.token_hash = h and i.state = 'opened' and i.proof_hash = ticket and i.proof_expires_at > at
      and not exists (select from people_access a join people_victim v on v.id = a.victim_id
                      where a.id = i.access_id and (v.account_id = me or exists (select from people_access b
                        where b.victim_id = a.victim_id and b.account_id = me and b.ended_at is null)))
      and not exists (select from people_member m join people_member n on n.organisation_id = m.organisation_id
                      where m.id = i.member_id and n.account_id = me and n.ended_at is null)
    returning i.* into inv;
    if inv.id is null then return; end if;
    if inv.member_id is not null then
        return query update people_member m set account_id = me, joined_at = at
            where m.id = inv.member_id and m.ended_at is null returning m.force_id, 'member', m.id, null::uuid;
    else
        return query update people_access a set account_id = me, joined_at = at
            where a.id = inv.access_id and a.ended_at is null and a.until > at
            returning a.force_id, 'access', a.id, a.victim_id;
    end if;
end $$"""

# «Not for me» ends what was offered, too: whoever offered it has to look at the address again. From one that is locked,
# which may have been followed by another, nothing more is ended.
_STOP = f"""
create or replace function people_help_stop(h bytea, at timestamptz) returns boolean
language plpgsql volatile {FIXED} as $$
declare inv people_help_invitation%rowtype;
begin
    select i.* into inv from people_help_invitation i where {_SEEN} for update;
    if inv.id is null then return false; end if;
    if inv.state = 'locked' then return true; end if;
    update people_help_invitation i set state = 'stopped', finished_at = at, proof_hash = null where i.id = inv.id;
    update people_access a set ended_at = at, ended_why = 'not_for_me'
    where a.id = inv.access_id and a.ended_at is null;
    update people_member m set ended_at = at where m.id = inv.member_id and m.ended_at is null;
    return true;
end $$"""

# A helper may stop helping and may ask to be told, and change nothing else of what they were given.
_LEAVE = f"""
create or replace function people_access_leave(one uuid, at timestamptz)
returns table (force_id smallint, victim_id uuid)
language plpgsql volatile {FIXED} as $$
#variable_conflict use_column
begin return query
    update people_access a set ended_at = at, ended_by = app_account(), ended_why = 'left'
    where a.id = one and a.id = any(my_accesses()) and a.account_id = app_account()
    returning a.force_id, a.victim_id;
end $$"""
_ALERTS = f"""
create or replace function people_access_alerts(one uuid, wanted boolean)
returns table (force_id smallint, victim_id uuid)
language plpgsql volatile {FIXED} as $$
#variable_conflict use_column
begin return query
    update people_access a set wants_alerts = wanted
    where a.id = one and a.id = any(my_accesses()) and a.account_id = app_account()
    returning a.force_id, a.victim_id;
end $$"""

# The named contact of a business gives its part to a colleague who helps with it already: from then on it is theirs.
# What was sent to the one before may be theirs alone: unless they say otherwise, it is not used any more, and an
# officer is asked to see that the records system knows the new one.
_HAND_OVER = f"""
create or replace function people_hand_over(one uuid, keep boolean, at timestamptz)
returns table (force_id smallint, victim_id uuid, account_id uuid)
language plpgsql volatile {FIXED} as $$
#variable_conflict use_column
declare mine people_victim%rowtype; new_one uuid; me uuid := app_account();
begin
    select v.* into mine from people_access a join people_victim v on v.id = a.victim_id
    where a.id = one and v.id = any(my_victims()) and v.role = 'business_contact' and a.kind = 'helper'
      and a.ended_at is null and a.until > at and a.account_id is not null for update of v;
    if mine.id is null then return; end if;
    update people_access a set ended_at = at, ended_by = me, ended_why = 'contact' where a.id = one
        returning a.account_id into new_one;
    update people_access a set given_by = new_one
    where a.victim_id = mine.id and a.ended_at is null and a.given_by = me and not a.by_officer;
    update people_victim v set account_id = new_one, joined_at = at, blocked_hashes = case when keep
        then v.blocked_hashes else v.blocked_hashes || array_remove(array[v.email_hash, v.mobile_hash], null) end
    where v.id = mine.id;
    insert into tasks_task (id, force_id, kind, once, crime_id, victim_id, officer_id, unit_id, created_at, detail)
    values (gen_random_uuid(), mine.force_id, 'contact_handed_over', mine.id::text, mine.crime_id, mine.id, '', '',
            at, '{{}}') on conflict (force_id, kind, once) where done_at is null do nothing;
    return query select mine.force_id, mine.id, new_one;
end $$"""

FUNCTIONS: list[Function] = [
    ("people_help_peek(bytea, timestamptz)", _PEEK, ("portal",)),
    ("people_help_open(bytea, timestamptz)", _OPEN, ("portal",)),
    ("people_help_prove(bytea, bytea, bytea, timestamptz)", _PROVE, ("portal",)),
    ("people_help_redeem(bytea, bytea, timestamptz)", _REDEEM, ("portal",)),
    ("people_help_stop(bytea, timestamptz)", _STOP, ("portal",)),
    ("people_access_leave(uuid, timestamptz)", _LEAVE, ("portal",)),
    ("people_access_alerts(uuid, boolean)", _ALERTS, ("portal",)),
    ("people_hand_over(uuid, boolean, timestamptz)", _HAND_OVER, ("portal",)),
]
