"""The walls between the doors: grants, row security, keys within one force, and the functions that cross them.

Every room says in its own ``walls.py`` who may do what with its tables; `migrate` makes the database agree, all in
one transaction. A table that nobody has named stops `migrate`. Read docs/decisions/0003-walls.md first.
"""

import hashlib
import importlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from . import scope

DOORS = ("portal", "desk", "gateway", "worker")

# What a policy can say. Lists of a person's own rows are arrays, never `in (select …)`: that one scans the table.
FORCE = "force_id = (select app_force())"
ALL = "true"


@dataclass(frozen=True)
class Policy:
    """Which rows a door may touch by one command (``select``, ``insert``, ``update``, ``delete`` or ``all``)."""

    using: str
    check: str | None = None
    command: str = "all"


@dataclass(frozen=True)
class Key:
    """A foreign key within one force: it carries `force_id`, because key checks pass by row security."""

    table: str
    name: str
    columns: str
    target: str
    target_columns: str


@dataclass
class Walls:
    """What one room declares."""

    grants: dict[str, dict[str, str]] = field(default_factory=dict)
    policies: dict[str, dict[str, list[Policy]]] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    functions: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    """(signature, SQL that creates it, the doors that may call it)."""
    statements: list[str] = field(default_factory=list)
    """Anything else that can be run again and again (triggers)."""


def of_force(*doors: str) -> dict[str, list[Policy]]:
    """The usual policies of a force's table: desk and gateway within one force, the worker everywhere."""
    both = {door: [Policy(FORCE, FORCE)] for door in ("desk", "gateway") if door in doors}
    return both | ({"worker": [Policy(ALL, ALL)]} if "worker" in doors else {})


def role(door: str) -> str:
    """The database login of a door, or of the owner."""
    return f"{settings.TMC_ROLE_PREFIX}{door}"


def declared() -> Walls:
    """What all rooms declare, together with the kernel's own and Django's tables."""
    whole = Walls()
    for config in apps.get_app_configs():
        try:
            module = importlib.import_module(f"{config.name}.walls")
        except ModuleNotFoundError as missing:
            if missing.name != f"{config.name}.walls":
                raise
            continue
        room: Walls = OWN if config.label == "kernel" else module.WALLS
        for table, grants in room.grants.items():
            if table in whole.grants:
                raise ImproperlyConfigured(f"{table} is named twice in the walls")
            whole.grants[table] = grants
        whole.policies |= room.policies
        whole.keys += room.keys
        whole.functions += room.functions
        whole.statements += room.statements
    return whole


_APP_OPEN = """
create or replace function app_open(setting text, kind text) returns text
language plpgsql stable parallel safe security definer set search_path = pg_catalog, public, pg_temp as $$
declare raw text := current_setting(setting, true); parts text[]; k bytea;
begin
    if raw is null or raw = '' then return null; end if;
    parts := string_to_array(raw, '.');
    select key into k from kernel_seal_key where id = parts[2];
    if k is null or cardinality(parts) <> 3
       or encode(sha256(k || sha256(k || convert_to(kind || ':' || parts[1], 'UTF8'))), 'hex') <> parts[3] then
        raise insufficient_privilege using message = 'the scope of this transaction is not sealed by us';
    end if;
    return parts[1];
end $$"""

_LIMIT_HIT = """
create or replace function limit_hit(k bytea, at timestamptz, span interval, weight int) returns int
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    insert into kernel_counter as c (key, started_at, ends_at, count) values (k, at, at + span, weight)
    on conflict (key) do update set
        count = case when c.ends_at <= excluded.started_at then excluded.count else c.count + excluded.count end,
        started_at = case when c.ends_at <= excluded.started_at then excluded.started_at else c.started_at end,
        ends_at = case when c.ends_at <= excluded.started_at then excluded.ends_at else c.ends_at end
    returning count $$"""

_LIMIT_HITS = """
create or replace function limit_hits(k bytea[], at timestamptz, span interval[], most int[]) returns int
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    for n in 1 .. cardinality(k) loop
        if limit_hit(k[n], at, span[n], 1) > most[n] then return n; end if;
    end loop;
    return 0;
end $$"""

_LIMIT_SEEN = """
create or replace function limit_seen(k bytea, at timestamptz) returns int
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select coalesce((select count from kernel_counter where key = k and ends_at > at), 0) $$"""

_LIMIT_CLEAR = """
create or replace function limit_clear(k bytea) returns void
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    delete from kernel_counter where key = k $$"""

OWN = Walls(
    grants={
        "kernel_seal_key": {},
        "kernel_counter": {"worker": "select, delete"},
        "django_migrations": dict.fromkeys(DOORS, "select"),
        "django_content_type": {},
        # Django's own permissions are not used: roles are people_staff's
        "auth_permission": {},
        "auth_group": {},
        "auth_group_permissions": {},
    },
    functions=[
        ("app_open(text, text)", _APP_OPEN, ("portal", "desk", "gateway")),
        (
            "app_force()",
            "create or replace function app_force() returns smallint language sql stable parallel safe"
            " as $$ select app_open('app.force', 'force')::smallint $$",
            ("portal", "desk", "gateway", "worker"),
        ),
        (
            "app_account()",
            "create or replace function app_account() returns uuid language sql stable parallel safe"
            " as $$ select app_open('app.account', 'account')::uuid $$",
            ("portal", "desk", "gateway", "worker"),
        ),
        ("limit_hit(bytea, timestamptz, interval, int)", _LIMIT_HIT, DOORS),
        ("limit_hits(bytea[], timestamptz, interval[], int[])", _LIMIT_HITS, ("portal", "desk")),
        ("limit_seen(bytea, timestamptz)", _LIMIT_SEEN, ("portal", "desk")),
        ("limit_clear(bytea)", _LIMIT_CLEAR, ("portal", "desk", "gateway")),
    ],
)


