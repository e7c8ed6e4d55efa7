"""Cookies as servers send and user agents read them (RFC 6265bis, RFC 2109, RFC 2965)."""
