"""Whether this door can work."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse

from trackmycrime.gateway.answers import answer, only


@only("GET")
def healthz(request: HttpRequest) -> HttpResponse:
    """200 where the database answers, else 503. Says nothing about the installation."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return answer({"status": "ok"})
