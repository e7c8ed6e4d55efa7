"""A shared cache that is not there: what it would hold, and what that would have led to."""
