"""Makes a response that sets a cookie safe: the remedy, carried out instead of recommended."""

from fnmatch import fnmatchcase

from session_tracking.audit.findings import AuditFacts
from session_tracking.audit.settings import EnforceSettings
from session_tracking.caching.levels import Level
from session_tracking.caching.safe_fields import REPLACED, safe_fields
from session_tracking.http.edit import Edit

CACHE_CONTROL = "private, no-store"


def enforce(facts: AuditFacts, settings: EnforceSettings) -> Edit | None:
    """The edit that makes the response safe; None for one that is safe, or is not to be touched.

    Nothing is relaxed: stricter directives of the origin stay.

    Source: RFC 9111 §5.2.2.5, §5.2.2.7, §7.3.
    """
    if not settings.enabled or facts.level is Level.SAFE:
        return None
    if not any(
        audited.cookie_class in settings.classes
        and not any(fnmatchcase(audited.cookie.name, pattern) for pattern in settings.exclude)
        for audited in facts.cookies
    ):
        return None
    fields = facts.exchange.response.fields
    return Edit(remove=REPLACED, add=safe_fields(fields, CACHE_CONTROL), reason="enforce")
