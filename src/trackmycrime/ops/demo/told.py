"""What the officer told the person beside an invitation: in the demo nobody can ask them.

Looks up the invitation of a link or code that arrived, as the desk does, under the desk's login.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LINK = re.compile(r"/start/([A-Za-z0-9_-]{32})")
CODE = re.compile(r"\b[C-Y3-9]{4}-[C-Y3-9]{4}-[C-Y3-9]{4}\b")


@dataclass(frozen=True)
class Told:
    """Whom an invitation is for, and the activation code that the officer gave them. `open`: it can be used."""

    name: str
    code: str
    open: bool


def told_with(body: str) -> Told | None:
    """What was told beside a letter; None for a letter that is no invitation. Needs Django as the desk."""
    from trackmycrime.forces.models import Force
    from trackmycrime.kernel.scope import bound
    from trackmycrime.people import codes
    from trackmycrime.people.models import Invitation

    if link := LINK.search(body):
        wanted = codes.link_hash(link[1])
    elif code := CODE.search(body):
        wanted = codes.start_hash(code[0])
    else:
        return None
    for force in Force.objects.all():
        with bound(force=force.pk):
            found = Invitation.objects.filter(token_hash=wanted).select_related("victim").first()
            if found is not None:
                usable = found.state in (Invitation.State.OPEN, Invitation.State.OPENED)
                return Told(str(found.victim.detail.get("name", "")), found.activation_code, usable)
    return None
