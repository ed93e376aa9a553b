"""Letters that an officer prints: an invitation, and that there is something new. README.md has the rules."""

from trackmycrime.people.letters import addressed

from .allowing import may_post, may_tell, why_not
from .content import Letter, invitation, news, posted, steps
from .typesetting import CannotBeSet, pdf

__all__ = [
    "CannotBeSet",
    "Letter",
    "addressed",
    "invitation",
    "may_post",
    "may_tell",
    "news",
    "pdf",
    "posted",
    "steps",
    "why_not",
]
