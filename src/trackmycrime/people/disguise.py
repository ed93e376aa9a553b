"""Whether what the signed-in account can see must not show whose website it is to somebody who looks on."""

from uuid import UUID

from django.db import Error

from trackmycrime.kernel import scope, setwise

FUNCTIONS = [
    (
        "my_disguise()",
        # each signed-in page asks it: of a function in SQL alone PostgreSQL would keep no plan
        "create or replace function my_disguise() returns boolean language plpgsql stable"
        " security definer set search_path = pg_catalog, public, pg_temp as $$ begin"
        " return exists (select from people_victim v"
        " where v.id = any ((select my_readable())::uuid[]) and v.live and v.disguise); end $$",
        ("portal",),
    )
]
ASKED = "(select my_disguise())"
"""The same, for a statement that asks for more."""


def asked_for(account_id: UUID, *, bound: bool) -> bool:
    """Whether anybody in a case that this account may read asks for disguise; yes where that cannot be found out.

    `bound` says that the transaction is bound to the account already.
    """
    try:
        if bound:
            return _asked()
        with scope.bound(account=account_id):
            return _asked()
    except Error:
        return True


def _asked() -> bool:
    return bool(setwise.fetch("select my_disguise() as asked")[0]["asked"])
