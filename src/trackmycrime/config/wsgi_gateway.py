"""WSGI application of the gateway."""

import gc

from trackmycrime.config import door

application = door.application("gateway")

# A delivery makes some hundred thousand short-lived objects that die by themselves: looking through them all the time
# for circles costs a tenth of what the delivery does.
gc.freeze()
gc.set_threshold(100_000, 20, 50)
