import re

import pytest

from session_tracking.cookies.serialize import SameSite
from session_tracking.tracking.policy import Rule
from session_tracking.tracking.request_rules import REQUEST_RULES, is_page_load
from tests.strategies_tracking import make_request, make_settings, make_template

NAVIGATE = ("Sec-Fetch-Mode", "navigate")
NO_CORS = ("Sec-Fetch-Mode", "no-cors")
CROSS = ("Sec-Fetch-Site", "cross-site")
HTML = ("Accept", "image/avif, text/HTML;q=0.9, */*;q=0.8")
CONSENT = {"consent_cookie": "consent"}
YES = {"consent_cookie": "consent", "consent_pattern": re.compile("^yes")}
BOTS = {"skip_user_agents": (re.compile("x"), re.compile("(?i)bot"))}
DOCUMENTS = {"scope": "documents"}

ROWS = [
    ("C5-options", Rule.METHOD, {}, {"method": "OPTIONS"}, [], True),
    ("C5-head", Rule.METHOD, {}, {"method": "HEAD"}, [], True),
    ("C5-connect", Rule.METHOD, {}, {"method": "CONNECT"}, [], True),
    ("C5-trace", Rule.METHOD, {}, {"method": "trace"}, [], True),
    ("C5-get", Rule.METHOD, {}, {}, [], False),
    ("C5-post", Rule.METHOD, {}, {"method": "POST"}, [], False),
    ("C15-websocket", Rule.UPGRADE, {}, {}, [("Upgrade", "h2c, WebSocket")], True),
    ("C15-h2c", Rule.UPGRADE, {}, {}, [("Upgrade", "h2c")], False),
    ("C15-grpc-is-a-stream", Rule.UPGRADE, {}, {}, [("Content-Type", "application/grpc")], False),
    ("C15-server-sent-events", Rule.UPGRADE, {}, {}, [("Accept", "text/event-stream")], False),
    ("C14-bot", Rule.USER_AGENT, BOTS, {}, [("User-Agent", "Googlebot/2.1")], True),
    ("C14-browser", Rule.USER_AGENT, BOTS, {}, [("User-Agent", "Mozilla/5.0")], False),
    ("C14-no-user-agent", Rule.USER_AGENT, BOTS, {}, [], False),
    ("C14-off", Rule.USER_AGENT, {}, {}, [("User-Agent", "Googlebot/2.1")], False),
    ("C9-all", Rule.SCOPE, {}, {}, [NO_CORS], False),
    ("C9-navigate", Rule.SCOPE, DOCUMENTS, {}, [NAVIGATE], False),
    ("C9-navigate-post", Rule.SCOPE, DOCUMENTS, {"method": "POST"}, [NAVIGATE], False),
    ("C9-subresource", Rule.SCOPE, DOCUMENTS, {}, [NO_CORS, HTML], True),
    ("C9-accept-html", Rule.SCOPE, DOCUMENTS, {}, [HTML], False),
    ("C9-accept-html-post", Rule.SCOPE, DOCUMENTS, {"method": "POST"}, [HTML], True),
    ("C9-accept-anything", Rule.SCOPE, DOCUMENTS, {}, [("Accept", "*/*")], True),
    ("C9-nothing-told", Rule.SCOPE, DOCUMENTS, {}, [], True),
    ("C9-cross-site", Rule.CROSS_SITE, {}, {}, [CROSS, NO_CORS], True),
    ("C9-cross-site-navigation", Rule.CROSS_SITE, {}, {}, [CROSS, NAVIGATE], False),
    ("C9-same-site", Rule.CROSS_SITE, {}, {}, [("Sec-Fetch-Site", "same-site"), NO_CORS], False),
    (
        "C9-cross-site-with-samesite-none",
        Rule.CROSS_SITE,
        {"cookie": make_template(same_site=SameSite.NONE)},
        {},
        [CROSS, NO_CORS],
        False,
    ),
    ("C13-gpc", Rule.GPC, {}, {}, [("Sec-GPC", "1")], True),
    ("C13-gpc-0", Rule.GPC, {}, {}, [("Sec-GPC", "0")], False),
    ("C13-gpc-not-respected", Rule.GPC, {"respect_gpc": False}, {}, [("Sec-GPC", "1")], False),
    ("C13-dnt", Rule.DNT, {"respect_dnt": True}, {}, [("DNT", "1")], True),
    ("C13-dnt-0", Rule.DNT, {"respect_dnt": True}, {}, [("DNT", "0")], False),
    ("C13-dnt-by-default", Rule.DNT, {}, {}, [("DNT", "1")], False),
    ("C13-no-consent", Rule.CONSENT, CONSENT, {}, [("Cookie", "a=consent")], True),
    ("C13-consent", Rule.CONSENT, CONSENT, {}, [("Cookie", "a=1"), ("Cookie", "consent=")], False),
    ("C13-consent-refused", Rule.CONSENT, YES, {}, [("Cookie", "consent=no")], True),
    ("C13-consent-given", Rule.CONSENT, YES, {}, [("Cookie", "consent=yes,1")], False),
    ("C13-consent-not-asked", Rule.CONSENT, {}, {}, [], False),
]


@pytest.mark.parametrize(
    ("rule", "changes", "line", "fields", "fires"), [pytest.param(*row, id=i) for i, *row in ROWS]
)
def test_rule(rule, changes, line, fields, fires):
    (row,) = (row for row in REQUEST_RULES if row.rule is rule)

    assert row.applies(make_settings(**changes), make_request(*fields, **line)) is fires


@pytest.mark.parametrize("row", REQUEST_RULES, ids=lambda row: row.rule)
def test_every_rule_has_rows_of_both_kinds(row):
    assert {fires for _, rule, *_, fires in ROWS if rule is row.rule} == {True, False}


def test_order_of_evaluation():
    assert [row.rule for row in REQUEST_RULES] == [
        Rule.METHOD,
        Rule.UPGRADE,
        Rule.USER_AGENT,
        Rule.SCOPE,
        Rule.CROSS_SITE,
        Rule.GPC,
        Rule.DNT,
        Rule.CONSENT,
    ]


@pytest.mark.parametrize(
    ("accept", "page"), [("text/html", True), ("text/htmlx", False), ('"text/html', False)]
)
def test_accept_is_a_list_of_media_ranges(accept, page):
    assert is_page_load(make_request(("Accept", accept))) is page
