"""The connection to PostgreSQL. Nothing is asked of a server that has not hung up."""

import select

from django.db.backends.postgresql import base
from psycopg.types.json import set_json_loads

from trackmycrime.kernel.documents import read_document

from . import arrays as arrays

set_json_loads(read_document)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for the look at a kept connection before each request (CONN_HEALTH_CHECKS).

    Django asks ``SELECT 1``, a round trip for every page. A server that ends a connection (restart, shutdown,
    ``pg_terminate_backend``) closes its socket, which can be seen here without asking; and a connection that is idle
    has nothing to read. Where anything is there to be read, or an error came before, Django's own question is asked.

    ``"BY_KEY": True`` in its settings says that whoever uses it only ever looks up what it knows the key of. Plans are
    kept, also those that check foreign keys, and one that is made while a table is nearly empty would go through all of
    it for each row, until PostgreSQL has counted the table again.
    """

    def init_connection_state(self) -> None:
        """Django's own, and what ``BY_KEY`` asks."""
        super().init_connection_state()
        if self.settings_dict.get("BY_KEY"):
            with self.cursor() as cursor:
                cursor.execute("set enable_seqscan = off")

    def is_usable(self) -> bool:
        """Whether the connection can take the next statement."""
        return (not self.errors_occurred and self._is_silent()) or super().is_usable()

    def _is_silent(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
