"""Who is at the desk: their name, their team, their force; and whose work a list shows."""

from dataclasses import dataclass
from typing import Any

from trackmycrime.desk.gate import may_here
from trackmycrime.desk.rights import Act
from trackmycrime.desk.words import language as page_language
from trackmycrime.forces.policy import DEFAULT, Policy
from trackmycrime.kernel import crypto, setwise
from trackmycrime.people.access import DeskRequest, StaffMember
from trackmycrime.publish.contacts import shown_as


@dataclass(frozen=True)
class Me:
    """The person at the desk."""

    officer_id: str
    """Empty where the records system has told us of no officer with this sign-in"""
    unit_id: str
    name: str
    unit: str
    force_id: int
    force: str
    languages: tuple[str, ...]
    policy: Policy
    role: str


@dataclass(frozen=True)
class Scope:
    """Whose work a list shows: ``mine``, ``team`` (mine and my team's) or ``force``."""

    name: str
    officer_id: str | None
    unit_id: str | None
    role: str

    def sql(self, alias: str) -> tuple[str, list[Any]]:
        """A condition over ``officer_id`` and ``unit_id`` of `alias` (ours, never input), and its values."""
        if self.name == "force":
            return "true", []
        if self.name == "mine":
            return f"{alias}.officer_id = %s", [self.officer_id]
        return f"({alias}.officer_id = %s or {alias}.unit_id = %s)", [self.officer_id, self.unit_id]


_ME = """
select f.name force, f.name_cy force_cy, f.languages, f.policy, o.id officer_row, o.detail, o.unit_id,
       u.name_en, u.name_cy unit_cy
from forces_force f
left join people_officer o on o.force_id = f.id and o.officer_id = %s and %s <> ''
left join forces_unit u on u.force_id = f.id and u.unit_id = o.unit_id
where f.id = %s
"""


def read(staff: StaffMember, language: str) -> Me:
    """One statement."""
    row = setwise.fetch(_ME, [staff.officer_id, staff.officer_id, staff.force_id])[0]
    name = ""
    if row["officer_row"] is not None:
        name = shown_as(crypto.unseal_json("people_officer.detail", row["officer_row"], row["detail"]))
    english, welsh = (row["name_en"] or "", row["unit_cy"] or "")
    return Me(
        officer_id=staff.officer_id if row["officer_row"] is not None else "",
        unit_id=row["unit_id"] or "",
        name=name,
        unit=(welsh or english) if language == "cy" else (english or welsh),
        force_id=staff.force_id,
        force=(row["force_cy"] or row["force"]) if language == "cy" else row["force"],
        languages=tuple(row["languages"]),
        policy=DEFAULT.changed(row["policy"]),
        role=staff.role,
    )


def me(request: DeskRequest) -> Me:
    """Who is at the desk, read once for each request."""
    found: Me | None = getattr(request, "_me", None)
    if found is None:
        found = read(request.staff, page_language())
        request._me = found  # type: ignore[attr-defined]
    return found


def scope(request: DeskRequest) -> Scope:
    """Whose work this page shows: what was asked for where it makes sense, else the team's, else the force's."""
    who = me(request)
    wanted = request.GET.get("who", "")
    if not who.officer_id or not may_here(request, Act.SEE_CASES):
        wanted = "force"
    elif wanted not in ("mine", "team", "force"):
        wanted = "team"
    return Scope(wanted, who.officer_id or None, who.unit_id or None, who.role)
