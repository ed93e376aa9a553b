"""Letters that an officer prints: an invitation, and that there is something new. README.md has the rules."""

from .content import Letter, invitation, news, steps, why_not
from .typesetting import CannotBeSet, pdf

__all__ = ["CannotBeSet", "Letter", "invitation", "news", "pdf", "steps", "why_not"]
