"""Every question, and a query, on DuckDB and on Spark with two workers: the same rows.

Run by .ci/spark, which installs Spark; pytest does not collect it by itself.
"""

import json

import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from scripts.benchmarks.activity_logs import write_logs
from session_tracking.cli.main import session_tracker
from tests.activity.samples import write_samples

# PySpark 4.0, with the pandas and the Python of the lock
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

QUESTIONS = [
    ["activity", "trail", "--session", "c"],
    ["activity", "cookies"],
    ["activity", "cookies", "--cookie", "visit"],
    ["activity", "sessions"],
    ["activity", "sessions", "--top", "3"],
    ["activity", "sessions", "--site", "shop.test", "--since", "2026-11-21T09:00:01"],
    ["activity", "pages"],
    ["activity", "timeline", "--every", "1m"],
    ["activity", "landings"],
    ["activity", "funnel", "/", "/basket", "/thanks"],
    ["activity", "anomalies"],
    ["query", "SELECT cs_uri_stem, count(*) AS hits FROM log WHERE time < '2026-11-22' GROUP BY 1 ORDER BY 1"],
    ["query", "SELECT session_id, hits FROM sessions ORDER BY 1"],
]  # fmt: skip


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = write_samples(tmp_path_factory.mktemp("logs"))
    write_logs(folder / "big.test", 20_000, files=2)
    exported = folder / "exported"
    result = CliRunner().invoke(
        session_tracker, ["activity", "export", str(folder), "--cookie", "visit", "--to", str(exported)]
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return exported


@pytest.fixture(scope="module")
def spark():
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    yield session
    session.stop()


def asked(question, *arguments):
    result = CliRunner().invoke(
        session_tracker, [*question, "--format", "json", *map(str, arguments)]
    )
    assert result.exit_code == 0, (result.stderr, result.exception)
    return json.loads(result.stdout)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda words: "-".join(words[1:3]))
def test_same_rows(exported, spark, question):
    on_duckdb = asked(question, "--source", exported)
    assert on_duckdb
    assert asked(question, "--engine", "pyspark://", "--source", exported) == on_duckdb
