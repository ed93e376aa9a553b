"""Words for why an administrator does something with the feed; they go into the audit, which takes no free text."""

DROPS = ("not_ours", "sent_again", "test_data", "cannot_be_mended", "must_not_be_held")
"""Why an event is dropped. `must_not_be_held` also wipes what it said; the others keep it, unread and sealed."""
WIPES = "must_not_be_held"
