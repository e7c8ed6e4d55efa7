"""Running cases, and ending what was started."""

import asyncio
import sys
from pathlib import Path

import pytest

from scripts.lab.caches import CACHES
from scripts.lab.cases import Case, NextRequest, Response
from scripts.lab.checking import against_caches
from scripts.lab.lab import Lab, LabError, Running, stop
from scripts.lab.runner import run_all, run_case

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    print(child, flush=True)
time.sleep(60)
"""


class Direct(Lab):
    """A lab whose only cache is the origin itself: nothing is stored."""

    def __init__(self):
        super().__init__([])

    @property
    def ports(self):
        return {"origin": self.origin.port}


def results(*cases, in_flight=4):
    async def run():
        async with Direct() as lab:
            return [result async for result in run_all(lab, cases, in_flight)]

    return asyncio.run(run())


def test_without_a_cache_b_gets_an_answer_of_their_own():
    case = Case("x", response=Response(headers=(("Set-Cookie", "sid={n}"),)))
    (result,) = results(case)
    assert result.outcomes == {"origin": "miss"}
    phases = [answer.phase for answer in result.cells["origin"].trial.answers]
    assert phases == ["A1", "A2", "B"]


def test_every_case_is_run_once():
    names = [f"case-{number}" for number in range(10)]
    assert sorted(result.case.id for result in results(*map(Case, names))) == names


def test_dates_are_the_same_in_all_answers_of_a_case():
    (result,) = results(Case("x", response=Response(headers=(("Date", "{date}"),))))
    said = [answer.head.values("date") for _, answer in result.cells["origin"].received]
    assert said[0] == said[1] == said[2]
    assert said[0][0].endswith("GMT")


def test_the_transcript_shows_both_sides():
    (result,) = results(Case("x", next_request=NextRequest("HEAD", (("Accept", "*/*"),))))
    text = result.cells["origin"].transcript()
    assert text.count("asks the cache") == 3
    assert text.count("asks the origin") == 3
    assert "HEAD /t000001/page HTTP/1.1\nHost: lab.test\nUser-Agent: cache-lab\nAccept: */*" in text


def test_a_stubborn_cache_and_its_children_are_ended(monkeypatch):
    monkeypatch.setattr("scripts.lab.lab.STOP_SECONDS", 0.2)

    async def run():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", STUBBORN, stdout=asyncio.subprocess.PIPE, start_new_session=True
        )
        child = int(await process.stdout.readline())
        await stop(process)
        return process.returncode, child

    status, child = asyncio.run(run())
    assert status == -9
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_what_was_started_is_ended_when_the_work_fails():
    folders = []

    async def run():
        async with Direct() as lab:
            folders.append(lab._folder)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        asyncio.run(run())
    assert not folders[0].exists()


def test_a_cache_that_does_not_answer_is_named_with_its_output(tmp_path):
    async def run():
        process = await asyncio.create_subprocess_exec("false")
        (tmp_path / "output.log").write_text("cannot bind", encoding="utf-8")
        await process.wait()
        await Lab([])._wait(Running(CACHES["squid"], 1, tmp_path, process))

    with pytest.raises(LabError, match=r"squid does not answer on port 1:\ncannot bind"):
        asyncio.run(run())


def test_a_cancelled_run_leaves_no_task():
    async def run():
        async with Direct() as lab:
            task = asyncio.ensure_future(
                run_case(lab, Case("x", next_request=NextRequest(after=9)))
            )
            await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1


def checked(monkeypatch, predicted):
    """The tally of one case in the lab without a cache; predictions come from a list."""
    answers = iter(predicted)
    monkeypatch.setattr(
        "scripts.lab.checking.predict",
        lambda case, names, now: dict.fromkeys(names, next(answers, predicted[-1])),
    )

    async def run():
        async with Direct() as lab:
            return await against_caches(lab, iter([Case("x")]))

    return asyncio.run(run())


def test_a_disagreement_is_run_again_and_stays(monkeypatch):
    tally = checked(monkeypatch, ["reused"])
    (found,) = tally.disagreements
    assert (found.cache, found.predicted, found.measured) == ("origin", "reused", "miss")
    assert tally.cells == {"origin": 1}


def test_a_disagreement_that_goes_away_is_wavering(monkeypatch):
    tally = checked(monkeypatch, ["reused", "miss"])
    assert tally.disagreements == []
    assert tally.wavering == {"origin": 1}


def test_agreement(monkeypatch):
    tally = checked(monkeypatch, ["miss"])
    assert (tally.cases, tally.disagreements, tally.wavering) == (1, [], {})


def test_a_machine_too_busy_to_measure_says_so(monkeypatch):
    monkeypatch.setattr("scripts.lab.runner.GAP", 1.0)
    monkeypatch.setattr("scripts.lab.checking.PATIENT_RERUNS", 1)
    tally = checked(monkeypatch, ["reused"])
    assert (tally.disagreements, tally.unsettled) == ([], {"origin": 1})
