from trackmycrime.kernel.walls import Walls, of_force

WALLS = Walls(
    grants={
        # Names of forces are public; the force row holds nothing about a person.
        "forces_force": {"portal": "select", "desk": "select", "gateway": "select", "worker": "select"},
        "forces_unit": {
            "desk": "select",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        },
    },
    policies={"forces_unit": of_force("desk", "gateway", "worker")},
)
