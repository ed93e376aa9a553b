"""The agent: reads a records system's inputs, keeps their events in a spool, pushes them to a gateway. No Django."""
