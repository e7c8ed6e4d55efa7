"""Start-up errors, options and configuration at run time, and the commands in a real mitmweb."""

import json
import os
import time

import httpx
import pytest

from tests.mitm.wire import get
from tests.proxy import ENTRY, Proxy, run
from tests.waiting import PATIENCE, rewrite, wait_until

SECRET = "3f2a9c81d0e7b6453f2a9c81d0e7b645"
UNSAFE = (f"Set-Cookie: sid={SECRET}", "Cache-Control: public, max-age=60")


def reverse_of(origin):
    return "--mode", f"reverse:http://127.0.0.1:{origin.port}"


REFUSED = [
    ("unknown-option", ["session_tracker_fail_no=error"], 64, "Did you mean session_tracker_fail_on?"),
    ("unlike-any-option", ["session_tracker_xyzzyqqq=1"], 64, "session_tracker_xyzzyqqq"),
    ("fail-on", ["session_tracker_fail_on=fatal"], 64, "Use one of error, warning, note, never."),
    ("report-format", ["session_tracker_report=r.pdf"], 64, "FORMAT=PATH"),
    ("report-typo", ["session_tracker_report=jsn=r"], 64, "Did you mean json=…?"),
    ("baseline", ["session_tracker_baseline=none.toml"], 64, "none.toml cannot be read"),
    ("report-folder", ["session_tracker_report=no/such/r.json"], 64, "there is no folder"),
    ("twice", ["session_tracker_fail_on=error", "session_tracker_fail_on=note"], 64, "Give it once"),
    ("enabled", ["session_tracker_enabled=maybe"], 64, "session_tracker_enabled is 'maybe'"),
    ("all-at-once", ["session_tracker_enabled=maybe", "session_tracker_fail_on=x"], 64, "fail_on is 'x'"),
    ("missing-file", ["session_tracker_config=no-such.toml"], 78, "no-such.toml"),
]  # fmt: skip


WITH_PAGE = {"unknown-option", "fail-on", "missing-file"}
"""What mitmweb is started with as well: one of each of the ways to end."""


@pytest.mark.parametrize(
    ("program", "settings", "status", "told"),
    [pytest.param("mitmdump", *r, id=i) for i, *r in REFUSED]
    + [pytest.param("mitmweb", *r, id=f"{i}-mitmweb") for i, *r in REFUSED if i in WITH_PAGE],
)
def test_a_wrong_option_stops_the_start(tmp_path, program, settings, status, told):
    chosen = [word for setting in settings for word in ("--set", setting)]
    proxy = Proxy(tmp_path, *chosen, program=program)
    assert proxy.wait() == status, proxy.log
    assert told in proxy.log
    assert "Traceback" not in proxy.log


def test_all_configuration_errors_are_told_at_once(tmp_path):
    config = tmp_path / "bad.toml"
    config.write_text(
        'enabeld = true\n[cookie]\nname = "a b"\nsame_site = "None"\nsecure = false\n'
    )
    ended = run(tmp_path, "--set", f"session_tracker_config={config}")
    assert ended.process.returncode == 78
    for told in ("bad.toml:1", "enabled", "bad.toml:3", "[E1]", "bad.toml:4", "[E6]"):
        assert told in ended.log, told
    assert "Traceback" not in ended.log


def test_switched_off_by_option(origin, tmp_path):
    origin.answer("/off")
    with Proxy(tmp_path, *reverse_of(origin), "--set", "session_tracker_enabled=false") as proxy:
        proxy.wait_for("enabled is false: no cookies are given out, responses are audited")
        assert b"SessionTracking" not in get(proxy.port, "/off")


def test_a_changed_file_is_in_force_within_a_second_and_a_bad_one_is_refused(origin, tmp_path):
    config = tmp_path / "live.toml"
    config.write_text('enabled = true\n[cookie]\nname = "First"\n')
    origin.answer("/reload")
    with Proxy(tmp_path, *reverse_of(origin), "--set", f"session_tracker_config={config}") as proxy:
        assert b"Set-Cookie: First=" in get(proxy.port, "/reload")
        rewrite(config, 'enabled = true\n[cookie]\nname = "Second"\n')
        proxy.wait_for("configuration read again")
        assert b"Set-Cookie: Second=" in get(proxy.port, "/reload")
        rewrite(config, 'enabled = true\n[cookie]\nname = "bad name"\n')
        proxy.wait_for(r"refused, the last good one stays:\s+\S*live\.toml:3")
        assert b"Set-Cookie: Second=" in get(proxy.port, "/reload")
        rewrite(config, 'enabled = true\n[cookie]\nname = "Third"\n')
        proxy.wait_for("(?s)refused.*configuration read again")
        assert b"Set-Cookie: Third=" in get(proxy.port, "/reload")
        assert proxy.stop() == 0


