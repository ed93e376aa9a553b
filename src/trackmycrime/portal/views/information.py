"""Pages that say the same to everybody: help, rights, privacy, cookies, terms, accessibility; and the language."""

from datetime import date
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from trackmycrime.people.access import open_to_all, safe_next
from trackmycrime.portal import disguise

ACCESSIBILITY_PREPARED = date(2026, 11, 24)
A_YEAR = 60 * 60 * 24 * 365


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"portal/info/{name}.html", context)


@open_to_all
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, for people who have only heard of it; who is signed in goes on to their cases."""
    if getattr(request, "account_id", None):
        return HttpResponseRedirect(reverse("cases"))
    return render(request, "portal/home.html", {"join_url": reverse("join")})


@open_to_all
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Emergency numbers, how to use the site, who else helps, how to complain."""
    return _page(request, "help")


@open_to_all
@require_safe
def safety(request: HttpRequest) -> HttpResponse:
    """What this site hides from somebody who looks at the device, the bills or the network, and what it cannot."""
    return _page(request, "safety", neutral=disguise.wanted(request), needed=disguise.needed(request))


@open_to_all
@require_POST
def tab(request: HttpRequest) -> HttpResponse:
    """Show a neutral name on the tab of this browser from now on, or the name of this site again."""
    response = HttpResponseRedirect(reverse("safety") + "#tab")
    if "neutral" in request.POST:
        disguise.keep(response)
    else:
        disguise.forget(response)
    return response


@open_to_all
@require_safe
def lost(request: HttpRequest) -> HttpResponse:
    """How somebody gets in again who has lost everything: by a person, and what that person will ask."""
    return _page(request, "lost")


@open_to_all
@require_safe
def rights(request: HttpRequest) -> HttpResponse:
    """The twelve rights of the Victims' Code in plain words."""
    return _page(request, "rights", help_url=reverse("help"))


@open_to_all
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is held, why, how long, and what one may ask for."""
    return _page(request, "privacy")


@open_to_all
@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """The cookies that this door sets: all of them, by their real names."""
    return _page(
        request,
        "cookies",
        cookies=[
            {
                "name": settings.SESSION_COOKIE_NAME,
                "why": _("Keeps you signed in."),
                "long": _(
                    "Until you sign out, close the browser, or have not used the site for half an hour."
                ),
            },
            {
                "name": settings.CSRF_COOKIE_NAME,
                "why": _("Makes sure that a form was sent by you and not by another website."),
                "long": _("One year."),
            },
            {
                "name": settings.BROWSER_COOKIE_NAME,
                "why": _(
                    "Remembers that somebody has signed in with this browser, so that nobody can lock you out by"
                    " trying wrong passwords. It says nothing about you."
                ),
                "long": _("Half a year after you last signed in."),
            },
            {
                "name": settings.TAB_COOKIE_NAME,
                "why": _("Keeps the name of this site off the tab of your browser, if you want that."),
                "long": _("One year."),
            },
            {
                "name": settings.LANGUAGE_COOKIE_NAME,
                "why": _("Remembers which language you chose."),
                "long": _("One year."),
            },
        ],
    )


@open_to_all
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """What the site is for and what it is not for."""
    return _page(request, "terms")


@open_to_all
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The statement that the Accessibility Regulations 2018 ask for."""
    return _page(request, "accessibility", prepared=ACCESSIBILITY_PREPARED)


@open_to_all
@require_safe
def language(request: HttpRequest, code: str) -> HttpResponse:
    """Remember the language and go back to the page that was open. Changes how pages look and nothing else."""
    if code not in dict(settings.LANGUAGES):
        raise Http404
    return remember(HttpResponseRedirect(safe_next(request)), code)


def remember(response: HttpResponse, code: str) -> HttpResponse:
    """Keep the language in this browser for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=A_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
