"""Making what is published agree with what was accepted: set-wise, for any number of crimes at once.

Must run inside a transaction that holds the force's lock. What may be seen is decided here and nowhere else.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from trackmycrime.audit.api import SYSTEM, Act, Actor, record
from trackmycrime.forces.models import Force
from trackmycrime.forces.policy import DEFAULT, Policy
from trackmycrime.kernel import crypto, setwise
from trackmycrime.tasks.api import Need

from . import eligibility
from .belongings import Item
from .case_rows import case_row, differs, owner_of, page_of, promise
from .entry_rows import GONE, HELD, PUBLISHED, READ, WITHDRAWN, differ, entry_row, write
from .hearings import Hearing
from .published import News, Part, Published
from .timeline import State, Written, timeline

# Whether others were merged into it is asked with «limit 1», by the index for each: for an «exists» PostgreSQL would
# rather read all crimes there are, once.
_CRIMES = """select id, force_id, reference, category, offence_code, offence_name, place, occurred_from, occurred_to,
  reported_at, flags, stage, outcome, officer_id, unit_id, closed_at, sequence, withdrawn_reason, withdrawn_sequence,
  merged_into, withheld_sequence, restored_sequence, withheld_here, switched_on, live, shadow,
  (select true from cases_crime m where m.merged_into = c.id and m.force_id = c.force_id
     and m.withdrawn_reason = 'merged' and m.withdrawn_sequence > m.sequence limit 1) is not null as joined
from cases_crime c where force_id = %s and id = any(%s)"""
_STATES = """select crime_id, sequence, time, stage, outcome, officer_id, live from cases_crime_state
where force_id = %s and crime_id = any(%s)"""
_UPDATES = """select id, crime_id, update_id, by_desk, sequence, milestone, happened_at, text, persons, review, live,
  withdrawn_reason, withdrawn_sequence, replaced_by
from cases_update where force_id = %s and crime_id = any(%s) and sequence >= 0"""
_HEARINGS = """select id, crime_id, hearing_id, type, court, court_address, starts_at, week_commencing, weeks,
  attendance, status, result, sequence, said, live
from cases_hearing where force_id = %s and crime_id = any(%s) order by hearing_id collate "C"
"""
_PROPERTY = """select id, crime_id, property_id, detail, status, sequence, said, live
from cases_property where force_id = %s and crime_id = any(%s) order by property_id collate "C"
"""
_VICTIMS = """select id, crime_id, person, role, live, under_age, enhanced, account_id, invited_at from people_victim
where force_id = %s and crime_id = any(%s)"""
_CASES = "select * from publish_case where force_id = %s and crime_id = any(%s)"
_ENTRIES = f"""select {", ".join(f"e.{column}" for column in READ)} from publish_entry e
join publish_case c on c.id = e.case_id and c.force_id = e.force_id
where e.force_id = %s and c.crime_id = any(%s)"""  # noqa: S608


def policy_of(force: Force) -> Policy:
    """The force's policy with its own settings over the defaults."""
    return DEFAULT.changed(force.policy)


