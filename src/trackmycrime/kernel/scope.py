"""Whose rows this transaction may see: the sealed context that the row security policies read.

A door sets it once it knows who is asking. The value carries a seal made from the installation's secret, so that
an injected ``set_config`` cannot become somebody else (docs/decisions/0003-walls.md).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from . import crypto


def seal_key() -> tuple[str, bytes]:
    """The id and the bytes of the key that seals contexts; `migrate` writes the same pair for the database."""
    return _key_of(settings.SECRET_KEY)


@cache
def _key_of(secret: str) -> tuple[str, bytes]:
    key = crypto.derive("scope", secret)
    return hashlib.sha256(key).hexdigest()[:8], key


def sealed(kind: str, value: object) -> str:
    """``value.keyid.mac``, as ``app_open`` in the database checks it. The hash is nested, so it cannot be extended."""
    name, key = seal_key()
    inner = hashlib.sha256(key + f"{kind}:{value}".encode()).digest()
    return f"{value}.{name}.{hashlib.sha256(key + inner).hexdigest()}"


@contextmanager
def bound(*, force: int | None = None, account: UUID | None = None) -> Iterator[None]:
    """Run the block in a transaction that sees the rows of this force, or of this account's cases, and no others.

    What was bound before is bound again afterwards, so blocks may be nested; the outermost ends with its transaction.
    """
    wanted = [
        ("app.force", "" if force is None else sealed("force", force)),
        ("app.account", "" if account is None else sealed("account", account)),
    ]
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "select current_setting(%s, true), current_setting(%s, true),"
                " set_config(%s, %s, true), set_config(%s, %s, true)",
                [wanted[0][0], wanted[1][0], *wanted[0], *wanted[1]],
            )
            row = cursor.fetchone()
            before = (row[0] or "", row[1] or "")
        yield
        # After an error the transaction or savepoint is undone, and with it what was bound.
        if not outermost and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(
                    "select set_config(%s, %s, true), set_config(%s, %s, true)",
                    [wanted[0][0], before[0], wanted[1][0], before[1]],
                )
