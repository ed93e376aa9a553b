from trackmycrime.kernel.walls import Key, Walls, of_force

# Only the worker makes returns and sends them, only the gateway hands them out. Desk and portal have no business here.
_GATEWAY = ("returns_return", "returns_numbering", "returns_reader")
_WORKER = ("returns_webhook", "returns_post")


def _same_force(table: str, column: str, target: str) -> Key:
    return Key(table, f"{table}_{column}_same_force", f"force_id, {column}", target, "force_id, id")


WALLS = Walls(
    grants={
        "returns_return": {"gateway": "select", "worker": "select, insert, update (number)"},
        "returns_numbering": {"gateway": "select", "worker": "select, insert, update (last)"},
        "returns_reader": {"gateway": "select, update (cursor, acknowledged_at)", "worker": "select"},
        "returns_webhook": {"worker": "select, update (state, position, accepted_at, failed_at, answer)"},
        "returns_post": {"worker": "select, insert, update"},
    },
    policies={
        **{table: of_force("gateway", "worker") for table in _GATEWAY},
        **{table: of_force("worker") for table in _WORKER},
    },
    keys=[
        Key(
            "returns_reader",
            "returns_reader_same_force",
            "force_id, source_id",
            "feed_source",
            "force_id, id",
        ),
        _same_force("returns_webhook", "source_id", "feed_source"),
        _same_force("returns_post", "webhook_id", "returns_webhook"),
        _same_force("returns_post", "return_id", "returns_return"),
    ],
)
