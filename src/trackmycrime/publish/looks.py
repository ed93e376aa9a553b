"""A look without an account: whose it is, and all that it shows: the stage, the unit, and how to reach it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.cases.vocabulary import PUBLIC_STAGE
from trackmycrime.feed.contract.envelope import subject_key
from trackmycrime.kernel import setwise
from trackmycrime.people import codes, limits
from trackmycrime.people.look.asking import code_hash, ticket_hash
from trackmycrime.people.look.models import Look
from trackmycrime.people.look.walls import MAY_LOOK, MUST_HOLD, WHY_NOT

from .wording import Language, stage, text

READABLE = "c.open and (c.readable_until is null or c.readable_until > {at})"
_FIXED = "security definer set search_path = pg_catalog, public, pg_temp"

# Looked at again each time that it is shown: what closed meanwhile is not shown any more.
_SHOWN = f"""
create or replace function publish_look(ticket bytea, at timestamptz)
returns table (force_id smallint, victim_id uuid, stage varchar, closed boolean, force varchar, force_cy varchar,
  force_phone varchar, unit_en varchar, unit_cy varchar, phone varchar, hours_en varchar, hours_cy varchar)
language sql stable {_FIXED} as $$
    select v.force_id, v.id, c.stage, c.closed_on is not null, f.name, f.name_cy, f.phone,
      u.name_en, u.name_cy, u.phone, u.hours_en, u.hours_cy
    from people_look l join people_victim v on v.id = l.victim_id and v.force_id = l.force_id
      join publish_case c on c.crime_id = v.crime_id and c.force_id = v.force_id
      join forces_force f on f.id = v.force_id
      left join people_officer o on o.force_id = c.force_id and o.officer_id = c.officer_id and o.active
      left join forces_unit u on u.force_id = c.force_id and u.unit_id = coalesce(nullif(c.unit_id, ''), o.unit_id)
    where l.ticket_hash = ticket and l.proved_at is not null and l.expires_at > at
      and {READABLE.format(at="at")} and {MAY_LOOK} $$"""  # noqa: S608 (constants of ours)
FUNCTIONS = [("publish_look(bytea, timestamptz)", _SHOWN, ("portal",))]

# Everybody who has that contact on file in that crime must be one who may be reached so: two people may share it.
_WHOSE = f"""
select l.id, c.force_id, (array_agg(v.id order by v.id))[1] as victim_id
from unnest(%(ids)s::uuid[], %(keys)s::text[]) as asked(id, key) join people_look l on l.id = asked.id
  join cases_crime k on k.force_id = any(array(select f.id from forces_force f)) and k.reference_key = asked.key
  join publish_case c on c.crime_id = k.id and c.force_id = k.force_id
  join people_victim v on v.crime_id = k.id and v.force_id = k.force_id and v.live
    and l.address_hash = case l.channel when 'email' then v.email_hash else v.mobile_hash end
where {READABLE.format(at="%(now)s")}
group by l.id, c.force_id, c.id having bool_and({MAY_LOOK})
"""  # noqa: S608 (constants of ours; values are bound)


# For each contact of one victim, everybody in the crime who has it on file.
_OF_ONE = f"""
select l.channel, v.id = me.id as own, {READABLE.format(at="%(now)s")} as open, {WHY_NOT} as why
from people_victim me
  cross join lateral (values ('email', me.email_hash), ('text', me.mobile_hash)) as l(channel, address_hash)
  join publish_case c on c.crime_id = me.crime_id and c.force_id = me.force_id
  join people_victim v on v.crime_id = me.crime_id and v.force_id = me.force_id and (v.live or v.id = me.id)
    and l.address_hash = case l.channel when 'email' then v.email_hash else v.mobile_hash end
