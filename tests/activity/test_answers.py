"""What the commands answer to small logs, whole."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from session_tracking.cli.main import session_tracker
from tests.activity.samples import OURS, SHOP, write_samples


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    return write_samples(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def exported(logs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "parquet"
    assert invoked("activity", "export", logs, "--cookie", "visit", "--to", folder).exit_code == 0
    return folder


def invoked(*arguments):
    return CliRunner().invoke(session_tracker, list(map(str, arguments)))


def csv(*arguments):
    result = invoked(*arguments, "--format", "csv")
    assert result.exit_code == 0, (result.stderr, result.exception)
    return result.stdout.splitlines()


SHOP_SESSIONS = [
    "session_id,first_seen,last_seen,hits,landing_page,exit_page,duration_s",
    "a,2026-11-21 09:00:00,2026-11-21 09:59:59,3,/,/basket,3599",
    "c,2026-11-21 10:30:00,2026-11-21 10:30:00,3,/,/thanks,0",
    "b1,2026-11-21 09:00:01,2026-11-21 09:00:01,1,/,/,0",
    "b2,2026-11-21 09:00:02,2026-11-21 09:00:02,1,/basket,/basket,0",
    "b3,2026-11-21 10:00:00,2026-11-21 10:00:00,1,/,/,0",
    "d,2026-11-21 11:00:00,2026-11-21 11:00:00,1,/,/,0",
]
ANSWERS = {
    "sessions": ([], SHOP_SESSIONS),
    "sessions-top": (["--top", "1"], SHOP_SESSIONS[:2]),
    "sessions-until": (["--until", "2026-11-21T10:00:01+01:00"], [SHOP_SESSIONS[0], SHOP_SESSIONS[1].replace("09:59:59,3,/,/basket,3599", "09:00:00,2,/,/style.css,0")]),
    "trail": (
        ["--session", "a"],
        ["time,method,page,query,status", "2026-11-21 09:00:00,GET,/,,200", "2026-11-21 09:00:00,GET,/style.css,v=1,200", "2026-11-21 09:59:59,POST,/basket,,303"],
    ),
    "cookies": (
        ["--cookie", "visit"],
        [
            "cookie,issued,returned,hits,first_seen,last_seen",
            "visit=a,1,2,3,2026-11-21 09:00:00,2026-11-21 09:59:59",
            "visit=c,1,2,3,2026-11-21 10:30:00,2026-11-21 10:30:00",
            "visit=b1,1,0,1,2026-11-21 09:00:01,2026-11-21 09:00:01",
            "visit=b2,1,0,1,2026-11-21 09:00:02,2026-11-21 09:00:02",
            "visit=b3,1,0,1,2026-11-21 10:00:00,2026-11-21 10:00:00",
            "visit=d,1,0,1,2026-11-21 11:00:00,2026-11-21 11:00:00",
            "visit=zzz,0,1,1,2026-11-21 11:00:00,2026-11-21 11:00:00",
        ],
    ),
    "pages": (
        [],
        [
            "page,hits,sessions,errors,first_seen,last_seen",
            "/,5,5,1,2026-11-21 09:00:00,2026-11-21 11:00:00",
            "/basket,3,3,0,2026-11-21 09:00:02,2026-11-21 10:30:00",
            "/style.css,1,1,0,2026-11-21 09:00:00,2026-11-21 09:00:00",
            "/thanks,1,1,0,2026-11-21 10:30:00,2026-11-21 10:30:00",
        ],
    ),
    "timeline": (
        [],
        ["time,hits,sessions,new_sessions", "2026-11-21 09:00:00,5,3,3", "2026-11-21 10:00:00,4,2,2", "2026-11-21 11:00:00,1,1,0"],
    ),
    "landings": ([], ["page,sessions,single_hit,hits", "/,5,3,9", "/basket,1,1,1"]),
    "anomalies": (
        [],
        [
            "kind,subject,count,first_seen,last_seen",
            "forged,203.0.113.9,1,2026-11-21 11:00:00,2026-11-21 11:00:00",
            "many-addresses,c,3,2026-11-21 10:30:00,2026-11-21 10:30:00",
            "refusing,192.0.2.2,3,2026-11-21 09:00:01,2026-11-21 10:00:00",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("form", ["log", "gz", "parquet", "folder", "pattern"])
def test_answers(name, form, logs, exported, tmp_path):
    options, answer = ANSWERS[name]
    plain = logs / "shop.test/u_ex261121.log"
    match form:
        case "log":
            given = [plain]
        case "gz":
            packed = tmp_path / "shop.test/u_ex261121.log.gz"
            packed.parent.mkdir()
            packed.write_bytes(gzip.compress(plain.read_bytes()))
            given = [packed]
        case "parquet":
            given = [exported, "--site", "shop.test"]
        case "folder":
            given = [logs, "--site", "shop.test"]
        case _:
            given = [f"{logs}/*/u_ex2611?1.log"]
    assert csv("activity", name.partition("-")[0], *given, *options) == answer


def test_funnel(logs):
    answer = csv("activity", "funnel", "/", "/basket", "/thanks", "--log", logs / "shop.test")
    assert answer == ["step,page,sessions", "1,/,5", "2,/basket,2", "3,/thanks,1"]


def test_iis_without_ids_of_ours(logs):
    """The session is the cookie's; the torn line and the NULs are left out, odd octets are not."""
    answer = csv("activity", "sessions", logs / "W3SVC1", "--cookie", "visit")
    assert answer[1:] == [
        "m1,2026-11-22 00:00:02,2026-11-22 00:00:03,2,/café,/caf?,1",
        "m2,2026-11-22 08:00:01,2026-11-22 09:00:01,2,/,/after,3600",
    ]
    rows = csv("query", "SELECT sc_win32_status w, time_taken t, cs_user_agent FROM log ORDER BY time LIMIT 4", "--log", logs / "W3SVC1")  # fmt: skip
    assert rows == [
        "w,t,cs_user_agent", "0,15,Mozilla/5.0+(Windows+NT+10.0)", "0,3,Mozilla/5.0", "2,3,Mozilla/5.0", "4294967295,,",
    ]  # fmt: skip
    assert csv("query", "SELECT count(*) AS n FROM log", "--log", logs / "W3SVC1") == ["n", "5"]


