"""Making what is published agree with what was accepted: set-wise, for any number of crimes at once.

Must run inside a transaction that holds the force's lock. What may be seen is decided here and nowhere else.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from trackmycrime.audit.api import SYSTEM, Act, Actor, record
from trackmycrime.cases.vocabulary import CLOSED, PUBLIC_STAGE
from trackmycrime.forces.models import Force
from trackmycrime.forces.policy import DEFAULT, Policy
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks.api import Need

from . import defaults, eligibility
from .timeline import State, Wanted, Written, timeline
from .words import frozen, hash_of

PUBLISHED, HELD, NEVER, WITHDRAWN, GONE = "published", "held", "never", "withdrawn", "gone"


@dataclass(frozen=True)
class News:
    """One entry that victims can see since now, or in other words than before. `victims` None: all of the case."""

    crime_id: UUID
    case_id: UUID
    entry: str
    revision: int
    words_hash: bytes
    victims: frozenset[UUID] | None
    live: bool


@dataclass(frozen=True)
class Part:
    """What is decided about here of one victim's part in a crime."""

    id: UUID
    person: str
    live: bool
    joined: bool
    invited: bool


@dataclass
class Published:
    """What a refresh changed: news by case, what an officer must do, and the cases that are open to their victims."""

    news: list[News] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    victims: dict[UUID, list[Part]] = field(default_factory=dict)
    """By crime, for crimes whose case is open and readable and has anything live: who may be told or invited."""
    cases: dict[UUID, UUID] = field(default_factory=dict)
    """Case by crime."""
    closed: list[UUID] = field(default_factory=list)
    """Crimes whose case has just been closed to everybody: what was about to be sent about them is cancelled."""
    protected: set[UUID] = field(default_factory=set)
    """Crimes of a protected kind: where safe contact is not known, no machine invites."""
    entries: dict[UUID, list[News]] = field(default_factory=dict)
    """All published live entries by crime: what an invitation tells of at once."""


def policy_of(force: Force) -> Policy:
    """The force's policy with its own settings over the defaults."""
    return DEFAULT.changed(force.policy)


