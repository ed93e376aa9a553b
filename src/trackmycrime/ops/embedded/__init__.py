"""PostgreSQL without setting anything up: found, started and stopped by us. See README.md beside ``ops``."""

from trackmycrime.ops.embedded.address import DATABASE, Address
from trackmycrime.ops.embedded.cluster import Cluster, start
from trackmycrime.ops.embedded.lock import COMMAND, SERVER, InUse
from trackmycrime.ops.embedded.record import Running

__all__ = ["COMMAND", "DATABASE", "SERVER", "Address", "Cluster", "InUse", "Running", "start"]
