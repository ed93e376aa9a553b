"""Who may do what with checks of identity, and the functions by which an invitation opens an account again."""

from trackmycrime.kernel.walls import Key, of_force

Function = tuple[str, str, tuple[str, ...]]

# Written once, changed never.
GRANTS = {"people_identity_check": {"desk": "select, insert"}}
POLICIES = {"people_identity_check": of_force("desk")}
KEYS = [
    Key(
        "people_identity_check",
        "people_identity_check_same_force",
        "force_id, victim_id",
        "people_victim",
        "force_id, id",
    )
]

_FIXED = "security definer set search_path = pg_catalog, public, pg_temp"

# The account that an invitation opens again, for whoever has proved both halves. Only where the account holds nothing
# but what the police say is this same person's, so that one force's officer opens nothing of another force or person.
_OPENS = """i.token_hash = h and i.state = 'opened' and i.proof_hash = ticket and i.proof_expires_at > at
    and v.live and v.account_id = i.recovers
    and exists (select from people_account a where a.id = i.recovers and a.kind = 'victim' and a.is_active)
    and not exists (select from people_victim o where o.account_id = i.recovers and o.live
                    and (o.force_id, o.person) <> (v.force_id, v.person))
    and not exists (select from people_access x where x.account_id = i.recovers and x.ended_at is null)
    and not exists (select from people_member m where m.account_id = i.recovers and m.ended_at is null)"""

_RECOVERS = f"""
create or replace function people_invitation_recovers(h bytea, ticket bytea, at timestamptz)
returns uuid language sql stable {_FIXED} as $$
    select i.recovers from people_invitation i join people_victim v on v.id = i.victim_id where {_OPENS}
$$"""

# Everything by which somebody could come in before ends: who has lost it may not know who has found it.
_REOPEN = f"""
create or replace function people_account_reopen(
    h bytea, ticket bytea, sealed bytea, mail bytea, secret varchar, at timestamptz)
returns table (account_id uuid, force_id smallint, victim_id uuid, way varchar)
language plpgsql volatile {_FIXED} as $$
#variable_conflict use_column
declare inv people_invitation%rowtype;
begin
    update people_invitation u set state = 'used', finished_at = at, proof_hash = null, code_hash = null
    where u.id = (select i.id from people_invitation i join people_victim v on v.id = i.victim_id where {_OPENS})
      and u.state = 'opened' returning u.* into inv;
    if inv.id is null then return; end if;
    update people_account a set email = sealed, email_hash = mail, password = secret,
        second_step = '', code_alone = false, frozen_at = null
    where a.id = inv.recovers;
    delete from people_passkey p where p.account_id = inv.recovers;
    delete from people_identity i where i.account_id = inv.recovers;
    delete from people_code_app p where p.account_id = inv.recovers;
    delete from people_recovery_code p where p.account_id = inv.recovers;
    delete from people_provider_session p where p.account_id = inv.recovers;
    delete from people_portal_session d where d.account_id = inv.recovers;
    delete from people_push_device d where d.account_id = inv.recovers;
    -- what they typed as a new address comes true no more, and no officer is asked about it as if it were theirs
    update people_address_change c set state = 'over', finished_at = at
    where c.account_id = inv.recovers and c.state not in ('done', 'refused', 'over');
    -- whom somebody else may have let in; whoever is back can let them in again
    update people_access x set ended_at = at, ended_why = 'reopened'
    where x.given_by = inv.recovers and not x.by_officer and x.ended_at is null;
    update tasks_task t set done_at = at, detail = '{{"closed": "by itself"}}'
    where t.victim_id = any (array(select v.id from people_victim v where v.account_id = inv.recovers))
      and t.done_at is null
      and t.kind in ('invite_in_person', 'invitation_not_used', 'invitation_locked', 'account_frozen',
                     'own_address_waits');
    return query select inv.recovers, inv.force_id, inv.victim_id, inv.way;
end $$"""

FUNCTIONS: list[Function] = [
    ("people_invitation_recovers(bytea, bytea, timestamptz)", _RECOVERS, ("portal",)),
    ("people_account_reopen(bytea, bytea, bytea, bytea, varchar, timestamptz)", _REOPEN, ("portal",)),
]
