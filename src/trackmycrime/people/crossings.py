"""What must be looked up before anybody is known: named functions with the owner's rights, each giving the least.

They are the only way from the portal to invitations, and from a door to an account that has not signed in. The
secrets come in as keyed hashes, so that whoever can only read the database cannot call them to any use.
"""

Function = tuple[str, str, tuple[str, ...]]

_FIXED = "security definer set search_path = pg_catalog, public, pg_temp"


def _sql(signature: str, answer: str, body: str, kind: str = "stable") -> str:
    return f"create or replace function {signature} returns {answer} language sql {kind} {_FIXED} as $$ {body} $$"


def _account_for(kind: str) -> str:
    return _sql(
        f"people_{kind}_for(h bytea)",
        "table (id uuid, password varchar, is_active boolean)",
        "select a.id, a.password, a.is_active and a.frozen_at is null from people_account a"
        f" where a.kind = '{kind}' and a.email_hash = h order by a.created_at, a.id",
    )


_STAFF_OF = _sql(
    "people_staff_of(a uuid)",
    "table (force_id smallint, role varchar, officer_id varchar, by_provider boolean)",
    """
    select s.force_id, s.role, coalesce(nullif(s.officer_id, ''), (
        select min(o.officer_id) from people_officer o
        where o.force_id = s.force_id and o.email_hash = c.email_hash and o.active having count(*) = 1), ''),
        s.by_provider
    from people_staff s join people_account c on c.id = s.account_id
    where s.account_id = a and s.active and c.is_active and c.kind = 'officer'""",
)

_SETUP_USABLE = _sql(
    "people_setup_usable(h bytea, at timestamptz)",
    "boolean",
    """
    select exists (select from people_setup_link l join people_account c on c.id = l.account_id
        where l.token_hash = h and l.used_at is null and l.expires_at > at and c.is_active and c.kind = 'officer')""",
)

_SETUP_USE = _sql(
    "people_setup_use(h bytea, secret varchar, at timestamptz)",
    "table (account_id uuid, force_id smallint)",
    """
    -- a session that begins at this moment is seen below, and ended (`signing`)
    select c.id from people_account c join people_setup_link l on l.account_id = c.id where l.token_hash = h
    for update of c;
    with used as (
        update people_setup_link l set used_at = at
        where l.token_hash = h and l.used_at is null and l.expires_at > at returning l.account_id),
    ended as (delete from people_desk_session d using used where d.account_id = used.account_id),
    -- the link is also for whoever has lost them; another one is added before anything opens
    keys as (delete from people_passkey p using used where p.account_id = used.account_id),
    apps as (delete from people_code_app p using used where p.account_id = used.account_id),
    codes as (delete from people_recovery_code r using used where r.account_id = used.account_id),
    named as (
        update people_account c set password = secret, second_step = '' from used
        where c.id = used.account_id and c.is_active and c.kind = 'officer' returning c.id)
    select s.account_id, s.force_id from named join people_staff s on s.account_id = named.id""",
    "volatile",
)

# An invitation that a person can go on with, or that a guesser is to think so of: one that is locked looks no other
# way from outside, and no code is right for it. The row of the victim is locked nowhere: only the state decides.
_SEEN = """i.token_hash = h and i.state in ('open', 'opened', 'locked') and i.expires_at > at
    and exists (select from people_victim v where v.id = i.victim_id and v.live)"""

_PEEK = _sql(
    "people_invitation_peek(h bytea, at timestamptz)",
    "boolean",
    f"select exists (select from people_invitation i where {_SEEN})",
)

_OPEN = _sql(
    "people_invitation_open(h bytea, at timestamptz)",
    "table (id uuid, way varchar, second varchar, recovers boolean)",
    f"""
    update people_invitation i
    set state = case i.state when 'locked' then 'locked' else 'opened' end, opened_at = coalesce(i.opened_at, at)
    where {_SEEN}
    returning i.id, i.way, i.second, i.recovers is not null""",
    "volatile",
)

_WANT = _sql(
    "people_invitation_want(h bytea, at timestamptz)",
    "boolean",
    f"""
    with wanted as (
        update people_invitation i set code_wanted_at = at
        where {_SEEN} and i.state <> 'open' and i.second = 'text' and i.codes_sent < 5 and i.code_wanted_at is null
          and (i.code_sent_at is null or i.code_sent_at <= at - interval '30 seconds') returning 1)
    select exists (select from wanted)""",
    "volatile",
)


def _task(kind: str, invitation: str) -> str:
    """The statement that opens a task about an invitation's victim, once."""
    return f"""
    insert into tasks_task (id, force_id, kind, once, crime_id, victim_id, officer_id, unit_id, created_at, detail)
    select gen_random_uuid(), v.force_id, '{kind}', 'invitation:' || {invitation}, v.crime_id, v.id, '', '', at, '{{}}'
    from people_victim v where v.id = (select x.victim_id from people_invitation x where x.id = {invitation})
    on conflict (force_id, kind, once) where done_at is null do nothing;"""


