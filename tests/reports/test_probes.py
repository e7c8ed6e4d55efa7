"""How the answers of probes are told."""

import json

import pytest

from session_tracking.cookies.digest import Digester
from session_tracking.reports.probes import (
    probe_line,
    probe_lines,
    probes_json,
    probes_status,
    probes_summary,
)
from session_tracking.swaps.probe.facts import Target
from tests.swaps.probe.worlds import CONSTANT, World, ask, constant, own, unique

URL = "https://shop.test/page?token=secret"
TARGET = Target.of(URL)
DIGESTER = Digester(b"key")


def text(world, target=TARGET):
    return "\n".join(probe_lines(ask(world, target), DIGESTER))


def test_a_swap_in_words():
    lines = text(World(cache="swaps", signs=True)).splitlines()
    assert lines[0] == "proven swap: https://shop.test/page?token=…"
    assert lines[1].strip().startswith('Set-Cookie "sid" (session): B was given the value')
    assert lines[2].strip().startswith("The response is unsafe. Send")
    first, second = lines[5], lines[6]
    digest = DIGESTER.digest("shop.test", "sid", unique(3))
    assert first.split() == f"A GET query 3 + 0.500 s 200 sid={digest} (in turn)".split()
    assert second.split() == f"B GET query 3 + 0.750 s 200 sid={digest} Age: 3 (in turn)".split()
    assert len(lines) == 3 + 11


ADVICE = [
    # lines of the response, cache, end of the advice; empty for none
    ([("Cache-Control", "private")], "none", ""),
    ([("Cache-Control", "private")], "swaps", "look at the cache's configuration."),
    ([("Cache-Control", "max-age=60")], "none", "(RFC 9111 §7.3)."),
]


@pytest.mark.parametrize(("lines", "cache", "end"), ADVICE)
def test_advice(lines, cache, end):
    verdict = ask(World(cache=cache, lines=tuple(lines)), TARGET)
    told = json.loads(probes_json([verdict], [], DIGESTER))["probes"][0]["advice"]
    assert told.endswith(end)
    assert bool(told) is bool(end)


def test_what_got_no_answer():
    told = text(World(problems={0: "refused"}))
    assert "A GET  query 1   + 0.000 s  refused" in told
    assert "no query" not in told
    assert "advice" not in told
    assert "no cookie" in text(World(()))


def test_json():
    world = World((own(), constant()), "swaps", cuts={3: "too long"})
    document = json.loads(probes_json([ask(world, TARGET)], ["a\x1b.har: broken"], DIGESTER))
    assert (document["version"], document["exit_status"]) == (1, 3)
    assert document["incomplete"] == ["a\\x1b.har: broken"]
    (told,) = document["probes"]
    digest = str(DIGESTER.digest("shop.test", "sid", unique(3)))
    assert told["handed"] == [
        {"cookie": "sid", "class": "session", "digest": digest, "step": "in turn", "visitors": ["A", "B"]}
    ]  # fmt: skip
    assert told["cookies"] == [
        {"name": "sid", "class": "session", "own": True},
        {"name": "build", "class": "unknown", "own": False},
    ]
    assert (told["result"], told["level"], told["limits"]) == ("proven swap", "unsafe", [])
    first, *_ = told["transcript"]
    assert first["time"] == "2026-11-21T09:30:00.000+00:00"
    assert first["query"] == 1
    assert first["cookies"][0]["attributes"] == ["path", "httponly"]
    assert first["fields"] == [["Cache-Control", "max-age=60"]]
    assert told["transcript"][3]["problem"] == "too long"


HOSTILE = (
    ("Cache-Control", "max-age=60, x=\x1b[31m\x85"),
    ("X-Csrf-Token", "secret-of-somebody"),
    ("Via", "<script>" * 100),
)


def test_nothing_secret_and_nothing_hostile_is_shown():
    world = World((own(), lambda n: f"a\x1b=\x9b{n}; Path=/secret-path"), "swaps", lines=HOSTILE)
    verdict = ask(world, TARGET)
    shown = text(world) + probes_json([verdict], [], DIGESTER) + probe_line(verdict)
    for secret in (unique(1), unique(3), CONSTANT, "secret-of-somebody", "secret-path", "secret"):
        assert secret not in shown
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert len(shown) < 60_000


STATUSES = [
    ([], True, 0),
    ([], False, 2),
    (["none"], True, 0),
    (["none", "strips"], True, 1),
    (["strips", "none"], False, 2),
    (["swaps", "strips"], False, 3),
    (["collapses"], True, 3),
]


@pytest.mark.parametrize(("caches", "complete", "status"), STATUSES)
def test_the_worst_answer_is_the_status(caches, complete, status):
    verdicts = [ask(World(cache=cache), TARGET) for cache in caches]
    assert probes_status(verdicts, complete=complete) == status


def test_the_summary():
    verdicts = [ask(World(cache=cache), TARGET) for cache in ("swaps", "none", "none")]
    assert probes_summary(verdicts) == "3 URLs asked: 1 proven swap, 2 safe"
    assert probes_summary(verdicts[:1]) == "1 URL asked: 1 proven swap"
    assert probes_summary([]) == "0 URLs asked"
