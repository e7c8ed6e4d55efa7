"""The end of a run: the summary, the reports, the exit status."""

import logging
import time

from mitmproxy.log import ALERT

from session_tracking.mitm.har_check import cookies_left_out
from session_tracking.mitm.options import Options
from session_tracking.reports.files import write_atomically
from session_tracking.reports.json import report
from session_tracking.reports.run import ExitStatus, Run, Tally, exit_status
from session_tracking.reports.text import summary

logger: logging.Logger = logging.getLogger(__name__)


def finish(run: Run, tally: Tally, options: Options) -> ExitStatus:
    """Complete the facts of the run, write the reports, print the summary; the exit status."""
    run.ended = time.time()
    if run.source != "live" and (reason := cookies_left_out(run.source)):
        run.incomplete[reason] = None
    for path in options.reports:
        try:
            write_atomically(path, report(run, tally, options.fail_on))
        except OSError as error:
            run.incomplete[f"the report {path} could not be written: {error.strerror}"] = None
    for line in summary(run, tally, options.fail_on):
        logger.log(ALERT, "%s", line)
    return exit_status(run, tally, options.fail_on)
