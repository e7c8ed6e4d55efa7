"""Watches exchanges for the records: what was decided, what was judged, how it ended.

Nothing here runs, and the addon has no hook for it, until an exchange comes that is to be recorded.
"""

import logging
import secrets
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from mitmproxy.flow import Error
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.log import ALERT

from session_tracking.cookies.digest import Digester
from session_tracking.engine import Outcome, known_id
from session_tracking.errors import SessionTrackerError
from session_tracking.escape import visible
from session_tracking.http.edit import Undo
from session_tracking.mitm import convert
from session_tracking.mitm.hooks import Hooks
from session_tracking.records.digest_key import DigestKeyError, digest_key
from session_tracking.records.settings import LogFiles, RecordedSite, TraceSettings
from session_tracking.records.trace import Account, Step
from session_tracking.records.trace_files import TraceFiles
from session_tracking.records.visit import Lines, Visit
from session_tracking.records.w3c_log import W3cLog
from session_tracking.reports.text import finding_line
from session_tracking.tracking.policy import Decision, Rule, State

__all__ = ["MAX_WATCHED", "Recording", "RecordingError"]

logger: logging.Logger = logging.getLogger(__name__)

MAX_WATCHED = 20_000
"""Exchanges that may be under way; the oldest is not recorded when there are more."""

_OUTSIDE = frozenset({Rule.METHOD, Rule.SCOPE, Rule.CROSS_SITE, Rule.UPGRADE})
"""Rules that look at no cookie, and mean nobody who wants to be left alone."""

CLIENT_GONE = 64
"""ERROR_NETNAME_DELETED: what IIS writes when the client has left."""
KILLED = 1236
"""ERROR_CONNECTION_ABORTED."""
UPSTREAM_FAILED = 12030
"""ERROR_WINHTTP_CONNECTION_ERROR, with status 502.3: what IIS writes as a proxy."""


class RecordingError(SessionTrackerError):
    """Records are configured and cannot be written; the message tells the fix."""


@dataclass(slots=True)
class _Watched:
    """An exchange on its way."""

    settings: RecordedSite
    method: bytes
    target: bytes
    authority: bytes
    lines: Lines
    """The request's, as they came: what goes upstream may be without our cookie."""
    client: str
    version: bytes
    """Both as they were then: `number` stands for them, too."""
    decision: Decision | None = None
    given: str = ""
    """The id that goes out with the response."""
    level: str = ""
    url: str = ""
    begun: float = 0.0
    """On the performance counter."""
    account: Account | None = None
    """None where nothing is traced."""
    number: int = 0

    def step(self, name: str, told: str = "") -> None:
        """Note what was done, where it is traced."""
        if self.account is not None:
            micros = round((time.perf_counter() - self.begun) * 1e6)
            self.account.steps.append(Step(micros, name, told))


