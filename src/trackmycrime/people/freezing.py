"""«Somebody else may have seen this»: the account is closed at once, and an officer is asked to speak with them."""

from datetime import datetime
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.kernel import setwise

from .sessions import own


def freeze(account_id: UUID, *, now: datetime) -> int:
    """Freeze the signed-in account, in a transaction bound to it; says how many officers were newly asked.

    Nobody signs in to it any more, all its sessions end, nothing is pushed to its phones. Only an officer opens it
    again, by a new invitation after they have made sure whom they speak with. Frozen already, it stays so. Its owner is
    told by a way that nobody signs in by, if there is one that is safe (`alerts.signins`).
    """
    rows = setwise.fetch("select people_freeze(%s) as asked", [now])
    act = audit.Act("account.frozen", "account", str(account_id))
    audit.record(audit.Actor("victim", str(account_id)), [act], force=None, now=now)
    own.changed(account_id, now=now, how=own.FROZEN)
    return int(rows[0]["asked"])
