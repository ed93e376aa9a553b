"""What victims did goes back to the records system: rows with a cursor, pulled or sent to a webhook."""
