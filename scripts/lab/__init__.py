"""The cache lab: real caches on loopback, one origin, and what the second visitor gets."""
