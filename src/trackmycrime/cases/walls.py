from trackmycrime.kernel.walls import Key, Walls, of_force

_OF_A_CRIME = ("cases_update", "cases_hearing", "cases_property", "cases_message")

# The portal is not named here: it can read nothing of what the police told us.
WALLS = Walls(
    grants={
        "cases_crime": {
            "desk": "select, update (withheld_here, restored_sequence, switched_on)",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "cases_update": {
            "desk": "select, insert, update",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "cases_hearing": {
            "desk": "select",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "cases_property": {
            "desk": "select",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
        "cases_message": {
            "desk": "select, update (shown)",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
    },
    policies={table: of_force("desk", "gateway", "worker") for table in ("cases_crime", *_OF_A_CRIME)},
    keys=[
        Key(table, f"{table}_same_force", "force_id, crime_id", "cases_crime", "force_id, id")
        for table in _OF_A_CRIME
    ],
)
