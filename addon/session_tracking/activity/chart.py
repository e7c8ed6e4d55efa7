"""The timeline as a picture: of characters for terminals, or a file."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from session_tracking.activity.libraries import needed

__all__ = ["PLOTTED", "Span", "chart", "plot"]

PLOTTED: Final = (".svg", ".png")

type Span = tuple[datetime, int, int]
"""When it begins, hits, sessions."""

_HEIGHT = 15


def chart(spans: Sequence[Span], width: int) -> str:
    """Hits over time in lines of at most `width` characters, without colours."""
    plotext = needed("plotext")
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, _HEIGHT)
    figure.title("hits")
    form = "%H:%M:%S" if any(begins.second for begins, _, _ in spans) else "%m-%d %H:%M"
    labels = [begins.strftime(form) for begins, _, _ in spans]
    figure.draw(figure.bar(labels, [hits for _, hits, _ in spans]))
    drawn: str = plotext.uncolorize(str(figure.build()))
    return "\n".join(line.rstrip() for line in drawn.splitlines())


def plot(spans: Sequence[Span], path: Path) -> None:
    """Hits and sessions over time as SVG or PNG, by the ending. Raises OSError."""
    matplotlib = needed("matplotlib")
    matplotlib.use("agg")
    matplotlib.rcParams["svg.hashsalt"] = "session-tracker"  # the same picture twice
    figure = needed("matplotlib.figure").Figure(figsize=(10, 4), layout="constrained")
    axes = figure.add_subplot()
    times = [begins for begins, _, _ in spans]
    axes.step(times, [hits for _, hits, _ in spans], where="post", label="hits")
    axes.step(times, [sessions for _, _, sessions in spans], where="post", label="sessions")
    axes.set_xlabel("UTC")
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
