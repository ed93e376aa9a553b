"""Whether the database has all tables that this version of the code wants."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def waiting() -> int:
    """How many migrations are not applied yet."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
