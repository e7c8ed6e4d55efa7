"""The cache lab: real caches on loopback, one origin, two visitors, and what the second one gets."""