def test_cookie_of_the_configuration(logs, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[cookie]\nname = "visit"\n')
    (tmp_path / "logs").symlink_to(logs)
    answer = csv("activity", "sessions", "--config", config, "--site", "W3SVC1")
    assert [line[:2] for line in answer[1:]] == ["m1", "m2"]
    result = invoked("activity", "sessions", "--config", config.rename(tmp_path.parent / "c.toml"))
    assert (result.exit_code, "is not there" in result.stderr) == (64, True)


def test_date_of_the_directive(tmp_path):
    """Old servers write the day once, and the time on each line."""
    log = tmp_path / "ex090109.log"
    log.write_text("#Date: 2009-01-09 00:00:00\n#Fields: time cs-uri-stem cs(Cookie) time\n01:02:03 / v=1 -\n")  # fmt: skip
    assert csv("activity", "trail", log, "--cookie", "v", "--session", "1")[1] == "2009-01-09 01:02:03,,/,,"  # fmt: skip
    log.write_text("#Fields: time cs-uri-stem\n")
    assert csv("activity", "pages", log) == ["page,hits,sessions,errors,first_seen,last_seen"]


@pytest.mark.parametrize(
    ("session", "pages"),
    [("a?b", "/1"), ("a\udce9b", "/1"), ("?", "/2"), ("", ""), ("a", ""), ("b", ""), ("-", "")],
)
def test_trail_of_an_odd_session(tmp_path, session, pages):
    """What is no UTF-8 is `?`, in the log as in what was asked for; a part is not the whole."""
    log = tmp_path / "u.log"
    log.write_bytes(
        b"#Fields: date time cs-uri-stem x-session-id sc(Set-Cookie)\n"
        b"2026-11-21 09:00:00 /1 a\xe9b -\n2026-11-21 09:00:00 /2 ? -\n2026-11-21 09:00:00 /3 - a\n"
    )
    answer = csv("activity", "trail", log, "--session", session)[1:]
    assert "".join(line.split(",")[2] for line in answer) == pages


def test_odd_texts_of_a_question(exported):
    assert len(csv("activity", "cookies", exported, "--site", "\udce9", "--cookie", "\udce9")) == 1


def test_sites_apart(logs):
    answer = csv("query", "SELECT site, count(*) n FROM log GROUP BY site ORDER BY site", "--log", logs)  # fmt: skip
    assert answer == ["site,n", "W3SVC1,5", "shop.test,10"]
    two = [logs / "shop.test/u_ex261121.log", logs / "copy/u_ex261121.log"]
    two[1].parent.mkdir()
    two[1].write_bytes(two[0].read_bytes())
    answer = csv("query", "SELECT site, count(*) n FROM log GROUP BY site ORDER BY site", "--log", two[0], "--log", two[1])  # fmt: skip
    two[1].unlink()
    assert answer == ["site,n", "copy,10", "shop.test,10"]


def test_torn_gzip(logs, tmp_path):
    packed = tmp_path / "u.log.gz"
    packed.write_bytes(gzip.compress(SHOP.encode())[:-10])
    result = invoked("activity", "pages", packed)
    assert result.exit_code == 0
    assert "ends too early" in result.stderr
    assert "/style.css" in result.stdout, "what came before the torn end is read"


def test_what_is_not_packed(tmp_path):
    (tmp_path / "u.log.gz").write_text(SHOP)
    result = invoked("activity", "pages", tmp_path / "u.log.gz")
    assert (result.exit_code, "u.log.gz is not packed by gzip" in result.stderr) == (2, True)


def test_behind_a_packed_log(tmp_path):
    packed = tmp_path / "u.log.gz"
    packed.write_bytes(gzip.compress(SHOP.encode())[:-8] + b"\0" * 8)
    result = invoked("activity", "pages", packed)
    assert (result.exit_code, "/style.css" in result.stdout) == (0, True)
    assert "ends too early" in result.stderr


def test_logs_of_another_format(logs, tmp_path):
    other = tmp_path / "access.log"
    other.write_text('192.0.2.1 - - [21/Nov/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 5\n')
    for question in (["pages"], ["trail", "--session", "GET"]):
        result = invoked("activity", *question, other)
        assert result.exit_code == 2
        assert "access.log is no log in the W3C extended format" in result.stderr
    result = invoked("activity", "sessions", other, logs / "shop.test", "--format", "csv")
    assert (result.exit_code, result.stdout.splitlines()) == (0, SHOP_SESSIONS)
    assert "access.log has no line #Fields above its lines: left out" in result.stderr


def test_a_site_without_logs(logs):
    result = invoked("activity", "pages", logs, "--site", "shp.test")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "shp.test: no logs of that site. There are logs of W3SVC1, shop.test." in result.stderr


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_nothing_found(form, logs):
    result = invoked("activity", "trail", logs, "--session", "nobody", "--format", form)
    assert (result.exit_code, result.stderr) == (0, "no rows\n")


FORMATS = {
    "table": "step  page     sessions\n   1  /               5\n   2  /basket         2\n",
    "markdown": "| step | page | sessions |\n| ---: | --- | ---: |\n| 1 | / | 5 |\n| 2 | /basket | 2 |\n",
    "csv": "step,page,sessions\n1,/,5\n2,/basket,2\n",
}


@pytest.mark.parametrize("form", FORMATS)
def test_formats(form, logs):
    result = invoked("activity", "funnel", "/", "/basket", "--log", logs, "--format", form)
    assert result.stdout == FORMATS[form]


@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet", "markdown"])
@pytest.mark.parametrize(
    "question",
    [["trail", "--session", "a"], ["cookies"], ["sessions"], ["pages"], ["timeline"], ["landings"], ["anomalies"], ["funnel", "/", "/basket", "--log"]],
    ids=lambda words: words[0],
)  # fmt: skip
def test_each_question_takes_each_option(question, form, logs, tmp_path):
    given = ["activity", *question, logs, "--site", "shop.test", "--top", "1", "--since", "2026-11-21T09"]  # fmt: skip
    names, first = (line.split(",") for line in csv(*given, "--until", "2026-11-21T12"))
    result = invoked(*given, "--until", "2026-11-21T12", "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    match form:
        case "csv":
            told = [line.split(",") for line in result.stdout.splitlines()]
        case "json":
            told = [list(json.loads(result.stdout)[0]), list(json.loads(result.stdout)[0].values())]
        case "parquet":
            file = tmp_path / "answer.parquet"
            file.write_bytes(result.stdout_bytes)
            rows = duckdb.read_parquet(str(file))
            told = [rows.columns, *rows.fetchall()]
        case "markdown":
            lines = result.stdout.replace("\\", "").splitlines()
            told = [line.strip("| ").split(" | ") for line in lines[::2][:2]]
        case _:
            told = [re.split(" {2,}", line.strip()) for line in result.stdout.splitlines()[:2]]
    shown = [[str("" if value is None else value) for value in row] for row in told]
    if form in {"table", "markdown"}:  # what is not there has no word in a table
        shown = [[word for word in row if word.strip()] for row in shown]
        first = [word for word in first if word]
    assert shown == [names, first]


def test_columns_have_types(logs):
    """A time is a TIMESTAMP, a number a number, `-` is NULL, by either way to name a field."""
    sql = 'SELECT typeof(time) AS t, typeof("sc-status") AS s, typeof(sc_status) AS u, typeof("cs-uri-stem") AS p, "cs-uri-query" IS NULL AS q, cs_uri_query IS NULL AS r FROM log LIMIT 1'  # fmt: skip
    answer = csv("query", sql, "--log", logs / "shop.test")
    assert answer == ["t,s,u,p,q,r", "TIMESTAMP,BIGINT,BIGINT,VARCHAR,true,true"]


def test_json(logs):
    result = invoked("activity", "funnel", "/", "/basket", "--log", logs, "--format", "json")
    assert json.loads(result.stdout) == [
        {"step": 1, "page": "/", "sessions": 5},
        {"step": 2, "page": "/basket", "sessions": 2},
    ]


def test_parquet_to_a_pipe(logs, tmp_path):
    result = invoked("activity", "cookies", logs / "shop.test", "--format", "parquet")
    file = tmp_path / "cookies.parquet"
    file.write_bytes(result.stdout_bytes)
    cookies = duckdb.read_parquet(str(file))
    assert cookies.columns[:3] == ["cookie", "issued", "returned"]
    assert [str(kind) for kind in cookies.types[:3]] == ["VARCHAR", "BIGINT", "BIGINT"]
    assert cookies.fetchone()[:3] == ("visit=a", 1, 2)


def test_more_rows_than_shown(logs):
    shown = invoked("activity", "sessions", logs, "--top", "2").stdout.splitlines()
    assert [line[:2] for line in shown] == ["se", "a ", "c "]
    shown = invoked("query", "SELECT range AS n FROM range(200)", "--log", logs).stdout.splitlines()
    assert shown[-2:] == ["…", "The first 100; --top N shows N, --format csv all."]
    shown = invoked("query", "SELECT range AS n FROM range(200)", "--log", logs, "--format", "markdown").stdout  # fmt: skip
    assert shown.endswith("| 99 |\n\nThe first 100; --top N shows N, --format csv all.\n")


def test_hostile_values(tmp_path):
    """No formula reaches a spreadsheet, no control character a terminal, no mark Markdown."""
    log = tmp_path / "u_ex.log"
    log.write_text(f"{OURS}\n2026-11-21 09:00:00 - GET =1+1 @x a=\x1b[31m 200 -2 +3 \uff1d1\n")
    fields = "SELECT cs_uri_stem, cs_uri_query, cs_cookie, x_session_id, x_session_event, issued, -1 AS n FROM log"
    assert csv("query", fields, "--log", log)[1] == "'=1+1,'@x,a=?[31m,'-2,'+3,'\uff1d1,-1"
    table = invoked("query", fields, "--log", log).stdout
    assert "a=\\x1b[31m" in table
    log.write_text(f"{OURS}\n2026-11-21 09:00:00 - GET |<b>[x](y) - - 200 - - -\n")
    shown = invoked("query", fields, "--log", log, "--format", "markdown").stdout
    assert "| \\|\\<b\\>\\[x\\]\\(y\\) |" in shown


def test_timeline_chart_and_picture(logs, tmp_path):
    for ending, magic in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        picture = tmp_path / f"hits.{ending}"
        result = invoked("activity", "timeline", logs, "--every", "30m", "--plot", picture)
        assert result.exit_code == 0, result.exception
        assert picture.read_bytes().startswith(magic)
        assert "█" in result.stdout
    result = invoked("activity", "timeline", logs, "--plot", tmp_path / "none/hits.svg")
    assert (result.exit_code, "cannot be written" in result.stderr) == (2, True)
    empty = invoked("activity", "timeline", logs, "--since", "2030-01-01")
    assert "█" not in empty.stdout
    seconds = invoked("activity", "timeline", logs, "--every", "1s")
    assert "09:00:01" in seconds.stdout.partition("hits\n")[2]


WRONG = {
    "no-logs": (["activity", "pages", "nothing-*.log"], 2, "nothing-*.log: no logs there"),
    "no-time": (["activity", "pages", "--since", "monday"], 64, "monday is no time"),
    "no-interval": (["activity", "pages", "--since", "2026-11-21", "--until", "2026-11-21"], 64, "--until is not after --since"),
    "no-span": (["activity", "timeline", "--every", "1 hour"], 64, "write a number and s, m, h or d"),
    "no-picture": (["activity", "timeline", "--plot", "x.gif"], 64, ".svg or .png"),
    "no-source": (["activity", "pages", "--engine", "duckdb://"], 64, "--engine reads what --source"),
    "no-table": (["activity", "pages", "--engine", "duckdb://", "--source", "log"], 2, "log: no such folder or table"),
    "no-engine": (["activity", "pages", "--engine", "what://", "--source", "log"], 2, "what"),
    "export-format": (["activity", "export", "--to", "x", "--top", "1"], 64, "export reads logs itself"),
    "export-full": (["activity", "export", "--to", "."], 64, "is not empty"),
    "no-select": (["query", "DROP TABLE log"], 2, "a query is one SELECT"),
    "no-sql": (["query", "SELECT FROM WHERE"], 2, "not understood"),
    "follow-json": (["query", "SELECT 1", "--follow", "--format", "json"], 64, "--follow reads logs"),
    "findings-fleet": (["query", "SELECT 1", "--engine", "duckdb://", "--findings", __file__], 64, "--findings is a file"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage(name):
    arguments, status, told = WRONG[name]
    result = invoked(*arguments)
    assert (result.exit_code, told in result.stderr) == (status, True), result.stderr


def test_parquet_on_a_terminal(logs):
    screen, terminal = os.openpty()
    program = Path(sys.executable).with_name("session-tracker")
    done = subprocess.run([program, "activity", "pages", logs, "--format", "parquet"], stdout=terminal, stderr=subprocess.PIPE, text=True, check=False)  # fmt: skip
    os.close(terminal)
    os.close(screen)
    assert (done.returncode, "Parquet is nothing to look at" in done.stderr) == (64, True)


def test_answer_that_breaks_off(logs):
    sql = "SELECT CAST(cs_uri_stem AS INTEGER) AS n FROM log"
    for form in ("csv", "table"):
        result = invoked("query", sql, "--log", logs, "--format", form)
        assert (result.exit_code, "Could not convert" in result.stderr) == (2, True)


def test_findings(logs, tmp_path):
    report = tmp_path / "findings.json"
    findings = [{"rule": "ST201", "severity": "error"}, {"rule": "ST202", "severity": "note"}]
    report.write_text(json.dumps({"version": 1, "findings": findings}))
    answer = csv("query", "SELECT rule FROM findings WHERE severity = 'error'", "--findings", report, "--log", logs)  # fmt: skip
    assert answer == ["rule", "ST201"]
    result = invoked("query", "SELECT rule FROM findings", "--log", logs)
    assert (result.exit_code, "name it, --findings FILE" in result.stderr) == (64, True)


def test_file_that_the_query_names(logs, monkeypatch):
    sql = "SELECT cs-uri-stem FROM u_ex261121.log WHERE cs(Cookie) LIKE '%visit=a%'"
    expected = ["cs_uri_stem", "/style.css", "/basket"]
    assert csv("query", sql, "--log", logs) == expected
    monkeypatch.chdir(logs / "shop.test")
    assert csv("query", sql) == expected
    result = invoked("query", sql.replace("LIKE '%visit=a%'", "= 'visit=a'"), "--format", "csv")
    assert result.stdout == "cs_uri_stem\n/style.css\n"
    assert "reads here: SELECT cs_uri_stem FROM log WHERE" in result.stderr
    assert "cookie('visit') = 'a' finds all" in result.stderr
    assert csv("query", sql.replace("u_ex261121.log", f"'{logs}/shop.test/u_ex261121.log'"), "--log", logs) == expected  # fmt: skip


def test_field_of_ones_own(tmp_path):
    log = tmp_path / "u.log"
    log.write_text("#Fields: date time x-trace-id\n2026-11-21 09:00:00 t1\n")
    assert csv("query", 'SELECT x-trace-id, "x-trace-id" AS t FROM log', "--log", log) == ["x_trace_id,t", "t1,t1"]  # fmt: skip


def test_unknown_column(logs):
    result = invoked("query", "SELECT nothing FROM log", "--log", logs)
    assert (result.exit_code, "nothing" in result.stderr) == (2, True)


def test_file_that_cannot_be_read(tmp_path):
    packed = tmp_path / "u.log.gz"
    packed.symlink_to("/proc/self/mem")
    result = invoked("activity", "pages", packed)
    assert (result.exit_code, "cannot be read" in result.stderr) == (2, True), result.stderr


def test_reader_that_has_seen_enough(logs):
    program = Path(sys.executable).with_name("session-tracker")
    command = f"{program} query 'SELECT * FROM range(1000000)' --log {logs} --format csv | head -c 5; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, env={**os.environ})  # fmt: skip
    assert (done.stdout, done.stderr) == ("range0\n", "")
