"""What every test shares."""

from hypothesis import HealthCheck, settings

# A deadline measures the machine, not the code, and so does the check for slowness. The examples are
# the same in each run, which tells of a change and not of luck; `--hypothesis-profile=thorough`
# searches longer, and anew each time.
settings.register_profile(
    "default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "thorough",
    settings.get_profile("default"),
    derandomize=False,
    max_examples=2000,
)
settings.load_profile("default")
