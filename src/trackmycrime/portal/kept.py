"""Pages that were rendered before and have not changed: a published case is written once and read often.

In this process's memory only, a bounded number, the least recently read given up first. A page is found by the account
and by its tag, which names everything that can change it, after row security has said that this account may read it.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from uuid import UUID

from django.http import HttpRequest
from django.middleware.csrf import get_token

MOST = 500
"""How many pages are kept, of some 20 kB each"""
TOKEN = "\0token\0"  # noqa: S105 (stands where each answer's own form token goes; no page can hold a NUL)


class Kept:
    """The rendered pages of one view."""

    def __init__(self, most: int = MOST) -> None:
        self._pages: OrderedDict[tuple[UUID, str], str] = OrderedDict()
        self._most = most
        self._lock = Lock()

    def page(self, request: HttpRequest, account: UUID, tag: str, write: Callable[[], str]) -> str:
        """The page of that tag for this account, written by `write` if it is not kept, with this answer's form token.

        `write` puts `TOKEN` where the form token goes.
        """
        with self._lock:
            page = self._pages.get((account, tag))
            if page is not None:
                self._pages.move_to_end((account, tag))
        if page is None:
            page = write()
            with self._lock:
                self._pages[account, tag] = page
                while len(self._pages) > self._most:
                    self._pages.popitem(last=False)
        return page.replace(TOKEN, get_token(request))
