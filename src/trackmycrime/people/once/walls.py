"""Who may do what with codes for signing in: the portal asks and proves by two functions, the worker makes them."""

from trackmycrime.kernel.walls import Policy
from trackmycrime.people.crossings import _FIXED, Function

GRANTS = {"people_sign_in_code": {"worker": "select, update (made_at, code_hash), delete"}}
POLICIES = {"people_sign_in_code": {"worker": [Policy("true", "true")]}}

# Whose code it is: of whoever has begun to sign in or is signed in (the transaction is bound to their account), else of
# the one account with that email, if it may be opened by a code alone. Two people on one address have none: whoever
# reads its mail could be either. A row is made in any case, so that nothing shows which it was.
_WANT = f"""
create or replace function people_code_want(i uuid, mail bytea, by_way varchar, at timestamptz, until timestamptz)
returns void language plpgsql volatile {_FIXED} as $$
declare me uuid := app_account();
begin
    if me is null then
        select (array_agg(a.id))[1] into me from people_account a
        where a.kind = 'victim' and a.email_hash = mail
        having count(*) = 1 and bool_and(a.is_active and a.frozen_at is null and a.code_alone and a.second_step = '');
    end if;
    insert into people_sign_in_code (id, account_id, way, asked_at, expires_at, tries)
    values (i, me, by_way, at, until, 0);
end $$"""

_PROVE = f"""
create or replace function people_code_prove(i uuid, h bytea, at timestamptz)
returns table (account_id uuid, way varchar) language plpgsql volatile {_FIXED} as $$
#variable_conflict use_column
declare one people_sign_in_code%rowtype;
begin
    select c.* into one from people_sign_in_code c where c.id = i for update;
    if one.id is null or one.used_at is not null or one.expires_at <= at or one.tries >= 5 then return; end if;
    if one.code_hash = h and one.account_id is not null then
        update people_sign_in_code c set used_at = at where c.id = i;
        return query select one.account_id, one.way;
    else
        update people_sign_in_code c set tries = c.tries + 1 where c.id = i;
    end if;
end $$"""

FUNCTIONS: list[Function] = [
    ("people_code_want(uuid, bytea, varchar, timestamptz, timestamptz)", _WANT, ("portal",)),
    ("people_code_prove(uuid, bytea, timestamptz)", _PROVE, ("portal",)),
]
