"""Encrypted fields: bound to their row, opened by the keys that sealed them, and by nothing else."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from tests.support.events import NOW, make_force
from trackmycrime.kernel import crypto
from trackmycrime.people.models import Account
from trackmycrime.tasks.models import Task


def key(byte: bytes) -> str:
    return base64.b64encode(byte * 32).decode()


@pytest.fixture
def rotated(settings: Any) -> Any:
    """Two keys, the second current, as after a rotation."""
    settings.TMC_FIELD_KEYS = json.dumps({"current": "b", "keys": {"a": key(b"a"), "b": key(b"b")}})
    crypto.forget_keys()
    yield settings
    crypto.forget_keys()


def test_a_value_opens_in_its_own_row_and_column_only() -> None:
    row, other = uuid4(), uuid4()
    stored = crypto.seal("people_victim.email", row, "p@example.org")
    assert crypto.unseal("people_victim.email", row, stored) == "p@example.org"
    for place, where in (("people_victim.email", other), ("people_victim.mobile", row)):
        with pytest.raises(crypto.CannotOpen):
            crypto.unseal(place, where, stored)


def test_the_same_text_is_never_stored_the_same_twice() -> None:
    row = uuid4()
    assert crypto.seal("t.c", row, "x") != crypto.seal("t.c", row, "x")


@pytest.mark.parametrize("cut", [0, 1, 2, 5, -1])
def test_a_changed_or_cut_value_does_not_open(cut: int) -> None:
    row = uuid4()
    stored = bytearray(crypto.seal("t.c", row, "secret"))
    with pytest.raises(crypto.CannotOpen):
        crypto.unseal("t.c", row, bytes(stored[:cut]))
    stored[cut] ^= 1
    with pytest.raises(crypto.CannotOpen) as told:
        crypto.unseal("t.c", row, bytes(stored))
    assert "secret" not in str(told.value)


def test_old_values_open_after_a_rotation_and_new_ones_take_the_new_key(rotated: Any) -> None:
    row = uuid4()
    new = crypto.seal("t.c", row, "x")
    rotated.TMC_FIELD_KEYS = json.dumps({"current": "a", "keys": {"a": key(b"a")}})
    crypto.forget_keys()
    old = crypto.seal("t.c", row, "y")
    with pytest.raises(crypto.CannotOpen):
        crypto.unseal("t.c", row, new)
    rotated.TMC_FIELD_KEYS = json.dumps({"current": "b", "keys": {"a": key(b"a"), "b": key(b"b")}})
    crypto.forget_keys()
    assert (crypto.unseal("t.c", row, old), crypto.unseal("t.c", row, new)) == ("y", "x")


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", '{"current": "a", "keys": {}}', '{"current": "a", "keys": {"a": "c2hvcnQ="}}',
        '{"current": "a", "keys": {"a": "not base64!"}}',
    ],
)  # fmt: skip
def test_unreadable_keys_are_refused_by_name(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="TMC_FIELD_KEYS"):
        crypto.read_keyring(text, "secret")


def test_a_lookup_hash_is_keyed_and_of_one_purpose() -> None:
    assert crypto.blind("email", "a") != crypto.blind("mobile", "a")
    assert crypto.blind_email(" A@Example.ORG ") == crypto.blind_email("a@example.org")


@pytest.mark.django_db
def test_what_is_stored_holds_nothing_readable() -> None:
    made = Account(kind="victim", email="rhian@example.org", email_hash=b"x" * 32, created_at=NOW)
    made.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("select email, people_account::text from people_account")
        stored, whole = cursor.fetchone()
    assert b"rhian" not in bytes(stored)
    assert "rhian" not in whole
    assert Account.objects.get().email == "rhian@example.org"
    again = Account.objects.get()
    again.email = "new@example.org"
    again.save(update_fields=["email"])
    assert Account.objects.get().email == "new@example.org"


@pytest.mark.django_db
def test_it_cannot_be_updated_or_searched_blindly() -> None:
    with pytest.raises(TypeError, match="encrypted"):
        Task.objects.update(note="x")
    with pytest.raises(TypeError, match="encrypted"):
        Task.objects.filter(note="x").count()


@pytest.mark.django_db
def test_a_value_moved_to_another_row_does_not_open() -> None:
    force = make_force()
    first, second = (
        Task.objects.create(force=force, kind="k", once=str(n), created_at=NOW, note=f"note {n}")
        for n in range(2)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "update tasks_task set note = (select note from tasks_task where id = %s) where id = %s",
            [first.id, second.id],
        )
    with pytest.raises(crypto.CannotOpen):
        _ = Task.objects.get(id=second.id).note
