"""The parts of ``trackmycrime feed`` that are for those who look after it: the quarantine, comparing with a source."""
