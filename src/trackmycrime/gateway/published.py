"""The contract as files: a JSON Schema for each type, an index of them, the AsyncAPI description. Open to all."""

from __future__ import annotations

import functools
import json
from typing import Any

from django.http import HttpRequest, HttpResponse

from trackmycrime.feed.contract import asyncapi as described
from trackmycrime.feed.contract import schemas
from trackmycrime.feed.contract.verdicts import MODELS
from trackmycrime.gateway.answers import missing, only

_KEPT = {"Cache-Control": "public, max-age=300"}


@only("GET")
def index(request: HttpRequest) -> HttpResponse:
    """Which types there are, and where the schema of each is."""
    return HttpResponse(_written("index"), content_type="application/json", headers=_KEPT)


def schema(request: HttpRequest, type_: str) -> HttpResponse:
    """The JSON Schema of events of this type."""

    @only("GET")
    def of_the_type(request: HttpRequest) -> HttpResponse:
        if type_ not in MODELS:
            return missing(request)
        return HttpResponse(_written(type_), content_type="application/schema+json", headers=_KEPT)

    return of_the_type(request)


@only("GET")
def asyncapi(request: HttpRequest) -> HttpResponse:
    """The description of the feed, AsyncAPI 3."""
    return HttpResponse(_written("asyncapi"), content_type="application/json", headers=_KEPT)


@functools.cache
def _written(what: str) -> bytes:
    found: dict[str, Any]
    if what == "index":
        found = schemas.index()
    elif what == "asyncapi":
        found = described.describe()
    else:
        found = schemas.event_schema(what)
    return written(found)


def written(found: dict[str, Any]) -> bytes:
    """A published file as it is kept and served."""
    return json.dumps(found, ensure_ascii=False, indent=1).encode()
