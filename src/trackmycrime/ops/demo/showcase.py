"""A few people whose cases show what the service is for; the demo's sign-ins are theirs.

- Sam Carter was burgled and had a bicycle stolen: one account, two crimes. One of them holds an update that
  an officer must release; the bicycle was found.
- Megan Rees lives in Wales and reads Welsh. Somebody has been charged with damaging her car: a hearing is listed.
- Alex Morgan has reported a theft just now, and is invited when the demo starts: to be followed from the mail on.
- Robin Ellis's case is withheld: nobody sees it, and nothing says so.

- Nia Carter is Sam's sister and helps with the burglary. Harbour Advocates help with the bicycle: Ada Bowen says who
  works there, and Ivo Lane does.

They are made up, marked as all made-up people are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

from trackmycrime.ops.demo.live import Happening, live_event
from trackmycrime.ops.demo.sentences import AT_WORK, STEPS, Sentence

OFFICER_ID = "made-up-officer-demo"
UNIT_ID = "made-up-unit-1"
PASSWORD = "correct-horse-demo"  # noqa: S105 (of made-up people on one machine, printed when the demo starts)
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 (the same for all made-up officers; its codes are on a page)
ENGLISH, WELSH = "avon-and-somerset", "south-wales"


@dataclass(frozen=True)
class Person:
    """A made-up victim."""

    name: str
    victim: str
    email: str
    mobile: str
    language: str = "en"

    def data(self) -> dict[str, Any]:
        """As a `victim.changed` says it."""
        return {
            "victim": self.victim,
            "role": "victim",
            "name": self.name,
            "email": self.email,
            "mobile": self.mobile,
            "language": self.language,
            "born_on": "1984-03-12",
        }


@dataclass(frozen=True)
class Story:
    """A crime of the showcase: its first state, and what is written as time goes by."""

    force: str
    reference: str
    person: Person
    offence: tuple[str, str]
    place: str
    days_ago: int
    so_far: tuple[Sentence, ...] = ()
    to_come: tuple[Sentence, ...] = ()
    withheld: bool = False
    charged: bool = False
    """Somebody was charged half way, and a court will hear it"""
    found: str = ""
    """An item that was stolen and that police have found since"""


SAM = Person("Sam Carter", "made-up-sam-carter", "sam.carter@example.org", "07700 900101")
MEGAN = Person("Megan Rees", "made-up-megan-rees", "megan.rees@example.org", "07700 900102", "cy")
ALEX = Person("Alex Morgan", "made-up-alex-morgan", "alex.morgan@example.org", "07700 900103")
ROBIN = Person("Robin Ellis", "made-up-robin-ellis", "robin.ellis@example.org", "07700 900104")

NIA = "nia.carter@example.org"
ADVOCATES, ADA, IVO = "Harbour Advocates", "ada.bowen@example.org", "ivo.lane@example.org"

_HELD = Sentence(
    "suspect_identified",
    "We think that we know who did this. I would like to tell you more in person first.",
    "Credwn ein bod yn gwybod pwy wnaeth hyn. Hoffwn ddweud mwy wrthych yn bersonol yn gyntaf.",
)

STORIES: tuple[Story, ...] = (
    Story(
        ENGLISH,
        "AS-DEMO-0001",
        SAM,
        ("Burglary", "burglary"),
        "On or near Kestrel Close",
        26,
        so_far=(AT_WORK[0], AT_WORK[3], AT_WORK[10]),
        to_come=(AT_WORK[2], AT_WORK[5], STEPS[0], STEPS[1], AT_WORK[9], STEPS[2], STEPS[3]),
    ),
    Story(
        ENGLISH,
        "AS-DEMO-0002",
        SAM,
        ("Bicycle theft", "bicycle-theft"),
        "On or near Canal Walk",
        9,
        so_far=(AT_WORK[6], _HELD),
        to_come=(AT_WORK[1], AT_WORK[4], AT_WORK[7]),
        found="Bicycle, green, with a basket",
    ),
    Story(
        WELSH,
        "SW-DEMO-0001",
        MEGAN,
        ("Vehicle crime", "vehicle-crime"),
        "On or near Heol y Bryn",
        12,
        so_far=(AT_WORK[1],),
        to_come=(AT_WORK[2], AT_WORK[5], AT_WORK[8]),
    ),
    Story(
        WELSH,
        "SW-DEMO-0002",
        MEGAN,
        ("Criminal damage and arson", "criminal-damage-arson"),
        "On or near Heol yr Afon",
        80,
        so_far=(AT_WORK[0], AT_WORK[10]),
        charged=True,
        found="Torch",
    ),
    Story(
        ENGLISH,
        "AS-DEMO-0003",
        ALEX,
        ("Other theft", "other-theft"),
        "On or near Market Square",
        0,
        to_come=(AT_WORK[0], AT_WORK[1], AT_WORK[2], AT_WORK[5], STEPS[0]),
    ),
    Story(
        ENGLISH,
        "AS-DEMO-0004",
        ROBIN,
        ("Criminal damage and arson", "criminal-damage-arson"),
        "On or near Mulberry Road",
        15,
        so_far=(AT_WORK[0],),
        withheld=True,
    ),
)


def officer(force: str) -> dict[str, Any]:
    """The officer in the showcase's cases, who is also a sign-in of the desk in England."""
    return {
        "name": "Priya Shah",
        "collar_number": "4021",
        "rank": "Police Constable",
        "unit": UNIT_ID,
        "email": f"priya.shah.{force}@example.org",
        "phone": "03069 990021",
        "active": True,
    }