def protected_crimes(force: Force, crime_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these crimes are of a protected kind now."""
    rows = setwise.fetch(
        "select c.id, c.category, c.offence_code, c.flags, exists(select from people_victim v where v.crime_id = c.id"
        " and v.live and v.under_age) as child from cases_crime c where c.force_id = %s and c.id = any(%s)",
        [force.id, list(crime_ids)],
    )
    return {
        row["id"]
        for row in rows
        if eligibility.protected(
            eligibility.Facts(row["category"], row["offence_code"], tuple(row["flags"]), False, None, row["child"])
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
    ids = sorted(set(crime_ids))
    if not ids:
        return Published()
    return _Refresh(force, set(new), actor, now).run(ids)


class _Refresh:
    def __init__(self, force: Force, new: set[UUID], actor: Actor, now: datetime) -> None:
        self.force, self.new, self.actor, self.now = force, new, actor, now
        self.policy = policy_of(force)
        self.out = Published()
        self.cases: list[dict[str, Any]] = []
        self.entries: list[dict[str, Any]] = []
        self.acts: list[Act] = []

    def run(self, ids: list[UUID]) -> Published:
        crimes = self._fetch("select * from cases_crime where force_id = %s and id = any(%s)", ids)
        states = self._by("crime_id", "select crime_id, sequence, time, stage, outcome, officer_id, live"
                          " from cases_crime_state where force_id = %s and crime_id = any(%s)", ids)  # fmt: skip
        updates = self._by("crime_id", "select * from cases_update where force_id = %s and crime_id = any(%s) and sequence >= 0", ids)
        victims = self._by(
            "crime_id",
            "select id, crime_id, person, live, under_age, enhanced, account_id, invited_at from people_victim"
            " where force_id = %s and crime_id = any(%s)",
            ids,
        )
        cases = {row["crime_id"]: row for row in self._fetch("select * from publish_case where force_id = %s and crime_id = any(%s)", ids)}
        entries = self._by(
            "case_id",
            "select * from publish_entry where force_id = %s and case_id = any(%s)",
            [case["id"] for case in cases.values()],
        )
        for crime in crimes:
            case = cases.get(crime["id"])
            self._crime(
                crime,
                states[crime["id"]],
                updates[crime["id"]],
                victims[crime["id"]],
                case,
                entries[case["id"]] if case else [],
            )
        self._write()
        return self.out

    def _fetch(self, sql: str, ids: Sequence[UUID]) -> list[dict[str, Any]]:
        return setwise.fetch(sql, [self.force.id, list(ids)]) if ids else []

    def _by(self, key: str, sql: str, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
        grouped: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        for row in self._fetch(sql, ids):
            grouped[row[key]].append(row)
        return grouped

    # ------------------------------------------------------------- one crime

    def _crime(
        self,
        crime: dict[str, Any],
        states: list[dict[str, Any]],
        updates: list[dict[str, Any]],
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
                self.cases.append(case | {"open": False, "version": case["version"] + 1, "changed_at": self.now})
                self.out.closed.append(crime["id"])
                self.acts.append(Act("case.closed_to_victims", "crime", str(crime["id"])))
            return
        page, row = self._case(crime, states, case)
        changed = self._entries(crime, row, states, updates, victims, entries, guarded=guarded, missed=missed)
        self._dates(crime, row, case)
        if changed or case is None or _differs(case, row, page):
            row["version"] = (case["version"] + 1) if case else 1
            row["changed_at"] = self.now
            row["page"] = crypto.seal_json("publish_case.page", row["id"], page)
            self.cases.append(row)
        self.out.cases[crime["id"]] = row["id"]
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
                Part(v["id"], v["person"], v["live"], v["account_id"] is not None, v["invited_at"] is not None)
                for v in victims
            ]

    def _case(
        self, crime: dict[str, Any], states: list[dict[str, Any]], case: dict[str, Any] | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        reached: dict[str, str] = {}
        for state in sorted(states, key=lambda s: s["sequence"]):
            reached.setdefault(PUBLIC_STAGE[state["stage"]], state["time"].isoformat())
        withdrawn = crime["withdrawn_reason"] if crime["withdrawn_sequence"] > crime["sequence"] else ""
        page = {
            "reference": crime["reference"],
            "category": crime["category"],
            "offence": crime["offence_name"],
            "place": crime["place"],
            "occurred": [crime["occurred_from"], crime["occurred_to"]],
            "reported_at": crime["reported_at"],
            "reached": reached,
            "withdrawn": withdrawn,
        }
        row = {
            "id": case["id"] if case else new_id(),
            "force_id": self.force.id,
            "crime_id": crime["id"],
            "open": True,
            "stage": crime["stage"],
            "outcome": crime["outcome"],
            "officer_id": crime["officer_id"],
            "unit_id": crime["unit_id"],
            "promised_on": case["promised_on"] if case else None,
            "closed_on": self._closed_on(crime, states, withdrawn, case),
        }
        return page, row

    def _closed_on(
        self, crime: dict[str, Any], states: list[dict[str, Any]], withdrawn: str, case: dict[str, Any] | None
    ) -> date | None:
        if crime["stage"] == CLOSED:
            if len(crime["closed_at"]) >= 10:
                return date.fromisoformat(crime["closed_at"][:10])
            closing = _last_run([(s["sequence"], s["stage"] == CLOSED, s["time"]) for s in states])
            return london_date(closing or self.now)
        if withdrawn:
            return case["closed_on"] if case and case["closed_on"] else london_date(self.now)
        return None

    def _dates(self, crime: dict[str, Any], row: dict[str, Any], case: dict[str, Any] | None) -> None:
        closed = row["closed_on"]
        row["readable_until"] = _months_later(closed, self.policy.readable_months, self.now) if closed else None
        latest = row.pop("latest", None)
        row["next_update_on"] = (
            None if closed or latest is None else london_date(latest) + timedelta(days=self.policy.update_days)
        )

    # ------------------------------------------------------------ its entries

    def _entries(
        self,
        crime: dict[str, Any],
        row: dict[str, Any],
        states: list[dict[str, Any]],
        updates: list[dict[str, Any]],
        victims: list[dict[str, Any]],
        entries: list[dict[str, Any]],
        *,
        guarded: bool,
        missed: bool,
    ) -> bool:
        by_person = {v["person"]: v["id"] for v in victims}
        before = {entry["key"]: entry for entry in entries}
        wanted = timeline([_state(s) for s in states], [_written(u) for u in updates], derive=self.policy.derived)
        told: list[News] = []
        changed = False
        latest: datetime | None = None
        for want in wanted:
            old = before.pop(want.key, None)
            entry = self._entry(crime, row["id"], want, old, by_person, guarded=guarded, missed=missed)
            if entry["state"] in (PUBLISHED, WITHDRAWN):
                latest = max(filter(None, (latest, want.happened_at)))
            news = News(
                crime["id"], row["id"], want.key, want.revision, entry["words_hash"],
                frozenset(entry["victims"]) if entry["victims"] is not None else None, want.live,
            )  # fmt: skip
            if entry["state"] == PUBLISHED and want.live:
                told.append(news)
            if old is None or any(_plain(old[c]) != _plain(entry[c]) for c in _COMPARED):
                changed = True
                self.entries.append(entry)
                self._follow(crime, old, entry, news)
        for gone in before.values():
            if gone["state"] != GONE:
                changed = True
                self.entries.append(gone | {"state": GONE})
                self.acts.append(Act("entry.gone", "entry", gone["id"], {"key": gone["key"]}))
        row["latest"] = latest
        self.out.entries[crime["id"]] = told
        return changed

    def _follow(self, crime: dict[str, Any], old: dict[str, Any] | None, entry: dict[str, Any], news: News) -> None:
        """What follows from one entry's new state: news for the victims, a record, a task to speak first."""
        was = old["state"] if old else ""
        if entry["state"] == PUBLISHED and (was != PUBLISHED or bytes(old["words_hash"]) != entry["words_hash"]):  # type: ignore[index]
            self.out.news.append(news)
        if entry["state"] != was or entry["state"] == PUBLISHED:
            self.acts.append(
                Act(f"entry.{entry['state']}", "entry", entry["id"], {"key": entry["key"], "revision": entry["revision"]})
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

    def _entry(
        self,
        crime: dict[str, Any],
        case_id: UUID,
        want: Wanted,
        old: dict[str, Any] | None,
        by_person: dict[str, UUID],
        *,
        guarded: bool,
        missed: bool,
    ) -> dict[str, Any]:
        key = old["id"] if old else new_id()
        words_hash = hash_of(want)
        same_words = old is not None and bytes(old["words_hash"]) == words_hash
        act, reason = defaults.rule(want.milestone, want.outcome, guarded=guarded, policy=self.policy.milestones)
        if want.review and act == defaults.PUBLISH:
            act, reason = defaults.HOLD, "review"
        is_missed = (old["missed"] if old else False) or (missed and not (same_words and old and old["state"] == PUBLISHED))
        if is_missed and act == defaults.PUBLISH:
            act, reason = defaults.HOLD, "missed"
        decided = old is not None and old["decision"] != "" and bytes(old["decided_hash"] or b"") == words_hash
        if act == defaults.HOLD and decided:
            assert old is not None
            act = {"release": defaults.PUBLISH, "never": defaults.NEVER}.get(old["decision"], defaults.HOLD)
            reason = reason if act == defaults.HOLD else ""
        state = {defaults.PUBLISH: PUBLISHED, defaults.HOLD: HELD, defaults.NEVER: NEVER}[act]
        if want.withdrawn:
            state = WITHDRAWN if state == PUBLISHED or (old and old["state"] in (PUBLISHED, WITHDRAWN)) else GONE
        was_published = old is not None and old["published_at"] is not None
        victims = sorted(by_person[p] for p in want.victims if p in by_person) if want.victims is not None else None
        return {
            "id": key,
            "force_id": self.force.id,
            "case_id": case_id,
            "key": want.key,
            "revision": want.revision,
            "milestone": want.milestone,
            "outcome": want.outcome,
            "happened_at": want.happened_at,
            "words": old["words"] if old and same_words else crypto.seal_json("publish_entry.words", key, frozen(want)),
            "words_hash": words_hash,
            "officer_id": want.officer,
            "victims": victims,
            "state": state,
            "hold_reason": reason if state == HELD else "",
            "decision": old["decision"] if old else "",
            "decided_hash": old["decided_hash"] if old else None,
            "note": old["note"] if old else None,
            "decided_by": old["decided_by"] if old else None,
            "decided_at": old["decided_at"] if old else None,
            "published_at": old["published_at"] if was_published and old else (self.now if state == PUBLISHED else None),
            "corrected_at": (
                self.now if was_published and old and not same_words and state == PUBLISHED else old["corrected_at"] if old else None
            ),
            "withdrawn_reason": want.withdrawn,
            "live": want.live,
            "missed": is_missed,
        }

    def _write(self) -> None:
        columns = list(self.cases[0]) if self.cases else []
        sets = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in ("id", "force_id", "crime_id"))
        setwise.insert("publish_case", columns, self.cases, conflict=f"on conflict (id) do update set {sets}")
        columns = list(self.entries[0]) if self.entries else []
        sets = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in ("id", "force_id", "case_id", "key"))
        setwise.insert("publish_entry", columns, self.entries, conflict=f"on conflict (id) do update set {sets}")
        record(self.actor, self.acts, force=self.force.id, now=self.now)


_COMPARED = (
    "revision", "milestone", "outcome", "happened_at", "words_hash", "officer_id", "victims", "state", "hold_reason",
    "withdrawn_reason", "live", "missed",
)  # fmt: skip
_CASE_COMPARED = (
    "open", "stage", "outcome", "officer_id", "unit_id", "next_update_on", "closed_on", "readable_until",
)  # fmt: skip


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _differs(case: dict[str, Any], row: dict[str, Any], page: dict[str, Any]) -> bool:
    if any(case[column] != row[column] for column in _CASE_COMPARED):
        return True
    return bool(crypto.unseal_json("publish_case.page", case["id"], case["page"]) != page)


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
    )


def _last_run(states: Sequence[tuple[int, bool, datetime]]) -> datetime | None:
    """When the unbroken run of closed states that is the newest began."""
    began: datetime | None = None
    for _, closed, time in sorted(states):
        began = (began or time) if closed else None
    return began


def _months_later(day: date, months: int, now: datetime) -> datetime:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return datetime(year, month, last, tzinfo=now.tzinfo)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
