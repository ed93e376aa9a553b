"""The bell: wakes a worker. A ring says only «look»; rows say what is to be done (DESIGN, «rows are the truth»)."""

from django.db import connection

CHANNEL = "tmc_bell"


def ring(what: str) -> None:
    """Ring for one kind of work when the current transaction commits. May come twice, late or never."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [CHANNEL, what])