def protected_crimes(force: Force, crime_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these crimes are of a protected kind now."""
    rows = setwise.fetch(
        "select c.id, c.category, c.offence_code, c.flags, exists(select from people_victim v"
        " where v.force_id = c.force_id and v.crime_id = c.id and v.live and v.under_age) as child"
        " from cases_crime c where c.force_id = %s and c.id = any(%s)",
        [force.id, list(crime_ids)],
    )
    return {
        row["id"]
        for row in rows
        if eligibility.protected(
            eligibility.Facts(
                row["category"], row["offence_code"], tuple(row["flags"]), False, None, row["child"]
            )
        )
    }


def refresh(
    force: Force,
    crime_ids: Iterable[UUID],
    *,
    new: frozenset[UUID] | set[UUID] = frozenset(),
    actor: Actor = SYSTEM,
    now: datetime,
) -> Published:
    """Publish, hold, correct and withdraw until the timelines of these crimes are as they should be.

    `new` are the crimes that were not known before this transaction: a crime that was known and closed to victims
    and opens now keeps what was missed for an officer to release.
    """
    with setwise.ahead():
        return Refresh(force, crime_ids, new=new, actor=actor, now=now).run()


class Told(NamedTuple):
    """What the records system and the desk have said of one crime, as its timeline is made of it."""

    states: list[State]
    updates: list[Written]
    hearings: list[Hearing]
    items: list[Item]


class Refresh:
    """`refresh` in two steps: made, it has asked for all that it must know; `run`, it decides and writes.

    `came` are the victims who have a part since now: they catch up on what stands there already.

    Both within one `setwise.ahead`. Between the two the caller can say what else there is to write, which PostgreSQL
    does while the decisions are being made.
    """

    def __init__(
        self,
        force: Force,
        crime_ids: Iterable[UUID],
        *,
        new: frozenset[UUID] | set[UUID] = frozenset(),
        came: frozenset[UUID] | set[UUID] = frozenset(),
        actor: Actor = SYSTEM,
        now: datetime,
    ) -> None:
        self.force, self.new, self.came, self.actor, self.now = force, new, came, actor, now
        self.policy = policy_of(force)
        self.out = Published()
        self.cases: list[dict[str, Any]] = []
        self.entries: list[dict[str, Any]] = []
        self.acts: list[Act] = []
        ids = setwise.array(sorted(set(crime_ids)))
        asked = (_CRIMES, _STATES, _UPDATES, _HEARINGS, _PROPERTY, _VICTIMS, _CASES, _ENTRIES) if ids else ()
        self._asked = setwise.Asked(*((sql, [force.id, ids]) for sql in asked))

    def run(self) -> Published:
        """Decide and write; what came of it."""
        found = self._asked.rows()
        if not found:
            return self.out
        crimes, states, updates, hearings, belongings, victims, cases, entries = found
        states_of, updates_of = _by("crime_id", states), _by("crime_id", updates)
        hearings_of, belongings_of = _by("crime_id", hearings), _by("crime_id", belongings)
        victims_of, entries_of = _by("crime_id", victims), _by("case_id", entries)
        case_of = {case["crime_id"]: case for case in cases}
        for crime in crimes:
            key, case = crime["id"], case_of.get(crime["id"])
            told = Told(
                [_state(s) for s in states_of[key]],
                [_written(u) for u in updates_of[key]],
                [_hearing(h) for h in hearings_of[key]],
                [_item(i) for i in belongings_of[key]],
            )
            entries_here = entries_of[case["id"]] if case else []
            self._crime(crime, states_of[key], told, victims_of[key], case, entries_here)
        self._write()
        return self.out

    # ------------------------------------------------------------- one crime

    def _crime(
        self,
        crime: dict[str, Any],
        states: list[dict[str, Any]],
        told: Told,
        victims: list[dict[str, Any]],
        case: dict[str, Any] | None,
        entries: list[dict[str, Any]],
    ) -> None:
        withheld = crime["withheld_here"] or crime["withheld_sequence"] > crime["restored_sequence"]
        facts = eligibility.Facts(
            crime["category"],
            crime["offence_code"],
            tuple(crime["flags"]),
            withheld,
            crime["switched_on"],
            any(v["live"] and v["under_age"] for v in victims),
            crime["shadow"],
        )
        is_open = not eligibility.why_closed(facts, self.policy)
        if case is None and not is_open:
            return
        shielded = bool(eligibility.protected(facts))
        guarded = shielded or any(v["live"] and v["enhanced"] for v in victims)
        missed = is_open and (crime["id"] not in self.new if case is None else not case["open"])
        if not is_open:
            assert case is not None
            if case["open"]:
                self.cases.append(
                    case | {"open": False, "version": case["version"] + 1, "changed_at": self.now}
                )
                self.out.closed.append(crime["id"])
                self.acts.append(Act("case.closed_to_victims", "crime", str(crime["id"])))
            return
        page = page_of(crime, states)
        row = case_row(crime, states, page, case, self.policy, now=self.now)
        changed, shown = self._entries(crime, row, told, victims, entries, guarded=guarded, missed=missed)
        page["hearings"] = [one.line() for one in told.hearings if f"hearing:{one.id}" in shown]
        lines = [item.line(f"property:{item.id}" in shown) for item in told.items]
        page["property"] = [line for line in lines if line]
        page["owner"] = owner_of(victims) if page["property"] else ""
        if changed or case is None or differs(case, row, page):
            row["version"] = (case["version"] + 1) if case else 1
            row["changed_at"] = self.now
            row["page"] = crypto.seal_json("publish_case.page", row["id"], page)
            self.cases.append(row)
        self.out.cases[crime["id"]] = row["id"]
        if missed:
            self.out.opened.add(crime["id"])
        if shielded:
            self.out.protected.add(crime["id"])
        readable = row["readable_until"] is None or row["readable_until"] > self.now
        if page["withdrawn"] and crime["live"]:
            # it closes with words that say why: news, though no entry of the timeline
            words = crypto.blind("words", f"crime withdrawn: {page['withdrawn']}")
            sequence = crime["withdrawn_sequence"]
            self.out.news.append(News(crime["id"], row["id"], "crime:withdrawn", sequence, words, None, True))
        if crime["live"] and readable:
            self.out.victims[crime["id"]] = [
                Part(
                    v["id"], v["person"], v["live"], v["account_id"] is not None, v["invited_at"] is not None
                )
                for v in victims
            ]

    # ------------------------------------------------------------ its entries

    def _entries(
        self,
        crime: dict[str, Any],
        row: dict[str, Any],
        known: Told,
        victims: list[dict[str, Any]],
        entries: list[dict[str, Any]],
        *,
        guarded: bool,
        missed: bool,
    ) -> tuple[bool, set[str]]:
        """Whether anything changes, and the keys of what can be read, also of what gave way to it."""
        by_person = {v["person"]: v["id"] for v in victims}
        before = {entry["key"]: entry for entry in entries}
        wanted = timeline(
            known.states, known.updates, known.hearings, known.items, derive=self.policy.derived
        )
        shown: set[str] = set()
        catches_up = any(
            v["live"] and (v["id"] in self.came or (v["account_id"] is None and v["invited_at"] is None))
            for v in victims
        )
        told: list[News] = []
        changed = False
        latest: datetime | None = None
        for want in wanted:
            old = before.pop(want.key, None)
            entry = entry_row(
                want, old, row, by_person, self.policy, guarded=guarded, missed=missed, now=self.now
            )
            if entry["state"] in (PUBLISHED, WITHDRAWN):
                latest = max(filter(None, (latest, want.happened_at)))
            if entry["state"] == PUBLISHED:
                shown |= {want.key, want.instead_of}
            if catches_up and entry["state"] == PUBLISHED and want.live:
                told.append(_news(crime, entry))
            if differ(old, entry):
                changed = True
                self.entries.append(entry)
                self._follow(crime, old, entry)
        for gone in before.values():
            if gone["state"] != GONE:
                changed = True
                self.entries.append(gone | {"state": GONE, "words": None, "new": False})
                self.acts.append(Act("entry.gone", "entry", gone["id"], {"key": gone["key"]}))
        promise(row, latest, self.policy)
        if catches_up:
            self.out.entries[crime["id"]] = told
        return changed, shown

    def _follow(self, crime: dict[str, Any], old: dict[str, Any] | None, entry: dict[str, Any]) -> None:
        """What follows from one entry's new state: news for the victims, a record, a task to speak first."""
        was, words, whom = (old["state"], old["words_hash"], old["victims"]) if old else ("", b"", None)
        # whoever has been told of it in these words is not told again
        if entry["state"] == PUBLISHED and (was, words, whom) != (
            PUBLISHED, entry["words_hash"], entry["victims"]
        ):  # fmt: skip
            self.out.news.append(_news(crime, entry))
        if entry["state"] != was or entry["state"] == PUBLISHED:
            self.acts.append(
                Act(
                    f"entry.{entry['state']}",
                    "entry",
                    entry["id"],
                    {"key": entry["key"], "revision": entry["revision"]},
                )
            )
        if entry["state"] == HELD and entry["hold_reason"] == "speak_first":
            self.out.needs.append(
                Need(
                    "speak_before_release",
                    f"{entry['id']}:{entry['revision']}",
                    crime_id=crime["id"],
                    officer_id=crime["officer_id"],
                    unit_id=crime["unit_id"],
                    due_at=self.now + timedelta(days=1),
                    detail={"entry": str(entry["id"])},
                )
            )

    def _write(self) -> None:
        columns = list(self.cases[0]) if self.cases else []
        sets = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in ("id", "force_id", "crime_id"))
        setwise.insert("publish_case", columns, self.cases, conflict=f"on conflict (id) do update set {sets}")
        write(self.entries)
        record(self.actor, self.acts, force=self.force.id, now=self.now)


