from trackmycrime.kernel.walls import Walls, of_force

WALLS = Walls(
    grants={
        "tasks_task": {
            "desk": "select, insert, update",
            "gateway": "select, insert, update",
            "worker": "select, insert, update",
        }
    },
    policies={"tasks_task": of_force("desk", "gateway", "worker")},
)
