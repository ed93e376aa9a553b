"""Made-up letters for tests of the channels and the work."""

from datetime import UTC, datetime, timedelta
from typing import Any

from trackmycrime.delivery.letters import Letter
from trackmycrime.kernel.ids import new_id

NOW = datetime(2026, 11, 24, 14, 4, tzinfo=UTC)


def letter(**values: Any) -> Letter:
    said: dict[str, Any] = {
        "id": new_id(),
        "force": 1,
        "purpose": "alert",
        "owner_id": new_id(),
        "channel": "email",
        "address": "rhian.pritchard@example.org",
        "address_hash": b"h" * 32,
        "subject": "You have an update",
        "body": "There is something new for you.\n\nPlease do not reply.",
        "language": "en",
        "due_at": NOW,
    } | values
    return Letter(**({"give_up_at": said["due_at"] + timedelta(hours=72)} | said))
