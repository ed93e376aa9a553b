from trackmycrime.kernel.walls import ALL, FORCE, Policy, Walls

_FREEZE = """
create or replace function audit_freeze() returns trigger language plpgsql as $$
begin raise insufficient_privilege using message = 'the audit is only ever added to'; end $$"""

_TRIGGER = """
do $$ begin if not exists (select from pg_trigger where tgname = '{name}') then
create trigger {name} before {acts} on audit_record
for each statement execute function audit_freeze(); end if; end $$"""

# The portal writes down what its own account does and reads nothing back; staff see their own force's records.
WALLS = Walls(
    grants={
        "audit_record": {
            "portal": "insert",
            "desk": "select, insert",
            "gateway": "insert",
            "worker": "select, insert",
        }
    },
    policies={
        "audit_record": {
            "portal": [
                Policy(
                    "",
                    "(actor_kind in ('victim', 'helper') and actor_id = (select app_account())::text)"
                    " or (actor_kind = 'system' and actor_id = '')",
                    "insert",
                ),
            ],
            "desk": [Policy(FORCE, None, "select"), Policy("", f"force_id is null or {FORCE}", "insert")],
            "gateway": [Policy("", f"force_id is null or {FORCE}", "insert")],
            "worker": [Policy(ALL, ALL)],
        }
    },
    functions=[("audit_freeze()", _FREEZE, ())],
    statements=[
        _TRIGGER.format(name="audit_frozen", acts="update or delete"),
        _TRIGGER.format(name="audit_kept", acts="truncate"),
    ],
)