def test_finish_switched_on_by_a_reload_contacts_nobody(origin, tmp_path):
    config = tmp_path / "live.toml"
    config.write_text("enabled = true\n")
    origin.answer("/lazy")
    with Proxy(tmp_path, *reverse_of(origin), "--set", f"session_tracker_config={config}") as proxy:
        get(proxy.port, "/lazy")
        assert "connection_strategy" not in proxy.log
        rewrite(config, 'enabled = true\non_new = "finish"\n')
        proxy.wait_for("connection_strategy was set to lazy")
        connected = proxy.log.count("server connect")
        assert b"private, no-store" in get(proxy.port, "/lazy")
        assert proxy.log.count("server connect") == connected


def entry_in(folder):
    """The entry in a folder of ours, so that it may be touched."""
    entry = folder / "session_tracker.py"
    # It finds the package beside itself, so a link in another folder will do.
    entry.write_text(ENTRY.read_text().replace("__file__", repr(str(ENTRY))))
    return entry


@pytest.mark.parametrize(
    ("text", "options"),
    [
        pytest.param('on_new = "finish"\n', (), id="finish"),
        pytest.param("[log]\nenabled = true\n", (), id="log"),
        pytest.param("", ("--set", "session_tracker_redirects=rewrite"), id="redirects"),
    ],
)
def test_touching_the_entry_reloads_what_has_joined_the_chain(origin, tmp_path, text, options):
    origin.answer("/joined")
    entry, config = entry_in(tmp_path), tmp_path / "config.toml"
    config.write_text(f"enabled = true\n{text}")
    chosen = ("--set", f"session_tracker_config={config}", *options)
    with Proxy(tmp_path, *reverse_of(origin), *chosen, entry=entry) as proxy:
        for number in (1, 2):
            assert b"Set-Cookie: SessionTracking=" in get(proxy.port, "/joined")
            later = time.time() + 10 * number
            os.utime(entry, (later, later))
            proxy.wait_for(rf"(?s)Loading script(.*cannot be seen from here){{{number + 1}}}")
        assert b"Set-Cookie: SessionTracking=" in get(proxy.port, "/joined")
        assert proxy.stop() == 0
    assert "3 responses seen" in proxy.log
    logged = [path.read_text() for path in tmp_path.rglob("u_ex*.log")]
    assert sum(text.count(" /joined ") for text in logged) == (3 if "log" in text else 0)


def test_touching_the_entry_reloads_the_package_and_keeps_the_findings(origin, tmp_path):
    origin.answer("/hot", *UNSAFE)
    entry = entry_in(tmp_path)
    config = tmp_path / "config.toml"
    config.write_text("enabled = true\n")
    chosen = ("--set", f"session_tracker_config={config}")
    with Proxy(tmp_path, *reverse_of(origin), *chosen, entry=entry) as proxy:
        get(proxy.port, "/hot", "Cookie: a=b")
        proxy.wait_for("ST201")
        later = time.time() + 10
        os.utime(entry, (later, later))
        proxy.wait_for(r"(?s)Loading script.*Loading script.*cannot be seen from here")
        get(proxy.port, "/hot", "Cookie: a=b")
        # With a configuration that has become wrong the reloaded addon goes on with the last good.
        rewrite(config, "enabled = 7\n")
        os.utime(entry, (later + 10, later + 10))
        proxy.wait_for(r"(?s)(Loading script.*){3}")
        proxy.wait_for("config.toml:1")
        proxy.wait_for(r"(?s)(cannot be seen from here.*){3}")
        get(proxy.port, "/hot", "Cookie: a=b")
        proxy.stop()
    assert "3 responses seen" in proxy.log
    assert "ST201 3x" in proxy.log


class Web:
    """mitmweb's interface for programs."""

    def __init__(self, base: str) -> None:
        self._client = httpx.Client(
            base_url=base,
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=PATIENCE,
            trust_env=False,
            headers={
                "Authorization": "Bearer secret",
                "X-XSRFToken": "aabb",
                "Cookie": "_mitmproxy_xsrf=aabb",
            },
        )

    def command(self, name, *arguments):
        answer = self._client.post(f"/commands/{name}", json={"arguments": list(arguments)})
        answer.raise_for_status()
        return answer.json()

    def flows(self):
        return self._client.get("/flows").json()

    def set(self, **options):
        return self._client.put("/options", json=options)

    def options(self):
        return self._client.get("/options").json()

    def replay(self, flow):
        self._client.post(f"/flows/{flow['id']}/replay").raise_for_status()