_PROVE = f"""
create or replace function people_invitation_prove(
    h bytea, texted bytea, activation bytea, ticket bytea, at timestamptz)
returns table (result text, force_id smallint, victim_id uuid)
language plpgsql volatile {_FIXED} as $$
#variable_conflict use_column
declare inv people_invitation%rowtype;
begin
    select i.* into inv from people_invitation i where {_SEEN} and i.state <> 'open' for update;
    if inv.id is null then return; end if;
    if inv.state = 'locked' then
        return query select 'wrong', inv.force_id, inv.victim_id;
    elsif inv.activation_hash = activation or (inv.code_hash = texted and inv.code_expires_at > at) then
        update people_invitation i
        set proof_hash = ticket, proof_expires_at = at + interval '60 minutes', code_hash = null where i.id = inv.id;
        return query select 'right', inv.force_id, inv.victim_id;
    elsif inv.tries + 1 < 5 then
        update people_invitation i set tries = i.tries + 1 where i.id = inv.id;
        return query select 'wrong', inv.force_id, inv.victim_id;
    else
        update people_invitation i
        set tries = i.tries + 1, state = 'locked', finished_at = at, proof_hash = null, code_wanted_at = null
        where i.id = inv.id;
        {_task("invitation_locked", "inv.id")}
        return query select 'locked', inv.force_id, inv.victim_id;
    end if;
end $$"""

# A proof outlives the invitation's 72 hours by the minutes that it takes to choose a password.
_REDEEM = f"""
create or replace function people_invitation_redeem(h bytea, ticket bytea, at timestamptz)
returns table (force_id smallint, victim_id uuid, crime_id uuid)
language plpgsql volatile {_FIXED} as $$
#variable_conflict use_column
declare me uuid := app_account(); mine uuid; lost uuid;
begin
    if me is null or not exists (
        select from people_account a where a.id = me and a.kind = 'victim' and a.is_active) then
        raise insufficient_privilege using message = 'an invitation is redeemed by an account that is signed in';
    end if;
    update people_invitation i set state = 'used', finished_at = at, proof_hash = null, code_hash = null
    where i.token_hash = h and i.state = 'opened' and i.proof_hash = ticket and i.proof_expires_at > at
      -- what opens an account again is not used up by whoever is in it: every way into it would stay
      and i.recovers is distinct from me
      and exists (select from people_victim v where v.id = i.victim_id and v.live
                  and (v.account_id is null or v.account_id = me or v.account_id = i.recovers))
    returning i.victim_id, i.recovers into mine, lost;
    if mine is null then return; end if;
    update tasks_task t set done_at = at, detail = '{{"closed": "by itself"}}'
    where t.victim_id = mine and t.done_at is null
      and t.kind in ('invite_in_person', 'invitation_not_used', 'invitation_locked');
    if lost <> me then
        -- all that this person has at this force comes along, and the account that was lost is left by everybody
        update people_victim v set account_id = me, joined_at = at from people_victim m
        where m.id = mine and v.account_id = lost and v.force_id = m.force_id and v.person = m.person;
        update tasks_task t set done_at = at, detail = '{{"closed": "by itself"}}'
        from people_victim m where t.victim_id = m.id and m.account_id = me and t.done_at is null
          and t.kind = 'account_frozen';
        delete from people_portal_session d where d.account_id = lost;
        delete from people_push_device d where d.account_id = lost;
    end if;
    return query update people_victim v set account_id = me, joined_at = at where v.id = mine
        returning v.force_id, v.id, v.crime_id;
end $$"""

_STOP = f"""
create or replace function people_invitation_stop(h bytea, at timestamptz)
returns table (force_id smallint, victim_id uuid)
language plpgsql volatile {_FIXED} as $$
#variable_conflict use_column
declare inv people_invitation%rowtype;
begin
    update people_invitation i
    set state = 'stopped', finished_at = coalesce(i.finished_at, at), proof_hash = null, code_wanted_at = null
    where {_SEEN} returning i.* into inv;
    if inv.id is null then return; end if;
    update people_victim v set blocked_hashes = v.blocked_hashes || inv.address_hash
    where v.id = inv.victim_id and inv.address_hash is not null
      and not inv.address_hash = any (v.blocked_hashes);
    {_task("not_for_me", "inv.id")}
    return query select inv.force_id, inv.victim_id;
end $$"""

# Whoever holds a browser's address holds the browser: its owner before them is told there no more.
_PUSH_FORGET = f"""
create or replace function people_push_forget(h bytea) returns void language plpgsql volatile {_FIXED} as $$
begin
    delete from people_push_device d where d.endpoint_hash = h and (select app_account()) is not null;
end $$"""

FUNCTIONS: list[Function] = [
    ("people_victim_for(bytea)", _account_for("victim"), ("portal",)),
    ("people_officer_for(bytea)", _account_for("officer"), ("desk",)),
    ("people_staff_of(uuid)", _STAFF_OF, ("desk",)),
    ("people_setup_usable(bytea, timestamptz)", _SETUP_USABLE, ("desk",)),
    ("people_setup_use(bytea, varchar, timestamptz)", _SETUP_USE, ("desk",)),
    ("people_invitation_peek(bytea, timestamptz)", _PEEK, ("portal",)),
    ("people_invitation_open(bytea, timestamptz)", _OPEN, ("portal",)),
    ("people_invitation_want(bytea, timestamptz)", _WANT, ("portal",)),
    ("people_invitation_prove(bytea, bytea, bytea, bytea, timestamptz)", _PROVE, ("portal",)),
    ("people_invitation_redeem(bytea, bytea, timestamptz)", _REDEEM, ("portal",)),
    ("people_push_forget(bytea)", _PUSH_FORGET, ("portal",)),
    ("people_invitation_stop(bytea, timestamptz)", _STOP, ("portal",)),
]
