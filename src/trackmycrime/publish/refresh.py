"""Making what is published agree with what was accepted: set-wise, for any number of crimes at once.

Must run inside a transaction that holds the force's lock. What may be seen is decided here and nowhere else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from trackmycrime.audit.api import SYSTEM, Act, Actor, record
from trackmycrime.forces.models import Force
from trackmycrime.forces.policy import DEFAULT, Policy
from trackmycrime.kernel import crypto, setwise
from trackmycrime.tasks.api import Need

from . import case_rows, eligibility, entry_rows
from .case_rows import case_row, differs, owner_of, page_of, promise
from .entry_rows import GONE, HELD, PUBLISHED, WITHDRAWN, can_only_stand, entry_row
from .known import Asked, Known, in_full, look_alike
from .published import News, Part, Published
from .speaking import SPEAK
from .timeline import Wanted, timeline


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


@dataclass(slots=True)
class _Draft:
    """One open case on its way: what it should show, before it is known which of its entries must change."""

    known: Known
    row: dict[str, Any]
    page: dict[str, Any]
    wanted: list[Wanted]
    settled: set[str]
    """The keys of entries that can only stand as they do"""
    guarded: bool
    missed: bool

    def unsettled(self) -> list[tuple[UUID, str]]:
        """The entries that are there and may have to change, or go."""
        wanted = {want.key for want in self.wanted}
        return [
            (self.row["id"], key)
            for key, old in self.known.entries.items()
            if key not in self.settled and (key in wanted or old["state"] != GONE)
        ]


class Refresh:
    """`refresh` in two steps: made, it has asked for all that it must know; `run`, it decides and writes.

    `came` are the victims who have a part since now: they catch up on what stands there already. `known` are rows of
    crimes as they stand in this transaction, which need not be read again. Of those in `restated` nothing is new but a
    state in their past (given are the states without it): where that shows nowhere, there is nothing to do.

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
        known: Mapping[UUID, dict[str, Any]] | None = None,
        restated: Mapping[UUID, list[Any]] | None = None,
        actor: Actor = SYSTEM,
        now: datetime,
    ) -> None:
        self.force, self.new, self.came, self.actor, self.now = force, new, came, actor, now
        self.policy = policy_of(force)
        self.out = Published()
        self.new_cases: list[dict[str, Any]] = []
        self.cases: list[dict[str, Any]] = []
        self.shut: list[dict[str, Any]] = []
        self.entries: list[dict[str, Any]] = []
        self.acts: list[Act] = []
        known = known or {}
        as_before = {
            id_ for id_, before in (restated or {}).items() if look_alike(before, known[id_]["states"])
        }
        self._asked = Asked(force.id, set(crime_ids) - as_before, known)

    def run(self) -> Published:
        """Decide and write; what came of it."""
        drafts = [draft for known in self._asked.answers() if (draft := self._draft(known))]
        unsettled = [entry for draft in drafts for entry in draft.unsettled()]
        rows = in_full(self.force.id, unsettled)
        for draft in drafts:
            self._settle(draft, rows)
        self._write()
        return self.out

    # ------------------------------------------------------------- one crime

    def _draft(self, known: Known) -> _Draft | None:
        """What this crime's case should show; None where it is closed to its victims."""
        crime, case, victims = known.crime, known.case, known.victims
        facts = eligibility.Facts(
            crime["category"],
            crime["offence_code"],
            tuple(crime["flags"]),
            crime["withheld_here"] or crime["withheld_sequence"] > crime["restored_sequence"],
            crime["switched_on"],
            any(v["live"] and v["under_age"] for v in victims),
            crime["shadow"],
        )
        if eligibility.why_closed(facts, self.policy):
            if case is not None and case["open"]:
                self.shut.append({"id": case["id"], "version": case["version"] + 1, "changed_at": self.now})
                self.out.closed.append(crime["id"])
                self.acts.append(Act("case.closed_to_victims", "crime", str(crime["id"])))
            return None
        missed = crime["id"] not in self.new if case is None else not case["open"]
        if missed:
            self.out.opened.add(crime["id"])
        shielded = bool(eligibility.protected(facts))
        if shielded:
            self.out.protected.add(crime["id"])
        guarded = shielded or any(v["live"] and v["enhanced"] for v in victims)
        page = page_of(crime, known.states, joined=known.joined)
        row = case_row(crime, known.states, page, case, self.policy, now=self.now)
        wanted = timeline(
            known.states, known.updates, known.hearings, known.items, derive=self.policy.derived
        )
        settled = {
            want.key
            for want in wanted
            if (old := known.entries.get(want.key))
            and can_only_stand(want, old, self.policy, guarded=guarded, missed=missed)
        }
        return _Draft(known, row, page, wanted, settled, guarded, missed)

    def _settle(self, draft: _Draft, full: Mapping[tuple[UUID, str], dict[str, Any]]) -> None:
        """Decide about a case and its entries, of which those that may change are known in `full`."""
        known, row, page = draft.known, draft.row, draft.page
        crime, case = known.crime, known.case
        changed, shown = self._entries(draft, full)
        page["hearings"] = [one.line() for one in known.hearings if f"hearing:{one.id}" in shown]
        lines = [item.line(f"property:{item.id}" in shown) for item in known.items]
        page["property"] = [line for line in lines if line]
        page["owner"] = owner_of(known.victims) if page["property"] else ""
        if changed or case is None or differs(case, row, page):
            row["version"] = (case["version"] + 1) if case else 1
            row["changed_at"] = self.now
            row["page"] = crypto.seal_json("publish_case.page", row["id"], page)
            (self.cases if case else self.new_cases).append(row)
        self.out.cases[crime["id"]] = row["id"]
        if page["withdrawn"] and crime["live"]:
            # it closes with words that say why: news, though no entry of the timeline
            words = crypto.blind("words", f"crime withdrawn: {page['withdrawn']}")
            sequence = crime["withdrawn_sequence"]
            self.out.news.append(News(crime["id"], row["id"], "crime:withdrawn", sequence, words, None, True))
        readable = row["readable_until"] is None or row["readable_until"] > self.now
        if crime["live"] and readable:
            self.out.victims[crime["id"]] = [
                Part(
                    v["id"], v["person"], v["live"], v["account_id"] is not None, v["invited_at"] is not None
                )
                for v in known.victims
            ]

    # ------------------------------------------------------------ its entries

    def _entries(
        self, draft: _Draft, full: Mapping[tuple[UUID, str], dict[str, Any]]
    ) -> tuple[bool, set[str]]:
        """Whether anything changes, and the keys of what can be read, also of what gave way to it."""
        known, row, crime = draft.known, draft.row, draft.known.crime
        by_person = {v["person"]: v["id"] for v in known.victims}
        shown: set[str] = set()
        catches_up = any(
            v["live"] and (v["id"] in self.came or (v["account_id"] is None and v["invited_at"] is None))
            for v in known.victims
        )
        told: list[News] = []
        changed = False
        latest: datetime | None = None
        before = dict(known.entries)
        for want in draft.wanted:
            old = before.pop(want.key, None)
            if want.key in draft.settled:
                assert old is not None
                state, words, victims = old["state"], old["words_hash"], None
            else:
                old = full[row["id"], want.key] if old else None
                stands, entry = entry_row(
                    want,
                    old,
                    row,
                    by_person,
                    self.policy,
                    guarded=draft.guarded,
                    missed=draft.missed,
                    now=self.now,
                )
                state, words, victims = stands.state, stands.words_hash, stands.victims
                if entry is not None:
                    changed = True
                    self.entries.append(entry)
                    self._follow(crime, row, old, entry)
            if state == PUBLISHED:
                shown |= {want.key, want.instead_of}
                if catches_up and want.live:
                    told.append(_news(crime, row, want.key, want.revision, words, victims, want.live))
            if state in (PUBLISHED, WITHDRAWN) and (latest is None or latest < want.happened_at):
                latest = want.happened_at
        for key, gone in before.items():
            if gone["state"] != GONE:
                changed = True
                was = full[row["id"], key]
                self.entries.append(was | {"state": GONE, "words": None, "new": False})
                self.acts.append(Act("entry.gone", "entry", was["id"], {"key": key}))
        promise(row, latest, self.policy)
        if catches_up:
            self.out.entries[crime["id"]] = told
        return changed, shown

    def _follow(
        self, crime: dict[str, Any], case: dict[str, Any], old: dict[str, Any] | None, entry: dict[str, Any]
    ) -> None:
        """What follows from one entry's new state: news for the victims, a record, a task to speak first."""
        was, words, whom = (old["state"], old["words_hash"], old["victims"]) if old else ("", b"", None)
        state = entry["state"]
        # whoever has been told of it in these words is not told again
        if state == PUBLISHED and (was, words, whom) != (PUBLISHED, entry["words_hash"], entry["victims"]):
            said = (entry[name] for name in ("key", "revision", "words_hash", "victims", "live"))
            self.out.news.append(_news(crime, case, *said))
        if state != was or state == PUBLISHED:
            detail = {"key": entry["key"], "revision": entry["revision"]}
            self.acts.append(Act(f"entry.{state}", "entry", entry["id"], detail))
        if state == HELD and entry["hold_reason"] == "speak_first":
            self.out.needs.append(
                Need(
                    SPEAK,
                    f"{entry['id']}:{entry['revision']}",
                    crime_id=crime["id"],
                    officer_id=crime["officer_id"],
                    unit_id=crime["unit_id"],
                    due_at=self.now + timedelta(hours=self.policy.speak_hours),
                    detail={"entry": str(entry["id"])},
                )
            )

    def _write(self) -> None:
        case_rows.write(self.new_cases, self.cases)
        setwise.update("publish_case", ["id"], ["version", "changed_at"], self.shut, sets="open = false")
        entry_rows.write(self.entries)
        record(self.actor, self.acts, force=self.force.id, now=self.now)


def _news(
    crime: dict[str, Any],
    case: dict[str, Any],
    key: str,
    revision: int,
    words: bytes,
    victims: Sequence[UUID] | None,
    live: bool,
) -> News:
    whom = frozenset(victims) if victims is not None else None
    return News(crime["id"], case["id"], key, revision, words, whom, live)
