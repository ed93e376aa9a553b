from trackmycrime.kernel.walls import ALL, FORCE, Key, Policy, Walls, of_force

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
        # The desk holds and releases for its own force, and sees what is held for all; a worker may hold.
        "delivery_switch": {
            "desk": "select, insert, update (released_at, released_by)",
            "worker": "select, insert",
        },
        "delivery_receipt": {"desk": "select", "worker": "select, insert, update"},
        # of no force: a door says what it has heard, and cannot read what others have
        "delivery_heard": {
            "portal": "insert",
            "gateway": "insert",
            "worker": "select, insert, delete, update",
        },
        "delivery_address": {
            "desk": "select, update (confirmed_at)",
            "gateway": "select",
            "worker": "select, insert, update",
        },
        "delivery_asking": {"worker": "select, insert, update"},
        "delivery_tally": {"desk": "select", "worker": "select, insert, update, delete"},
        "delivery_reply": {"desk": "select", "worker": "select, insert, update"},
        "delivery_worker": {
            "desk": "select",
            "gateway": "select",
            "worker": "select, insert, update, delete",
        },
    },
    policies={
        "delivery_dispatch": of_force("desk", "gateway", "worker"),
        "delivery_attempt": of_force("desk", "worker"),
        "delivery_switch": {
            "desk": [
                Policy(f"{FORCE} or force_id is null", command="select"),
                Policy(FORCE, FORCE, command="insert"),
                Policy(FORCE, FORCE, command="update"),
            ],
            "worker": [Policy(ALL, ALL)],
        },
        "delivery_receipt": of_force("desk", "worker"),
        "delivery_heard": {
            # what the holder of an address says comes in at the portal, what providers say at the gateway
            "portal": [Policy("", "result = 'unsubscribed'", "insert")],
            "gateway": [Policy("", "true", "insert")],
            "worker": [Policy(ALL, ALL)],
        },
        "delivery_address": of_force("desk", "gateway", "worker"),
        "delivery_tally": of_force("desk", "worker"),
        "delivery_reply": of_force("desk", "worker"),
    },
    keys=[
        Key(
            "delivery_reply",
            "delivery_reply_same_force",
            "force_id, dispatch_id",
            "delivery_dispatch",
            "force_id, id",
        ),
        Key(
            "delivery_attempt",
            "delivery_attempt_same_force",
            "force_id, dispatch_id",
            "delivery_dispatch",
            "force_id, id",
        ),
        Key(
            "delivery_receipt",
            "delivery_receipt_same_force",
            "force_id, dispatch_id",
            "delivery_dispatch",
            "force_id, id",
        ),
    ],
)
