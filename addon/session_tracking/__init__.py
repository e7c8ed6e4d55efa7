"""Session Tracker: sets session cookies safely and finds the responses that leak them."""

__version__ = "0.1.0"
