"""Who saw or did what: append-only, in the same transaction as the act."""
