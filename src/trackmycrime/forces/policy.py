"""What a force decides for itself, as data with defaults. Pure: no Django, no clock."""

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
    show_officer_contact: bool = False
    """Whether victims see an officer's own email and phone."""

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
        return Policy(**values)


DEFAULT = Policy()
