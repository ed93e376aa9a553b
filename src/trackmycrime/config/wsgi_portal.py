"""WSGI application of the portal. It refuses to start with a login that passes by the walls."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "trackmycrime.config.settings.portal"

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 (loads every page now, once for all processes, not at the first visit)

from trackmycrime.kernel.walls import refuse_power  # noqa: E402 (needs the application's settings)

refuse_power("portal")