class Recording:
    """Belongs to the addon, which tells it of each exchange that is to be recorded."""

    def __init__(self, hooks: Hooks) -> None:
        """`hooks` are the addon's: `response` joins them when it is needed."""
        self._hooks = hooks
        self._hooked = False
        self._watched: dict[str, _Watched] = {}
        self._log: W3cLog | None = None
        self._traces: TraceFiles | None = None

    # ------------------------------------------------------------------------- life cycle

    @staticmethod
    def check(files: LogFiles | None, traces: Path | None = None) -> None:
        """Find out whether records could be written. Raises RecordingError."""
        if traces is not None:
            try:
                traces.mkdir(mode=0o750, parents=True, exist_ok=True)
            except OSError as error:
                raise RecordingError(
                    f"[trace] cannot make the folder {traces}: {error.strerror}. Set trace.dir."
                ) from None
        if files is None:
            return
        try:
            files.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            digest_key(files.key_file)
        except OSError as error:
            raise RecordingError(
                f"[log] cannot make the folder {files.folder}: {error.strerror}. Set log.dir."
            ) from None
        except DigestKeyError as error:
            raise RecordingError(f"[log] {error} Or set log.key_file.") from None

    def stop(self) -> None:
        """Write what waits, and let go of the files."""
        if self._log is not None:
            self._log.stop()
            self._log = None
        if self._traces is not None:
            self._traces.stop()
            self._traces = None
        self._watched.clear()
        self._hooks.remove("response")
        self._hooked = False

    # ------------------------------------------------------------------------- exchanges

    def watch(
        self,
        flow: HTTPFlow,
        settings: RecordedSite,
        decision: Decision | None = None,
        number: int = 0,
    ) -> None:
        """A request came whose exchange is to be recorded; the decision where it is known.

        `number` stands for all of the request but its target (`Visit`).
        """
        if not self._hooked:
            self._hooks.add("response", self.response)
            self._hooked = True
        request = flow.request.data
        watched = self._watched[flow.id] = _Watched(
            settings,
            request.method,
            request.path,
            request.authority or _host(request.headers.fields),
            request.headers.fields,
            flow.client_conn.peername[0],
            request.http_version,
        )
        if settings.trace is not None:
            watched.begun, watched.account = time.perf_counter(), Account()
            watched.url = convert.request_facts(flow).url
            watched.step("request", "the head of the request came")
        if len(self._watched) > MAX_WATCHED:
            del self._watched[next(iter(self._watched))]
        if decision is not None:
            watched.number = number
            _decided(watched, decision)

    def decided(self, flow_id: str, decision: Decision) -> None:
        """The tracker has looked at the request."""
        if (watched := self._watched.get(flow_id)) is not None:
            _decided(watched, decision)

    @property
    def watching(self) -> bool:
        """Whether any exchange under way is recorded."""
        return bool(self._watched)

    def answered(self, flow_id: str) -> None:
        """The head of the response came."""
        if (watched := self._watched.get(flow_id)) is not None:
            watched.step("response", "the head of the response came")

    def judged(self, flow_id: str, outcome: Outcome) -> None:
        """The response was looked at."""
        if (watched := self._watched.get(flow_id)) is not None:
            if outcome.decision is not None:
                watched.number = 0
                watched.decision = outcome.decision
                watched.given = outcome.decision.value or ""
            watched.level = outcome.level or ""
            if watched.account is not None:
                _tell_judgement(watched, watched.account, outcome)

    def edited(self, flow_id: str, undo: Undo, response: Response) -> None:
        """The response was changed."""
        watched = self._watched.get(flow_id)
        if watched is None or watched.account is None:
            return
        account, lines = watched.account, response.headers.fields
        account.edited_by = undo.reason
        account.added = lines[len(lines) - len(undo.added) :]
        account.removed = tuple(
            (name.encode("latin-1"), value.encode("latin-1")) for _, name, value in undo.removed
        )
        watched.step("edit", f"{undo.reason}: {len(undo.added)} added, {len(undo.removed)} removed")

    def response(self, flow: HTTPFlow) -> None:
        """The response is complete."""
        watched = self._watched.pop(flow.id, None)
        response = flow.response
        if watched is None or response is None:
            return
        sent = response.data  # not by way of properties: each exchange comes here
        visit = _visit(flow, watched, sent.timestamp_end or time.time())
        visit.status = sent.status_code
        visit.response_lines = sent.headers.fields
        content = sent.content
        visit.response_octets = len(content) if content is not None else _declared(response)
        self._record(watched, visit)

    def error(self, flow: HTTPFlow) -> None:
        """The exchange broke off; the response may have been sent in part."""
        watched = self._watched.pop(flow.id, None)
        if watched is None:
            return
        response = flow.response
        begun = response is not None and bool(response.stream)
        if not begun:
            watched.given = ""  # the client got to see nothing of the response
        visit = _visit(flow, watched, time.time())
        if response is not None and begun:
            visit.status, visit.response_lines = response.status_code, response.headers.fields
        message = flow.error.msg if flow.error is not None else ""
        if message == Error.KILLED_MESSAGE:
            visit.win32_status = KILLED
        elif message.startswith("Client"):
            visit.win32_status = CLIENT_GONE
        else:
            visit.win32_status = UPSTREAM_FAILED
            if not begun:
                visit.status, visit.substatus = 502, 3
        self._record(watched, visit)

    def _record(self, watched: _Watched, visit: Visit) -> None:
        log, trace = watched.settings.log, watched.settings.trace
        if log is not None:
            self._log_to(log.files).put(log, visit)
        if trace is not None and watched.account is not None and _wanted(trace, visit, watched):
            watched.step("end", "the exchange was over")
            if self._traces is None:
                self._traces = TraceFiles(secrets.token_bytes(32), _tell)
            self._traces.put(trace, watched.url, visit, watched.account)

    def _log_to(self, files: LogFiles) -> W3cLog:
        """The running log; another one where the configuration changed."""
        log = self._log
        if log is not None and (log.files is files or log.files == files):
            return log
        if log is not None:
            log.stop()
        self._log = W3cLog(files, _digester(files), _tell)
        self._log.start()
        return self._log


