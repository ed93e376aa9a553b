"""Who may do what with the tables of factors: each door its own signed-in account's, and no other process anything."""

from trackmycrime.kernel.walls import Policy

Function = tuple[str, str, tuple[str, ...]]

# What a door may know of an account stands inside: victims' at the portal, those of a force's staff at the desk.
_OWN = (
    "account_id = any (array(select a.id from people_account a"
    " where a.id = (select app_account()) and a.kind = '{kind}'))"
)
_KINDS = {"portal": "victim", "desk": "officer"}
_POLICY = {door: [Policy(own, own)] for door, kind in _KINDS.items() for own in [_OWN.format(kind=kind)]}


def _both(grants: str) -> dict[str, str]:
    return dict.fromkeys(_KINDS, grants)


GRANTS = {
    "people_passkey": _both("select, insert, update (name, count, used_at), delete"),
    "people_code_app": _both("select, insert, update (last_step, used_at), delete"),
    "people_recovery_code": _both("select, insert, update (used_at), delete"),
}
POLICIES = dict.fromkeys(GRANTS, _POLICY)


def _passkey_of(kind: str) -> str:
    on_the_staff = " and exists (select from people_staff s where s.account_id = a.id and s.active)"
    return (
        f"create or replace function people_{kind}_passkey(h bytea)"
        " returns table (id uuid, account_id uuid, credential bytea) language sql stable"
        " security definer set search_path = pg_catalog, public, pg_temp as $$"
        " select p.id, p.account_id, p.credential from people_passkey p"
        " join people_account a on a.id = p.account_id"
        f" where p.credential_hash = h and a.kind = '{kind}' and a.is_active"
        f"{on_the_staff if kind == 'officer' else ''} $$"
    )


# A passkey is shown before anybody is known: by the hash of its id one finds its public half, and whose it is.
FUNCTIONS: list[Function] = [
    (f"people_{kind}_passkey(bytea)", _passkey_of(kind), (door,)) for door, kind in _KINDS.items()
]
