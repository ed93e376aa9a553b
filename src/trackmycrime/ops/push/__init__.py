"""`feed push`: files of events and police extracts, sent to a gateway, resumable, with sums that hold."""
