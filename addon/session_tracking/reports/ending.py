"""The end of every command that audits: judge, write the reports, and judge again if that fails."""

from collections.abc import Sequence

from msgspec.structs import replace

from session_tracking.reports.document import Document, document_of
from session_tracking.reports.judging import Terms, judge, nothing_seen
from session_tracking.reports.registry import ReportSpec, write_reports
from session_tracking.reports.run import Run, Tally

__all__ = ["conclude", "settle"]


def conclude(run: Run, tally: Tally, terms: Terms, specs: Sequence[ReportSpec] = ()) -> Document:
    """The judged report of a run, written in every form that was asked for.

    `text.summary` tells it on a terminal; its `run.exit_status` is that of the process. A report
    that could not be written makes the run incomplete, and so does one of no exchange at all.
    """
    if specs and not run.exchanges:
        run.incomplete[nothing_seen(run.source)] = None
    return settle(document_of(run, tally), terms, specs)


def settle(document: Document, terms: Terms, specs: Sequence[ReportSpec] = ()) -> Document:
    """The same for a report that is made already."""
    judged = judge(document, terms)
    if problems := tuple(write_reports(specs, judged)):
        run = replace(document.run, incomplete=(*document.run.incomplete, *problems))
        judged = judge(replace(document, run=run), terms)
    return judged
