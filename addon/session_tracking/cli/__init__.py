"""The command `session-tracker`."""
