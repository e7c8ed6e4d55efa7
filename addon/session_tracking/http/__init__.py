"""The facts of one exchange (RFC 9110)."""
