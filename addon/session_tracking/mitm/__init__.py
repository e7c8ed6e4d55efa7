"""The adapter between mitmproxy and the engine; the only room that imports mitmproxy."""
