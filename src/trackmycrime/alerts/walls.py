from trackmycrime.kernel.walls import Key, Walls, of_force

_TABLES = ("alerts_alert", "alerts_told")

# The portal reads and writes no alert; it can say that its own account has looked at a case. Letters come before
# alerts, as everywhere, so that this never waits across a worker.
_SEEN = """
create or replace function alerts_seen(looked_at uuid, at timestamptz) returns int
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare told uuid[]; changed int := 0;
begin
    select array_agg(a.id) into told from people_victim v join alerts_alert a on a.victim_id = v.id
    where v.live and v.account_id = (select app_account()) and a.case_id = looked_at
      and a.state in ('waiting', 'not_set_up', 'sent', 'delivered');
    if told is not null then
        update delivery_dispatch set state = 'cancelled', reason = 'opened', finished_at = at, next_try_at = null,
            body = case when purpose = 'alert' then body end
        where owner_id = any(told) and state = 'prepared';
        update alerts_alert set state = 'opened', reason = '', finished_at = at
        where id = any(told) and state in ('waiting', 'not_set_up', 'sent', 'delivered');
        get diagnostics changed = row_count;
    end if;
    return changed;
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
    functions=[("alerts_seen(uuid, timestamptz)", _SEEN, ("portal",))],
)
