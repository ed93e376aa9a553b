"""WSGI application of the gateway. It refuses to start with a login that passes by the walls."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "trackmycrime.config.settings.gateway"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from trackmycrime.kernel.walls import refuse_power  # noqa: E402 (needs the application's settings)

refuse_power("gateway")
