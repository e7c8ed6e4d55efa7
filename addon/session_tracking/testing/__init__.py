"""For test suites: assertions about the responses of web applications, and a pytest plugin."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from session_tracking.testing.checking import Checker, assert_cache_safe

__all__ = ["Checker", "assert_cache_safe"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    """Import late: pytest loads the plugin, and so this package, in suites that never use it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from session_tracking.testing import checking  # noqa: PLC0415 - the engine is heavy

    return getattr(checking, name)
