"""The desk's views, by what they are for. Thin: they read, ask the pipeline to act, and send back to a page."""
