"""How a process writes its lines to standard error."""

import logging
import time


class Line(logging.Formatter):
    """In UTC, whatever the machine's clock and the pages say: of two lines in the night in which clocks go back, it is
    known which came first."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"
