"""The configuration: its keys, their checks, sites with inheritance and locks, and its files."""
