"""The cookie and its cache-safe fields, as one edit: neither can be sent without the other."""

from session_tracking.caching.safe_fields import REPLACED, safe_fields
from session_tracking.http.edit import Edit
from session_tracking.http.fields import FieldSection
from session_tracking.tracking.policy import TrackingSettings

__all__ = ["attach"]


def attach(
    settings: TrackingSettings, fields: FieldSection, cookie_lines: tuple[tuple[str, str], ...]
) -> Edit:
    """The edit that sends a cookie with a response whose field section is `fields`.

    Cookies of the origin stay as they are and before ours; its stricter directives are kept. Raises
    ValueError if the configured Cache-Control would not protect the cookie.
    """
    add = list(safe_fields(fields, settings.cache_control))
    if settings.vary_cookie and not {"cookie", "*"} & {v.lower() for v in fields.members("vary")}:
        add.append(("Vary", "Cookie"))
    return Edit(
        remove=REPLACED | settings.targeted_fields,
        add=(*add, *cookie_lines),
        reason="tracker",
    )
