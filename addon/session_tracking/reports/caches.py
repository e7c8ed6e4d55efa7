"""What caches do, in words: outcomes by cache, and the settings that would change them."""

from collections.abc import Iterable, Mapping

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import CacheProfile, Outcome

__all__ = ["collapse_line", "outcome_line", "switch_line"]

_WORDS: Mapping[Outcome, str] = {
    Outcome.SWAP: "swap on",
    Outcome.STRIPPED: "stripped on",
    Outcome.FRESH: "fresh cookie on",
    Outcome.REUSED: "reused by",
    Outcome.MISS: "refused by",
    Outcome.UNKNOWN: "not documented for",
}
"""The outcomes from bad to good, and last what nobody knows."""


def outcome_line(outcomes: Mapping[str, Outcome]) -> str:
    """Cache names by outcome, the worst first: `swap on httpd · refused by nginx, varnish`.

    Empty if no cache was asked about. Names of the user's own caches stand as they are.
    """
    return " · ".join(
        f"{words} {', '.join(names)}"
        for outcome, words in _WORDS.items()
        if (names := [name for name, found in outcomes.items() if found is outcome])
    )


def switch_line(
    outcomes: Mapping[str, Outcome],
    everywhere: Mapping[str, Outcome] | None = None,
    profiles: Mapping[str, CacheProfile] = PROFILES,
) -> str:
    """The setting of each product that would turn its refusal into a swap; empty if none would.

    `everywhere` holds the outcomes of all `profiles` for the same exchange: a setting is named only
    where the profile that has it was seen to swap, never because it might.
    """
    everywhere = outcomes if everywhere is None else everywhere
    found: dict[str, str] = {}
    for name, outcome in outcomes.items():
        refuses = profiles.get(name)
        if outcome is not Outcome.MISS or refuses is None or refuses.product in found:
            continue
        swaps = _sibling_that_swaps(refuses, everywhere, profiles.values())
        if swaps is not None:
            found[refuses.product] = _switch(refuses, swaps)
    return " · ".join(f"{product} with {switch}" for product, switch in found.items())


def _sibling_that_swaps(
    refuses: CacheProfile, everywhere: Mapping[str, Outcome], profiles: Iterable[CacheProfile]
) -> CacheProfile | None:
    for profile in profiles:
        if profile.product == refuses.product and everywhere.get(profile.name) is Outcome.SWAP:
            return profile
    return None


def _switch(refuses: CacheProfile, swaps: CacheProfile) -> str:
    """The configuration that swaps; the refusing profile's own words for it if they say more."""
    setting = swaps.configuration.rstrip(";")
    return refuses.switch if refuses.switch.startswith(setting) else setting


def collapse_line(names: Iterable[str], profiles: Mapping[str, CacheProfile] = PROFILES) -> str:
    """Which caches hand one response to several clients who ask at once; empty if none does.

    That happens before anything is stored, so a refusal to store does not help against it.
    """
    found = [name for name in names if name in profiles and profiles[name].collapses]
    return f"clients that ask at once may share one response on {', '.join(found)}" if found else ""
