"""Queries as they are written for LogParser."""

import pytest

from session_tracking.activity.columns import column_name, field_columns
from session_tracking.activity.log_parser import SqlError, read_query
from session_tracking.activity.log_view import cookie_value

COOKIE_N = cookie_value("cs_cookie", "n")
READ = {
    "the first document's trail": (
        "SELECT cs-uri-stem from u_ex090109.log where cs(Cookie)='IIS7SessionTracking=18302628887781179643'",
        "SELECT cs_uri_stem FROM log where cs_cookie='IIS7SessionTracking=18302628887781179643'",
        ("u_ex090109.log",),
    ),
    "the first document's list": (
        "SELECT cs(Cookie),count(*) from  u_ex090109.log GROUP BY cs(Cookie)",
        "SELECT cs_cookie,count(*) FROM log GROUP BY cs_cookie",
        ("u_ex090109.log",),
    ),
    "quoted": ('SELECT "cs-uri-stem", [c-ip], "CS(Cookie)" FROM log', "SELECT cs_uri_stem, c_ip, cs_cookie FROM log", ()),
    "texts stay": ("SELECT 'cs-uri-stem' AS a FROM log -- c-ip\n", "SELECT 'cs-uri-stem' AS a FROM log -- c-ip", ()),
    "several files": ("SELECT 1 FROM a.log, 'b c.log' WHERE c-ip='x'", "SELECT 1 FROM log WHERE c_ip='x'", ("a.log", "b c.log")),
    "other tables": ("SELECT 1 FROM log, sessions", "SELECT 1 FROM log, sessions", ()),
    "top": ("SELECT DISTINCT TOP 5 c-ip FROM u_ex*.log;", "SELECT DISTINCT c_ip FROM log LIMIT 5", ("u_ex*.log",)),
    "time": ("SELECT TO_TIMESTAMP(date, time) FROM log", "SELECT time FROM log", ()),
    "extract": ("SELECT EXTRACT_VALUE(cs(Cookie), 'n', ';') FROM log", f"SELECT {COOKIE_N} FROM log", ()),
    "cookie": ("SELECT COOKIE('n') FROM log", f"SELECT {COOKIE_N} FROM log", ()),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_read(name):
    sql, expected, files = READ[name]
    read = read_query(sql, field_columns())
    assert (read.sql, read.files) == (expected, files)


def test_what_is_told():
    read = read_query("SELECT c-ip FROM a.log WHERE cs(Cookie)='n=v'", field_columns())
    assert read.rewritten == "SELECT c_ip FROM log WHERE cs_cookie='n=v'"
    assert read.hints == (
        "cs(Cookie) = 'n=…' finds requests that brought no other cookie;"
        " cookie('n') = 'v' finds all that brought this one",
    )
    read = read_query("SELECT c-ip FROM log", field_columns())
    assert (read.rewritten, read.hints) == ("", ())


@pytest.mark.parametrize(
    ("sql", "by_line"),
    [
        ("SELECT c_ip FROM log WHERE sc_status > 499", True),
        ("SELECT count(*) FROM log", False),
        ("SELECT c_ip FROM log ORDER BY time", False),
        ("SELECT c_ip FROM log LIMIT 1", False),
        ("SELECT DISTINCT c_ip FROM log", False),
        ("SELECT hits FROM sessions", False),
        ("SELECT c_ip FROM log UNION SELECT c_ip FROM log", False),
    ],
)
def test_line_by_line(sql, by_line):
    assert read_query(sql, field_columns()).by_line is by_line


@pytest.mark.parametrize("sql", ["", "COPY log TO 'x'", "SELECT 1; SELECT 2", "ATTACH 'x'", "SELECT ((", "SET x = 1", "EXPLAIN SELECT 1", "SELECT cs-method INTO o.csv FROM log"])  # fmt: skip
def test_no_query(sql, caplog):
    with pytest.raises(SqlError):
        read_query(sql, field_columns())
    assert not caplog.messages


def test_names_of_columns():
    assert column_name("cs(User-Agent)") == "cs_user_agent"
    assert column_name("((") == "field"
