"""The processes of the throughput measurement: nginx as origin, mitmdump, and wrk as load."""

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks import workload
from scripts.benchmarks.figures import CannotMeasureError
from scripts.benchmarks.workload import KINDS, Kind, Lines
from scripts.ports import free_port

REQUESTS = 400
"""Different requests that wrk sends in turn."""

CONNECTIONS = 8
START_SECONDS = 30

_NGINX = """\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server_tokens off;
    keepalive_requests 10000000;
    server {{
        listen 127.0.0.1:{port};
        default_type text/html;
{locations}
    }}
}}
"""

_WRK = """\
local requests = {{
{requests}
}}
local turn = 0
request = function()
    turn = turn % #requests + 1
    return requests[turn]
end
done = function(summary)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.status + e.timeout))
end
"""

_RESULT = re.compile(r"^RESULT (\d+) (\d+) (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Server:
    """A process that listens on a loopback port."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu_seconds(self) -> float:
        """Processor time that the process has used, all threads."""
        # The id of another process's clock, as clock_getcpuclockid(3) makes it on Linux.
        return time.clock_gettime(~self.process.pid << 3 | 2)


def program(name: str) -> str:
    """Path of a program. Raises CannotMeasureError if it is not installed."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise CannotMeasureError(f"{name} is missing; on Debian: apt-get install wrk nginx-light")
    return found


@contextlib.contextmanager
def origin(folder: Path) -> Iterator[Server]:
    """An nginx that answers every kind of exchange."""
    port = free_port()
    locations = "\n".join(map(_location, KINDS))
    (folder / "nginx.conf").write_text(_NGINX.format(port=port, locations=locations), "utf-8")
    command = [program("nginx"), "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    with _server(command, folder / "nginx.log", port) as server:
        yield server


@contextlib.contextmanager
def proxy(
    folder: Path, script: Path, upstream: int, *arguments: str, name: str = ""
) -> Iterator[Server]:
    """A mitmdump with one script in front of the origin; `name` is that of its log."""
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("mitmdump")),
        *("--listen-host", "127.0.0.1", "--listen-port", str(port)),
        *("--mode", f"reverse:http://127.0.0.1:{upstream}"),
        *("--set", f"confdir={folder / 'confdir'}"),
        *("--set", "flow_detail=0"),
        *("-s", str(script)),
        *arguments,
    ]
    with _server(command, folder / f"{name or script.stem}.log", port) as server:
        yield server


def load_script(folder: Path) -> Path:
    """Write the script that makes wrk send the mix of all kinds."""
    requests = [
        json.dumps(_request_text(kind, workload.id_of(visitor)))
        for visitor, kind in enumerate(workload.mixed(REQUESTS))
    ]
    path = folder / "load.lua"
    path.write_text(_WRK.format(requests=",\n".join(requests)), "ascii")
    return path


def load(script: Path, port: int, seconds: int) -> tuple[int, float]:
    """Send requests as fast as they are answered; their number, and the seconds that it took.

    Raises CannotMeasureError if not all were answered well.
    """
    command = [
        program("wrk"),
        *("--threads", "1", "--connections", str(CONNECTIONS)),
        *("--duration", f"{seconds}s", "--script", str(script)),
        f"http://127.0.0.1:{port}",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    result = _RESULT.search(ended.stdout)
    if result is None or int(result[1]) == 0 or int(result[3]):
        raise CannotMeasureError(f"wrk met errors:\n{ended.stdout}{ended.stderr}")
    return int(result[1]), int(result[2]) / 1e6


def ask(port: int, kind: Kind) -> list[tuple[str, str]]:
    """The field lines of the answer to one request of a kind."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    with contextlib.closing(connection):
        connection.request("GET", kind.path, headers=dict(kind.request_lines(workload.id_of(0))))
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise CannotMeasureError(f"{kind.path} was answered with {response.status}")
        return response.getheaders()


@contextlib.contextmanager
def _server(command: Sequence[str], log: Path, port: int) -> Iterator[Server]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                text = log.read_text("utf-8", "replace")
                raise CannotMeasureError(f"{Path(command[0]).name} did not start:\n{text}")
            time.sleep(0.05)
        yield Server(process, port)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _location(kind: Kind) -> str:
    def quoted(text: str) -> str:
        return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))

    fields = " ".join(f"add_header {name} {quoted(value)};" for name, value in kind.answered)
    body = workload.BODY.decode("ascii")
    return f"        location = {kind.path} {{ {fields} return 200 {quoted(body)}; }}"


def _request_text(kind: Kind, own_id: bytes) -> str:
    lines: Lines = kind.request_lines(own_id)
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"GET {kind.path} HTTP/1.1\r\n{head}\r\n"
