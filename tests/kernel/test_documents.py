"""A document comes back as it was, whoever kept it."""

import json
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.documents import read_document

VALUES = [
    None,
    "ŵ",
    [],
    {"a": {"b": [1, 0.1, -0.0, True]}},
    2**63 - 1,
    2**64,
    -(2**70),
    [10**18, 1e300, 10**40],
]


@pytest.mark.parametrize("value", VALUES)
def test_what_was_sealed(value: object) -> None:
    row = uuid4()
    assert repr(crypto.unseal_json("a.b", row, crypto.seal_json("a.b", row, value))) == repr(value)


@pytest.mark.django_db
@pytest.mark.parametrize("value", VALUES)
def test_what_the_database_keeps(value: object) -> None:
    said = json.dumps(value)
    kept = setwise.fetch("select %s::jsonb as told, %s::json as written", [said, said])[0]
    assert repr(kept["written"]) == repr(value)
    with connection.cursor() as cursor:
        cursor.execute("select (%s::jsonb)::text", [said])
        assert repr(kept["told"]) == repr(json.loads(cursor.fetchone()[0]))


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.booleans(),
)
def test_read_as_python_reads_it(value: object, ascii_: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii_).encode()
    assert repr(read_document(written)) == repr(json.loads(written))
