import json
import random
import subprocess
from pathlib import Path
from statistics import median

import pytest

from scripts.benchmarks import audit, cli, day, hooks, servers, verdict, workload
from scripts.benchmarks.figures import (
    CannotMeasureError,
    Figure,
    Interval,
    bootstrap_median,
    table,
    write_json,
)
from scripts.benchmarks.throughput import Slice, figures_of

BENCH = Path(__file__).resolve().parents[2] / "scripts" / "bench"


@pytest.mark.parametrize(
    ("value", "limits", "met"),
    [
        (5.0, {}, True),
        (5.0, {"at_least": 5.0}, True),
        (4.9, {"at_least": 5.0}, False),
        (5.0, {"at_most": 5.0}, True),
        (5.1, {"at_most": 5.0}, False),
        (4.0, {"at_least": 3.0, "at_most": 5.0}, True),
        (2.0, {"at_least": 3.0, "at_most": 5.0}, False),
    ],
)
def test_a_target_is_met(value, limits, met):
    assert Figure("f", value, "µs", **limits).met is met


def test_the_interval_of_equal_samples_is_a_point():
    assert bootstrap_median([0.98] * 20) == Interval(0.98, 0.98)


def test_the_interval_holds_the_median_and_is_the_same_again():
    samples = [1.0 + 0.01 * (number * 7 % 30) for number in range(30)]
    found = bootstrap_median(samples)
    assert min(samples) < found.low < median(samples) < found.high < max(samples)
    assert bootstrap_median(samples) == found


def test_more_samples_narrow_the_interval():
    def width(samples):
        found = bootstrap_median(samples)
        return found.high - found.low

    few = [float(number) for number in range(10)]
    assert width(few * 20) < width(few)


def test_an_interval_needs_samples():
    with pytest.raises(ValueError, match="an interval needs samples"):
        bootstrap_median([])


def test_the_table():
    figures = [
        Figure("ratio", 0.9812, "", 3, Interval(0.97, 0.99), at_least=0.97),
        Figure("hooks", 31.04, "µs", at_most=25),
        Figure("rate", 1234.4, "/s", 0),
    ]
    assert list(table(figures)) == [
        "         figure  95 % interval  target",
        "ratio     0.981  0.970 – 0.990  ≥ 0.97     met",
        "hooks   31.0 µs                   ≤ 25  MISSED",
        "rate   1,234 /s",
    ]


def test_the_json(tmp_path):
    figures = [Figure("ratio", 0.9, "", 3, Interval(0.8, 1.0), at_least=0.97)]
    write_json(tmp_path / "f.json", {"cores": 2}, figures)
    assert json.loads((tmp_path / "f.json").read_text()) == {
        "facts": {"cores": 2},
        "figures": [
            {
                "name": "ratio",
                "value": 0.9,
                "unit": "",
                "digits": 3,
                "interval": {"low": 0.8, "high": 1.0},
                "at_least": 0.97,
                "at_most": None,
                "met": False,
            }
        ],
    }


def test_throughput_is_compared_pair_by_pair():
    pairs = [
        (Slice(490, 1.0, 0.5), Slice(500, 1.0, 0.5)),
        (Slice(196, 2.0, 0.3), Slice(100, 1.0, 0.1)),  # a slow moment of the machine
        (Slice(960, 1.0, 0.9), Slice(1000, 1.0, 0.9)),
    ]
    ratio, by_cpu, ours, empty = figures_of(pairs)
    assert (ratio.value, ratio.met) == (0.98, True)
    assert ratio.interval == Interval(0.96, 0.98)
    assert by_cpu.value == pytest.approx(0.96)
    assert (ours.value, empty.value) == (490, 500)


def test_the_best_batch_counts_for_hooks():
    pairs = [(40.0, 14.0), (34.0, 10.0), (99.0, 10.5)]
    best, typical = hooks.figures_of(workload.KNOWN, pairs)
    assert (best.value, best.at_most) == (24.0, 25.0)
    assert (typical.value, typical.at_most) == (26.0, None)


def test_the_mix_has_the_shares_of_the_kinds():
    kinds = list(workload.mixed(400))
    assert {kind.name: kinds.count(kind) / 4 for kind in workload.KINDS} == {
        "known visitor": 90,
        "newcomer": 5,
        "finding": 5,
    }
    assert sum(kind.share for kind in workload.KINDS) == 100


@pytest.mark.parametrize("kind", workload.KINDS, ids=lambda kind: kind.name)
def test_each_side_has_fifteen_field_lines(kind):
    assert len(kind.request_lines(workload.id_of(7))) == 15
    assert len(workload.BY_ORIGIN + kind.answered) == 15


