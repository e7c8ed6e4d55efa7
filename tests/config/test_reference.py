"""The manual's tables hold every key and every code."""

import re

from session_tracking.config.checks import CODES
from session_tracking.config.reference import codes_table, reference_table
from session_tracking.config.root import (
    KEYS,
    LOCKS,
    Alert,
    Fleet,
    Ledger,
    Log,
    Logs,
    Metrics,
    Profile,
    Suppress,
    Trace,
    Traces,
)


def test_the_table_has_every_key_with_a_description():
    table = reference_table()
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \|$", table, re.MULTILINE)
    names = [name for name, *_ in rows]
    settings = [key.rpartition(".")[2] for key in KEYS]
    tables = (Alert, Fleet, Ledger, Metrics, Profile, Suppress)
    arranging = ["include", "rules", "host", "path", "file", "hosts"]
    arranging += [name for table in tables for name in table.model_fields]
    arranging += Logs.model_fields.keys() - Log.model_fields.keys()
    arranging += Traces.model_fields.keys() - Trace.model_fields.keys()
    assert sorted(names) == sorted([*settings, *LOCKS, *arranging])
    assert all(description.endswith(".") for *_, description in rows)
    for header in (
        "[cookie]",
        "[headers]",
        "[privacy]",
        "[audit]",
        "[enforce]",
        "[shadow]",
        "[log]",
        "[trace]",
        "[metrics]",
        "[[alert]]",
        "[[suppress]]",
        "[profiles.NAME]",
        "[[site]]",
        "[[site.path]]",
        "[[delegate]]",
    ):
        assert f"`{header}`" in table
    assert "| `targeted_fields` | an array of strings | `[]` |" in table
    assert '| `secure` | "auto", true or false | `"auto"` |' in table


def test_the_codes_are_in_order():
    codes = re.findall(r"^\| ([EW]\d+) \|", codes_table(), re.MULTILINE)
    assert codes == list(CODES)
    assert codes == [f"E{n}" for n in range(1, 24)] + [f"W{n}" for n in range(1, 17)]