where me.id = %(victim)s and me.force_id = %(force)s
"""  # noqa: S608 (constants of ours; values are bound)


@dataclass(frozen=True)
class Possible:
    """Whether a look without an account is possible for one victim."""

    ways: tuple[str, ...]
    """``email``, ``text``: by which contacts"""
    why_not: str
    """Where by none, why: a word of `MUST_HOLD`, ``shared`` (somebody else has that contact on file here for whom it is
    not safe), or ``closed`` (the case is closed to its victims); else empty"""


def possible(force_id: int, victim_id: UUID, *, now: datetime) -> Possible:
    """Whether a look is possible for a victim of this force, as a worker would find it now. One statement."""
    rows = setwise.fetch(_OF_ONE, {"force": force_id, "victim": victim_id, "now": now})
    if rows and not rows[0]["open"]:
        return Possible((), "closed")
    whys = {row["channel"]: row["why"] for row in rows if row["own"]}
    for row in rows:
        if not row["own"] and row["why"] and not whys.get(row["channel"], "withdrawn"):
            whys[row["channel"]] = "shared"
    ways = tuple(channel for channel in ("email", "text") if whys.get(channel) == "")
    order = [*MUST_HOLD, "shared"]
    return Possible(ways, "" if ways else min(whys.values(), key=order.index, default="no_contact"))


@dataclass(frozen=True)
class CodeWanted:
    """A code to send to the contact that was typed, which is this victim's; plain here and nowhere else."""

    force_id: int
    victim_id: UUID
    look_id: UUID
    channel: str
    code: str
    expires_at: datetime


def codes_wanted(now: datetime, most: int = 100) -> list[CodeWanted]:
    """Make the codes for looks that people on the portal have asked for, in the worker's transaction.

    Whoever typed what is nobody's waits in vain; what they typed is forgotten now, and the rest after a day.
    """
    asked = list(
        Look.objects.select_for_update(skip_locked=True).filter(taken_at=None).order_by("asked_at")[:most]
    )
    whose = _whose([one for one in asked if one.expires_at > now], now)
    made, rows = [], []
    for one in asked:
        row: dict[str, Any] = {"id": one.pk, "taken_at": now, "reference": None}
        row |= {"force_id": None, "victim_id": None, "code_hash": None}
        if found := whose.get(one.pk):
            force, victim = found
            code = codes.text_code()
            made.append(CodeWanted(force, victim, one.pk, one.channel, code, one.expires_at))
            row |= {"force_id": force, "victim_id": victim}
            row["code_hash"] = code_hash(bytes(one.ticket_hash), code)
        rows.append(row)
    setwise.update("people_look", ["id"], [name for name in rows[0] if name != "id"] if rows else [], rows)
    for each in made:
        act = audit.Act("look_code_made", "victim", str(each.victim_id), {"way": each.channel})
        audit.record(audit.SYSTEM, [act], force=each.force_id, now=now)
    return made


def _whose(asked: list[Look], now: datetime) -> dict[UUID, tuple[int, UUID]]:
    """(force, victim) of those of these looks that lead to just one crime."""
    if not asked:
        return {}
    keys = [subject_key(one.reference or "") for one in asked]
    rows = setwise.fetch(_WHOSE, {"ids": [one.pk for one in asked], "keys": keys, "now": now})
    found: dict[UUID, list[tuple[int, UUID]]] = {}
    for row in rows:
        found.setdefault(row["id"], []).append((row["force_id"], row["victim_id"]))
    return {id_: several[0] for id_, several in found.items() if len(several) == 1}


@dataclass(frozen=True)
class Shown:
    """All that a look without an account shows."""

    stage_name: str
    stage_sentence: str
    force: str
    unit: str
    phone: str
    hours: str


def shown(ticket: str, language: Language, *, now: datetime) -> Shown | None:
    """What the look with this ticket shows now; None when there is nothing (any more). One statement."""
    rows = setwise.fetch("select * from publish_look(%s, %s)", [ticket_hash(ticket), now])
    if not rows:
        return None
    row = rows[0]
    welsh = language == "cy"
    name = "finished" if row["closed"] else PUBLIC_STAGE[row["stage"]]
    unit = _either(row["unit_en"], row["unit_cy"], welsh)
    return Shown(
        stage_name=text(f"public_stage.{name}", language),
        stage_sentence=stage("closed" if row["closed"] else row["stage"], language).sentence,
        force=_either(row["force"], row["force_cy"], welsh),
        unit=unit or text("default.unit", language),
        phone=row["phone"] or row["force_phone"],
        hours=_either(row["hours_en"], row["hours_cy"], welsh),
    )


def _either(english: str | None, in_welsh: str | None, welsh: bool) -> str:
    return (in_welsh or english or "") if welsh else (english or in_welsh or "")


def tidy(now: datetime) -> int:
    """Forget looks that were nobody's, a day after (worker); says how many."""
    gone, _ = Look.objects.filter(victim_id=None, expires_at__lt=now - limits.DAY).delete()
    return int(gone)
