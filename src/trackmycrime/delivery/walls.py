from trackmycrime.kernel.walls import Key, Walls, of_force

WALLS = Walls(
    grants={
        "delivery_dispatch": {
            "desk": "select, insert, update (state, reason, finished_at, next_try_at)",
            "gateway": "select, insert, update (state, reason, finished_at, next_try_at)",
            "worker": "select, insert, update",
        },
        "delivery_attempt": {"desk": "select", "worker": "select, insert"},
    },
    policies={
        "delivery_dispatch": of_force("desk", "gateway", "worker"),
        "delivery_attempt": of_force("desk", "worker"),
    },
    keys=[
        Key("delivery_attempt", "delivery_attempt_same_force", "force_id, dispatch_id", "delivery_dispatch", "force_id, id")
    ],
)
