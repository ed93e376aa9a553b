"""The machines' door: the feed, its description, health. Answers JSON only, and never a page."""
