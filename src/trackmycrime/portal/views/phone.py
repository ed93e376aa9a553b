"""Being told on this phone: the page, its forms, and what makes of the portal something that a phone can install."""

import hashlib
import json
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from trackmycrime.delivery.api import WrongSubscription, push_key, read_subscription
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people import browsers, choices, devices
from trackmycrime.people.access import PortalRequest, fresh_only, open_to_all
from trackmycrime.people.models import Victim
from trackmycrime.publish import dates, wording


@fresh_only
@require_safe
def page(request: PortalRequest) -> HttpResponse:
    """What being told on a phone is like, whether this one is on, and which others are."""
    if not push_key():
        raise Http404
    account = _account(request)
    today = london_date(utc_now())
    phones = [
        {
            "id": one.id,
            "name": browsers.said(one.browser, one.system),
            "since": dates.day(london_date(one.created_at), get_language() or "en", today=today),
            # by which the page knows which of them it is shown on
            "mark": hashlib.sha256(one.endpoint.encode()).hexdigest(),
        }
        for one in devices.mine(account)
    ]
    offered = bool(devices.allowed())
    used = Victim.objects.filter(account_id=account, live=True, chosen_channel="push").exists()
    context = {
        "key": push_key(),
        "phones": phones,
        "offered": offered,
        "used": used,
        "said": request.GET.get("said", ""),
        "here": "settings",
    }
    return render(request, "portal/account/phone.html", context)


@fresh_only
@require_POST
def add(request: PortalRequest) -> HttpResponse:
    """This browser is told from now on, and push is the way for each case in which it is safe."""
    account, now = _account(request), utc_now()
    allowed = devices.allowed()
    if not push_key() or not allowed:
        raise Http404
    try:
        to = read_subscription(request.POST.get("subscription", ""))
    except WrongSubscription:
        return _back("failed")
    browser, system = browsers.named(request.headers.get("User-Agent", ""))
    devices.add(account, to, browser=browser, system=system, now=now)
    parts = Victim.objects.filter(id__in=allowed, account_id=account)
    chosen = {part.id: choices.so_far(part, channel="push") for part in parts}
    choices.choose(account, chosen, now=now)
    return _back("on")


@require_POST
def remove(request: PortalRequest, device: UUID) -> HttpResponse:
    """That browser is told no more."""
    devices.remove(_account(request), device, now=utc_now())
    return _back("off")


@open_to_all
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that shows a push and opens the bare page when it is pressed; it keeps nothing of any page."""
    neutral = {
        "title": wording.both("alert.disguise.push_title"),
        "body": wording.both("alert.disguise.push_body"),
        "lang": "cy",
    }
    look = {"icon": static("design/icon-192.png"), "badge": static("design/badge-96.png")}
    said = {"neutral": neutral, "look": look, "home": reverse("home")}
    script = render_to_string("portal/worker.js", {"said": json.dumps(said)})
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@open_to_all
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to install the portal: a name and a sign that say nothing to somebody who looks on."""
    icons = [
        {"src": static(f"design/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    full = {
        "src": static("design/icon-512-full.png"),
        "sizes": "512x512",
        "type": "image/png",
        "purpose": "maskable",
    }
    said = {
        "id": "/",
        "name": _("My updates"),
        "short_name": _("My updates"),
        "lang": get_language() or "en",
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f8f5ef",
        "theme_color": "#14524b",
        "icons": [*icons, full],
    }
    return HttpResponse(json.dumps(said), content_type="application/manifest+json")


def _account(request: PortalRequest) -> UUID:
    assert request.account_id is not None
    return request.account_id


def _back(said: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('phone')}?said={said}")
