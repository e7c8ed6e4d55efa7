"""The questions' SQL, for DuckDB and for engines that are not at hand here."""

import subprocess
import sys

import ibis
import pytest
import sqlglot

from session_tracking.activity import compiling
from session_tracking.activity.columns import COLUMNS
from session_tracking.activity.local import question_sql
from session_tracking.activity.questions import QUESTIONS, funnel

# ibis 12 with sqlglot 30 and Python 3.13
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_the_file_is_what_ibis_writes():
    """Else: python -m session_tracking.activity.compiling"""
    assert compiling.FILE.read_text(encoding="utf-8") == compiling.compiled()


def test_the_program_that_writes_it(tmp_path):
    before = compiling.FILE.stat().st_mtime_ns
    subprocess.run([sys.executable, "-m", compiling.__name__], check=True)
    assert compiling.FILE.stat().st_mtime_ns > before


def test_every_question_is_in_the_file():
    assert [question_sql(name)[:6] for name in QUESTIONS if name != "anomalies"] == ["SELECT"] * 6
    assert question_sql("anomalies").startswith("WITH")
    assert "'900'::BIGINT" in question_sql("timeline", {"every": 900})


def test_funnel_is_made_when_asked_for():
    assert question_sql("funnel", steps=("/it's", "/b")) == compiling.funnel_sql(("/it's", "/b"))


OWN_TO_AN_ENGINE = {"TIME_BUCKET", "EPOCH_MS", "DATE_BIN", "TOSTARTOFINTERVAL"}


@pytest.mark.parametrize("dialect", ["clickhouse", "trino", "postgres", "pyspark"])
@pytest.mark.parametrize("name", [*QUESTIONS, "funnel"])
def test_sql_of_other_engines(dialect, name):
    """It is valid SQL there, reads only columns of the log, and answers with the same names."""
    log = compiling.log_table()
    asked = funnel(log, ["/", "/b"]) if name == "funnel" else QUESTIONS[name](log)
    sql = str(ibis.to_sql(asked, dialect=dialect))
    tree = sqlglot.parse_one(sql, read="spark" if dialect == "pyspark" else dialect)
    assert tree.named_selects in (list(asked.columns), ["*"])
    tables = {table.name for table in tree.find_all(sqlglot.exp.Table)}
    named = {cte.alias for cte in tree.find_all(sqlglot.exp.CTE)}
    assert tables - named == {"log"}
    assert not any(function in sql.upper() for function in OWN_TO_AN_ENGINE)
    assert tree.find(sqlglot.exp.Order)


def test_columns_have_different_names():
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
