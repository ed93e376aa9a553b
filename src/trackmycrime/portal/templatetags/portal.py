"""What the portal's layout needs to know of the page. `{% load portal %}`."""

from functools import cache

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trackmycrime.portal import disguise

register = template.Library()


@cache
def _pages(_language: str, here: str) -> list[tuple[str, str, bool]]:
    names = {
        "cases": _("My cases"),
        "messages": _("Messages"),
        "settings": _("Settings"),
        "account": _("Account"),
    }
    return [(name, reverse(route), route == here) for route, name in names.items()]


@register.simple_tag(takes_context=True)
def neutral_tab(context: Context) -> str:
    """What the tab of the browser shows in disguise; empty where it may show the name of this site."""
    request = context.get("request")
    if request is None or not disguise.wanted(request):
        return ""
    names = {"cases": _("Overview"), "messages": _("Messages"), "settings": _("Settings")}
    page, account = names.get(str(context.get("here", ""))), _("My account")
    return f"{page} – {account}" if page else account


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[tuple[str, str, bool]]:
    """(name, address, whether it is this page) of a signed-in person's pages; nothing for anybody else.

    A view says where it belongs by `here` in its context: ``cases``, ``messages``, ``settings`` or ``account``.
    """
    if not getattr(context.get("request"), "account_id", None):
        return []
    return _pages(get_language() or "", str(context.get("here", "")))
