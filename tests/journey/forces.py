"""The two forces that the people of the journeys are with, one of them in Wales."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.events import event
from tests.support.installation import Installation, installation, now

ENGLISH, WELSH = "avon-and-somerset", "south-wales"
OFFICER = "amara.okafor@police.example.org"


@contextmanager
def two_forces() -> Iterator[Installation]:
    """An installation that both send to, each with a unit and an officer."""
    with installation() as made:
        made.add_force(ENGLISH, "Avon and Somerset Police")
        made.add_force(WELSH, "South Wales Police", "en,cy", "Heddlu De Cymru")
        for slug in (ENGLISH, WELSH):
            made.send(
                slug,
                event("unit.changed", "U1", 1, {"name": {"en": "the Burglary Team", "cy": "y Tîm Bwrgleriaeth"},
                      "phone": "101", "hours": {"en": "8am to 6pm", "cy": "8am i 6pm"}}, time=now()),
                event("officer.changed", "O1", 1, {"name": "Amara Okafor", "rank": "DC", "unit": "U1",
                      "email": OFFICER.upper() if slug == ENGLISH else "x@police.example.org"}, time=now()),
            )  # fmt: skip
        yield made
