from trackmycrime.kernel.walls import Key, Walls, of_force

# Only the worker makes returns, only the gateway hands them out. Desk and portal have no business here.
WALLS = Walls(
    grants={
        "returns_return": {"gateway": "select", "worker": "select, insert, update (number)"},
        "returns_numbering": {"gateway": "select", "worker": "select, insert, update (last)"},
        "returns_reader": {"gateway": "select, update (cursor, acknowledged_at)", "worker": "select"},
    },
    policies={
        table: of_force("gateway", "worker")
        for table in ("returns_return", "returns_numbering", "returns_reader")
    },
    keys=[
        Key(
            "returns_reader",
            "returns_reader_same_force",
            "force_id, source_id",
            "feed_source",
            "force_id, id",
        ),
    ],
)
