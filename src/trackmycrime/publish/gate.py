"""The one gate to a case."""

from uuid import UUID

from .models import Case


def case_for(account_id: UUID, case_id: UUID) -> Case | None:
    """The published case, if this account may see it now; else None, the same for wrong, unknown and not eligible.

    It is open when the crime is eligible and not withheld, within its time, and the account holds a live victim's
    part in it. Row security is what decides; this asks it, inside `kernel.scope.bound(account=account_id)`.
    """
    return Case.objects.filter(id=case_id).defer("page").first()
