"""`trackmycrime bench`: how fast the whole thing is, on this machine, beside a yardstick measured in the same run."""
