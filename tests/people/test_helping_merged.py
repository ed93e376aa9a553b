"""A crime is merged into another: who was let in to the one goes along with the victim, and never further."""

from typing import Any

import pytest

from tests.people.helping import let_in, organisation, person, worker
from tests.people.test_helping_walls import NOW
from tests.portal.making import World, join, world
from tests.support.doors import role
from tests.support.events import crime, event, victim
from trackmycrime.audit.models import Record
from trackmycrime.kernel.scope import bound
from trackmycrime.people.helping import ending, giving
from trackmycrime.people.models import Access, Account, Victim
from trackmycrime.publish.models import Case

pytestmark = pytest.mark.django_db


def merged(one: str, into: str, sequence: int = 9) -> dict[str, Any]:
    return event("crime.withdrawn", one, sequence, {"reason": "merged", "merged_into": into})


class Made:
    """Rhian has 52/1 and let Gwen in; 52/2 is a crime of other people."""

    def __init__(self) -> None:
        self.world: World = world()
        self.world.send(crime("52/2", 1), victim("52/2", 1, "P2"), crime("52/3", 1))
        self.rhian, self.gwen = join(self.world), person("gwen@example.org")
        self.part = Victim.objects.get(person="P1")
        self.access = let_in(self.part, self.gwen, may_write=True)

    def sees(self, who: Account) -> set[str]:
        with role("portal"), bound(account=who.id):
            return {case.page["reference"] for case in Case.objects.all()}

    def at(self, reference: str) -> Victim:
        crime_id = Case.objects.get(id=self.world.case(reference)).crime_id
        return Victim.objects.get(person="P1", crime_id=crime_id)


@pytest.fixture
def made() -> Made:
    return Made()


def test_they_go_along_with_the_same_rights_until_the_same_day_and_home_again(made: Made) -> None:
    ivo, before = person("ivo@example.org"), Access.objects.get()
    of = organisation(made.world.force)
    worker(of, ivo)
    let_in(made.part, organisation=of, kind="organisation")
    waiting = let_in(made.part)
    made.world.send(merged("52/1", "52/2"))
    assert made.sees(made.rhian) == {"52/1", "52/2"}
    assert made.sees(made.gwen) == made.sees(ivo) == {"52/2"}
    there, after = made.at("52/2"), Access.objects.get(id=before.id)
    assert (after.victim_id, after.crime_id, after.carried_from) == (there.id, there.crime_id, [made.part.id])
    for same in ("until", "may_write", "given_by", "given_at", "kind", "ended_at", "account_id"):
        assert getattr(after, same) == getattr(before, same)
    waiting.refresh_from_db()
    assert waiting.victim_id == there.id, "who has not joined yet joins there"
    assert Record.objects.filter(action="access.carried", detail__access=str(before.id)).count() == 1
    made.world.send(merged("52/2", "52/3"), merged("52/1", "52/2", 10))
    assert made.sees(made.gwen) == {"52/3"}
    made.world.send(merged("52/1", "52/2", 11))
    assert made.sees(made.gwen) == {"52/3"}, "what is said again changes nothing"
    made.world.send(crime("52/2", 12))
    assert made.sees(made.gwen) == made.sees(ivo) == {"52/2"}
    made.world.send(crime("52/1", 12))
    assert made.sees(made.gwen) == made.sees(ivo) == {"52/1"}
    after.refresh_from_db()
    assert (after.victim_id, after.carried_from, after.ended_at) == (made.part.id, [], None)


def test_what_the_victim_ends_is_over_wherever_it_was_carried(made: Made) -> None:
    made.world.send(merged("52/1", "52/2"))
    with role("worker"):
        assert ending.end_what_is_over(NOW) == 0
    with role("portal"), bound(account=made.rhian.id):
        giving.end(made.rhian.id, made.access.id, now=NOW)
    assert made.sees(made.gwen) == set()
    made.world.send(crime("52/1", 10))
    assert made.sees(made.gwen) == set()


def test_where_police_name_the_person_there_too_but_nobody_has_joined(made: Made) -> None:
    made.world.send(victim("52/2", 5), merged("52/1", "52/2"))
    assert made.sees(made.gwen) == {"52/2"}
    made.world.send(victim("52/2", 11), merged("52/1", "52/2", 12))
    assert made.sees(made.gwen) == {"52/2"}, "once there they stay, until it is undone"


def test_not_to_a_case_that_the_victim_had_and_did_not_let_them_in_to(made: Made) -> None:
    made.world.send(victim("52/2", 5))
    join(made.world)
    made.world.send(merged("52/1", "52/2"))
    assert made.sees(made.gwen) == {"52/1"}
    made.world.send(crime("52/1", 10))
    assert made.sees(made.gwen) == {"52/1"}


SAFE = {"channels": ["email"], "disguise": False, "no_portal": False}


SEXUAL = {"code": "019/08", "name": "Rape of a female aged 16 and over", "category": "other-crime"}
CASES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any], bool]] = [
    # of the crime that is merged, of the one merged into; of the person here, and there; whether access goes along
    ({}, {"flags": ["hate_crime"]}, {}, {}, True),
    ({}, {"flags": ["domestic_abuse"]}, {}, {}, False),
    ({"flags": ["domestic_abuse"]}, {"flags": ["domestic_abuse"]}, {}, {}, True),
    ({}, {"offence": SEXUAL}, {}, {}, False),
    ({}, {}, {}, {"born_on": "2015-01-01"}, False),
    ({}, {}, {}, {"safe_contact": SAFE | {"disguise": True}}, False),
    ({}, {}, {}, {"safe_contact": SAFE | {"no_portal": True}}, False),
    ({}, {}, {}, {"enhanced_rights": True}, False),
    ({}, {}, {"enhanced_rights": True}, {"enhanced_rights": True}, True),
]


def test_not_to_where_more_protects(made: Made) -> None:
    """Whoever was let in may be whom the other case is about."""
    for n, (one, other, here, _, _) in enumerate(CASES):
        made.world.send(
            crime(f"A/{n}", 1, **one), crime(f"B/{n}", 1, **other), victim(f"A/{n}", 1, f"V{n}", **here)
        )
    given = [let_in(Victim.objects.get(person=f"V{n}"), made.gwen, by_officer=True, given_by=made.gwen.id)
             for n in range(len(CASES))]  # fmt: skip
    for n, (_, _, _, there, _) in enumerate(CASES):
        made.world.send(victim(f"B/{n}", 2, f"V{n}", **there), merged(f"A/{n}", f"B/{n}"))
    gone = [bool(Access.objects.get(id=access.id).carried_from) for access in given]
    assert gone == [goes for *_, goes in CASES]


def test_given_anew_at_home_meanwhile(made: Made) -> None:
    """Two of one person to one part cannot be: no delivery of the feed fails by it, and what was carried ends."""
    made.world.send(victim("52/3", 2), merged("52/1", "52/3"))
    again = let_in(made.part, made.gwen)
    made.world.send(merged("52/1", "52/3", 10))
    again.refresh_from_db()
    assert again.victim_id == made.part.id
    made.world.send(crime("52/1", 11))
    assert made.sees(made.gwen) == {"52/1"}
    made.access.refresh_from_db()
    assert (made.access.ended_why, made.access.victim_id) == ("moved", made.at("52/3").id)
