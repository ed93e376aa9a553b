"""The verbs of this room. `add` and `number` are the worker's, the others the gateway's."""

from .adding import BELL, News, add
from .news import of_contacts, of_messages, of_undelivered
from .numbering import number
from .reading import MOST, USUAL, Acknowledged, Ahead, NotAllowed, Page, acknowledge, may_read, page
from .vocabulary import TYPES

__all__ = [
    "BELL",
    "MOST",
    "TYPES",
    "USUAL",
    "Acknowledged",
    "Ahead",
    "News",
    "NotAllowed",
    "Page",
    "acknowledge",
    "add",
    "may_read",
    "number",
    "of_contacts",
    "of_messages",
    "of_undelivered",
    "page",
]
