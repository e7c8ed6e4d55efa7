"""A small web application with mistakes in its headers: what `session-tracker run` is tried on.

`python shop.py PORT` serves it; with SHOP_NEWS=1 it has one more page.
"""

import os
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGES = {
    "/": "public, max-age=60",
    "/basket": "",
    "/logo.svg": "max-age=86400",
    "/account": "private, no-store",
    "/shared": "private, no-store",
}
"""Path → Cache-Control; each page sets the session cookie, and the first three should not be kept."""

if os.environ.get("SHOP_NEWS"):
    PAGES["/news"] = "public, max-age=600"


class Shop(BaseHTTPRequestHandler):
    """Answers each page with a session."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.partition("?")[0]
        session = "5f0c1f5fd4a3b7e2c9d80a6f1e2d3c4b" if path == "/shared" else secrets.token_hex(16)
        body = f"<h1>{path}</h1>".encode()
        if path == "/moved":
            host, port = self.server.server_address
            self.send_response(302)
            self.send_header("Location", f"http://{host}:{port}/account?from=moved")
        else:
            self.send_response(200 if path in PAGES else 404)
        if path == "/shared":  # as a cache hands it out that was told to ignore headers
            self.send_header("Age", "3")
        if PAGES.get(path):
            self.send_header("Cache-Control", PAGES[path])
        if path in PAGES:
            self.send_header("Set-Cookie", f"sid={session}; Path=/; HttpOnly")
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Shop)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)  # noqa: T201 - the test reads it
    server.serve_forever()
