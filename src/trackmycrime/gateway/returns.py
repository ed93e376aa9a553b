"""The way back: what victims did, page by page, and how far a records system has come in reading it."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest, HttpResponse

from trackmycrime.gateway.answers import answer, only, problem
from trackmycrime.gateway.bodies import bytes_of
from trackmycrime.gateway.credentials import source_of, too_fast
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.returns import api

_NUMBER = re.compile(r"[0-9]{1,19}")


class _Wrong(Exception):
    """A query or body that is not as described; `args` are the status, its type and what would be right."""


@only("GET")
def returns(request: HttpRequest) -> HttpResponse:
    """A page of what victims did, after ``after`` or after what this source acknowledged last."""
    now = utc_now()
    found = source_of(request, now)
    if isinstance(found, HttpResponse):
        return found
    source, force = found
    try:
        asked = _query(request)
        if slow := too_fast(source, events=asked["limit"], size=0, now=now):
            return slow
        with bound(force=force):
            page = api.page(source, force, asked["after"], limit=asked["limit"], types=asked["types"])
    except (_Wrong, api.NotAllowed, api.Ahead) as why:
        return _refused(why)
    return answer({"returns": page.returns, "cursor": str(page.cursor), "more": page.more})


@only("POST")
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Everything up to this cursor is safe with the records system."""
    now = utc_now()
    found = source_of(request, now)
    if isinstance(found, HttpResponse):
        return found
    source, force = found
    try:
        if slow := too_fast(source, events=1, size=0, now=now):
            return slow
        cursor = _cursor_of(request)
        with bound(force=force):
            done = api.acknowledge(source, force, cursor, now=now)
    except (_Wrong, api.NotAllowed, api.Ahead) as why:
        return _refused(why)
    return answer({"cursor": str(done.cursor), "acknowledged": done.count})


def _query(request: HttpRequest) -> dict[str, Any]:
    given = {name: request.GET.getlist(name) for name in request.GET}
    if given.keys() - {"after", "limit", "types"} or any(len(values) > 1 for values in given.values()):
        raise _Wrong(
            400, "wrong-parameter", "The parameters are «after», «limit» and «types», each once at most."
        )
    after, limit, types = (given.get(name, [None])[0] for name in ("after", "limit", "types"))
    if after is not None and not _NUMBER.fullmatch(after):
        raise _Wrong(400, "wrong-parameter", "«after» is a cursor: the digits that an earlier answer gave.")
    if limit is not None and not (_NUMBER.fullmatch(limit) and 1 <= int(limit) <= api.MOST):
        raise _Wrong(400, "wrong-parameter", f"«limit» is a number from 1 to {api.MOST}.")
    wanted = [] if types is None else types.split(",")
    if not set(wanted) <= set(api.TYPES):
        raise _Wrong(
            400, "wrong-parameter", f"«types» are some of these, with commas between: {', '.join(api.TYPES)}."
        )
    return {
        "after": None if after is None else int(after),
        "limit": api.USUAL if limit is None else int(limit),
        "types": wanted,
    }


def _cursor_of(request: HttpRequest) -> int:
    if (request.content_type or "").lower() != "application/json":
        raise _Wrong(415, "unsupported-media-type", 'Send {"cursor": "…"} as application/json.')
    try:
        body = json.loads(bytes_of(request))
    except (ValueError, RecursionError):
        raise _Wrong(400, "not-json", 'The body is not JSON. Send {"cursor": "…"}.') from None
    cursor = body.get("cursor") if isinstance(body, dict) and body.keys() == {"cursor"} else None
    if not isinstance(cursor, str) or not _NUMBER.fullmatch(cursor):
        raise _Wrong(
            422, "wrong-body", 'The body is {"cursor": "…"} and nothing else: the cursor of a page, a string.'
        )
    return int(cursor)


def _refused(why: Exception) -> HttpResponse:
    if isinstance(why, api.NotAllowed):
        return problem(
            403,
            "not-allowed",
            "This source may not read returns",
            "They hold what victims write. An administrator allows it: `trackmycrime source returns allow FORCE NAME`.",
        )
    if isinstance(why, api.Ahead):
        return problem(
            409,
            "cursor-ahead",
            "This cursor is ahead of what there is",
            f"The newest return has the cursor {why.last}. It is of another force or installation, or a backup was "
            "restored: read again from a cursor that is not ahead, and take what you have already by its id.",
        )
    status, type_, detail = why.args
    return problem(status, type_, "Wrong query" if status == 400 else "Wrong body", detail)
