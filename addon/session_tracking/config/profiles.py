"""The user's own caches: `[profiles.NAME]`, each based on a profile that comes with the product."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import CacheProfile, Deviations
from session_tracking.config.documents import Document
from session_tracking.config.levels import Level
from session_tracking.config.positions import Location
from session_tracking.config.root import Profile
from session_tracking.config.validation import nearest, show_value
from session_tracking.errors import ConfigError

__all__ = ["cache_errors", "own_profiles", "profile_errors"]


def own_profiles(document: Document, skip: frozenset[Location]) -> dict[str, CacheProfile]:
    """Every profile that may be named: the known ones and the user's own that have no error."""
    own = {
        name: _build(name, Profile.model_validate(table))
        for name, table in _tables(document, skip)
        if name not in PROFILES and table["base"] in PROFILES
    }
    return {**PROFILES, **own}


def _build(name: str, profile: Profile) -> CacheProfile:
    deviations = Deviations(
        frozenset(field.lower() for field in profile.ignores),
        profile.refuses_set_cookie,
        profile.strips_set_cookie,
        profile.passes_cookie,
    )
    return replace(PROFILES[profile.base], name=name, deviations=deviations)


def profile_errors(document: Document, skip: frozenset[Location]) -> Iterator[ConfigError]:
    """Own profiles whose name is taken, or that are based on none."""
    for name, table in _tables(document, skip):
        if name in PROFILES:
            yield document.error(
                ("profiles", name), "is the name of a known profile.", "Choose another name."
            )
        if table["base"] not in PROFILES:
            yield document.error(
                ("profiles", name, "base"),
                f"{show_value(table['base'])} is no known profile.",
                _suggestion(table["base"], PROFILES),
            )


def cache_errors(level: Level, profiles: Mapping[str, CacheProfile]) -> Iterator[ConfigError]:
    """Names in `audit.caches` and `shadow.profile` that are no profiles."""
    imagined = level.values.get("shadow.profile")
    if imagined is not None and imagined.value not in profiles:
        yield level.document.error(
            (*level.location, "shadow", "profile"),
            f"{show_value(imagined.value)} is no profile.",
            _suggestion(imagined.value, profiles),
        )
    written = level.values.get("audit.caches")
    for index, name in enumerate(written.value if written else ()):
        if name not in profiles:
            yield level.document.error(
                (*level.location, "audit", "caches", index),
                f"{show_value(name)} is no profile.",
                _suggestion(name, profiles),
            )


def _suggestion(name: str, profiles: Mapping[str, CacheProfile]) -> str:
    if close := nearest(name, profiles):
        return f"Did you mean {show_value(close)}?"
    return "`session-tracker caches` lists them; [profiles.NAME] defines another."


def _tables(
    document: Document, skip: frozenset[Location]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    if ("profiles",) not in skip:
        for name, table in document.data.get("profiles", {}).items():
            if not any(bad[:2] == ("profiles", name) for bad in skip):
                yield name, table