def beginning(force: str, now: datetime) -> Iterator[dict[str, Any]]:
    """What is known of the showcase of a force when the demo starts for the first time; mostly history."""
    long_ago = now - timedelta(days=400)
    yield live_event(force, "officer.changed", OFFICER_ID, officer(force), long_ago, 1)
    for story in STORIES:
        if story.force != force:
            continue
        start = now - timedelta(days=story.days_ago, hours=2 if story.days_ago else 0)
        crime = _crime(story, start, now)
        yield live_event(force, "crime.changed", story.reference, crime | {"stage": "reported"}, start, 1)
        yield live_event(force, "victim.changed", story.reference, story.person.data(), start, 2)
        if story.days_ago:
            taken = start + timedelta(hours=20)
            named = crime | {"stage": "investigating", "officer": OFFICER_ID}
            yield live_event(force, "crime.changed", story.reference, named, taken, 3)
        for number, sentence in enumerate(story.so_far):
            when = start + (now - start) * (number + 1) / (len(story.so_far) + 1)
            data = written(story, sentence, f"{story.reference}.{number}", when)
            yield live_event(force, "update.published", story.reference, data, when, 10 + number)
        if story.found:
            for number, status in enumerate(
                ("reported_stolen", "held_as_evidence" if story.charged else "recovered")
            ):
                item = {"property": f"{story.reference}.item", "description": story.found, "status": status}
                when = start + (now - start) * number / 2
                yield live_event(force, "property.changed", story.reference, item, when, 4 + number)
        if story.charged:
            yield from _to_court(story, crime, start + (now - start) * 2 / 3, now)
        if story.withheld:
            withheld = {"reason": "withheld"}
            yield live_event(force, "crime.withdrawn", story.reference, withheld, now, 20)


def _to_court(story: Story, crime: dict[str, Any], when: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """Somebody is charged, and two hearings are listed: of one the day is fixed, of the other only the week."""
    outcome = {"code": "1", "decided_on": when.date().isoformat()}
    charged = crime | {"stage": "court", "officer": OFFICER_ID, "outcome": outcome}
    yield live_event(story.force, "crime.changed", story.reference, charged, when, 30)
    first = (now + timedelta(days=9)).replace(hour=10, minute=0, second=0, microsecond=0)
    trial = now.date() + timedelta(days=62)
    court = {"name": "Cardiff Magistrates' Court", "address": "Fitzalan Place, Cardiff CF24 0RZ"}
    for number, hearing in enumerate(
        (
            {"type": "First hearing", "starts_at": _moment(first), "attendance": "not_needed"},
            {
                "type": "Trial",
                "week_commencing": (trial - timedelta(days=trial.weekday())).isoformat(),
                "attendance": "required",
            },
        )
    ):
        data = hearing | {"hearing": f"{story.reference}.{number}", "court": court, "status": "listed"}
        yield live_event(story.force, "hearing.changed", story.reference, data, when, 31 + number)


SCRIPTED = sum(len(story.to_come) for story in STORIES)
"""So many updates are written before the stories have nothing new to say."""


def to_come() -> Iterator[tuple[Story, Sentence]]:
    """What is written about the showcase while the demo runs: the stories take turns, each in its order.

    When they have been told, officers go on to say that they are at work, for ever.
    """
    told = [story for story in STORIES if story.to_come]
    for turn in range(max(len(story.to_come) for story in told)):
        for story in told:
            if turn < len(story.to_come):
                yield story, story.to_come[turn]
    for sentence in cycle(AT_WORK):
        for story in told:
            yield story, sentence


def happening(
    story: Story, sentence: Sentence, now: datetime, sequence: Callable[[datetime], int]
) -> Happening:
    """The events of one update of the showcase. With its first one a fresh case is taken on by the officer."""
    events = []
    if story.days_ago == 0 and sentence is story.to_come[0]:
        taken = _crime(story, now, now) | {"stage": "investigating", "officer": OFFICER_ID}
        events.append(live_event(story.force, "crime.changed", story.reference, taken, now, sequence(now)))
    number = sequence(now)
    data = written(story, sentence, f"{story.reference}.{number}", now)
    events.append(live_event(story.force, "update.published", story.reference, data, now, number))
    return story.force, events


def written(story: Story, sentence: Sentence, update: str, now: datetime) -> dict[str, Any]:
    """The data of an update of the showcase."""
    return {
        "update": update,
        "milestone": sentence.milestone,
        "happened_at": _moment(now),
        "text": sentence.text(story.force == WELSH),
    }


def _crime(story: Story, start: datetime, now: datetime) -> dict[str, Any]:
    name, category = story.offence
    return {
        "offence": {"name": name, "category": category},
        "reported_at": _moment(start),
        "place": story.place,
        "unit": UNIT_ID,
        "flags": [],
    }


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
