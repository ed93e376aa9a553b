"""How the gateway answers: JSON, and problems by RFC 9457. Nothing that was sent is repeated."""

from __future__ import annotations

import functools
import json
import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from trackmycrime.feed import refusals
from trackmycrime.feed.contract import BodyProblem
from trackmycrime.kernel.clock import utc_now

log = logging.getLogger("trackmycrime.gateway")

# How long a sender should wait for a database that is busy or starting again.
BUSY_SECONDS = 5

View = Callable[..., HttpResponse]


def answer(content: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """A JSON answer."""
    return _written(content, "application/json", status, {})


def problem(
    status: int,
    type_: str,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> HttpResponse:
    """A problem by RFC 9457; `members` are further members of it, left out where they are None."""
    content = {"type": type_, "title": title, "status": status, "detail": detail}
    content |= {name: value for name, value in members.items() if value is not None}
    response = _written(content, "application/problem+json", status, headers or {})
    response.problem = type_  # type: ignore[attr-defined]
    return response


def _written(content: Mapping[str, Any], type_: str, status: int, headers: Mapping[str, str]) -> HttpResponse:
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = {"Content-Length": str(len(body)), **headers}
    return HttpResponse(body, content_type=type_, status=status, headers=headers)


def only(*methods: str) -> Callable[[View], View]:
    """A view that takes these methods (with GET also HEAD) and answers whatever goes wrong with a problem.

    An exception is logged by its kind and place alone: its text, PostgreSQL's above all, may hold what was sent.
    """
    methods = (*methods, "HEAD") if "GET" in methods else methods

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, **named: str) -> HttpResponse:
            response = answered(request, **named)
            if 400 <= response.status_code < 500:
                refused(request, response)
            return response

        def answered(request: HttpRequest, **named: str) -> HttpResponse:
            if request.method not in methods:
                allowed = ", ".join(methods)
                return problem(
                    405,
                    "method-not-allowed",
                    "Method not allowed",
                    f"This takes {allowed}.",
                    {"Allow": allowed},
                )
            try:
                return view(request, **named)
            except BodyProblem as found:
                return body_problem(found)
            except SuspiciousOperation:
                return unreadable(request)
            except (OperationalError, InterfaceError) as fault:
                log.warning("the database is busy or away: %s", kind_and_place(fault))
                return problem(
                    503,
                    "try-again",
                    "Not now",
                    "The database is busy or starting again. Nothing was taken; send it again.",
                    {"Retry-After": str(BUSY_SECONDS)},
                )
            except Exception as fault:
                log.error("a request failed: %s", kind_and_place(fault))
                return failed(request)

        return guarded

    return decorate


def refused(request: HttpRequest, response: HttpResponse) -> None:
    """Put a refusal on record: of a source or provider that is known, or of somebody without a token that counts."""
    source, force = getattr(request, "source", (None, None))
    if source is None and response.status_code != 401 and not getattr(request, "known", False):
        return
    try:
        refusals.note(
            getattr(response, "problem", ""), response.status_code, source=source, force=force, now=utc_now()
        )
    except DatabaseError as fault:  # the answer stands all the same
        log.warning("a refusal is not on record: %s", kind_and_place(fault))


def body_problem(found: BodyProblem) -> HttpResponse:
    """The answer to a body that was not taken."""
    headers = {"Accept-Encoding": "gzip"} if found.type == "unsupported-content-encoding" else {}
    return problem(found.status, found.type, found.title, found.detail, headers, pointer=found.pointer)


def kind_and_place(fault: BaseException) -> str:
    """The kind of an exception and where in our code it arose, without its text."""
    ours = [frame for frame in traceback.extract_tb(fault.__traceback__) if "trackmycrime" in frame.filename]
    where = f" at {ours[-1].filename}:{ours[-1].lineno}" if ours else ""
    cause = f" because of {type(fault.__cause__).__name__}" if fault.__cause__ else ""
    return f"{type(fault).__name__}{cause}{where}"


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 for every address that is not one of ours."""
    return problem(
        404, "not-found", "Not found", "There is nothing here. The feed is at /api/feed/v1/events."
    )


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 for a request that Django could not make sense of."""
    return problem(400, "bad-request", "Bad request", "The request cannot be read.")


def failed(request: HttpRequest) -> HttpResponse:
    """500: our fault."""
    return problem(
        500,
        "internal-error",
        "It is our fault",
        "Nothing was taken. Send it again, and tell us if it stays so.",
    )
