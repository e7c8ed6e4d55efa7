"""The counters as the engine keeps them."""

from dataclasses import replace

from session_tracking.audit.settings import AuditSettings, EnforceSettings
from session_tracking.config.loading import load
from session_tracking.engine import Circumstances, Engine
from session_tracking.http.exchange import ClientId
from session_tracking.shadow.shadow import ShadowSettings
from tests.strategies import NOW, exchange

FRESH = ("Cache-Control", "public, max-age=60")
SETTINGS = replace(
    load(None).for_url("shop.test", "/"),
    audit=AuditSettings(),
    enforce=EnforceSettings(enabled=True),
    shadow=ShadowSettings(enabled=True),
)


def seen(engine, address, settings=SETTINGS, **more):
    given = replace(exchange(FRESH), client=ClientId(address, address))
    return engine.on_response(settings, given, None, Circumstances(https=True, **more))


def test_a_would_be_swap_is_a_finding_of_its_own():
    engine = Engine(NOW)
    seen(engine, "127.0.0.2")
    outcome = seen(engine, "127.0.0.3")
    (finding,) = [each for each in outcome.findings if each.rule.id == "ST501"]
    assert (finding.severity, finding.cookie_name, finding.masked_by) == ("warning", "sid", "")
    assert finding.caches == {"rfc9111": "swap"}
    assert engine.with_caches(finding, exchange(FRESH)) is finding
    counts = engine.counters.sites()["shop.test"]
    assert (counts["would_be_swaps"], counts["enforced"], counts["unsafe_current"]) == (1, 2, 1)


def test_a_preference_is_a_note():
    engine = Engine(NOW)
    given = exchange(FRESH, cookie="lang=en")
    for number in (2, 3):
        asked = replace(given, client=ClientId(f"127.0.0.{number}", str(number)))
        outcome = engine.on_response(SETTINGS, asked, None, Circumstances(https=True))
    assert [f.severity for f in outcome.findings if f.rule.id == "ST501"] == ["note"]


def test_replays_are_not_imagined():
    engine = Engine(NOW)
    seen(engine, "127.0.0.2")
    seen(engine, "127.0.0.3", watch=False)
    assert engine.counters.value("hits") == 0


def test_failures_and_epochs():
    engine = Engine(NOW)
    engine.failed(SETTINGS)
    seen(engine, "127.0.0.2")
    assert engine.counters.value("failures") == 1
    assert engine.counters.value("unsafe_current") == 1
    engine.reset(NOW + 5)
    assert engine.counters.epoch.started == NOW + 5
    assert set(engine.counters.sites()["shop.test"].values()) == {0}
    seen(engine, "127.0.0.3")
    assert engine.counters.value("would_be_swaps") == 0
