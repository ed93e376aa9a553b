"""An address is not used any more: an officer is asked to find another way. The clocks of the Code go on."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from trackmycrime.delivery.letters import Lost
from trackmycrime.kernel import setwise
from trackmycrime.tasks.api import Need

from .reading import people
from .writing import ask_officers, need

BOUNCED = "address_bounced"
"""The task where what was sent came back"""
AGREE_ANOTHER_WAY = "agree_another_way"
"""The task where the holder of the address wants no more"""


def address_lost(lost: Sequence[Lost], now: datetime) -> None:
    """Open a task for each victim whose letter has shown it, unless the address is not theirs any more.

    Alerts that wait for that address find out when their letter is about to go (`looking.recheck`).
    """
    victims = _victims([one.owner_id for one in lost])
    known = people(set(victims.values()))
    needs: dict[int, list[Need]] = defaultdict(list)
    for one in lost:
        person = known.get(victims[one.owner_id]) if one.owner_id in victims else None
        if person is None or not person.contact.live:
            continue
        if person.contact.addresses.get(one.channel) != one.address_hash:
            continue
        kind = BOUNCED if one.state == "bounced" else AGREE_ANOTHER_WAY
        needs[person.force].append(need(kind, person, one.state, channel=one.channel))
    for force, several in needs.items():
        ask_officers(force, several, now=now)


def _victims(owners: Sequence[UUID]) -> dict[UUID, UUID]:
    """Whom the letters of these owners (alerts, invitations for codes, and for answers the victims) were for."""
    rows = setwise.fetch(
        "select id, victim_id from alerts_alert where id = any(%s)"
        " union all select id, victim_id from people_invitation where id = any(%s)"
        " union all select id, id from people_victim where id = any(%s)",
        [list(owners)] * 3,
    )
    return {row["id"]: row["victim_id"] for row in rows}
