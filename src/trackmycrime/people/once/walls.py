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
    insert into people_sign_in_code (id, account_id, way, asked_at, expires_at, tries, new_password, stood,
        left_is_safe, language)
    values (i, me, by_way, at, until, 0, '', '', true, '');
end $$"""

_PROVE = f"""
create or replace function people_code_prove(i uuid, h bytea, at timestamptz)
returns table (account_id uuid, way varchar) language plpgsql volatile {_FIXED} as $$
#variable_conflict use_column
declare one people_sign_in_code%rowtype;
begin
    select c.* into one from people_sign_in_code c where c.id = i for update;
    if one.id is null or one.new_email_hash is not null or one.used_at is not null or one.expires_at <= at
        or one.tries >= 5 then return; end if;
    if one.code_hash = h and one.account_id is not null then
        update people_sign_in_code c set used_at = at where c.id = i;
        return query select one.account_id, one.way;
    else
        update people_sign_in_code c set tries = c.tries + 1 where c.id = i;
    end if;
end $$"""

# The code that goes to an email which is to become the one that the signed-in account signs in with. Another one that
# was asked for before ends.
_WANT_EMAIL = f"""
create or replace function people_new_email_want(
    i uuid, sealed bytea, mail bytea, secret varchar, left_safe boolean, lang varchar, at timestamptz,
    until timestamptz)
returns void language plpgsql volatile {_FIXED} as $$
declare me uuid := app_account();
begin
    update people_sign_in_code c set expires_at = at
    where c.account_id = me and c.new_email_hash is not null and c.used_at is null and c.expires_at > at;
    insert into people_sign_in_code (id, account_id, way, asked_at, expires_at, tries, new_email, new_email_hash,
        new_password, stood, left_hash, left_is_safe, language)
    select i, a.id, 'email', at, until, 0, sealed, mail, secret, a.password, a.email_hash, left_safe, lang
    from people_account a where a.id = me and a.kind = 'victim' and a.is_active and a.frozen_at is null;
    if not found then raise insufficient_privilege using message = 'nobody is signed in'; end if;
end $$"""

# Neither that the code is right nor the email itself can the portal write. Whoever else signs in with that email has
# another password (`passwords.owners`), also if they have come since it was asked for.
_PROVE_EMAIL = f"""
create or replace function people_new_email_prove(i uuid, h bytea, at timestamptz) returns text
language plpgsql volatile {_FIXED} as $$
declare me uuid := app_account(); one people_sign_in_code%rowtype;
begin
    perform from people_account a where a.id = me for update;
    select c.* into one from people_sign_in_code c
    where c.id = i and c.account_id = me and c.new_email_hash is not null and c.code_hash is not null
        and c.used_at is null and c.expires_at > at and c.tries < 5 for update;
    if one.id is null then return 'over'; end if;
    if one.code_hash <> h then
        update people_sign_in_code c set tries = c.tries + 1 where c.id = i;
        return case when one.tries < 4 then 'wrong' else 'over' end;
    end if;
    update people_sign_in_code c set used_at = at, new_email = null, new_password = '', stood = '' where c.id = i;
    update people_account a set email = one.new_email, email_hash = one.new_email_hash,
        password = case when one.new_password = '' then a.password else one.new_password end
    where a.id = me and a.kind = 'victim' and a.is_active and a.frozen_at is null and a.password = one.stood
        and not exists (select from people_account o where o.kind = 'victim' and o.email_hash = one.new_email_hash
            and o.id <> me and o.password = one.new_password);
    return case when found then 'right' else 'over' end;
end $$"""

FUNCTIONS: list[Function] = [
    (
        "people_new_email_want(uuid, bytea, bytea, varchar, boolean, varchar, timestamptz, timestamptz)",
        _WANT_EMAIL,
        ("portal",),
    ),
    ("people_new_email_prove(uuid, bytea, timestamptz)", _PROVE_EMAIL, ("portal",)),
    ("people_code_want(uuid, bytea, varchar, timestamptz, timestamptz)", _WANT, ("portal",)),
    ("people_code_prove(uuid, bytea, timestamptz)", _PROVE, ("portal",)),
]
