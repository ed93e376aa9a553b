"""The yardstick of pages: a Django view that says hello, under the same server and with no middleware at all."""

import secrets

from django.conf import settings

settings.configure(
    SECRET_KEY=secrets.token_hex(),
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[],
    INSTALLED_APPS=[],
)

from django.core.wsgi import get_wsgi_application  # noqa: E402 (settings come first)
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


def hello(request: HttpRequest) -> HttpResponse:
    """Nothing but an answer."""
    return HttpResponse("hello\n", content_type="text/plain")


urlpatterns = [path("", hello)]
application = get_wsgi_application()
