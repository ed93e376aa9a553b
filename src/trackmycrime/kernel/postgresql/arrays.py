"""How many bytes or ids go to PostgreSQL at once: in its own binary form, because to read them as text takes it several
times as long as to write them so takes Python. (With texts it is the other way round.) The engine imports it, so that
every connection knows it."""

import struct
from collections.abc import Sequence
from uuid import UUID

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_BYTEA, _UUID = 17, 2950  # PostgreSQL's type numbers
_size = struct.Struct("!i").pack
_NULL = _size(-1)


class ManyBytes(bytes):
    """A ``bytea[]``."""


class ManyIds(bytes):
    """A ``uuid[]``."""


def many_bytes(values: Sequence[bytes | None]) -> ManyBytes:
    """These values as one."""
    return ManyBytes(_array(_BYTEA, values))


def many_ids(values: Sequence[UUID | None]) -> ManyIds:
    """These values as one."""
    try:
        parts = [value.int.to_bytes(16) for value in values]  # type: ignore[union-attr]
    except AttributeError:  # a gap; most have none, and to look for one asks each id whether it is None
        return ManyIds(_array(_UUID, [None if value is None else value.bytes for value in values]))
    # as all are of one length, one join does what a loop would
    sixteen = _size(16)
    return ManyIds(_head(_UUID, len(parts)) + sixteen * bool(parts) + sixteen.join(parts))


def _array(member: int, values: Sequence[bytes | None]) -> bytes:
    """PostgreSQL's binary form of an array: its head, then each value after its length."""
    parts = [_head(member, len(values), gaps=None in values)]
    for value in values:
        parts += (_NULL,) if value is None else (_size(len(value)), value)
    return b"".join(parts)


def _head(member: int, length: int, *, gaps: bool = False) -> bytes:
    """Of an array of one dimension that begins at 1."""
    return struct.pack("!5i", 1, int(gaps), member, length, 1)


class _AsItIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


class _ManyBytesDumper(_AsItIs):
    oid = 1001


class _ManyIdsDumper(_AsItIs):
    oid = 2951


psycopg.adapters.register_dumper(ManyBytes, _ManyBytesDumper)
psycopg.adapters.register_dumper(ManyIds, _ManyIdsDumper)
