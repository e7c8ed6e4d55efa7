"""What every test shares."""

from hypothesis import settings

# A deadline measures the machine, not the code. `--hypothesis-profile=thorough` searches longer.
settings.register_profile("default", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile("default")
