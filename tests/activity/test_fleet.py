"""An engine by its URL: DuckDB as Ibis drives it. Spark: spark_agrees.py."""

import ibis
import pytest

from session_tracking.activity.fleet import dialect
from session_tracking.activity.local import Local
from tests.activity.samples import write_samples
from tests.activity.test_answers import ANSWERS, SHOP_SESSIONS, csv, invoked

# ibis 12 with duckdb 1.5
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = write_samples(tmp_path_factory.mktemp("logs"))
    target = tmp_path_factory.mktemp("exported") / "parquet"
    assert invoked("activity", "export", folder, "--cookie", "visit", "--to", target).exit_code == 0
    return target


def test_partitions(exported):
    assert sorted(str(one.parent.relative_to(exported)) for one in exported.rglob("*.parquet")) == [
        "day=2026-11-21/site=shop.test",
        "day=2026-11-22/site=W3SVC1",
    ]


@pytest.mark.parametrize("name", ANSWERS)
def test_same_answers(name, exported):
    options, answer = ANSWERS[name]
    given = [name.partition("-")[0], "--engine", "duckdb://", "--source", exported]
    assert csv("activity", *given, "--site", "shop.test", *options) == answer


def test_a_table(exported, tmp_path):
    file = tmp_path / "fleet.duckdb"
    local = Local()
    local.connection.execute(
        f"ATTACH '{file}' AS fleet; CREATE TABLE fleet.log AS"
        f" FROM read_parquet('{exported}/**/*.parquet', hive_partitioning = true);"
        " CREATE TABLE fleet.other AS SELECT 1 AS a"
    )
    local.close()
    engine = ["--engine", f"duckdb://{file}", "--source"]
    assert csv("activity", "sessions", "--site", "shop.test", *engine, "log") == SHOP_SESSIONS
    steps = csv("activity", "funnel", "/", "/basket", *engine, "log")
    assert steps == ["step,page,sessions", "1,/,6", "2,/basket,2"]
    told = csv("query", "SELECT cs-uri-stem, cookie('visit') AS v FROM log WHERE session_id = 'm2' ORDER BY time", *engine, "log")  # fmt: skip
    assert told == ["cs_uri_stem,v", "/,m2", "/after,m2"]
    assert csv("query", "SELECT count(*) AS n FROM sessions", *engine, "log") == ["n", "8"]
    result = invoked("query", "SELECT nothing FROM log", *engine, "log")
    assert (result.exit_code, "nothing" in result.stderr) == (2, True)
    result = invoked("activity", "pages", *engine, "other")
    assert (result.exit_code, "has no column line, site" in result.stderr) == (2, True)


def test_one_file_as_source(exported):
    one = next(exported.glob("day=2026-11-21/*/*.parquet"))
    assert csv("activity", "sessions", "--source", one) == SHOP_SESSIONS


def test_engine_that_breaks(exported, monkeypatch):
    def broken(*_args, **_options):
        raise RuntimeError("the cluster is on fire\n\nstack")

    monkeypatch.setattr(ibis.backends.duckdb.Backend, "to_pyarrow", broken)
    result = invoked("activity", "pages", "--engine", "duckdb://", "--source", exported)
    assert (result.exit_code, result.stderr) == (2, "Error: the cluster is on fire\n")


def test_dialects():
    assert [dialect(url) for url in ("postgresql://x", "trino://x/y", "duckdb://")] == ["postgres", "trino", "duckdb"]  # fmt: skip


def test_engine_that_is_not_installed(exported):
    for url, command in (
        ("pyspark://", 'pip install "mitmproxy-session-tracker[spark]"'),
        ("clickhouse://localhost", 'pip install "ibis-framework[clickhouse]"'),
    ):
        result = invoked("activity", "pages", "--engine", url, "--source", exported)
        assert result.exit_code == 78, result.exception
        assert result.stderr.endswith(f"which is not installed: {command}\n")
