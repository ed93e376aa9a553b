from trackmycrime.kernel.walls import Key, Walls, of_force

# Desk and gateway prepare, and cancel what has not gone out (wiping it); only the worker sends and says how it went.
_PREPARES = "select, insert, update (state, reason, finished_at, next_try_at, subject, body)"

WALLS = Walls(
    grants={
        "delivery_dispatch": {
            "desk": _PREPARES,
            "gateway": _PREPARES,
            "worker": "select, insert, update",
        },
        "delivery_attempt": {"desk": "select", "worker": "select, insert"},
        "delivery_worker": {
            "desk": "select",
            "gateway": "select",
            "worker": "select, insert, update, delete",
        },
    },
    policies={
        "delivery_dispatch": of_force("desk", "gateway", "worker"),
        "delivery_attempt": of_force("desk", "worker"),
    },
    keys=[
        Key(
            "delivery_attempt",
            "delivery_attempt_same_force",
            "force_id, dispatch_id",
            "delivery_dispatch",
            "force_id, id",
        )
    ],
)
