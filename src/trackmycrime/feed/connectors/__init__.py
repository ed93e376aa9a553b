"""Connectors: what other systems publish, turned into events of the feed's contract. No Django here."""
