"""Logs of many layouts as one table."""

import duckdb
import pytest

from session_tracking.activity import log_view as log_views
from session_tracking.activity.log_view import identifier, literal, log_view, needs_cookie
from session_tracking.activity.stretches import LogFile, cut
from session_tracking.activity.virtual_files import _File, _in_utf8, virtual_files
from tests.activity.samples import OURS, TURNED


def rows(stretches, select, cookie="visit"):
    view = log_view(stretches, cookie)
    with duckdb.connect() as connection:
        connection.register_filesystem(virtual_files(view.files))
        return connection.sql(f"SELECT {select} FROM ({view.sql}) ORDER BY line").fetchall()


def written(folder, text, name="u.log", site="site"):
    path = folder / name
    path.write_bytes(text.encode())
    return LogFile(path, name, site)


@pytest.mark.parametrize("smallest", [1, 100, 1 << 22])
def test_order_of_the_log(tmp_path, monkeypatch, smallest):
    """However the lines are shared out, they are numbered in the log's order."""
    monkeypatch.setattr(log_views, "_SMALLEST", smallest)
    line = "2026-11-21 09:00:00 192.0.2.1 GET /{} - - 200 a seen -\n"
    turned = "2026-11-21 09:00:00 GET 192.0.2.1 - /{} a - 200 seen -\n"
    parts = []
    for number in range(40):
        layout, form = ((OURS, line), (TURNED, turned))[number // 10 % 2]
        parts += [layout + "\n"] if number % 10 == 0 else []
        parts.append(form.format(number))
    files = [written(tmp_path, "".join(parts), f"{name}.log", name) for name in "ab"]
    pages = [(f"/{number}", site) for site in "ab" for number in range(40)]
    stretches = cut(files)
    assert rows(stretches, "cs_uri_stem, site") == pages
    lines = [line for (line,) in rows(stretches, "line")]
    assert len(set(lines)) == 80


def test_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(log_views, "_SMALLEST", 1)
    stretches = cut([written(tmp_path, "#Fields: date time\n2026-11-21 09:00:00\n")])
    assert rows(stretches, "line") == [(1,)]


def test_sites_of_one_layout(tmp_path):
    text = "#Fields: date time\n2026-11-21 09:00:00\n"
    files = [written(tmp_path, text, f"{site}.log", f"{site}'s") for site in "ab"]
    assert rows(cut(files), "site, line") == [("a's", 1), ("b's", 2)]


def test_layouts_that_change_all_the_time(tmp_path, monkeypatch):
    """They are read together: no line is lost."""
    monkeypatch.setattr(log_views, "_MOST_RUNS", 2)
    text = "".join(
        f"#Fields: date time {'c-ip x' if number % 2 else 'x c-ip'}\n2026-11-21 09:00:00 {number} {number}\n"
        for number in range(9)
    )
    found = rows(cut([written(tmp_path, text)]), "c_ip")
    assert sorted(found) == [(str(number),) for number in range(9)]


def test_fields_of_ones_own(tmp_path):
    """They become columns, whatever they are called."""
    file = written(
        tmp_path,
        '#Fields: date time X-Trace cs(a"b) x-trace sc-status\n2026-11-21 09:00:00 t - u x\n',
    )
    view = log_view(cut([file]), "")
    assert view.extra == {"x-trace": "x_trace", 'cs(a"b)': "cs_a_b"}
    assert rows(cut([file]), "x_trace, cs_a_b, sc_status, issued, session_id", "") == [
        ("t", None, None, None, None)
    ]


def test_issued_without_the_field(tmp_path):
    """A new id was given out, also where the log has no field for it."""
    file = written(
        tmp_path,
        "#Fields: date time x-session-id x-session-event\n2026-11-21 09:00:00 a new\n2026-11-21 09:00:00 a seen\n",
    )
    assert rows(cut([file]), "issued") == [("visit=a",), (None,)]
    assert needs_cookie(cut([file]))
    assert not needs_cookie(cut([written(tmp_path, f"{OURS}\nx\n")]))


def test_nothing_at_all():
    assert rows([], "*") == []


def test_quoting():
    assert (identifier('a"b'), literal("it's")) == ('"a""b"', "'it''s'")


def test_characters_at_the_edges(tmp_path):
    """What is no UTF-8 becomes `?`, one for each octet; a character is whole wherever it is cut."""
    path = tmp_path / "u.log"
    octets = "aé€😀".encode() + b"\xe9\xff" + "😀z".encode()
    path.write_bytes(b"\n" + octets + b"\n")
    stretches = cut([LogFile(path, "u.log", "site", start=1)])
    expected = "aé€😀??😀z\n".encode()
    for size in range(1, len(octets) + 2):
        file = _File(stretches)
        read = b"".join(iter(lambda: file.read(size), b""))  # noqa: B023
        assert (file.tell(), file.seek(-1, 2), file.seek(0)) == (
            len(expected),
            len(expected) - 1,
            0,
        )
        assert (file.read(), file.read(), file.closed) == (expected, b"", False)
        file.close()
        assert (read, file.closed) == (expected, True)
    assert _in_utf8("é".encode()) == "é".encode()
