"""Since when something counts as new: since the person last looked before this visit.

The moment is fixed for a visit, so that «New» does not vanish when a page is loaded again.
"""

from datetime import datetime

from trackmycrime.people.access import PortalRequest
from trackmycrime.people.models import Account

KEY = "looked_at"


def since(request: PortalRequest, *, now: datetime) -> datetime:
    """When the person last looked before this visit; the first visit begins now."""
    if kept := request.session.get(KEY):
        return datetime.fromisoformat(kept)
    moment = request.account.seen_at or now
    request.session[KEY] = moment.isoformat()
    note(request, now=now)
    return moment


def note(request: PortalRequest, *, now: datetime) -> None:
    """The person has looked: what is there by now is not new at the next visit."""
    Account.objects.filter(pk=request.account.pk).update(seen_at=now)
