"""How many values of bytes go to PostgreSQL at once. The engine imports it, so that every connection knows it."""

import struct
from collections.abc import Sequence

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_BYTEA, _BYTEA_ARRAY = 17, 1001  # PostgreSQL's type numbers
_size = struct.Struct("!i").pack
_NULL = _size(-1)


class Several(list["bytes | None"]):
    """Values of a ``bytea[]``."""


class _SeveralDumper(Dumper):
    """PostgreSQL's binary form of an array: its head, then each value after its length."""

    oid, format = _BYTEA_ARRAY, Format.BINARY

    def dump(self, obj: "Sequence[bytes | None]") -> bytes:
        parts = [struct.pack("!5i", 1, int(None in obj), _BYTEA, len(obj), 1)]
        for value in obj:
            parts += (_NULL,) if value is None else (_size(len(value)), value)
        return b"".join(parts)


psycopg.adapters.register_dumper(Several, _SeveralDumper)
