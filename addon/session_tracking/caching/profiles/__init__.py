"""What real caches do: one `CacheProfile` per configuration that was measured or documented."""
