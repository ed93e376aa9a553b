"""What accepted events change in the records of cases, people and forces.

Every kind of news is kept by itself, the newest by sequence of each, so the record is the same whatever order events
came in: an older event still fills in what no newer one has said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id

from .contract import DateOrMoment, Event, subject_key


@dataclass(frozen=True)
class Taken:
    """An accepted event, and whether it may alert (it happened at or after the source's `live_from`)."""

    event: Event
    live: bool


def as_text(value: DateOrMoment | None) -> str:
    """A date or moment as stored: exactly as precise as it was said; empty when not known."""
    if value is None:
        return ""
    if value.precision == "moment":
        return value.value.isoformat()
    return value.value.isoformat()[: 10 if value.precision == "day" else 7]


class Records:
    """The rows that one batch touches: read once, changed here, written once per table."""

    def __init__(self, force_id: int, now: datetime) -> None:
        self.force_id = force_id
        self.now = now
        self.crimes_touched: set[UUID] = set()
        self.crimes_new: set[UUID] = set()
        self.contacts_touched: set[tuple[str, str]] = set()
        self._crimes: dict[str, dict[str, Any]] = {}
        self._victims: dict[tuple[UUID, str], dict[str, Any]] = {}
        self._updates: dict[tuple[UUID, str], dict[str, Any]] = {}
        self._staff: dict[tuple[str, str], dict[str, Any]] = {}
        self._states: list[dict[str, Any]] = []
        self._dirty: dict[str, dict[UUID, dict[str, Any]]] = {
            table: {}
            for table in ("cases_crime", "cases_update", "people_victim", "people_officer", "forces_unit")
        }

    def apply(self, taken: Sequence[Taken]) -> None:
        """Change the records by these events and write them."""
        self._load(taken)
        first = {"crime.changed": 0, "victim.changed": 1}
        for one in sorted(taken, key=lambda t: first.get(t.event.type, 2)):
            _APPLY[one.event.type](self, one.event, one.event.data, one.live)
        self._carry_victims_over()
        self._write()

    # ---------------------------------------------------------------- reading

    def _load(self, taken: Sequence[Taken]) -> None:
        subjects, victims, updates = set(), set(), set()
        officers, units = set(), set()
        for one in taken:
            event = one.event
            match event.entity.kind:
                case "officer":
                    officers.add(event.subject_key)
                    continue
                case "unit":
                    units.add(event.subject_key)
                    continue
                case "victim":
                    victims.add(event.entity.id)
                case "update":
                    updates.add(event.entity.id)
            subjects.add(event.subject_key)
            data: Any = event.data
            if event.type == "crime.withdrawn" and data.merged_into:
                subjects.add(subject_key(data.merged_into))
        if subjects:
            for row in self._rows("cases_crime", "reference_key = any(%s)", [sorted(subjects)]):
                self._crimes[row["reference_key"]] = row
        ids = [row["id"] for row in self._crimes.values()]
        if victims and ids:
            for row in self._rows(
                "people_victim", "crime_id = any(%s) and person = any(%s)", [ids, sorted(victims)]
            ):
                self._victims[row["crime_id"], row["person"]] = row
        if updates and ids:
            where = "not by_desk and crime_id = any(%s) and update_id = any(%s)"
            for row in self._rows("cases_update", where, [ids, sorted(updates)]):
                self._updates[row["crime_id"], row["update_id"]] = row
        if officers:
            for row in self._rows("people_officer", "officer_id = any(%s)", [sorted(officers)]):
                self._staff["officer", row["officer_id"]] = row
        if units:
            for row in self._rows("forces_unit", "unit_id = any(%s)", [sorted(units)]):
                self._staff["unit", row["unit_id"]] = row

    def _rows(self, table: str, where: str, params: list[Any]) -> list[dict[str, Any]]:
        return setwise.fetch(
            f"select * from {table} where force_id = %s and {where}", [self.force_id, *params]
        )  # noqa: S608 (table and condition are ours)

    def _crime(self, event: Event) -> dict[str, Any]:
        crime = self._crimes[event.subject_key]
        self.crimes_touched.add(crime["id"])
        return crime

    def _mark(self, table: str, row: dict[str, Any]) -> None:
        self._dirty[table][row["id"]] = row

    # ----------------------------------------------------------------- crimes

    def crime_changed(self, event: Event, data: Any, live: bool) -> None:
        crime = self._crimes.get(event.subject_key)
        if crime is None:
            crime = self._crimes[event.subject_key] = {
                "id": new_id(),
                "force_id": self.force_id,
                "reference_key": event.subject_key,
                "sequence": -1,
                "withdrawn_reason": "",
                "withdrawn_sequence": -1,
                "merged_into": None,
                "withheld_sequence": -1,
                "restored_sequence": -1,
                "withheld_here": False,
                "switched_on": None,
                "live": False,
            }
            self.crimes_new.add(crime["id"])
        self.crimes_touched.add(crime["id"])
        officer = subject_key(data.officer) if data.officer else ""
        self._states.append(
            {
                "id": new_id(),
                "force_id": self.force_id,
                "crime_id": crime["id"],
                "sequence": event.sequence,
                "time": event.time,
                "stage": data.stage,
                "outcome": data.outcome.code if data.outcome else "",
                "officer_id": officer,
                "live": live,
            }
        )
        crime["live"] = crime["live"] or live
        self._mark("cases_crime", crime)
        if event.sequence <= crime["sequence"]:
            return
        crime |= {
            "reference": event.subject,
            "offence_code": data.offence.code or "",
            "offence_name": data.offence.name,
            "category": data.offence.category,
            "reported_at": as_text(data.reported_at),
            "occurred_from": as_text(data.occurred.start) if data.occurred else "",
            "occurred_to": as_text(data.occurred.end) if data.occurred else "",
            "place": data.place or "",
            "stage": data.stage,
            "outcome": data.outcome.code if data.outcome else "",
            "outcome_on": as_text(data.outcome.decided_on) if data.outcome else "",
            "officer_id": officer,
            "unit_id": subject_key(data.unit) if data.unit else "",
            "flags": list(data.flags),
            "closed_at": as_text(data.closed_at),
            "other_references": [{"kind": r.kind, "value": r.value} for r in data.other_references or ()],
            "sequence": event.sequence,
        }

    def crime_withdrawn(self, event: Event, data: Any, live: bool) -> None:
        crime = self._crime(event)
        self._mark("cases_crime", crime)
        crime["live"] = crime["live"] or live
        if data.reason == "withheld":
            crime["withheld_sequence"] = max(crime["withheld_sequence"], event.sequence)
        elif event.sequence > crime["withdrawn_sequence"]:
            into = self._crimes[subject_key(data.merged_into)] if data.merged_into else None
            crime["withdrawn_sequence"] = event.sequence
            crime["withdrawn_reason"] = data.reason
            crime["merged_into"] = into["id"] if into else None

    def crime_restored(self, event: Event, data: Any, live: bool) -> None:
        crime = self._crime(event)
        self._mark("cases_crime", crime)
        crime["live"] = crime["live"] or live
        crime["restored_sequence"] = max(crime["restored_sequence"], event.sequence)

    # ---------------------------------------------------------------- victims

    def victim_changed(self, event: Event, data: Any, live: bool) -> None:
        crime = self._crime(event)
        victim = self._victims.get((crime["id"], data.victim))
        if victim is None:
            victim = self._victims[crime["id"], data.victim] = new_victim(
                self.force_id, crime["id"], data.victim
            )
        if live and not crime["live"]:
            crime["live"] = True
            self._mark("cases_crime", crime)
        self._mark("people_victim", victim)
        if data.safe_contact is not None and event.sequence > victim["safe_sequence"]:
            safe = data.safe_contact
            victim |= {
                "safe_known": True,
                "safe_channels": None if safe.channels is None else list(safe.channels),
                "safe_from": safe.hours.start if safe.hours else None,
                "safe_to": safe.hours.end if safe.hours else None,
                "disguise": safe.disguise,
                "no_portal": safe.no_portal,
                "safe_note": crypto.seal("people_victim.safe_note", victim["id"], safe.note)
                if safe.note
                else None,
                "safe_sequence": event.sequence,
            }
        if data.enhanced_rights is not None and event.sequence > victim["enhanced_sequence"]:
            victim |= {"enhanced": data.enhanced_rights, "enhanced_sequence": event.sequence}
        if event.sequence > victim["sequence"]:
            victim |= self._told(victim["id"], event, data)
        victim["live"] = victim["sequence"] > victim["withdrawn_sequence"]

    def _told(self, key: UUID, event: Event, data: Any) -> dict[str, Any]:
        detail = {
            "name": data.name,
            "organisation": data.organisation,
            "born_on": data.born_on.isoformat() if data.born_on else None,
            "address": {"lines": list(data.address.lines), "postcode": data.address.postcode}
            if data.address
            else None,
            "needs": list(data.needs or ()),
        }
        return {
            "role": data.role,
            "detail": crypto.seal_json("people_victim.detail", key, detail),
            "email": crypto.seal("people_victim.email", key, data.email) if data.email else None,
            "email_hash": crypto.blind_email(data.email) if data.email else None,
            "mobile": crypto.seal("people_victim.mobile", key, data.mobile) if data.mobile else None,
            "mobile_hash": crypto.blind("mobile", data.mobile) if data.mobile else None,
            "language": data.language or "",
            "under_age": data.born_on is not None and under_age(data.born_on, self.now.date()),
            "preferred_channel": data.preferred_channel or "",
            "sequence": event.sequence,
        }

    def victim_withdrawn(self, event: Event, data: Any, live: bool) -> None:
        victim = self._victims[self._crime(event)["id"], data.victim]
        if event.sequence > victim["withdrawn_sequence"]:
            victim |= {"withdrawn_sequence": event.sequence, "withdrawn_reason": data.reason}
        victim["live"] = victim["sequence"] > victim["withdrawn_sequence"]
        self._mark("people_victim", victim)

    def _carry_victims_over(self) -> None:
        """The victims of a merged crime are victims of the one it became part of, with the access they have.

        What that crime's own record says of the same person stands; what came over follows what it came from.
        """
        merged = {
            c["id"]: c["merged_into"]
            for c in self._crimes.values()
            if c["withdrawn_reason"] == "merged"
            and c["withdrawn_sequence"] > c["sequence"]
            and c["id"] in self.crimes_touched
        }
        if not merged:
            return
        wanted = [*merged, *merged.values()]
        people = {
            (row["crime_id"], row["person"]): row
            for row in self._rows("people_victim", "crime_id = any(%s)", [wanted])
        }
        people |= self._victims
        for (crime, person), victim in list(people.items()):
            if crime not in merged or not victim["live"]:
                continue
            into = merged[crime]
            twin = people.get((into, person))
            if twin is None:
                twin = new_victim(self.force_id, into, person) | {"account_id": victim["account_id"]}
                people[into, person] = twin
            elif twin["sequence"] >= 0:
                if twin["account_id"] is None and victim["account_id"] is not None:
                    twin |= {k: victim[k] for k in ("account_id", "joined_at", "invited_at")}
                    self._mark("people_victim", twin)
                continue
            twin |= {k: v for k, v in victim.items() if k not in _OWN_COLUMNS}
            for column in ("detail", "email", "mobile", "safe_note"):
                if victim[column] is not None:
                    plain = crypto.unseal(f"people_victim.{column}", victim["id"], victim[column])
                    twin[column] = crypto.seal(f"people_victim.{column}", twin["id"], plain)
            self._victims[into, person] = twin
            self.crimes_touched.add(into)
            self._mark("people_victim", twin)

    # ---------------------------------------------------------------- updates

    def _update(self, event: Event) -> dict[str, Any]:
        crime = self._crime(event)
        update = self._updates.get((crime["id"], event.entity.id))
        if update is None:
            update = self._updates[crime["id"], event.entity.id] = {
                "id": new_id(),
                "force_id": self.force_id,
                "crime_id": crime["id"],
                "update_id": event.entity.id,
                "by_desk": False,
                "author": "",
                "milestone": "",
                "happened_at": None,
                "text": None,
                "sequence": -1,
                "persons": None,
                "review": False,
                "review_sequence": -1,
                "live": False,
                "withdrawn_sequence": -1,
                "withdrawn_reason": "",
                "replaced_by": "",
            }
        self._mark("cases_update", update)
        return update

    def update_published(self, event: Event, data: Any, live: bool) -> None:
        update = self._update(event)
        crime = self._crime(event)
        if live and not crime["live"]:
            crime["live"] = True
            self._mark("cases_crime", crime)
        if data.review is not None and event.sequence > update["review_sequence"]:
            update |= {"review": data.review, "review_sequence": event.sequence}
        if event.sequence <= update["sequence"]:
            return
        text = {k: v for k, v in (("en", data.text.en), ("cy", data.text.cy)) if v} if data.text else {}
        update |= {
            "milestone": data.milestone,
            "happened_at": data.happened_at,
            "text": crypto.seal_json("cases_update.text", update["id"], text) if text else None,
            "sequence": event.sequence,
            "persons": list(data.victims) if data.victims is not None else None,
            "live": live,
        }

    def update_withdrawn(self, event: Event, data: Any, live: bool) -> None:
        update = self._update(event)
        if event.sequence > update["withdrawn_sequence"]:
            update |= {
                "withdrawn_sequence": event.sequence,
                "withdrawn_reason": data.reason,
                "replaced_by": data.replaced_by or "",
            }

    # ------------------------------------------------------------------ staff

    def officer_changed(self, event: Event, data: Any, live: bool) -> None:
        row = self._staff.get(("officer", event.subject_key))
        if row is None:
            row = {"id": new_id(), "force_id": self.force_id, "officer_id": event.subject_key, "sequence": -1}
            self._staff["officer", event.subject_key] = row
        if event.sequence <= row["sequence"]:
            return
        detail = {
            "name": data.name,
            "collar_number": data.collar_number,
            "rank": data.rank,
            "email": data.email,
            "phone": data.phone,
            "shown_as": data.shown_as,
        }
        row |= {
            "unit_id": subject_key(data.unit) if data.unit else "",
            "detail": crypto.seal_json("people_officer.detail", row["id"], detail),
            "email_hash": crypto.blind_email(data.email) if data.email else None,
            "active": data.active is not False,
            "away_until": data.away_until,
            "cover": subject_key(data.cover) if data.cover else "",
            "sequence": event.sequence,
        }
        self._mark("people_officer", row)
        self.contacts_touched.add(("officer", event.subject_key))

    def unit_changed(self, event: Event, data: Any, live: bool) -> None:
        row = self._staff.get(("unit", event.subject_key))
        if row is None:
            row = {"id": new_id(), "force_id": self.force_id, "unit_id": event.subject_key, "sequence": -1}
            self._staff["unit", event.subject_key] = row
        if event.sequence <= row["sequence"]:
            return
        row |= {
            "name_en": data.name.en or "",
            "name_cy": data.name.cy or "",
            "phone": data.phone or "",
            "email": data.email or "",
            "hours_en": (data.hours.en or "") if data.hours else "",
            "hours_cy": (data.hours.cy or "") if data.hours else "",
            "active": data.active is not False,
            "sequence": event.sequence,
        }
        self._mark("forces_unit", row)
        self.contacts_touched.add(("unit", event.subject_key))

    # ---------------------------------------------------------------- writing

    def _write(self) -> None:
        for table, rows in self._dirty.items():
            if not rows:
                continue
            columns = list(next(iter(rows.values())))
            kept = _NEVER_OVERWRITTEN.get(table, frozenset()) | {"id", "force_id"}
            sets = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in kept)
            setwise.insert(
                table, columns, list(rows.values()), conflict=f"on conflict (id) do update set {sets}"
            )
            if table == "cases_crime" and self._states:
                setwise.insert("cases_crime_state", list(self._states[0]), self._states)


