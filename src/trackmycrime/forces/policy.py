"""What a force decides for itself, as data with defaults. Pure: no Django, no clock."""

import re
from dataclasses import dataclass, field, fields
from typing import Any

# A new force tracks the ordinary property and public-order categories (DESIGN section 6).
ORDINARY = (
    "bicycle-theft",
    "burglary",
    "criminal-damage-arson",
    "other-theft",
    "public-order",
    "robbery",
    "shoplifting",
    "theft-from-the-person",
    "vehicle-crime",
)


DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
PACES = ("at_once", "daytime", "weekly")
"""How soon victims are told: at night too; not in the quiet hours; once a week."""
_CAPS = (
    "texts_per_number", "texts_per_day", "mails_per_address", "mails_per_day",
    "text_budget_day", "text_budget_month", "text_price",
)  # fmt: skip


@dataclass(frozen=True)
class Policy:
    """One force's policy. Anything not said is as here."""

    categories: tuple[str, ...] = ORDINARY
    """Offence categories that victims may track."""
    offence_codes: dict[str, bool] = field(default_factory=dict)
    """Single offence codes that may (true) or must not (false) be tracked, whatever their category."""
    milestones: dict[str, str] = field(default_factory=dict)
    """Milestone → ``publish``, ``hold`` or ``never``, where it differs from the contract's default."""
    derived: bool = True
    """Whether a change of stage, outcome or officer makes an entry when no officer wrote one."""
    readable_months: int = 12
    """How long a case stays readable after it closed."""
    update_days: int = 28
    """How often a victim hears at least, in days; the date of the next update is counted from the last one."""
    answer_days: int = 2
    """Working days within which a message should be answered."""
    tell_days: int = 1
    """Working days within which an officer tells somebody whom no machine tells; the shortest of the Code's times."""
    speak_hours: int = 24
    """Hours within which an officer speaks with somebody whose safety changes, before a supervisor is asked."""
    quiet_from: str = "21:00"
    """From here to `quiet_to`, in London, nobody is told who does not want it at night too; the same twice: never."""
    quiet_to: str = "08:00"
    gather_minutes: int = 10
    """What comes so soon after an alert becomes one more with what follows it; 0: each goes out by itself."""
    pace: str = "daytime"
    """How soon who has not chosen is told: one of `PACES`."""
    summary_day: str = "monday"
    """When the weekly summary goes out, with `summary_at`"""
    summary_at: str = "09:00"
    look_without_account: bool = True
    """Whether who has the crime reference and a contact on file may see the stage and whom to call (`people.look`)"""
    show_officer_contact: bool = False
    """Whether victims see an officer's own email and phone."""

    texts_per_number: int = 20
    """How many texts may go to one number in a day; 0 is no cap, as for all of these."""
    texts_per_day: int = 0
    """How many texts the force sends in a day"""
    mails_per_address: int = 0
    """How many mails may go to one address in a day"""
    mails_per_day: int = 0
    """How many mails the force sends in a day"""
    text_countries: tuple[str, ...] = ("GB", "GG", "IM", "JE")
    """Countries (ISO 3166) to whose numbers texts may go"""
    text_budget_day: int = 20_000
    """How many segments of texts (the parts that are paid for) the force sends in a day"""
    text_budget_month: int = 200_000
    """The same for a calendar month"""
    text_price: int = 0
    """What one segment costs, in hundredths of a penny, for what the desk shows; 0 where nobody has said it"""

    def changed(self, stored: dict[str, Any]) -> "Policy":
        """This policy with what a force has stored put over it.

        Raises ValueError naming an unknown key or a value of the wrong kind.
        """
        known = {f.name: f for f in fields(self)}
        values: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        for key, given in stored.items():
            value = given
            if key not in known:
                raise ValueError(
                    f"{key!r} is not part of a force's policy; known: {', '.join(sorted(known))}"
                )
            default = getattr(DEFAULT, key) if "DEFAULT" in globals() else values[key]
            if isinstance(default, tuple) and isinstance(value, list):
                value = tuple(value)
            if type(value) is not type(default):
                raise ValueError(f"{key} must be {type(default).__name__}, not {type(value).__name__}")
            values[key] = value
        for milestone, act in values["milestones"].items():
            if act not in ("publish", "hold", "never"):
                raise ValueError(f"milestones.{milestone} must be publish, hold or never, not {act!r}")
        _check_telling(values)
        _check_caps(values)
        return Policy(**values)


def _check_caps(values: dict[str, Any]) -> None:
    for key in _CAPS:
        if values[key] < 0:
            raise ValueError(f"{key} must be 0 (none) or more, not {values[key]}")
    for country in values["text_countries"]:
        if not (isinstance(country, str) and len(country) == 2 and country.isupper()):
            raise ValueError(f"text_countries are two capital letters each, like GB or IE, not {country!r}")


def _check_telling(values: dict[str, Any]) -> None:
    for key in ("quiet_from", "quiet_to", "summary_at"):
        if not _CLOCK.fullmatch(values[key]):
            raise ValueError(f"{key} must be a time of day like 21:00, not {values[key]!r}")
    for key, known in (("pace", PACES), ("summary_day", DAYS)):
        if values[key] not in known:
            raise ValueError(f"{key} must be one of {', '.join(known)}, not {values[key]!r}")
    for key, most in (("gather_minutes", 120), ("tell_days", 20), ("speak_hours", 240), ("update_days", 366)):
        if not 0 <= values[key] <= most:
            raise ValueError(f"{key} must be from 0 to {most}, not {values[key]}")


DEFAULT = Policy()
