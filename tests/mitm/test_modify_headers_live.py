"""mitmproxy's own options that change a response behind the addon, in a real process."""

import json

from tests.mitm.wire import get
from tests.proxy import Proxy, run


def test_what_modify_headers_changed_behind_us_is_undone_all_the_same(origin, tmp_path):
    """mitmproxy's own option comes after the addon: it adds lines, and replaces ours."""
    flows, live, later = (tmp_path / name for name in ("a.mitm", "live.json", "later.json"))
    changes = [
        part
        for line in ("X-Stamp/1", "Cache-Control/no-cache", "Expires/0")
        for part in ("--modify-headers", f"/~s/{line}")
    ]
    origin.answer("/unsafe", "Set-Cookie: sid=1; HttpOnly", "Cache-Control: public, max-age=60")
    with Proxy(
        tmp_path,
        *("--mode", f"reverse:http://127.0.0.1:{origin.port}"),
        *changes,
        *("-w", str(flows), "--set", f"session_tracker_report={live}"),
    ) as proxy:
        answer = get(proxy.port, "/unsafe")
        proxy.stop()
    assert b"Cache-Control: no-cache\r\n" in answer
    assert answer.count(b"Set-Cookie: ") == 2
    assert b"private" not in answer
    run(tmp_path, "-nr", str(flows), "--set", f"session_tracker_report={later}")
    (seen,), (recorded,) = (
        [each for each in json.loads(path.read_text())["findings"] if each["rule"] == "ST201"]
        for path in (live, later)
    )
    assert (recorded["level"], recorded["masked_by"]) == ("unsafe", "tracker")
    lines = recorded["example"]["response"]["fields"]
    assert [line for line in lines if line[0] not in {"X-Stamp", "Expires"}] == (
        seen["example"]["response"]["fields"]
    )
    told = ("rule", "severity", "level", "fingerprint", "reasons", "masked")
    assert [recorded[name] for name in told] == [seen[name] for name in told]
