from trackmycrime.delivery.api import NOT_WAITING
from trackmycrime.kernel.walls import Key, Walls, of_force
from trackmycrime.people.walls_of_helping import STANDS

from .addresses import LOST_OF_VICTIM
from .writing import CONTACT_NEW, CONTACT_TOLD, OF_ACCOUNT

_TABLES = ("alerts_alert", "alerts_told")

# The portal reads and writes no alert; it can say that its own account has looked at a case. Letters come before
# alerts, as everywhere, so that this never waits across a worker. That an address is another now, or that somebody
# signed in, is no news of a case, and whoever did it may be looking: what tells of it goes on.
_SEEN = f"""
create or replace function alerts_seen(looked_at uuid, at timestamptz) returns int
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare told uuid[]; changed int := 0;
begin
    select array_agg(a.id) into told from people_victim v join alerts_alert a on a.victim_id = v.id
    where v.live and v.account_id = (select app_account()) and a.case_id = looked_at
      and a.state in ('waiting', 'not_set_up', 'sent', 'delivered')
      and a.about <> all(array{[CONTACT_NEW, CONTACT_TOLD, *OF_ACCOUNT]});
    if told is not null then
        update delivery_dispatch set state = 'cancelled', reason = 'opened', finished_at = at, next_try_at = null,
            body = case when purpose = 'alert' then body end
        where owner_id = any(told) and state <> all(array{list(NOT_WAITING)});
        update alerts_alert set state = 'opened', reason = '', finished_at = at
        where id = any(told) and state in ('waiting', 'not_set_up', 'sent', 'delivered');
        get diagnostics changed = row_count;
    end if;
    return changed;
end $$"""

# What was sent to the signed-in account, as much of it as its own page may say: no address and no hash of one, only
# whether it is the one on file (which the portal may open); no words. Nothing of a case that they cannot open, nothing
# that went out in disguise, and nothing at all where this site is not safe or police must not show.
_MINE = """
create or replace function sent_to_me(most int) returns table
  (victim_id uuid, purpose text, about text, channel text, language text, state text, at timestamptz, on_file boolean)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin return query
    with mine as (
        select v.id, v.force_id, v.crime_id, v.email_hash, v.mobile_hash from people_victim v
        join publish_case c on c.crime_id = v.crime_id and c.force_id = v.force_id
        where v.live and v.account_id = (select app_account()) and not v.disguise and not v.no_portal
          and c.open and (c.readable_until is null or c.readable_until > now())
    ), asked as (
        select m.id as victim, a.id as owner, a.about from mine m join alerts_alert a on a.victim_id = m.id
        union all
        select m.id, i.id, 'code' from mine m join people_invitation i on i.victim_id = m.id
    )
    select m.id, d.purpose::text, asked.about::text, d.channel::text, d.language::text, d.state::text, d.finished_at,
        d.address_hash = case d.channel when 'email' then m.email_hash when 'text' then m.mobile_hash end
    from asked join mine m on m.id = asked.victim join delivery_dispatch d on d.owner_id = asked.owner
    where d.state in ('accepted', 'delivered', 'failed') and not d.disguised
    order by d.finished_at desc, d.id desc limit most;
end $$"""

# The addresses of the signed-in account that are not used any more, and that it says are right and wanted.
_LOST = f"""
create or replace function my_lost_addresses() returns table (victim_id uuid, channel text)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin return query
    select v.id, a.channel::text from people_victim v join delivery_address a on a.force_id = v.force_id
      and a.address_hash = case a.channel when 'email' then v.email_hash when 'text' then v.mobile_hash end
    where v.live and v.account_id = (select app_account()) and {LOST_OF_VICTIM};
end $$"""
_CONFIRM = f"""
create or replace function confirm_my_address(mine uuid, by text, at timestamptz) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare confirmed int;
begin
    update delivery_address a set confirmed_at = at from people_victim v
    where v.id = mine and v.live and v.account_id = (select app_account()) and a.force_id = v.force_id
      and a.channel = by and a.address_hash = case by when 'email' then v.email_hash when 'text' then v.mobile_hash end
      and {LOST_OF_VICTIM};
    get diagnostics confirmed = row_count;
    if confirmed > 0 then
        update tasks_task t set done_at = at, detail = t.detail || '{{"closed": "by itself"}}'
        where t.victim_id = mine and t.done_at is null and t.kind in ('address_bounced', 'agree_another_way')
          and t.detail ->> 'channel' = by;
    end if;
    return confirmed > 0;
end $$"""

# Who was let in to a case, asked to be told, has not looked since there was something new, and was not told lately:
# noted as told, with the address that they sign in with. The worker reads no accounts.
_HELPERS = f"""
create or replace function helpers_to_tell(at timestamptz, quiet timestamptz, lately timestamptz) returns table
  (id uuid, force_id smallint, account_id uuid, email bytea, email_hash bytea, language text, words_revision bigint)
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin return query
    update people_access t set told_at = at from people_account c, forces_force f
    where c.id = t.account_id and f.id = t.force_id and t.id = any(array(
        select a.id from people_access a
        join people_victim v on v.id = a.victim_id and v.force_id = a.force_id
        join people_account o on o.id = a.account_id
        join publish_case p on p.crime_id = a.crime_id and p.force_id = a.force_id
        where a.wants_alerts and {STANDS} and o.is_active
          and p.open and (p.readable_until is null or p.readable_until > at)
          and p.changed_at > coalesce(a.told_at, a.joined_at) and p.changed_at <= quiet
          and (a.told_at is null or a.told_at < lately) and (o.seen_at is null or o.seen_at < p.changed_at)
        order by p.changed_at limit 200 for update of a skip locked))
    returning t.id, t.force_id, c.id, c.email, c.email_hash, c.language::text, f.words_revision::bigint;
end $$"""

WALLS = Walls(
    grants={
        table: {
            "desk": "select, insert, update",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        }
        for table in _TABLES
    },
    policies={table: of_force("desk", "gateway", "worker") for table in _TABLES},
    keys=[
        Key(
            "alerts_alert", "alerts_alert_same_force", "force_id, victim_id", "people_victim", "force_id, id"
        ),
        # the alert's own key leads on to the victim
        Key(
            "alerts_told",
            "alerts_told_alert_same_force",
            "victim_id, force_id, alert_id",
            "alerts_alert",
            "victim_id, force_id, id",
        ),
    ],
    functions=[
        ("helpers_to_tell(timestamptz, timestamptz, timestamptz)", _HELPERS, ("worker",)),
        ("alerts_seen(uuid, timestamptz)", _SEEN, ("portal",)),
        ("sent_to_me(int)", _MINE, ("portal",)),
        ("my_lost_addresses()", _LOST, ("portal",)),
        ("confirm_my_address(uuid, text, timestamptz)", _CONFIRM, ("portal",)),
    ],
)
