"""The end of a run: the summary, the reports, the exit status."""

import logging
import time
from collections.abc import Sequence

from mitmproxy.log import ALERT

from session_tracking.records.har_check import cookies_left_out
from session_tracking.reports.ending import conclude
from session_tracking.reports.judging import Terms
from session_tracking.reports.registry import ReportSpec
from session_tracking.reports.run import ExitStatus, Run, Tally
from session_tracking.reports.text import summary

logger: logging.Logger = logging.getLogger(__name__)


def finish(run: Run, tally: Tally, terms: Terms, reports: Sequence[ReportSpec]) -> ExitStatus:
    """Complete the facts of the run, write the reports, print the summary; the exit status."""
    run.ended = time.time()
    if run.source != "live" and (reason := cookies_left_out(run.source)):
        run.incomplete[reason] = None
    document = conclude(run, tally, terms, reports)
    for line in summary(document):
        logger.log(ALERT, "%s", line)
    return document.run.exit_status
