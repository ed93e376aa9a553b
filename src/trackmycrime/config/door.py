"""What every door's process does before it takes its first request."""

import gc
import os

from django.core.handlers.wsgi import WSGIHandler


def application(door: str) -> WSGIHandler:
    """The WSGI application of that door, with its settings. Refuses to start with a login that passes by the walls.

    Its pages are loaded here, once for all processes, and not by whoever comes first.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = f"trackmycrime.config.settings.{door}"

    from django.core.wsgi import get_wsgi_application
    from django.urls import get_resolver

    made = get_wsgi_application()
    list(get_resolver().url_patterns)

    from trackmycrime.kernel.walls import refuse_power

    refuse_power(door)

    # A request makes thousands of short-lived objects, a delivery a hundred thousand, that die by themselves: looking
    # through them all the time for circles costs a tenth of what a delivery does.
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    return made
