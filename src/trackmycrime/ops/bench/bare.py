"""The yardstick of the pages: a Django view that says hello, without middleware. Run under the portal's gunicorn."""

from __future__ import annotations

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def hello(request: HttpRequest) -> HttpResponse:
    """The least that a view can do."""
    # the length is CommonMiddleware's to say, and without it the answer would go out in chunks
    return HttpResponse("hello", headers={"Content-Length": "5"})


urlpatterns = [path("", hello)]


def application() -> WSGIHandler:
    """Made by gunicorn in a process that has no other settings."""
    settings.configure(
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[],
        ALLOWED_HOSTS=["127.0.0.1"],
        SECRET_KEY="yardstick",  # noqa: S106 (guards nothing)
    )
    return get_wsgi_application()
