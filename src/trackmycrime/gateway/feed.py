"""The feed: take events, say who asks."""

from __future__ import annotations

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from trackmycrime.feed import sources
from trackmycrime.feed import state as known_state
from trackmycrime.feed.contract import TYPES, BodyProblem, Line, judge, read_body
from trackmycrime.gateway.answers import answer, only, problem
from trackmycrime.gateway.bodies import bytes_of
from trackmycrime.gateway.credentials import source_of, too_fast
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.pipeline import Result, take_events
from trackmycrime.returns.api import may_read

# Deliveries of one force are taken one after the other; who waits longer than this is asked to come again.
LOCK_SECONDS = 15
RETURNS = "returns"
"""The scope of a token that may read what victims did."""


@only("POST")
def events(request: HttpRequest) -> HttpResponse:
    """Take one delivery: all of its events are judged and durable when this answers 200.

    With ``?validate=true`` everything is done as always, and then undone: the answer is what it would be.
    """
    now = utc_now()
    found = source_of(request, now)
    if isinstance(found, HttpResponse):
        return found
    parameters = request.GET.dict()
    validate = parameters.pop("validate", "false")
    if parameters or validate not in {"true", "false"}:
        return problem(
            400,
            "wrong-parameter",
            "Wrong query",
            "The only parameter is «validate», which is «true» or «false».",
        )
    source_id, force_id = found
    raw = bytes_of(request)
    lines, fault = _read(request, raw)
    # what cannot be read is weighed too, or it would be a way around the limit
    if slow := too_fast(source_id, events=max(len(lines), 1), size=len(raw), now=now):
        return slow
    if fault:
        raise fault
    with bound(force=force_id):
        known, key = sources.load(source_id), sources.digest_key()
        verdicts = [
            judge(
                line,
                now=now,
                allowed_types=known.sender.types,
                digest_key=key,
                country=known.country,
            )
            for line in lines
        ]
        with connection.cursor() as cursor:
            cursor.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
        results = take_events(known.sender, verdicts, now=now)
        if validate == "true":
            transaction.set_rollback(True)
    return answer({"results": [_result(result) for result in results]})


def _read(request: HttpRequest, raw: bytes) -> tuple[list[Line], BodyProblem | None]:
    try:
        headers = request.headers
        return read_body(headers.get("Content-Type", ""), headers.get("Content-Encoding"), raw), None
    except BodyProblem as found:
        return [], found


def _result(result: Result) -> dict[str, object]:
    told: dict[str, object] = {"id": result.id, "status": result.status}
    if result.problem is not None:
        told["problem"] = result.problem.as_dict()
    return told


@only("GET")
def state(request: HttpRequest) -> HttpResponse:
    """A page of what is known here of this source's own entities."""
    now = utc_now()
    found = source_of(request, now)
    if isinstance(found, HttpResponse):
        return found
    source, force = found
    after, limit = request.GET.get("after", ""), request.GET.get("limit", str(known_state.USUAL))
    given = {name: len(request.GET.getlist(name)) for name in request.GET}
    size = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 5 else 0
    if (
        given.keys() - {"after", "limit"}
        or max(given.values(), default=1) > 1
        or not 0 < size <= known_state.MOST
    ):
        return problem(
            400,
            "wrong-parameter",
            "Wrong query",
            f"The parameters are «after», a cursor, and «limit», 1 to {known_state.MOST}; each once at most.",
        )
    # a page costs about as much as a delivery of as many events
    if slow := too_fast(source, events=size, size=0, now=now):
        return slow
    try:
        with bound(force=force):
            entities, following = known_state.page(source, force, after=after, most=size)
    except known_state.WrongCursor:
        return problem(
            404, "unknown-cursor", "No such page", "«after» is the «next» of an earlier page of this source."
        )
    told = [
        {
            "subject": one.subject,
            "entity": one.entity,
            "sequence": None if one.sequence is None else str(one.sequence),
            "digest": one.digest,
        }
        for one in entities
    ]
    return answer({"entities": told, "next": following})


@only("GET")
def whoami(request: HttpRequest) -> HttpResponse:
    """The force and source that the token is of, the event types that it may send, and from when they are live."""
    found = source_of(request, utc_now())
    if isinstance(found, HttpResponse):
        return found
    source_id, force_id = found
    with bound(force=force_id):
        known = sources.load(source_id)
        reads = may_read(source_id)
    types = known.sender.types
    return answer(
        {
            "force": known.force,
            "force_name": known.force_name,
            "source": known.sender.name,
            "scopes": [
                *(type_ for type_ in TYPES if types is None or type_ in types),
                *([RETURNS] if reads else []),
            ],
            "live_from": sources.say_live_from(known.sender.live_from),
        }
    )
