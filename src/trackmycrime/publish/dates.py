"""Dates as people read them, in English and Welsh, as exactly as they are known and no more. Pure."""

from datetime import date, datetime

from trackmycrime.kernel.clock import london

_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "cy": ("Dydd Llun", "Dydd Mawrth", "Dydd Mercher", "Dydd Iau", "Dydd Gwener", "Dydd Sadwrn", "Dydd Sul"),
}
_MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "cy": [
        "Ionawr",
        "Chwefror",
        "Mawrth",
        "Ebrill",
        "Mai",
        "Mehefin",
        "Gorffennaf",
        "Awst",
        "Medi",
        "Hydref",
        "Tachwedd",
        "Rhagfyr",
    ],
}


def day(value: date, language: str, *, today: date | None = None) -> str:
    """«Thursday 26 November 2026»; the year is left out when it is this year's."""
    year = "" if today is not None and value.year == today.year else f" {value.year}"
    return f"{_DAYS[language][value.weekday()]} {value.day}\u00a0{_MONTHS[language][value.month - 1]}{year}"


def short_day(value: date, language: str, *, today: date | None = None) -> str:
    """«26 November», with the year when it is another one."""
    year = "" if today is not None and value.year == today.year else f" {value.year}"
    return f"{value.day}\u00a0{_MONTHS[language][value.month - 1]}{year}"


def month(value: date, language: str) -> str:
    """«November 2026»"""
    return f"{_MONTHS[language][value.month - 1]} {value.year}"


def clock_time(value: datetime, language: str) -> str:
    """The time of day in Great Britain: «4.40pm», in Welsh «4.40yh»."""
    local = london(value)
    half = ("am", "pm") if language == "en" else ("yb", "yh")
    return f"{local.hour % 12 or 12}.{local.minute:02}{half[local.hour >= 12]}"


def moment(value: datetime, language: str, *, today: date | None = None) -> str:
    """«Thursday 26 November, 4.40pm»"""
    return f"{day(london(value).date(), language, today=today)}, {clock_time(value, language)}"


def as_known(stored: str, language: str, *, today: date | None = None) -> str:
    """A stored date (a moment, ``YYYY-MM-DD`` or ``YYYY-MM``) in words, as exactly as it is known; empty for none."""
    if not stored:
        return ""
    if len(stored) == 7:
        return month(date.fromisoformat(f"{stored}-01"), language)
    if len(stored) == 10:
        return day(date.fromisoformat(stored), language, today=today)
    return moment(datetime.fromisoformat(stored), language, today=today)
