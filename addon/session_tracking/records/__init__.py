"""Exchanges and events as files hold them."""
