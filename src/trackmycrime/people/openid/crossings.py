"""What the desk and the portal may do with accounts that a provider vouches for, before anybody is known.

Named functions with the owner's rights. Those of the desk act within the force that is bound, and only as long as no
account is: once somebody is signed in, their requests can make and close nobody's account.
"""

Function = tuple[str, str, tuple[str, ...]]

_FIXED = "security definer set search_path = pg_catalog, public, pg_temp"

_PROVIDERS = f"""
create or replace function people_providers() returns table (force_id smallint)
language sql stable {_FIXED} as $$ select p.force_id from people_force_provider p where p.active $$"""

_NOBODY_IN = """
    if app_force() is null or app_account() is not null then
        raise insufficient_privilege using message = 'a provider speaks for a force, and before somebody is signed in';
    end if;"""

# What became of it: known, made, adopted, opened (again); or, with nothing changed, taken (an account of that email
# is there, and is not the provider's) or off (taken off the staff here: no claim brings it back).
_COME = f"""
create or replace function people_staff_come(
    subject bytea, account uuid, sealed bytea, mail bytea, verified boolean, secret varchar, identity uuid,
    as_role varchar, as_officer varchar, at timestamptz)
returns table (account_id uuid, became text)
language plpgsql volatile {_FIXED} as $$
#variable_conflict use_column
declare known people_identity%rowtype; mine uuid; was people_staff%rowtype; became text := 'known';
begin
    {_NOBODY_IN}
    -- of two at once that would make one account, the second finds it
    perform pg_advisory_xact_lock(hashtextextended(encode(subject, 'hex'), 0));
    perform pg_advisory_xact_lock(hashtextextended(encode(mail, 'hex'), 0));
    select i.* into known from people_identity i where i.subject_hash = subject for update;
    if known.id is not null then
        select s.* into was from people_staff s where s.account_id = known.account_id and s.force_id = app_force()
            for update;
        if was.account_id is null then return query select null::uuid, 'off'; return; end if;
        if not was.active and known.closed_at is null then
            return query select null::uuid, 'off'; return;
        end if;
        mine := known.account_id;
        if not was.active then became := 'opened'; end if;
        update people_identity i set used_at = at, closed_at = null where i.id = known.id;
    else
        select a.id into mine from people_account a where a.kind = 'officer' and a.email_hash = mail limit 1;
        if mine is not null then
            select s.* into was from people_staff s
            where s.account_id = mine and s.force_id = app_force() and s.active for update;
            if was.account_id is null or not verified or not exists (
                select from people_force_provider p where p.force_id = app_force() and p.active and p.adopt)
               or exists (select from people_identity i where i.account_id = mine) then
                return query select null::uuid, 'taken'; return;
            end if;
            became := 'adopted';
            -- from now on the provider alone says who they are; else a password would outlive the claim
            update people_account a set password = secret where a.id = mine;
            delete from people_setup_link l where l.account_id = mine and l.used_at is null;
            delete from people_desk_session d where d.account_id = mine;
        else
            became := 'made';
            mine := account;
            insert into people_account (id, kind, email, email_hash, password, language, is_active, created_at,
                                        second_step, code_alone)
            values (mine, 'officer', sealed, mail, secret, '', true, at, '', false);
            insert into people_staff (account_id, force_id, role, officer_id, active, by_provider)
            values (mine, app_force(), as_role, as_officer, true, true);
        end if;
        insert into people_identity (id, account_id, subject_hash, created_at, used_at)
        values (identity, mine, subject, at, at);
    end if;
    update people_staff s
    set role = as_role, active = true, by_provider = true, officer_id = coalesce(nullif(as_officer, ''), s.officer_id)
    where s.account_id = mine;
    return query select mine, became;
end $$"""

_END = """
    delete from people_desk_session d where d.account_id = mine;
    delete from people_provider_session p where p.account_id = mine;"""

_CLOSE = f"""
create or replace function people_staff_gone(subject bytea, at timestamptz)
returns uuid language plpgsql volatile {_FIXED} as $$
declare mine uuid;
begin
    {_NOBODY_IN}
    update people_identity i set closed_at = at
    from people_staff s
    where i.subject_hash = subject and s.account_id = i.account_id and s.force_id = app_force() and s.active
    returning i.account_id into mine;
    if mine is null then return null; end if;
    update people_staff s set active = false where s.account_id = mine;
    {_END}
    return mine;
end $$"""

_BY = f"""
create or replace function people_staff_by(subject bytea) returns uuid language plpgsql stable {_FIXED} as $$
begin
    return (select i.account_id from people_identity i join people_staff s on s.account_id = i.account_id
            where i.subject_hash = subject and s.force_id = (select app_force()) and s.active);
end $$"""

_LOGGED_OUT = f"""
create or replace function people_staff_logged_out(subject bytea, session bytea)
returns setof uuid language plpgsql volatile {_FIXED} as $$
declare mine uuid;
begin
    {_NOBODY_IN}
    for mine in
        select i.account_id from people_identity i join people_staff s on s.account_id = i.account_id
        where i.subject_hash = subject and s.force_id = app_force()
        union select p.account_id from people_provider_session p join people_staff s on s.account_id = p.account_id
        where p.sid_hash = session and s.force_id = app_force()
    loop
        {_END}
        return next mine;
    end loop;
end $$"""

_VICTIM_BY = f"""
create or replace function people_victim_by(subject bytea) returns uuid language sql stable {_FIXED} as $$
    select i.account_id from people_identity i join people_account a on a.id = i.account_id
    where i.subject_hash = subject and a.kind = 'victim' and a.is_active $$"""

_VICTIM_LOGGED_OUT = f"""
create or replace function people_victim_logged_out(subject bytea) returns uuid
language plpgsql volatile {_FIXED} as $$
declare mine uuid := people_victim_by(subject);
begin
    delete from people_portal_session d where d.account_id = mine;
    return mine;
end $$"""

FUNCTIONS: list[Function] = [
    ("people_providers()", _PROVIDERS, ("desk",)),
    (
        "people_staff_come(bytea, uuid, bytea, bytea, boolean, varchar, uuid, varchar, varchar, timestamptz)",
        _COME,
        ("desk",),
    ),
    ("people_staff_gone(bytea, timestamptz)", _CLOSE, ("desk",)),
    ("people_staff_by(bytea)", _BY, ("desk",)),
    ("people_staff_logged_out(bytea, bytea)", _LOGGED_OUT, ("desk",)),
    ("people_victim_by(bytea)", _VICTIM_BY, ("portal",)),
    ("people_victim_logged_out(bytea)", _VICTIM_LOGGED_OUT, ("portal",)),
]
