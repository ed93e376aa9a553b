"""What a person may have besides a password: passkeys, an app that shows codes, and recovery codes."""
