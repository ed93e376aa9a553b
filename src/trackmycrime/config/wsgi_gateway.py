"""WSGI application of the gateway. It refuses to start with a login that passes by the walls."""

import gc
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "trackmycrime.config.settings.gateway"

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 (loads every page now, once for all processes, not at the first visit)

from trackmycrime.kernel.walls import refuse_power  # noqa: E402 (needs the application's settings)

refuse_power("gateway")

# A delivery makes some hundred thousand short-lived objects that die by themselves: looking through them all the time
# for circles costs a tenth of what the delivery does.
gc.freeze()
gc.set_threshold(100_000, 20, 50)