def _decided(watched: _Watched, decision: Decision) -> None:
    watched.decision = decision
    if watched.account is not None:
        watched.step("decide", f"{decision.state}: {decision.rule}")


def _tell_judgement(watched: _Watched, account: Account, outcome: Outcome) -> None:
    if outcome.decision is not None and outcome.decision.value:
        watched.step("issue", f"{outcome.decision.state}: {outcome.decision.rule}")
    if outcome.level is not None:
        watched.step("judge", f"the cookies of the response are {outcome.level}")
    account.findings = tuple(
        {
            "rule": finding.rule.id,
            "name": finding.rule.name,
            "severity": finding.severity.value,
            "class": finding.cookie_class.value,
            "remedy": finding.remedy,
            "told": finding_line(finding),
        }
        for finding in outcome.findings
    )
    account.reasons = tuple(
        dict.fromkeys(
            visible(f"{why.text}, {why.spec}") for each in outcome.findings for why in each.reasons
        )
    )


def _wanted(trace: TraceSettings, visit: Visit, watched: _Watched) -> bool:
    """Whether a trace is to be written, now that the end is known."""
    account = watched.account
    if trace.only_findings and (account is None or not account.findings):
        return False
    if visit.ended - visit.started < trace.min_seconds:
        return False
    path = watched.target.decode("latin-1").partition("?")[0]
    if trace.paths and not any(fnmatchcase(path, pattern) for pattern in trace.paths):
        return False
    # What broke off before any status was sent is what one looks for, whatever the statuses.
    return visit.status is None or trace.status_codes.match(visit.status, visit.substatus)


def _visit(flow: HTTPFlow, watched: _Watched, ended: float) -> Visit:
    """What is known of an exchange however it ended."""
    client, request = flow.client_conn, flow.request.data
    session, event = _session(watched)
    content = request.content
    return Visit(
        started=request.timestamp_start,
        ended=ended,
        client=watched.client,
        server=(client.sockname[0], client.sockname[1]),
        method=watched.method,
        target=watched.target,
        authority=watched.authority,
        version=watched.version,
        request_lines=watched.lines,
        request_octets=None if content is None else len(content),
        status=None,
        substatus=0,
        win32_status=0,
        response_lines=(),
        response_octets=None,
        user=flow.metadata.get("proxyauth", ("",))[0],
        session_id=session,
        event=event,
        level=watched.level,
        number=watched.number,
    )


def _session(watched: _Watched) -> tuple[str, str]:
    """The tracker's id of who asked, and what it made of the request."""
    decision = watched.decision
    if decision is None:
        return "", ""
    if decision.rule is Rule.DISABLED or decision.rule is Rule.HOST:
        return "", ""
    if watched.account is not None:
        watched.account.rule = decision.rule
    found = decision.presented or watched.given
    if decision.state is State.SKIPPED and decision.rule in _OUTSIDE:
        cookies = [v.decode("latin-1") for n, v in watched.lines if n.lower() == b"cookie"]
        found = known_id(watched.settings, cookies)
    return found, decision.state


def _host(lines: Lines) -> bytes:
    return next((value for name, value in lines if name.lower() == b"host"), b"")


def _declared(response: Response) -> int | None:
    """The length of a body that was streamed, as far as it was told."""
    return convert.response_facts(response).body_length


def _digester(files: LogFiles) -> Digester:
    try:
        return Digester(digest_key(files.key_file))
    except DigestKeyError as error:
        _tell(f"digests will not be the same after a restart: {error}")
        return Digester()


def _tell(line: str) -> None:
    logger.log(ALERT, "session-tracker: %s", line)
