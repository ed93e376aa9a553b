from trackmycrime.kernel.walls import Key, Walls, of_force

_TABLES = ("alerts_alert", "alerts_told")

WALLS = Walls(
    grants={
        table: {
            "desk": "select, insert, update",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        }
        for table in _TABLES
    },
    policies={table: of_force("desk", "gateway", "worker") for table in _TABLES},
    keys=[
        Key(
            "alerts_alert", "alerts_alert_same_force", "force_id, victim_id", "people_victim", "force_id, id"
        ),
        Key("alerts_told", "alerts_told_same_force", "force_id, victim_id", "people_victim", "force_id, id"),
        Key(
            "alerts_told",
            "alerts_told_alert_same_force",
            "force_id, alert_id",
            "alerts_alert",
            "force_id, id",
        ),
    ],
)
