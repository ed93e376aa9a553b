"""The verbs of this room: `page`, `acknowledge`, `may_read` for the gateway, the others for the worker.

For administrators: `readers` and `webhooks`.
"""

from .adding import BELL, News, add
from .news import of_contacts, of_messages, of_undelivered
from .numbering import number
from .reading import MOST, USUAL, Acknowledged, Ahead, NotAllowed, Page, acknowledge, may_read, page
from .vocabulary import TYPES
from .work import BELL as POSTS
from .work import spread, sweep

__all__ = [
    "BELL",
    "MOST",
    "POSTS",
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
    "spread",
    "sweep",
]
