"""The end of a run: the summary, the reports, the exit status."""

import logging
import time

from mitmproxy.log import ALERT

from session_tracking.mitm.har_check import cookies_left_out
from session_tracking.mitm.options import Options
from session_tracking.reports.ending import conclude
from session_tracking.reports.judging import Terms, today
from session_tracking.reports.run import ExitStatus, Run, Tally
from session_tracking.reports.text import summary

logger: logging.Logger = logging.getLogger(__name__)


def finish(run: Run, tally: Tally, options: Options) -> ExitStatus:
    """Complete the facts of the run, write the reports, print the summary; the exit status."""
    run.ended = time.time()
    if run.source != "live" and (reason := cookies_left_out(run.source)):
        run.incomplete[reason] = None
    document = conclude(run, tally, Terms(options.fail_on, today(), ()), options.reports)
    for line in summary(document):
        logger.log(ALERT, "%s", line)
    return document.run.exit_status
