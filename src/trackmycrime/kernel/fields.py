"""Model fields whose stored value is encrypted. On the instance they read and write like plain ones."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query_utils import DeferredAttribute

from . import crypto
from .documents import read_document

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field


class Sealed:
    """What the database holds, not opened yet: it opens on first use, where the row is known."""

    __slots__ = ("stored",)

    def __init__(self, stored: bytes) -> None:
        self.stored = stored

    def __repr__(self) -> str:
        return "<sealed>"


class _OpensOnUse(DeferredAttribute):
    field: "EncryptedTextField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = self.field.decode(crypto.unseal(self.field.place, instance.pk, value.stored))
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        # With a setter Python asks __get__ before the instance's own dictionary; without it nothing ever opens.
        instance.__dict__[self.field.attname] = value


class _ForRow:
    """A value together with the row it is written to; made by `pre_save`, used by `get_db_prep_save`."""

    __slots__ = ("row", "value")

    def __init__(self, value: Any, row: object) -> None:
        self.value = value
        self.row = row


class EncryptedTextField(_Field):
    """Text, encrypted with AES-GCM and bound to its table, column and row. It cannot be searched or updated blindly.

    Saving needs a primary key made by us (a UUID); ``QuerySet.update`` raises TypeError, because it knows no row.
    """

    descriptor_class = _OpensOnUse

    @property
    def place(self) -> str:
        """``table.column``: what the ciphertext is bound to, beside the row."""
        return f"{self.model._meta.db_table}.{self.column}"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "bytea"

    def encode(self, value: Any) -> str:
        return str(value)

    def decode(self, text: str) -> Any:
        return text

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return None if value is None else Sealed(bytes(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        return None if value is None else _ForRow(value, model_instance.pk)

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, _ForRow):
            return value
        raise TypeError(f"{self.place} is encrypted for its row: save the object, or look up by a hash")

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, _ForRow):
            raise TypeError(f"{self.place} is encrypted for its row: save the object, or look up by a hash")
        return crypto.seal(self.place, value.row, self.encode(value.value))


class EncryptedJSONField(EncryptedTextField):
    """Like EncryptedTextField, for anything that JSON can say."""

    def encode(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def decode(self, text: str) -> Any:
        return read_document(text)


class PlainJSONField(models.JSONField):
    """JSON that PostgreSQL only keeps: as it was written, never searched, which costs half of taking it apart."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return value  # psycopg has read it; what Django reads itself is its ``jsonb`` alone
