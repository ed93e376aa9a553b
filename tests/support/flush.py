"""Tests that commit are cleaned up by emptying every table; the audit refuses that to everybody, so it is told."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def flushable() -> Iterator[None]:
    """While the tests' database is emptied, and only then, the audit lets itself be emptied too."""
    from django.db.backends.postgresql.operations import DatabaseOperations  # only now are there settings

    flush = DatabaseOperations.sql_flush

    def with_audit(self: DatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
        trigger = "trigger audit_frozen"
        statements: list[str] = flush(self, *args, **kwargs)
        return [
            f"alter table audit_record disable {trigger}",
            *statements,
            f"alter table audit_record enable {trigger}",
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", with_audit)
        yield
