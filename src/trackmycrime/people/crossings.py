"""What must be looked up before anybody is known: named functions with the owner's rights, each giving the least.

They are the only way from the portal to invitations, and from a door to an account that has not signed in.
"""

_FIXED = "security definer set search_path = pg_catalog, public, pg_temp"

_ACCOUNT_FOR = f"""
create or replace function people_account_for(k text, h bytea)
returns table (id uuid, password varchar, is_active boolean) language sql stable {_FIXED} as $$
    select a.id, a.password, a.is_active from people_account a where a.kind = k and a.email_hash = h $$"""

_STAFF_OF = f"""
create or replace function people_staff_of(a uuid)
returns table (force_id smallint, role varchar, officer_id varchar) language sql stable {_FIXED} as $$
    select s.force_id, s.role, s.officer_id from people_staff s join people_account c on c.id = s.account_id
    where s.account_id = a and s.active and c.is_active and c.kind = 'officer' $$"""

FUNCTIONS: list[tuple[str, str, tuple[str, ...]]] = [
    ("people_account_for(text, bytea)", _ACCOUNT_FOR, ("portal", "desk")),
    ("people_staff_of(uuid)", _STAFF_OF, ("desk",)),
]
