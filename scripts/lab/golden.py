"""The recorded results that the tests replay where no cache is installed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.lab.cases import Case, to_json
from scripts.lab.outcome import OUTCOMES

GOLDEN = Path(__file__).parents[2] / "tests/lab/golden/corpus.json"

LETTERS = {name: name[0] if name != "stripped" else "t" for name in OUTCOMES}
"""One letter an outcome; WAVERED where runs differed."""

WAVERED = "?"
_NAMES = {letter: name for name, letter in LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Golden:
    """What the caches did with each case, by case id and cache name.

    A cell is missing where runs differed or the cache answered by itself.
    """

    time: int
    """Unix seconds of the recording; predictions are made for a run that starts then."""
    versions: dict[str, str]
    outcomes: dict[str, dict[str, str]]
    digests: dict[str, str]

    def is_current(self, case: Case) -> bool:
        """Whether the case is recorded and has not been changed since."""
        return self.digests.get(case.id) == digest(case)


def digest(case: Case) -> str:
    """Eight hexadecimal digits that change with the case."""
    facts = json.dumps(to_json(case), sort_keys=True).encode()
    return hashlib.blake2b(facts, digest_size=4).hexdigest()


def write(
    now: float,
    versions: dict[str, str],
    runs: dict[str, dict[str, list[str]]],
    cases: Iterable[Case],
) -> str:
    """The golden file's text: `runs` holds each cell's outcomes by case id and cache name."""
    names = list(next(iter(runs.values())))
    lines = []
    for case in cases:
        letters = ""
        for name in names:
            seen = set(runs[case.id][name])
            letters += LETTERS[seen.pop()] if len(seen) == 1 else WAVERED
        lines.append(f"  {json.dumps(case.id)}: {json.dumps(f'{digest(case)} {letters}')}")
    head = {
        "time": int(now),
        "versions": versions,
        "letters": {**LETTERS, "wavered": WAVERED},
        "caches": names,
    }
    parts = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    body = ",\n".join(lines)
    return "{\n" + ",\n".join(parts) + ',\n "cases": {\n' + body + "\n }\n}\n"


def read(text: str) -> Golden:
    """The golden file's content."""
    data = json.loads(text)
    outcomes, digests = {}, {}
    for name, recorded in data["cases"].items():
        digests[name], letters = recorded.split(" ")
        outcomes[name] = {
            cache: _NAMES[letter]
            for cache, letter in zip(data["caches"], letters, strict=True)
            if letter not in {WAVERED, LETTERS["error"]}
        }
    return Golden(data["time"], data["versions"], outcomes, digests)