def test_a_missing_program_is_named():
    with pytest.raises(CannotMeasureError, match="no-such-program is missing"):
        servers.program("no-such-program")


def test_hooks_for_real(tmp_path):
    target = tmp_path / "figures.json"
    ran = subprocess.run(
        [BENCH, "hooks", "--quick", "--json", target], capture_output=True, text=True, check=False
    )
    written = json.loads(target.read_text())
    met = all(figure["met"] for figure in written["figures"])
    assert (ran.returncode, ran.stderr) == (0 if met else cli.MISSED, "")
    kinds = ["hooks, known visitor", "hooks, newcomer", "hooks, finding"]
    names = [name for kind in kinds for name in (kind, "  median batch")]
    assert [figure["name"] for figure in written["figures"]] == names
    assert all(figure["value"] > 0 for figure in written["figures"])
    assert [
        line[: len(name)] for name, line in zip(names, ran.stdout.splitlines()[1:], strict=True)
    ] == names


def test_the_ledger_for_real(capsys):
    assert cli.main(["ledger", "--quick"]) in {0, cli.MISSED}
    told = capsys.readouterr().out
    for form in ("ledger", "dictionary", "SQLite"):
        assert f"{form}, 10,000 values" in told


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["speed"],
        ["throughput", "--slices", "5"],
        ["throughput", "--slices", "0"],
        ["day", "--exchanges", "10"],
    ],
)
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == cli.USAGE
    assert "usage: scripts/bench" in capsys.readouterr().err


def test_what_cannot_be_measured(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["throughput"]) == cli.NOT_MEASURED
    assert "wrk is missing" in capsys.readouterr().err


def test_the_audit_for_real(capsys):
    assert cli.main(["audit", "--quick"]) == 0
    shown = capsys.readouterr().out
    for name in ("audit of a capture", "audit of a HAR", "  mitmdump -nr"):
        assert name in shown


def test_an_audit_that_fails_is_not_measured(monkeypatch, tmp_path):
    monkeypatch.setattr(audit, "_audit", lambda file, folder: ["false"])
    monkeypatch.setattr(audit, "_mitmdump", lambda file, folder: ["true"])
    with pytest.raises(CannotMeasureError, match="true ended with 0"):
        audit.measure(lambda text: None, quick=True)
    for name, count in (("audit", 1), ("mitmdump", 2)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"counts": {"new": count}}))
    with pytest.raises(CannotMeasureError, match="the two ways differ"):
        audit._same(tmp_path)


def test_the_verdict_for_real(capsys):
    assert cli.main(["verdict", "--quick"]) in {0, cli.MISSED}
    told = capsys.readouterr().out.splitlines()
    names = ["verdict, rfc9111", "  median batch", "verdict, all", "  median batch"]
    assert [row[: len(name)] for name, row in zip(names, told[1:], strict=True)] == names


def test_no_two_exchanges_are_equal():
    chance = random.Random(1)
    lines = {verdict.line(1, chance) for _ in range(200)}
    assert len(lines) == 200
    for text in lines:
        asked = json.loads(text)
        assert min(len(asked[side]["headers"]) for side in ("request", "response")) >= 10


def test_the_fleet_for_real(capsys):
    assert cli.main(["fleet", "--quick"]) == 0
    assert "Redis, sights in batches of 500" in capsys.readouterr().out


def test_a_short_day(capsys, tmp_path):
    target = tmp_path / "day.json"
    assert cli.main(["day", "--exchanges", "5000", "--json", str(target)]) in {0, cli.MISSED}
    assert "day, 5,000 exchanges of 500" in capsys.readouterr().out
    found, others, *_ = json.loads(target.read_text())["figures"]
    assert (found["value"], others["value"]) == (5, 0)


def test_a_day_without_a_watch_misses_its_swaps(monkeypatch):
    """The figures are those of the detector, not of the simulation."""
    monkeypatch.setattr(day.Engine, "_watch_response", lambda *_: ())
    missed, *_ = day.measure(lambda _: None, exchanges=1000)
    assert (missed.value, missed.met) == (0, False)


def test_the_log_for_real(capsys):
    assert cli.main(["log", "--quick"]) in {0, cli.MISSED}
    told = capsys.readouterr().out.splitlines()
    names = ["lines written by one thread", "  median batch"]
    assert [row[: len(name)] for name, row in zip(names, told[1:], strict=True)] == names


def test_activity_is_compared_with_mawk(capsys):
    assert cli.main(["activity", "--quick"]) in {0, cli.MISSED}
    assert "activity sessions" in capsys.readouterr().out