def new_victim(force_id: int, crime_id: UUID, person: str) -> dict[str, Any]:
    """A victim's row before anything is known but who it is."""
    return {
        "id": new_id(),
        "force_id": force_id,
        "crime_id": crime_id,
        "person": person,
        "role": "victim",
        "detail": None,
        "email": None,
        "email_hash": None,
        "mobile": None,
        "mobile_hash": None,
        "language": "",
        "under_age": False,
        "enhanced": None,
        "enhanced_sequence": -1,
        "preferred_channel": "",
        "safe_known": False,
        "safe_channels": None,
        "safe_from": None,
        "safe_to": None,
        "disguise": False,
        "no_portal": False,
        "safe_note": None,
        "safe_sequence": -1,
        "chosen_channel": "",
        "chosen_language": "",
        "chosen_at": None,
        "account_id": None,
        "joined_at": None,
        "blocked_hashes": [],
        "live": True,
        "sequence": -1,
        "withdrawn_sequence": -1,
        "withdrawn_reason": "",
        "invited_at": None,
    }


def under_age(born: date, today: date) -> bool:
    """Whether somebody born then is under 18 today (the Code's enhanced rights, and child victims)."""
    return (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < 18


_OWN_COLUMNS = frozenset({"id", "crime_id", "sequence", "detail", "email", "mobile", "safe_note"})
_NEVER_OVERWRITTEN = {
    "people_victim": frozenset({"chosen_channel", "chosen_language", "chosen_at", "blocked_hashes"}),
    "cases_crime": frozenset({"withheld_here", "switched_on"}),
}
_APPLY = {
    "crime.changed": Records.crime_changed,
    "crime.withdrawn": Records.crime_withdrawn,
    "crime.restored": Records.crime_restored,
    "victim.changed": Records.victim_changed,
    "victim.withdrawn": Records.victim_withdrawn,
    "update.published": Records.update_published,
    "update.withdrawn": Records.update_withdrawn,
    "officer.changed": Records.officer_changed,
    "unit.changed": Records.unit_changed,
}