def statements(walls: Walls, tables: Iterable[str]) -> list[str]:
    """The SQL that makes a database agree with the declared walls; it can be run again and again."""
    everybody = ", ".join(role(door) for door in DOORS)
    sql = [
        "revoke all on schema public from public",
        f"grant usage on schema public to {everybody}",
        f"revoke all on all tables in schema public from public, {everybody}",
        f"revoke all on all sequences in schema public from public, {everybody}",
        f"revoke all on all functions in schema public from public, {everybody}",
    ]
    for table in sorted(tables):
        sql.append(
            "do $$ declare p record; begin for p in select policyname from pg_policies"
            f" where schemaname = 'public' and tablename = '{table}'"
            f" loop execute format('drop policy %I on {table}', p.policyname); end loop; end $$"
        )
    for signature, create, doors in walls.functions:
        # dropped first, because a function cannot be replaced by one whose parameters have other names
        sql += [f"drop function if exists {signature} cascade", create]
        sql.append(f"revoke all on function {signature} from public")
        if doors:
            sql.append(f"grant execute on function {signature} to {', '.join(role(d) for d in doors)}")
    for table in sorted(tables):
        for door, rights in walls.grants[table].items():
            sql.append(f"grant {rights} on {table} to {role(door)}")
        policies = walls.policies.get(table, {})
        sql.append(f"alter table {table} {'enable' if policies else 'disable'} row level security")
        for door, several in policies.items():
            for n, policy in enumerate(several):
                using = f" using ({policy.using})" if policy.command != "insert" else ""
                check = policy.check if policy.check is not None else policy.using
                with_check = f" with check ({check})" if policy.command in ("all", "insert", "update") else ""
                sql.append(
                    f"create policy {door}_{n} on {table} for {policy.command} to {role(door)}{using}{with_check}"
                )
    for key in walls.keys:
        sql.append(
            f"do $$ begin if not exists (select from pg_constraint where conname = '{key.name}'"
            f" and conrelid = '{key.table}'::regclass) then"
            f" alter table {key.table} add constraint {key.name} foreign key ({key.columns})"
            f" references {key.target} ({key.target_columns}) on delete cascade deferrable initially deferred;"
            " end if; end $$"
        )
    return sql + walls.statements


def apply() -> bool:
    """Make the database agree with the declared walls; says whether anything had to be done.

    Nothing is touched when the same walls stand already, because making a policy locks its table. Raises
    ImproperlyConfigured for a table that no room has named, and rolls back: a new table is closed until it is named.
    """
    walls = declared()
    name, key = scope.seal_key()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local lock_timeout = '20s'")
        # with another secret the seals of the old one end
        cursor.execute("delete from kernel_seal_key where id <> %s", [name])
        cursor.execute(
            "insert into kernel_seal_key (id, key) values (%s, %s) on conflict (id) do nothing", [name, key]
        )
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = {row[0] for row in cursor.fetchall()}
        if lost := tables - set(walls.grants):
            raise ImproperlyConfigured(
                f"no walls are declared for {sorted(lost)}: name them in their room's walls.py"
            )
        wanted = statements(walls, tables)
        mark = "walls " + hashlib.sha256("\n".join(wanted).encode()).hexdigest()
        cursor.execute("select obj_description('public'::regnamespace, 'pg_namespace')")
        if cursor.fetchone()[0] == mark:
            return False
        for statement in wanted:
            cursor.execute(statement)
        cursor.execute(f"comment on schema public is '{mark}'")
    return True


def on_migrate(**_: Any) -> None:
    """Called at the end of every `migrate`."""
    apply()


_POWER = """
select session_user::text, current_user::text,
  exists(select 1 from pg_roles r where r.rolname <> session_user and pg_has_role(session_user, r.oid, 'member')),
  (select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb from pg_roles where rolname = session_user),
  exists(select 1 from pg_class where relnamespace = 'public'::regnamespace
         and pg_has_role(session_user, relowner, 'member')),
  has_schema_privilege('public', 'create'),
  exists(select 1 from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
         and (relname like 'cases\\_%%' or relname like 'feed\\_%%') and has_any_column_privilege(oid, 'select')),
  exists(select 1 from pg_class k where relkind = 'r' and relnamespace = 'public'::regnamespace and not relrowsecurity
         and has_any_column_privilege(k.oid, 'select')
         and exists(select 1 from pg_attribute where attrelid = k.oid and attname = 'force_id' and not attisdropped))
"""


def refuse_power(door: str) -> None:
    """End the process, saying why, unless it is logged in as just this door's login and nothing stronger.

    Refused: the owner, a superuser, a role that passes by row security, may make roles or tables, is a member of
    another role, or can read what its door must not.
    """
    with connection.cursor() as cursor:
        cursor.execute(_POWER)
        who, current, member, power, owns, makes, police, open_table = cursor.fetchone()
    faults = [
        (who != role(door) or current != who, f"it is logged in as {current}, not as {role(door)}"),
        (member, "its login is a member of another role"),
        (power, "its login is a superuser, passes by row security, or may make roles or databases"),
        (owns, "its login owns tables"),
        (makes, "its login may make tables"),
        (police and door == "portal", "it can read the police's tables (cases, feed)"),
        (open_table, "it can read a force's table that has no row security"),
    ]
    connection.close()
    if wrong := [text for is_wrong, text in faults if is_wrong]:
        raise SystemExit(
            f"trackmycrime {door} refuses to start: {'; '.join(wrong)}. "
            "Give it the login that `trackmycrime migrate` makes for this door."
        )
