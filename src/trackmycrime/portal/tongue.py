"""In which language a victim is written to, where nobody knows: in Wales they are asked once, when they come in.

Until they answer, and also when they answer «both», what is sent stands in both (`alerts.words.language_for`).
"""

from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode

from trackmycrime.alerts.words import language_for
from trackmycrime.kernel import scope
from trackmycrime.people import choices
from trackmycrime.people.models import Account, Victim

BOTH = "both"


def not_known(account_id: UUID) -> list[Victim]:
    """The parts that this account has in crimes of forces that write Welsh, whose language nobody has said."""
    mine = Victim.objects.filter(account_id=account_id, live=True).select_related("force").order_by("id")
    return [
        victim
        for victim in mine
        if language_for(victim.chosen_language, victim.language, victim.force.languages) == "cy+en"
    ]


def onwards(account_id: UUID, to: str, *, now: datetime) -> str:
    """Where somebody who has just come in goes: to the question where it was never put to them, else to `to`.

    What they have chosen for another case holds for one that they joined since.
    """
    with scope.bound(account=account_id):
        open_ = not_known(account_id)
        if not open_:
            return to
        chosen = Victim.objects.filter(account_id=account_id, live=True).exclude(chosen_language="")
        language = chosen.order_by("-chosen_at").values_list("chosen_language", flat=True).first()
        if language:
            _keep(account_id, open_, language, now)
            return to
        if Account.objects.filter(pk=account_id, language_asked_at__isnull=False).exists():
            return to
    return f"{reverse('tongue')}?{urlencode({'next': to})}"


def answer(account_id: UUID, language: str, *, now: datetime) -> None:
    """Keep the answer, ``en``, ``cy`` or ``both``, in the caller's transaction; the question is not put again."""
    Account.objects.filter(pk=account_id).update(language_asked_at=now)
    if language != BOTH:
        Account.objects.filter(pk=account_id).update(language=language)
        _keep(account_id, not_known(account_id), language, now)


def _keep(account_id: UUID, parts: list[Victim], language: str, now: datetime) -> None:
    chosen = {victim.id: choices.so_far(victim, language=language) for victim in parts}
    choices.choose(account_id, chosen, now=now)
