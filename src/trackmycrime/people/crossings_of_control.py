"""Functions with the owner's rights by which a signed-in person stays in control of their account (`crossings`)."""

from .crossings import _FIXED, Function

# Whoever may be looking is out at once, in every browser; who helps is named to the officer of the case that they help
# with. What was typed to change an address, and has not come true, comes true no more.
_FREEZE = f"""
create or replace function people_freeze(at timestamptz) returns int
language plpgsql volatile {_FIXED} as $$
declare me uuid := app_account(); parts uuid[] := my_readable(); asked int; -- nothing is theirs once it is frozen
begin
    if me is null then raise insufficient_privilege using message = 'nobody is signed in'; end if;
    update people_account a set frozen_at = coalesce(a.frozen_at, at) where a.id = me and a.kind = 'victim';
    if not found then return 0; end if;
    insert into tasks_task
        (id, force_id, kind, once, crime_id, victim_id, officer_id, unit_id, created_at, due_at, detail)
    select gen_random_uuid(), v.force_id, 'account_frozen', me || ':' || v.id, v.crime_id, v.id, '', '', at,
        at + interval '24 hours',
        case when v.account_id = me then '{{}}' else '{{"reason": "helper frozen"}}' end::jsonb
    from people_victim v where v.id = any (parts)
    on conflict (force_id, kind, once) where done_at is null do nothing;
    get diagnostics asked = row_count;
    update people_address_change c set state = 'over', finished_at = at
    where c.account_id = me and c.state in ('asked', 'proved');
    delete from people_portal_session s where s.account_id = me;
    delete from people_push_device d where d.account_id = me;
    return asked;
end $$"""

# The portal cannot say by itself that a code was right. Five wrong ones end it, from all browsers together.
_PROVE = f"""
create or replace function people_address_prove(b uuid, typed bytea, at timestamptz) returns text
language plpgsql volatile {_FIXED} as $$
declare me uuid := app_account(); one people_address_change%rowtype;
begin
    select c.* into one from people_address_change c
    where c.batch = b and c.account_id = me and c.state = 'asked' and c.expires_at > at and c.code_hash is not null
    order by c.id limit 1 for update;
    if one.id is null then return 'over'; end if;
    if one.code_hash = typed then
        update people_address_change c set state = 'proved', finished_at = at, code_hash = null
        where c.batch = b and c.account_id = me and c.state = 'asked';
        return 'right';
    end if;
    update people_address_change c set tries = one.tries + 1,
        state = case when one.tries + 1 < 5 then 'asked' else 'over' end,
        finished_at = case when one.tries + 1 < 5 then null else at end
    where c.batch = b and c.account_id = me and c.state = 'asked';
    return case when one.tries + 1 < 5 then 'wrong' else 'over' end;
end $$"""

# The desk may not write a password; who is signed in sets their own, unless the force's provider vouches for them.
_OFFICER_PASSWORD = f"""
create or replace function people_officer_password(secret varchar) returns boolean
language plpgsql volatile {_FIXED} as $$
begin
    update people_account a set password = secret
    where a.id = app_account() and a.kind = 'officer' and a.is_active
        and exists (select from people_staff s where s.account_id = a.id and s.active and not s.by_provider);
    return found;
end $$"""

FUNCTIONS: list[Function] = [
    ("people_officer_password(varchar)", _OFFICER_PASSWORD, ("desk",)),
    ("people_freeze(timestamptz)", _FREEZE, ("portal",)),
    ("people_address_prove(uuid, bytea, timestamptz)", _PROVE, ("portal",)),
]
