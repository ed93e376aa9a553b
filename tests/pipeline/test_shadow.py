"""A source tried out unseen: all is computed and nothing leaves; what it sent is history when that ends."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from tests.quarantine.making import send, told
from tests.support.doors import role
from tests.support.events import NOW, START, crime, event, make_force, update, victim
from trackmycrime import shadow
from trackmycrime.alerts.models import Alert
from trackmycrime.audit.models import Record
from trackmycrime.cases.models import Crime
from trackmycrime.delivery.models import Dispatch
from trackmycrime.feed import sources
from trackmycrime.feed.accept import Source
from trackmycrime.feed.models import Event
from trackmycrime.feed.models import Source as SourceRow
from trackmycrime.forces.models import Force
from trackmycrime.kernel.scope import bound
from trackmycrime.ops.commands.source import command as source_command
from trackmycrime.ops.feeding.shadow import command as shadow_command
from trackmycrime.people.models import Account, Invitation, Officer, Victim
from trackmycrime.publish.models import Case, Contact, Entry
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def providers(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:25"


@pytest.fixture
def force() -> Force:
    return make_force()


@pytest.fixture
def row(force: Force) -> SourceRow:
    made = SourceRow.objects.create(force=force, name="Athena", live_from=None, created_at=START)
    assert shadow.begin(made, now=NOW)
    return made


def as_sender(row: SourceRow) -> Source:
    """As the gateway finds it."""
    with role("gateway"), bound(force=row.force_id):
        return sources.load(row.id).sender


def tell(row: SourceRow, *events: Any) -> list[str]:
    return send(as_sender(row), *events)


STORY = [
    event("officer.changed", "O1", 1, {"name": "Amara Okafor", "rank": "DC"}),
    crime("52/1", 1, officer="O1", stage="investigating"), victim("52/1", 2),
    update("52/1", 3, "U1", "still_working"), update("52/1", 4, "U2", "verdict"),
    crime("52/2", 1, flags=["domestic_abuse"]), victim("52/2", 2, "P2"),
    event("message.sent", "52/1", 5, {"message": "M1", "victim": "P1", "officer": "O1", "text": "Hello"}),
]  # fmt: skip


def nothing_has_left() -> None:
    assert not Case.objects.exists()
    assert not Entry.objects.exists()
    assert not Contact.objects.exists()
    assert not Dispatch.objects.exists()
    assert not Alert.objects.exists()
    assert not Invitation.objects.exists()
    assert not Task.objects.exists()


def run(command: Any, *words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(command, [*words, "--json"], standalone_mode=False)
    ended = getattr(done.exception, "exit_code", None) if done.exception else done.return_value or 0
    assert ended == code, (ended, done.output, done.exception)
    return json.loads(done.stdout) if done.exception is None else str(done.exception)


def test_everything_is_taken_and_nothing_leaves(row: SourceRow) -> None:
    assert tell(row, *STORY) == ["applied"] * len(STORY)
    assert Crime.objects.count() == 2
    assert Victim.objects.count() == 2
    nothing_has_left()
    tell(row, update("52/1", 9, "U9", "suspect_charged"), crime("52/1", 10, stage="charged", officer="O1"))
    nothing_has_left()


def test_the_report_says_what_would_have_been_seen_and_sent_and_leaves_nothing(row: SourceRow) -> None:
    tell(row, *STORY)
    found = run(shadow_command, "report", "avon-and-somerset", "Athena")
    nothing_has_left()
    assert Crime.objects.filter(shadow=True).count() == 2
    assert (found["crimes"], found["open"]) == (2, 1)  # the other is of a protected kind
    assert found["events"]["crime.changed"] == {"applied": 2}
    assert found["entries"]["still_working"] == {"published": 1}
    assert found["entries"]["verdict"] == {"held": 1}
    assert found["sent"] == {"invitation": {"email": 1}}
    assert found["listed"][0]["held"] == 1
    assert {one["reference"] for one in found["listed"]} == {"52/1", "52/2"}
    assert sum(found["days"].values()) == sum(one["published"] for one in found["listed"])
    assert run(shadow_command, "report", "avon-and-somerset", "Athena") == found
    text = CliRunner().invoke(shadow_command, ["report", "avon-and-somerset", "Athena"]).output
    assert "Rhian" not in text


def test_when_it_ends_what_came_is_history_and_the_next_thing_invites(row: SourceRow) -> None:
    tell(row, *STORY)
    done = run(source_command, "shadow", "avon-and-somerset", "Athena", "off")
    assert (done["events"], done["shadow"]) == ({"applied": len(STORY)}, False)
    case = Case.objects.get()
    assert case.open
    states = dict(Entry.objects.values_list("key", "state"))
    assert states["update:U1"] == "published"
    assert states["update:U2"] == "held"
    assert Contact.objects.get().ref == "o1"
    assert not Dispatch.objects.exists()
    assert not Invitation.objects.exists()
    assert not Alert.objects.exists()
    assert tell(row, update("52/1", 20, "U3", "still_working")) == ["applied"]
    assert [one.purpose for one in Dispatch.objects.all()] == ["invitation"]
    assert run(source_command, "shadow", "avon-and-somerset", "Athena", "off")["events"] == {}
    assert [
        one.action for one in Record.objects.filter(action__startswith="source.shadow").order_by("id")
    ] == [
        "source.shadow_on",
        "source.shadow_off",
    ]


def test_the_timeline_is_the_same_as_if_it_had_been_loaded_as_history(row: SourceRow) -> None:
    other = make_force("south-wales")
    loaded = SourceRow.objects.create(force=other, name="Athena", live_from=NOW, created_at=START)
    tell(row, *STORY)
    shadow.end(row, now=NOW)
    tell(loaded, *STORY)

    def timeline(force: Force) -> list[Any]:
        entries = Entry.objects.filter(force=force).order_by("key")
        return [(one.key, one.state, one.words, one.live, one.missed, one.happened_at) for one in entries]

    assert timeline(row.force) == timeline(other)
    assert timeline(other)


def test_it_touches_nothing_that_another_source_tells_of_the_same_things(row: SourceRow) -> None:
    """The system that it replaces goes on; the two know the same crimes, officers and victims."""
    seen = SourceRow.objects.create(force=row.force, name="Niche", live_from=None, created_at=START)
    tell(seen, *STORY[:3])
    before = Entry.objects.count(), Dispatch.objects.count(), Victim.objects.count()
    assert tell(row, *STORY) == ["applied"] * len(STORY)
    assert tell(row, victim("52/1", 30, "P9")) == ["applied"]
    merged = event("crime.withdrawn", "52/2", 31, {"reason": "merged", "merged_into": "52/1"})
    assert tell(row, merged) == ["applied"]
    assert (Entry.objects.count(), Dispatch.objects.count()) == before[:2]
    live = Crime.objects.get(reference="52/1", shadow=False)
    assert Victim.objects.filter(crime_id=live.id).count() == before[2]
    assert tell(seen, crime("52/1", 40, stage="charged", officer="O1"), crime("52/7", 1)) == ["applied"] * 2
    assert Case.objects.count() == 2
    assert Officer.objects.count() == 1


def test_what_another_source_tells_of_stays_its_own_until_it_is_handed_over(row: SourceRow) -> None:
    seen = SourceRow.objects.create(force=row.force, name="Niche", live_from=None, created_at=START)
    tell(row, *STORY)
    tell(seen, crime("52/1", 1), victim("52/1", 2))
    fates = shadow.end(row, now=NOW)
    assert fates == {"applied": 6, "quarantined": 2}
    assert not Crime.objects.filter(shadow=True).exists()
    assert Crime.objects.get(reference="52/1").stage == "reported"
    words = ("hand-over", "avon-and-somerset", "--from", "Niche", "--to", "Athena", "--subject", "52/1")
    assert run(source_command, *words)["waiting"] == 2
    assert told("replay", "--all", "avon-and-somerset") == {"applied": 2}
    assert Crime.objects.get(reference="52/1").stage == "investigating"


def test_what_waited_in_shadow_waits_on_and_what_was_refused_stays_refused(row: SourceRow) -> None:
    assert tell(row, victim("77/1", 2), crime("78/1", 1, stage="nonsense")) == [
        "waiting-for-crime",
        "invalid-data",
    ]
    assert shadow.end(row, now=NOW) == {"quarantined": 1}
    found = {one.event_id.split("/")[0]: one.problem["type"] for one in Event.objects.all()}
    assert found == {"victim.changed": "waiting-for-crime", "crime.changed": "invalid-data"}
    assert tell(row, crime("77/1", 1)) == ["applied"]
    assert Victim.objects.count() == 1


def test_all_of_it_is_history_also_what_is_taken_again_before_what_it_names(
    row: SourceRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "_AT_ONCE", 1)
    for number in range(4):
        told_first = victim(f"52/{number}", 2, f"P{number}"), update(f"52/{number}", 3, "U1", "still_working")
        tell(row, *told_first)
        tell(row, crime(f"52/{number}", 1))
    assert shadow.end(row, now=NOW) == {"applied": 12}
    assert Entry.objects.filter(state="published").count() == 8
    assert not Entry.objects.filter(live=True).exists()
    assert not Dispatch.objects.exists()
    row.refresh_from_db()
    assert (row.live_from, row.shadow) == (None, False)


def test_somebody_who_has_an_account_sees_nothing_of_it(row: SourceRow) -> None:
    seen = SourceRow.objects.create(force=row.force, name="Niche", live_from=None, created_at=START)
    tell(seen, crime("99/1", 1), victim("99/1", 2))
    account = Account.objects.create(
        kind="victim", email="p1@example.org", email_hash=b"1" * 32, created_at=START, password="!"
    )
    Victim.objects.update(account=account, joined_at=START)
    tell(row, *STORY)
    Victim.objects.update(account=account, joined_at=START)
    seen_crime = Crime.objects.get(reference="99/1").id
    with role("portal"), bound(account=account.id):
        assert [one.crime_id for one in Case.objects.all()] == [seen_crime]
        assert not Contact.objects.exists()


def test_it_begins_before_anything_was_told(force: Force) -> None:
    row = SourceRow.objects.create(force=force, name="Athena", live_from=None, created_at=START)
    run(shadow_command, "report", "avon-and-somerset", "Athena", code=2)
    tell(row, crime("52/1", 1))
    said = run(source_command, "shadow", "avon-and-somerset", "Athena", "on", code=2)
    assert "add another source" in said
    assert not SourceRow.objects.get().shadow
    run(source_command, "shadow", "avon-and-somerset", "Nobody", "on", code=2)


def test_what_is_in_shadow_is_not_handed_over(row: SourceRow) -> None:
    other = SourceRow.objects.create(force=row.force, name="Niche", live_from=None, created_at=START)
    tell(row, *STORY)
    for giver, taker in (("Athena", "Niche"), ("Niche", "Athena")):
        words = ("hand-over", "avon-and-somerset", "--from", giver, "--to", taker, "--all")
        assert "in shadow" in run(source_command, *words, code=2)
    assert Event.objects.filter(source_id=other.id).count() == 0
    assert run(source_command, "list")[0]["shadow"] is True
