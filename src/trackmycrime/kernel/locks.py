"""One writer at a time where order matters. Locks are PostgreSQL's and end with the transaction."""

from django.db import connection

FORCE_WRITER = 1


def force_lock(force: int) -> None:
    """Wait until no other transaction changes cases or what is published in this force, then be the one that does.

    Must be called inside a transaction. Reading never waits for it.
    """
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [FORCE_WRITER, force])
