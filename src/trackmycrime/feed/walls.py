from trackmycrime.kernel.walls import Key, Walls, of_force

_FIXED = "security definer set search_path = pg_catalog, public, pg_temp"

# Who sends, looked up by the token's keyed hash before any force is known; marks it as used, at most once a minute.
_SOURCE_FOR = f"""
create or replace function feed_source_for(h bytea, at timestamptz)
returns table (source_id uuid, force_id smallint) language sql volatile {_FIXED} as $$
    update feed_token t set last_used_at = at
    where t.token_hash = h and (t.last_used_at is null or t.last_used_at < at - interval '1 minute');
    select s.id, s.force_id from feed_token t join feed_source s on s.id = t.source_id
    where t.token_hash = h and t.revoked_at is null and s.revoked_at is null
      and (t.expires_at is null or t.expires_at > at) $$"""

# For the record of refusals alone: whose token it was that does not count any more.
_SOURCE_ENDED = f"""
create or replace function feed_source_ended(h bytea)
returns table (source_id uuid, force_id smallint) language sql stable {_FIXED} as $$
    select t.source_id, t.force_id from feed_token t where t.token_hash = h $$"""

# Counts a delivery and says how many seconds to wait (0: come in). One that begins within the limits is let in whole,
# so that a limit smaller than a delivery slows down and never shuts out.
_WEIGH = f"""
create or replace function feed_weigh(source uuid, events_key bytea, kib_key bytea, at timestamptz, n int, kib int)
returns int language plpgsql volatile {_FIXED} as $$
declare most_events int; most_kib int; ends timestamptz;
begin
    select s.per_minute, s.mib_per_minute * 1024 into most_events, most_kib from feed_source s where s.id = source;
    if limit_hit(events_key, at, '1 minute', n) - n < most_events
       and limit_hit(kib_key, at, '1 minute', kib) - kib < most_kib then
        return 0;
    end if;
    select max(c.ends_at) into ends from kernel_counter c
    where c.key in (events_key, kib_key) and (
        (c.key = events_key and c.count - n >= most_events) or (c.key = kib_key and c.count - kib >= most_kib));
    return greatest(1, ceil(extract(epoch from coalesce(ends, at) - at)))::int;
end $$"""

_TABLES = ("feed_source", "feed_token", "feed_event", "feed_entity", "feed_handling")

WALLS = Walls(
    grants={
        "feed_source": {"desk": "select", "gateway": "select", "worker": "select"},
        "feed_token": {},
        # the worker takes what an administrator has mended or replays: the desk asks, and writes no event itself
        "feed_event": {
            "desk": "select",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "feed_entity": {"gateway": "select, insert, update", "worker": "select, insert, update"},
        "feed_handling": {"desk": "select, insert", "worker": "select, update"},
    },
    policies={table: of_force("desk", "gateway", "worker") for table in _TABLES},
    keys=[
        Key("feed_token", "feed_token_same_force", "force_id, source_id", "feed_source", "force_id, id"),
        Key("feed_event", "feed_event_same_force", "force_id, source_id", "feed_source", "force_id, id"),
        Key("feed_entity", "feed_entity_same_force", "force_id, source_id", "feed_source", "force_id, id"),
    ],
    functions=[
        ("feed_source_for(bytea, timestamptz)", _SOURCE_FOR, ("gateway",)),
        ("feed_source_ended(bytea)", _SOURCE_ENDED, ("gateway",)),
        ("feed_weigh(uuid, bytea, bytea, timestamptz, integer, integer)", _WEIGH, ("gateway",)),
    ],
)
