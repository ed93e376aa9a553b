"""What a force's cases have come to, in words that are the same in another force that was told the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.pipeline.fates import Said
from tests.support.doors import role
from tests.support.events import judged, make_force
from trackmycrime import pipeline
from trackmycrime.cases.models import Crime, Update
from trackmycrime.feed.accept import Source
from trackmycrime.feed.models import Source as SourceRow
from trackmycrime.forces.models import Force
from trackmycrime.kernel.scope import bound
from trackmycrime.messages.models import Message
from trackmycrime.people.models import Victim
from trackmycrime.publish.models import Case, Entry
from trackmycrime.publish.refresh import refresh

_CRIME = (
    "reference", "stage", "outcome", "officer_id", "flags", "sequence", "withdrawn_reason", "withdrawn_sequence",
    "withheld_sequence", "live",
)  # fmt: skip
_VICTIM = (
    "person", "role", "email", "mobile", "enhanced", "safe_known", "safe_channels", "disguise", "no_portal", "live",
)  # fmt: skip
_ENTRY = (
    "key",
    "revision",
    "milestone",
    "outcome",
    "happened_at",
    "officer_id",
    "state",
    "withdrawn_reason",
    "live",
)


def standing(force: Force) -> dict[str, Any]:
    """The crimes, who has a part in them, and of the open cases the timelines and what the police wrote to victims."""
    crimes = {crime.id: crime for crime in Crime.objects.filter(force=force)}
    key = {id_: crime.reference_key for id_, crime in crimes.items()}
    people = {victim.id: victim for victim in Victim.objects.filter(force=force)}
    cases = {case.id: case for case in Case.objects.filter(force=force, open=True)}
    return {
        "crimes": sorted(
            (
                key[c.id],
                *(getattr(c, name) for name in _CRIME),
                key.get(c.merged_into) if c.merged_into else None,
            )
            for c in crimes.values()
        ),
        "victims": sorted(
            (key[v.crime_id], *(getattr(v, name) for name in _VICTIM)) for v in people.values() if v.live
        ),
        "cases": sorted((key[c.crime_id], c.stage, c.outcome, c.officer_id) for c in cases.values()),
        "messages": sorted(
            (key[cases[m.case_id].crime_id], people[m.victim_id].person, m.ref, m.revision, str(m.text))
            for m in Message.objects.filter(case_id__in=cases, by="police", replaced_at=None)
            if people[m.victim_id].live
        ),
        "entries": sorted(
            (
                key[cases[e.case_id].crime_id],
                *(getattr(e, name) for name in _ENTRY),
                bytes(e.words_hash).hex()[:8],
                None if e.victims is None else sorted(people[id_].person for id_ in e.victims),
            )
            for e in Entry.objects.filter(case__in=cases).exclude(state="gone")
        ),
    }


def retold(force: Force, accepted: Sequence[Said], now: datetime) -> dict[str, Any]:
    """What a fresh force comes to that is sent the same events in order, at once, and decides the same at its desk."""
    fresh = make_force(f"fresh-{force.slug}")
    for name in sorted({one.source for one in accepted}):
        given = SourceRow.objects.get(force=force, name=name)
        row = SourceRow.objects.create(
            force=fresh, name=name, live_from=given.live_from, created_at=given.created_at
        )
        source = Source(row.id, fresh.id, row.name, row.live_from, None)
        first = ("crime.changed", "victim.changed")
        events = sorted(
            (one.body for one in accepted if one.source == name),
            key=lambda body: (body["type"] not in first, body["type"], int(body["sequence"])),
        )
        with role("gateway"), bound(force=fresh.id):
            pipeline.take_events(source, judged(*events, now=now), now=now)
    _same_decisions(force, fresh, now)
    return standing(fresh)


def _same_decisions(force: Force, fresh: Force, now: datetime) -> None:
    """Decide at the fresh force's desk what was decided at the other's: that is no function of the events."""
    crimes = {crime.reference_key: crime for crime in Crime.objects.filter(force=fresh)}
    for old in Crime.objects.filter(force=force):
        crime = crimes[old.reference_key]
        crime.withheld_here, crime.switched_on = old.withheld_here, old.switched_on
        crime.restored_sequence = old.restored_sequence
        crime.save()
        for update in Update.objects.filter(crime=old, by_desk=True):
            copied = {f.name: getattr(update, f.name) for f in Update._meta.fields if f.name != "id"}
            Update.objects.create(**copied | {"force": fresh, "crime": crime})
    refresh(fresh, [crime.id for crime in crimes.values()], now=now)
    same = {
        (key, entry.key): entry
        for key, crime in crimes.items()
        for entry in Entry.objects.filter(case__crime_id=crime.id)
    }
    for old in Crime.objects.filter(force=force):
        for decided in Entry.objects.filter(case__crime_id=old.id):
            entry = same.get((old.reference_key, decided.key))
            if entry is not None:
                entry.decision, entry.decided_hash = decided.decision, decided.decided_hash
                entry.missed = decided.missed
                if decided.decision == "release" and decided.state in ("published", "withdrawn"):
                    entry.state = decided.state
                entry.save()
    refresh(fresh, [crime.id for crime in crimes.values()], now=now)
