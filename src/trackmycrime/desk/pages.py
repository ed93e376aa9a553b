"""What every page of the desk shares: its navigation, whose desk it is, and what has just been done."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from trackmycrime.people.access import DeskRequest

from .gate import may_here
from .reads.me import me
from .rights import Act


def done_words(code: str) -> str:
    """What has just been done, in words, for the notice above the next page; empty for an unknown code."""
    return {
        "published": _("Your update is in. Those who may see it now can read it."),
        "held": _("Your update is in, and waits for a yes before anybody can read it."),
        "not_shown": _("Your update is kept, and not shown: your force does not show updates of this kind."),
        "released": _("The update can be read now."),
        "kept": _("The update stays back. Your reason is written down."),
        "never": _("The update will not be shown. Your reason is written down."),
        "dated": _("The date of the next update is set."),
        "answered": _("Your answer is sent."),
        "settled": _("The task is done. Your note is written down."),
        "withheld": _("The case is closed to its victims. Nothing more is sent about it."),
        "lifted": _("The case is no longer withheld. Look at what was missed before you release it."),
        "switched_on": _("The case is switched on. Look at what was missed before you release it."),
        "switched_off": _("The case is switched off. Nothing more is sent about it."),
        "look_on": _("A look without an account is no longer switched off."),
        "look_off": _("A look without an account is switched off. Who was looking sees nothing more."),
        "invited": _("A new invitation is on its way. The earlier one does not work any more."),
        "not_by_machine": _(
            "Nothing is sent by machine, for it would not be safe. There is a task for you instead."
        ),
        "checked": _(
            "It is written down that you have made sure who it is. For an hour you can let them in again."
        ),
        "made": _("The code is made. Show it, and give it to this person and nobody else."),
        "no_portal": _("This site is not safe for this person, so there is no code. Tell them yourself."),
        "posted": _(
            "The letter will be printed and posted. The task is done; it comes back if the letter cannot be sent."
        ),
        "not_set": _(
            "The letter cannot be made: their name or address has signs that cannot be printed here. Write it by hand."
        ),
        "revoked": _("The invitation is taken back. Its link and code do not work any more."),
        "held_channel": _("Nothing goes out by that channel any more. What waits is kept."),
        "released_channel": _("The channel sends again. What waited goes out now."),
        "asked": _("This is being done. Load the page again in a moment to see what became of it."),
        "words_saved": _("The words are saved. What is written from now on goes out in them."),
        "access_ended": _("It is stopped. They cannot see the case any more."),
        "organisation_closed": _("It is closed. Nobody there sees anything any more."),
        "session_ended": _("Signed out there. That browser has to sign in again."),
        "password": _("Your new password is set"),
        "again": _("That was done already."),
    }.get(code, "")


def page(
    request: DeskRequest, template: str, here: str = "", status: int = 200, **context: Any
) -> HttpResponse:
    """One page of the desk. `here` names the place in the navigation that it belongs to."""
    places = [
        ("start", _("Due") if may_here(request, Act.SEE_CASES) else _("Your force"), Act.START),
        ("messages", _("Messages"), Act.SEE_CASES),
        ("held", _("Waiting for a yes"), Act.SEE_CASES),
        ("cases", _("Cases"), Act.SEE_CASES),
        ("quarantine", _("Quarantine"), Act.QUARANTINE),
        ("channels", _("Channels"), Act.SEE_CHANNELS),
        ("log", _("What was sent"), Act.DELIVERY_LOG),
        ("words", _("Words"), Act.WORDS),
        ("organisations", _("Organisations"), Act.ORGANISATIONS),
        ("account", _("Account"), Act.OWN_SIGN_IN),
    ]
    shared = {
        "nav_items": [
            (name, reverse(place), place == here) for place, name, act in places if may_here(request, act)
        ],
        "sign_out": reverse("sign_out"),
        "force_name": me(request).force,
        "me": me(request),
        "may": {act.value: may_here(request, act) for act in Act},
        "done": done_words(request.GET.get("done", "")),
    }
    return render(request, template, shared | context, status=status)


def back_to(name: str, *args: Any, done: str = "", fragment: str = "", **query: str) -> HttpResponseRedirect:
    """Redirect after a form, saying what was done."""
    given = {key: value for key, value in {"done": done, **query}.items() if value}
    address = reverse(name, args=args) + (f"?{urlencode(given)}" if given else "")
    return HttpResponseRedirect(address + (f"#{fragment}" if fragment else ""), status=303)
