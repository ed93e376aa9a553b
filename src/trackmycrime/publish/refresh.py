"""Making what is published agree with what was accepted: set-wise, for any number of crimes at once.

Must run inside a transaction that holds the force's lock. What may be seen is decided here and nowhere else.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
from .entry_rows import GONE, HELD, PUBLISHED, READ, WITHDRAWN, Standing, entry_row, write
from .hearings import Hearing
from .published import News, Part, Published
from .timeline import Sealed, State, Written, timeline

# Everything is asked for by the place of its crime in one list, so that rows find together by small numbers.
_OF = "from unnest(%s::uuid[]) with ordinality as w (crime, n) join"
_CRIMES = "select * from cases_crime where force_id = %s and id = any(%s)"
_JOINED = """select distinct merged_into from cases_crime
where force_id = %s and merged_into = any(%s) and withdrawn_reason = 'merged' and withdrawn_sequence > sequence"""
_UPDATES = f"""select w.n, u.id, u.update_id, u.by_desk, u.sequence, u.milestone, u.happened_at, u.text, u.persons,
  u.review, u.live, u.withdrawn_reason, u.withdrawn_sequence, u.replaced_by
{_OF} cases_update u on u.crime_id = w.crime and u.force_id = %s and u.sequence >= 0"""
_HEARINGS = f"""select w.n, h.id, h.hearing_id, h.type, h.court, h.court_address, h.starts_at, h.week_commencing,
  h.weeks, h.attendance, h.status, h.result, h.sequence, h.said, h.live
{_OF} cases_hearing h on h.crime_id = w.crime and h.force_id = %s order by h.hearing_id collate "C"
"""
_PROPERTY = f"""select w.n, p.id, p.property_id, p.detail, p.status, p.sequence, p.said, p.live
{_OF} cases_property p on p.crime_id = w.crime and p.force_id = %s order by p.property_id collate "C"
"""
_VICTIMS = f"""select w.n, v.id, v.person, v.role, v.live, v.under_age, v.enhanced, v.account_id, v.invited_at
{_OF} people_victim v on v.crime_id = w.crime and v.force_id = %s"""
_CASES = f"select w.n, c.* {_OF} publish_case c on c.crime_id = w.crime and c.force_id = %s"
_ENTRIES = f"""select w.n, {", ".join(f"e.{column}" for column in READ)}
{_OF} publish_case c on c.crime_id = w.crime and c.force_id = %s
join publish_entry e on e.case_id = c.id and e.force_id = c.force_id"""


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
    joined: bool
    """Another record of it was put together with this one"""


class Refresh:
    """`refresh` in two steps: made, it has asked for all that it must know; `run`, it decides and writes.

    `came` are the victims who have a part since now: they catch up on what stands there already. `known` are rows of
    crimes as they stand in this transaction, which need not be read again.

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
        actor: Actor = SYSTEM,
        now: datetime,
    ) -> None:
        self.force, self.new, self.came, self.actor, self.now = force, new, came, actor, now
        self.policy = policy_of(force)
        self.out = Published()
        self.cases: list[dict[str, Any]] = []
        self.entries: list[dict[str, Any]] = []
        self.acts: list[Act] = []
        self._ids = sorted(set(crime_ids))
        self._known = dict(known or {})
        unknown = [id_ for id_ in self._ids if id_ not in self._known]
        questions: list[tuple[str, list[Any]]] = []
        if self._ids:
            ids = setwise.array(self._ids)
            questions = [
                (sql, [ids, force.id]) for sql in (_UPDATES, _HEARINGS, _PROPERTY, _VICTIMS, _CASES, _ENTRIES)
            ]
            questions += [(_JOINED, [force.id, ids]), (_CRIMES, [force.id, unknown])]
        self._asked = setwise.Asked(*questions)

    def run(self) -> Published:
        """Decide and write; what came of it."""
        found = self._asked.rows()
        if not found:
            return self.out
        updates, hearings, belongings, victims, cases, entries = map(_by_crime, found[:6])
        joined = {row["merged_into"] for row in found[6]}
        self._known |= {row["id"]: row for row in found[7]}
        for number, key in enumerate(self._ids, start=1):
            crime = self._known.get(key)
            if crime is None:
                continue
            told = Told(
                [_state(said) for said in crime["states"]],
                [_written(row) for row in updates[number]],
                [_hearing(row) for row in hearings[number]],
                [_item(row) for row in belongings[number]],
                key in joined,
            )
            case = next(iter(cases[number]), None)
            self._crime(crime, told, victims[number], case, entries[number])
        self._write()
        return self.out

    # ------------------------------------------------------------- one crime

    def _crime(
        self,
        crime: dict[str, Any],
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
                shut = {"open": False, "version": case["version"] + 1, "changed_at": self.now}
                self.cases.append({name: value for name, value in case.items() if name != "n"} | shut)
                self.out.closed.append(crime["id"])
                self.acts.append(Act("case.closed_to_victims", "crime", str(crime["id"])))
            return
        page = page_of(crime, told.states, joined=told.joined)
        row = case_row(crime, told.states, page, case, self.policy, now=self.now)
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
            stands, entry = entry_row(
                want, old, row, by_person, self.policy, guarded=guarded, missed=missed, now=self.now
            )
            if stands.state == PUBLISHED:
                shown |= {want.key, want.instead_of}
                if catches_up and want.live:
                    told.append(_news(crime, row, want.key, stands))
            if stands.state in (PUBLISHED, WITHDRAWN) and (latest is None or latest < want.happened_at):
                latest = want.happened_at
            if entry is not None:
                changed = True
                self.entries.append(entry)
                self._follow(crime, row, old, stands, entry)
        for gone in before.values():
            if gone["state"] != GONE:
                changed = True
                self.entries.append(gone | {"state": GONE, "words": None, "new": False})
                self.acts.append(Act("entry.gone", "entry", gone["id"], {"key": gone["key"]}))
        promise(row, latest, self.policy)
        if catches_up:
            self.out.entries[crime["id"]] = told
        return changed, shown

    def _follow(
        self,
        crime: dict[str, Any],
        case: dict[str, Any],
        old: dict[str, Any] | None,
        stands: Standing,
        entry: dict[str, Any],
    ) -> None:
        """What follows from one entry's new state: news for the victims, a record, a task to speak first."""
        was, words, whom = (old["state"], old["words_hash"], old["victims"]) if old else ("", b"", None)
        # whoever has been told of it in these words is not told again
        if stands.state == PUBLISHED and (was, words, whom) != (PUBLISHED, stands.words_hash, stands.victims):
            self.out.news.append(_news(crime, case, entry["key"], stands))
        if stands.state != was or stands.state == PUBLISHED:
            detail = {"key": entry["key"], "revision": stands.revision}
            self.acts.append(Act(f"entry.{stands.state}", "entry", entry["id"], detail))
        if stands.state == HELD and stands.hold_reason == "speak_first":
            self.out.needs.append(
                Need(
                    "speak_before_release",
                    f"{entry['id']}:{stands.revision}",
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


def _by_crime(rows: Iterable[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    grouped: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["n"]].append(row)
    return grouped


def _news(crime: dict[str, Any], case: dict[str, Any], key: str, stands: Standing) -> News:
    victims = frozenset(stands.victims) if stands.victims is not None else None
    return News(crime["id"], case["id"], key, stands.revision, stands.words_hash, victims, stands.live)


def _state(said: list[Any]) -> State:
    sequence, moment, stage, outcome, officer, live = said
    return State(sequence, datetime.fromisoformat(moment), stage, outcome, officer, live)


def _written(row: dict[str, Any]) -> Written:
    return Written(
        key=f"{'desk' if row['by_desk'] else 'update'}:{row['update_id']}",
        id=row["update_id"],
        revision=row["sequence"],
        milestone=row["milestone"],
        happened_at=row["happened_at"],
        text=Sealed(row["id"], row["text"]) if row["text"] is not None else (),
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
