"""A mapping as a force could write it for a table like those of its records system, and a row for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trackmycrime.feed.connectors.protocol import Settings

MAPPING = """
timezone = "Europe/London"
required = ["CRIME_NO"]

[[skip]]
column = "KIND"
is = ["TEST", "TRAINING"]

[[event]]
type = "crime.changed"
subject = "CRIME_NO"
time = { column = "UPDATED", format = "%d/%m/%Y %H:%M" }
sequence = "ROW_VERSION"
[event.data]
offence.code = "HO_CODE"
offence.name = "OFFENCE"
"offence.category" = { column = "CATEGORY", values = { "BURG" = "burglary", "THEFT" = "other-theft" } }
reported_at = { column = "REPORTED", format = ["%d/%m/%Y %H:%M", "%d/%m/%Y"] }
stage = { column = "STATUS", values = { "OPEN" = "investigating", "FILED" = "closed" } }
"flags" = { all = [
  { column = "DA", values = { "Y" = "domestic_abuse", "N" = "" }, empty = "domestic_abuse" },
  { column = "HATE", values = { "Y" = "hate_crime", "N" = "" } },
] }
# more of the crime

[[event]]
type = "victim.changed"
subject = "CRIME_NO"
time = { column = "UPDATED", format = "%d/%m/%Y %H:%M" }
sequence = "ROW_VERSION"
when = { column = "PERSON_ID", filled = true }
[event.data]
victim = "PERSON_ID"
role = { value = "victim" }
name = { columns = ["FORENAME", "SURNAME"] }
email = "EMAIL"
born_on = { column = "BORN", format = "%d/%m/%Y" }
address = { lines = { columns = ["ADDRESS1", "ADDRESS2"] }, postcode = "POSTCODE" }
needs = { column = "NEEDS", split = ";", values = { "BSL" = "bsl", "LP" = "large_print" } }
safe_contact = { disguise = "DISGUISE", no_portal = { value = false } }
"""


def settings(tell: Callable[[str], None] = lambda _: None, **options: Any) -> Settings:
    """What a factory is given."""
    return Settings("niche", "urn:example:niche", options, tell=tell)


def row(**columns: object) -> dict[str, object]:
    """A row that the mapping can turn, with some columns set otherwise."""
    return {
        "KIND": "",
        "CRIME_NO": "01AB/4711/26",
        "UPDATED": "01/07/2026 09:30",
        "ROW_VERSION": "41",
        "HO_CODE": "28/3",
        "OFFENCE": "Burglary",
        "CATEGORY": "BURG",
        "REPORTED": "30/06/2026 23:15",
        "STATUS": "OPEN",
        "DA": "N",
        "HATE": "N",
        "URN": "",
        "INCIDENT": "",
        "PERSON_ID": "P-1",
        "FORENAME": "Siân",
        "SURNAME": "Example",
        "EMAIL": "sian@example.org",
        "BORN": "01/02/1990",
        "ADDRESS1": "1 Larch Close",
        "ADDRESS2": "",
        "POSTCODE": "AB1 2CD",
        "NEEDS": "",
        "DISGUISE": "",
    } | columns
