"""Whether a look without an account is possible for a victim, in plain words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from trackmycrime.publish.looks import Possible

from .words import CHANNELS, listed, said

WHY_NOT = {
    "withdrawn": lazy("the records system has withdrawn this person"),
    "account": lazy("they have an account, or had one"),
    "no_portal": lazy("this site is not safe for them"),
    "disguise": lazy("nothing may show that police are writing"),
    "of_age": lazy("the child whose parent or guardian they are is 18 now"),
    "switched_off": lazy("an officer has switched it off"),
    "no_contact": lazy("there is no email address or mobile number on file"),
    "not_for_me": lazy("somebody at that address said that it is not for them"),
    "not_safe": lazy("neither email nor text is safe for them"),
    "hours": lazy("the hours that are safe for them are only half known"),
    "not_known": lazy("nobody has said what is safe for them"),
    "force": lazy("your force has switched it off for everybody"),
    "shared": lazy("somebody else in the case has the same address or number, for whom it is not safe"),
    "closed": lazy("the case is closed to its victims"),
}
"""Why there is no look (`publish.looks.Possible.why_not`)."""


def look(possible: Possible) -> str:
    """Whether, how, and why not."""
    if possible.ways:
        ways = listed(said(CHANNELS, way) for way in possible.ways)
        return _("Possible: who knows the reference gets a code by %(ways)s.") % {"ways": ways.lower()}
    return _("Not possible: %(why)s.") % {"why": said(WHY_NOT, possible.why_not)}
