"""What the parts of the engine share: its state, and what is counted."""

from session_tracking.cookies.digest import Digester
from session_tracking.engine.askers import Askers
from session_tracking.engine.imagining import Imagining
from session_tracking.engine.outcome import SiteSettings
from session_tracking.shadow.books import Books, counted
from session_tracking.shadow.counters import Counters
from session_tracking.shadow.shadow import Shadow
from session_tracking.swaps.courier import Courier
from session_tracking.swaps.detector import Detector
from session_tracking.tracking.tracker import Tracker

__all__ = ["Core"]


class Core:
    """The base of the engine's parts; each of them is a layer of one object."""

    def __init__(self, started: float = 0.0) -> None:
        """`started` (Unix seconds) is when the counters begin to count."""
        self.tracker: Tracker = Tracker()
        self.detector: Detector = Detector()
        self.counters: Counters = Counters(started)
        self.shadow: Shadow = Shadow(self.counters, Digester())
        self._books: Books = Books(self.counters)
        self._askers: Askers = Askers()
        self.imagining: Imagining = Imagining(self.shadow)
        self.courier: Courier | None = None
        """The way to the ledger of a fleet; None where there is none."""
        self._untold: int = 0

    def join(self, courier: Courier, digester: Digester) -> None:
        """Share what is seen with a fleet, whose digests the digester makes."""
        self.courier = courier
        self.detector.share(digester)

    def counts(self) -> dict[str, int]:
        """The tracker's counters by name; what it skipped is summed up."""
        counters = self.tracker.counters
        return {
            "issued": counters.issued,
            "refreshed": counters.refreshed,
            "confirmed": counters.confirmed,
            "seen": counters.seen,
            "passed": counters.passed,
            "forged": counters.forged,
            "ambiguous": counters.ambiguous,
            "collisions": counters.collisions,
            "skipped": counters.skipped.total(),
        }

    def failed(self, settings: SiteSettings) -> None:
        """Count an exchange that a fault of ours kept from being judged."""
        self._books.failed(self._open(settings))

    def reset(self, now: float) -> None:
        """Begin a new epoch at Unix seconds: the shadow is emptied, every counter is 0."""
        self.shadow.flush()
        self.counters.reset(now)

    def _open(self, settings: SiteSettings) -> str:
        """The name that a site is counted by."""
        wanted = counted(
            tracking=settings.tracking.enabled,
            enforce=settings.enforce.enabled,
            swaps=settings.swaps.enabled,
            shadow=settings.shadow.enabled,
        )
        return self.counters.open(settings.site, wanted, listed=settings.listed)

    def _credit(self, settings: SiteSettings) -> None:
        if self._books.due(done := self._done()):
            self._books.credit(self._open(settings), done)

    def _done(self) -> tuple[int, int, int]:
        counters = self.tracker.counters
        return counters.issued, counters.confirmed, counters.forged