def _by(key: str, rows: Iterable[dict[str, Any]]) -> dict[UUID, list[dict[str, Any]]]:
    grouped: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row[key]].append(row)
    return grouped


def _news(crime: dict[str, Any], entry: dict[str, Any]) -> News:
    victims = frozenset(entry["victims"]) if entry["victims"] is not None else None
    return News(
        crime["id"],
        entry["case_id"],
        entry["key"],
        entry["revision"],
        entry["words_hash"],
        victims,
        entry["live"],
    )


def _state(row: dict[str, Any]) -> State:
    return State(row["sequence"], row["time"], row["stage"], row["outcome"], row["officer_id"], row["live"])


def _written(row: dict[str, Any]) -> Written:
    text = crypto.unseal_json("cases_update.text", row["id"], row["text"]) if row["text"] is not None else {}
    return Written(
        key=f"{'desk' if row['by_desk'] else 'update'}:{row['update_id']}",
        id=row["update_id"],
        revision=row["sequence"],
        milestone=row["milestone"],
        happened_at=row["happened_at"],
        text=tuple(sorted(text.items())),
        victims=frozenset(row["persons"]) if row["persons"] is not None else None,
        review=row["review"],
        live=row["live"],
        withdrawn=row["withdrawn_reason"] if row["withdrawn_sequence"] > row["sequence"] else "",
        replaced_by=row["replaced_by"],
    )


def _hearing(row: dict[str, Any]) -> Hearing:
    result = crypto.unseal_json("cases_hearing.result", row["id"], row["result"]) if row["result"] else {}
    return Hearing(
        id=row["hearing_id"],
        sequence=row["sequence"],
        type=row["type"],
        court=row["court"],
        address=row["court_address"],
        starts_at=row["starts_at"],
        week=row["week_commencing"],
        weeks=row["weeks"],
        attendance=row["attendance"],
        status=row["status"],
        result=tuple(sorted(result.items())),
        said_at=next(
            datetime.fromisoformat(at) for _, at, last in row["said"].values() if last == row["sequence"]
        ),
        changed=len(row["said"]) > 1,
        live=row["live"],
    )


def _item(row: dict[str, Any]) -> Item:
    detail = crypto.unseal_json("cases_property.detail", row["id"], row["detail"])
    return Item(
        id=row["property_id"],
        sequence=row["sequence"],
        **detail,
        status=row["status"],
        said={name: (datetime.fromisoformat(at), last) for name, (_, at, last) in row["said"].items()},
        live=row["live"],
    )
