"""The cookie and its cache-safe fields, as one edit."""
