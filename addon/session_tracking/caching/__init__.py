"""What a shared cache may store and hand to another user (RFC 9111)."""
