"""A site that behaves, the caches in front of it, and visitors with addresses of their own."""

import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from scripts.lab.caches import Cache, prepare
from scripts.ports import free_port
from tests.waiting import PATIENCE

HOST = "127.0.0.1"
CONSTANT = "5f0c9a7e31b84d26a90e6c1f7b3d8254"


def token(number: int) -> str:
    return f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"


class Site(ThreadingHTTPServer):
    """Answers `/what` as the method `do_what` of the handler says."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), Handler)
        self.numbers = count(1)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        cookies = dict(
            pair.split("=", 1) for pair in self.headers.get("Cookie", "").split("; ") if "=" in pair
        )
        lines, status = self.answer(path.split("/")[1], cookies), 200
        if path == "/refresh" and self.headers.get("If-None-Match"):
            status = 304
        self.send_response(status)
        for line in lines:
            self.send_header("Set-Cookie", line)
        lifetime = "max-age=60" if path.startswith("/cached") else "private, no-store"
        self.send_header("Cache-Control", lifetime)
        self.send_header("ETag", '"1"')
        body = b"" if status == 304 else b"ok"
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, what: str, cookies: dict[str, str]) -> list[str]:
        number = next(self.server.numbers)
        new, sid = token(number), cookies.get("sid")
        csrf = cookies.get("csrftoken") or token(int(sid or "1", 16) + 7)
        arm = token(10_000 + number % 2)
        fresh = [] if sid else [f"sid={new}; HttpOnly"]
        gone = ["sid=; Max-Age=0", "sid=deleted; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]
        answers = {
            "renewing": [f"sid={sid or new}; HttpOnly; Max-Age=600"],
            "login": [f"sid={new}; HttpOnly"],
            "logout": gone,
            "balanced": [f"{name}={CONSTANT}" for name in ("AWSALB", "BIGipServer", "ARRAffinity")],
            "settings": ["lang=de-DE", f"cookie_consent={CONSTANT}", "theme=dark"],
            "arms": [f"ab_test={arm}", f"arm={arm}; HttpOnly"],
            "shared": [f"sid={sid or new}; Domain=shop.test"],
            "csrf": [f"csrftoken={csrf}"] if sid else fresh,
            "cached": fresh,
            "refresh": [f"sid={sid or new}; HttpOnly"],
        }
        return answers.get(what, [])

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Visitor:
    """A browser at an address, with a jar; it asks through a proxy in reverse mode."""

    def __init__(self, port: int, address: str = "127.0.0.2", agent: str = "Browser") -> None:
        self.port, self.address, self.agent = port, address, agent
        self.jar: dict[str, str] = {}
        self._connection: HTTPConnection | None = None

    def __del__(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def get(self, path: str, *, host: str = "shop.test", keep: bool = False, **fields: str) -> int:
        """One request, on a connection of its own or on the one that was kept; the status."""
        connection = self._connection or HTTPConnection(
            HOST, self.port, timeout=PATIENCE, source_address=(self.address, 0)
        )
        lines = {"Host": host, "User-Agent": self.agent, **fields}
        if self.jar:
            lines["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        connection.request("GET", path, headers=lines)
        response = connection.getresponse()
        response.read()
        for line in response.headers.get_all("Set-Cookie", ()):
            name, _, value = line.partition(";")[0].partition("=")
            if "1970" in line or "Max-Age=0" in line:
                self.jar.pop(name, None)
            else:
                self.jar[name] = value
        self._connection = connection if keep else None
        if not keep:
            connection.close()
        return response.status


@contextmanager
def cache_in_front(product: str, extra: str, origin_port: int):
    """A real cache of the lab; its port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="swap-cache-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # caches that give up root must reach their own folders
        template = {"nginx": "nginx.conf.in", "httpd": "httpd.conf.in"}[product]
        command = prepare(Cache(product, product, template, extra), folder, port, origin_port)
        with (folder / "output.log").open("wb") as log:
            process = subprocess.Popen(command.arguments, stdout=log, stderr=log, cwd="/")
        try:
            _wait(port, process, folder)
            yield port
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait(port: int, process: subprocess.Popen, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            Visitor(port).get("/nothing")
            return
        time.sleep(0.05)
    raise AssertionError("\n".join(log.read_text() for log in folder.glob("*.log")))
