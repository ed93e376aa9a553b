"""«No more to this address», by one click in a mail program (RFC 8058) or by the button of a page. No sign-in.

The page says nothing of police, cases or whoever it is about: the mail may have gone to somebody else. What is asked is
written down as heard, and a worker carries it on.
"""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from trackmycrime.delivery import receipts, unsubscribing
from trackmycrime.delivery.letters import Receipt
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.limits import Limit, hit
from trackmycrime.people.access import open_to_all
from trackmycrime.people.limits import QUARTER

ASKING = Limit("unsubscribing", 5, QUARTER)
"""For each letter: what is asked once need not be written down a thousand times."""


@csrf_exempt  # mail programs press it, without cookie or page; the token in the address is what lets them
@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The question and its button; POST of ``List-Unsubscribe=One-Click`` does it, and is answered without redirect.

    GET changes nothing: mail scanners follow links.
    """
    dispatch = unsubscribing.dispatch_of(token)
    if dispatch is None:
        return _page(request, "unknown", 404)
    if request.method != "POST":
        return _page(request, "ask")
    if request.POST.get("List-Unsubscribe") != "One-Click":
        return _page(request, "ask", 400)
    now = utc_now()
    if hit(ASKING, str(dispatch), now=now):
        with transaction.atomic():
            receipts.hear([Receipt("email", dispatch, "", "unsubscribed", "one-click", now)], now=now)
    return _page(request, "done")


def _page(request: HttpRequest, says: str, status: int = 200) -> HttpResponse:
    context = {"says": says, "languages": ("en", "cy")}
    return render(request, "portal/unsubscribe.html", context, status=status)
