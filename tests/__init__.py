"""A regular package, so that no installed package called `tests` can take its place."""
