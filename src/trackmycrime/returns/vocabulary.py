"""The types of returns. The list only grows (DESIGN, section 6); what is in `data` of each: docs/returns.md."""

TYPES = ("message.received", "contact.changed", "alert.undeliverable")
"""A victim has written; has changed how or in which language they are told; could not be told by any safe way."""
