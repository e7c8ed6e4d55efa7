"""Reading messages from a stream."""

import asyncio

import pytest

from scripts.lab.messages import read_body, read_head

HEAD = "HTTP/1.1 200 OK\r\n"
ROWS = [
    ("length", f"{HEAD}Content-Length: 3\r\n\r\nabcdef", "GET", b"abc"),
    ("none", f"{HEAD}Content-Length: 3\r\n\r\n", "HEAD", b""),
    ("304", "HTTP/1.1 304 x\r\nContent-Length: 3\r\n\r\n", "GET", b""),
    ("to-the-end", f"{HEAD}\r\nabc", "GET", b"abc"),
    ("chunked", f"{HEAD}Transfer-Encoding: Chunked\r\n\r\n2\r\nab\r\na;x=1\r\n0123456789\r\n0\r\n\r\n",
     "GET", b"ab0123456789"),
    ("trailer", f"{HEAD}transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n", "GET", b"a"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "method", "content"), [pytest.param(*row, id=name) for name, *row in ROWS]
)
def test_content(sent, method, content):
    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(sent.encode())
        reader.feed_eof()
        head = await read_head(reader)
        return await read_body(reader, head, is_response=True, method=method)

    assert asyncio.run(run()) == content


def test_lines_keep_their_spelling():
    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(b"HTTP/1.1 299 x\r\nsEt-CoOkIe:  a=\xe9 \r\nset-cookie: b\r\n\r\n")
        return await read_head(reader)

    head = asyncio.run(run())
    assert head.status == 299
    assert head.lines == (("sEt-CoOkIe", "a=\xe9"), ("set-cookie", "b"))
    assert head.values("set-cookie") == ["a=\xe9", "b"]
