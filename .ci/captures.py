"""Writes two captures into a folder: ``clean.mitm``, and ``leaking.mitm`` with one finding."""

import sys
from pathlib import Path

from mitmproxy.http import Headers
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow, tutils

COOKIE = (b"Set-Cookie", b"sessionid=31d4d96e407aad42; Path=/; HttpOnly")
CAPTURES = {
    "clean.mitm": b"private, no-store",
    "leaking.mitm": b"public, max-age=600",
}


def write(folder: Path) -> None:
    """One exchange each, the same but for Cache-Control."""
    for name, cache_control in CAPTURES.items():
        headers = Headers(
            [(b"Content-Type", b"text/html"), (b"Cache-Control", cache_control), COOKIE]
        )
        flow = tflow.tflow(resp=tutils.tresp(headers=headers, content=b"<p>Hello"))
        with (folder / name).open("wb") as file:
            FlowWriter(file).add(flow)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
