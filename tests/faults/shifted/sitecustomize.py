"""Python runs this before anything else where this folder is on its path: the clock of gateway and worker is shifted.

It goes on from ``TMC_TEST_CLOCK`` (ISO 8601) at its usual speed. Whoever starts and watches them keeps the real one.
"""

import os
import sys
from datetime import datetime

if "TMC_TEST_CLOCK" in os.environ and any(
    "wsgi_gateway" in word or word == "worker" for word in sys.orig_argv
):
    import time_machine

    time_machine.travel(datetime.fromisoformat(os.environ["TMC_TEST_CLOCK"]), tick=True).start()
