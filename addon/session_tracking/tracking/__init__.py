"""The tracking cookie: who gets one, with which value, and how it is attached."""