@pytest.fixture
def mitmweb(origin, tmp_path):
    with Proxy(tmp_path, *reverse_of(origin), program="mitmweb") as proxy:
        yield proxy, Web(proxy.web)


def test_mitmweb_marks_comments_commands_and_options(origin, mitmweb, tmp_path):
    proxy, web = mitmweb
    origin.answer("/web", *UNSAFE)
    origin.answer("/fine")
    get(proxy.port, "/web")
    get(proxy.port, "/fine", "Cookie: a=b")
    flagged, fine = web.flows()
    assert flagged["marked"] == "\N{LARGE RED CIRCLE}"
    assert 'Set-Cookie "sid" (session) is unsafe' in flagged["comment"]
    assert "protected by: tracker" in flagged["comment"]
    assert (fine["marked"], fine["comment"]) == ("", "")

    (line,) = web.command("sessions.findings")["value"]
    assert line.startswith("1x error ST201")
    explained = [
        " ".join(line.split()) for line in web.command("sessions.explain", "@all")["value"]
    ]
    assert "level unsafe (decided by Cache-Control)" in explained
    assert "because max-age keeps it fresh for 60 s RFC 9111 §4.2.1" in explained
    assert "cookie sets no cookie" in explained
    assert "configuration read again" in web.command("sessions.reload")["value"][0]

    bad = tmp_path / "bad.toml"
    bad.write_text("enabeld = true\n")
    refused = web.set(session_tracker_config=str(bad))
    assert refused.status_code == 400
    assert "bad.toml:1" in refused.text
    assert web.options()["session_tracker_config"]["value"] == ""
    assert web.set(session_tracker_fail_on="sometimes").status_code == 400
    assert b"SessionTracking=" in get(proxy.port, "/fine")
    assert web.set(session_tracker_enabled="false").status_code == 200
    assert b"SessionTracking=" not in get(proxy.port, "/fine")
    assert web.set(session_tracker_fail_on="error").status_code == 200
    assert proxy.stop() == 1


def test_a_reload_that_meets_a_wrong_configuration_keeps_what_was_set_since(origin, tmp_path):
    origin.answer("/past", f"Location: http://127.0.0.1:{origin.port}/x", status="302 Found")
    entry, later_on = entry_in(tmp_path), tmp_path / "later.toml"
    later_on.write_text("enabled = false\n")
    with Proxy(tmp_path, *reverse_of(origin), program="mitmweb", entry=entry) as proxy:
        web = Web(proxy.web)
        assert b"SessionTracking=" in get(proxy.port, "/past")
        web.set(session_tracker_config=str(later_on), session_tracker_redirects="rewrite")
        for _ in ("before", "after"):
            answered = get(proxy.port, "/past")
            assert b"SessionTracking=" not in answered
            assert f"Location: http://127.0.0.1:{proxy.port}/x".encode() in answered
            rewrite(later_on, "enabled = 7\n")
            later = time.time() + 10
            os.utime(entry, (later, later))
            proxy.wait_for(r"(?s)Loading script.*Loading script.*later.toml:1.*cannot be seen")


def test_a_replayed_flow_is_judged_anew_and_gets_no_cookie(origin, mitmweb):
    proxy, web = mitmweb
    origin.answer("/again", *UNSAFE)
    get(proxy.port, "/again")
    (flow,) = web.flows()
    assert flow["marked"]
    origin.answer("/again", "Cache-Control: private, no-store", "Set-Cookie: sid=2")
    web.replay(flow)
    wait_until(lambda: origin.hits["/again"] == 2 and not web.flows()[0]["marked"])
    (flow,) = web.flows()
    assert flow["comment"] == ""
    assert "SessionTracking" not in json.dumps(flow["response"]["headers"])


def test_reload_by_command_is_refused_for_a_bad_file(origin, tmp_path):
    config = tmp_path / "live.toml"
    config.write_text("enabled = true\n")
    with Proxy(
        tmp_path,
        *reverse_of(origin),
        "--set",
        f"session_tracker_config={config}",
        program="mitmweb",
    ) as proxy:
        web = Web(proxy.web)
        rewrite(config, "enabled = 7\n")
        answer = web.command("sessions.reload")
    assert "the last good one stays" in answer["error"]
    assert "live.toml:1" in answer["error"]
