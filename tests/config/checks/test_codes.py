"""Every check has a configuration that breaks it, and a close one that does not.

The line that a problem is to be reported at carries the comment `# here`.
"""

import pytest

from session_tracking.config.checks import CODES

KEY = "k1:" + "A" * 43
SIGNED = '[cookie]\nid = "signed"\nkey_file = "keys"'
NAME_4075 = "n" * (4096 - 22 + 1)

# code, key, a configuration that breaks the rule, one that keeps it
ROWS = [
    ("E1", "cookie.name", '[cookie]\nname = "a b" # here', '[cookie]\nname = "a-b"'),
    ("E1", "cookie.name", 'cookie.name = "" # here', 'cookie.name = "a"'),
    ("E1", "cookie.name", 'cookie.name = "a\\r\\nb" # here', 'cookie.name = "ab"'),
    ("E1", "cookie.name", 'cookie.name = "ä" # here', 'cookie.name = "a"'),
    (
        "E1",
        "privacy.consent_cookie",
        'detect = "own-cookie"\nprivacy.consent_cookie = "a=b" # here',
        'detect = "own-cookie"\nprivacy.consent_cookie = "ab"',
    ),
    (
        "E2",
        "cookie.style",
        'cookie.name = "$Version"\n[[site]]\nhost = "a.test"\ncookie.style = "rfc2109" # here',
        'cookie.name = "$Version"\ncookie.style = "netscape"',
    ),
    ("E2", "cookie.name", '[cookie]\nname = "$a" # here\nstyle = "rfc2965"', 'cookie.name = "$a"'),
    ("E3", "cookie.key_file", SIGNED.replace("keys", "bad-keys") + " # here", SIGNED),
    (
        "E4",
        "cookie.comment",
        'cookie.style = "rfc2109"\ncookie.comment = "a;b" # here',
        'cookie.style = "rfc2109"\ncookie.comment = "a,b"',
    ),
    ("E4", "cookie.path", 'cookie.path = "/a\\r\\nX: b" # here', 'cookie.path = "/a"'),
    (
        "E4",
        "headers.cache_control",
        'headers.cache_control = "no-store\\n" # here',
        'headers.cache_control = "no-store"',
    ),
    (
        "E4",
        "headers.cache_control",
        'headers.cache_control = "no-store, ü" # here',
        'headers.cache_control = "no-store, u"',
    ),
    (
        "E4",
        "audit.ignore_cookies",
        'audit.ignore_cookies = ["a",\n "b\\u0085", # here\n]',
        'audit.ignore_cookies = ["a;*"]',
    ),
    (
        "E5",
        "cookie.name",
        f'cookie.name = "{NAME_4075}" # here',
        f'cookie.name = "{NAME_4075[1:]}"',
    ),
    (
        "E5",
        "cookie.path",
        f'cookie.path = "/{"a" * 1024}" # here',
        f'cookie.path = "/{"a" * 1023}"',
    ),
    (
        "E6",
        "cookie.same_site",
        'cookie.same_site = "None" # here',
        'cookie.same_site = "None"\ncookie.secure = true',
    ),
    (
        "E6",
        "cookie.secure",
        (
            'cookie = { secure = true, same_site = "None" }\n[[site]]\nhost = "a.test"\n'
            "cookie.secure = false # here"
        ),
        'cookie = { secure = true, same_site = "None" }\n[[site]]\nhost = "a.test"',
    ),
    (
        "E7",
        "cookie.partitioned",
        "cookie.partitioned = true # here",
        'cookie = { partitioned = true, secure = true, same_site = "None" }',
    ),
    (
        "E8",
        "cookie.name",
        'cookie.name = "__host-a" # here',
        'cookie = { name = "__host-a", secure = true }',
    ),
    (
        "E8",
        "cookie.path",
        (
            'cookie = { name = "__Host-a", secure = true }\n[[site]]\n'
            'host = "a.test"\n[[site.path]]\npath = "/x"\ncookie.path = "/x" # here'
        ),
        'cookie = { name = "__Host-a", secure = true, path = "/" }',
    ),
    (
        "E9",
        "cookie.name",
        'cookie.name = "__SECURE-a" # here',
        'cookie = { name = "__SECURE-a", secure = true, path = "/x" }',
    ),
    (
        "E10",
        "cookie.name",
        'cookie = { name = "__Http-a", secure = true, http_only = false } # here',
        'cookie = { name = "__Http-a", secure = true, path = "/x" }',
    ),
    (
        "E10",
        "cookie.name",
        'cookie.name = "__Host-Http-a" # here',
        'cookie = { name = "__Host-Http-a", secure = true }',
    ),
    ("E11", "cookie.max_age", "cookie.max_age = 0 # here", "cookie.max_age = 1"),
    ("E11", "cookie.expires_after", "cookie.expires_after = -1 # here", "cookie.expires_after = 1"),
    ("E12", "cookie.path", 'cookie.path = "shop" # here', 'cookie.path = "/shop"'),
    ("E12", "cookie.path", 'cookie.path = "/ü" # here', 'cookie.path = "/%C3%BC"'),
    ("E12", "cookie.path", 'cookie.path = "/a " # here', 'cookie.path = "none"'),
    ("E13", "cookie.domain", 'cookie.domain = "" # here', 'cookie.domain = "none"'),
    ("E13", "cookie.domain", 'cookie.domain = "127.0.0.1" # here', 'cookie.domain = "a.test"'),
    ("E13", "cookie.domain", 'cookie.domain = "[::1]" # here', 'cookie.domain = "a.test"'),
    ("E13", "cookie.domain", 'cookie.domain = "co.uk" # here', 'cookie.domain = "shop.co.uk"'),
    ("E13", "cookie.domain", 'cookie.domain = "localhost" # here', 'cookie.domain = "a.localhost"'),
    (
        "E13",
        "cookie.domain",
        'cookie.domain = "bücher.test" # here',
        'cookie.domain = "xn--bcher-kva.test"',
    ),
    ("E13", "cookie.domain", 'cookie.domain = "a_b.test" # here', 'cookie.domain = "a-b.test"'),
    (
        "E13",
        "cookie.domain",
        '[[site]]\nhost = "shop.test"\ncookie.domain = "other.test" # here',
        '[[site]]\nhost = "www.shop.test"\ncookie.domain = "shop.test"',
    ),
    (
        "E13",
        "cookie.domain",
        'cookie.domain = "a.shop.test" # here\n[[site]]\nhost = "*.shop.test"',
        'cookie.domain = "shop.test"\n[[site]]\nhost = "*.shop.test"',
    ),
    (
        "E13",
        "cookie.domain",
        'cookie.domain = "x.test" # here\n[[site]]\nhost = "127.0.0.1"',
        'cookie.domain = "x.test"\n[[site]]\nhost = "127.0.0.1"\ncookie.domain = "none"',
    ),
    (
        "E14",
        "cookie.http_only",
        '[cookie]\nstyle = "netscape"\nhttp_only = true # here',
        '[cookie]\nstyle = "netscape"\nhttp_only = false',
    ),
    (
        "E14",
        "cookie.max_age",
        '[cookie]\nstyle = "netscape"\nmax_age = 5 # here',
        '[cookie]\nstyle = "netscape"\nmax_age = "none"',
    ),
    (
        "E14",
        "cookie.expires_after",
        '[cookie]\nstyle = "rfc2109"\nexpires_after = 5 # here',
        '[cookie]\nstyle = "rfc2109"\nmax_age = 5',
    ),
    (
        "E14",
        "cookie.comment",
        'cookie.comment = "why" # here',
        'cookie = { comment = "why", style = "rfc2965" }',
    ),
    (
        "E14",
        "cookie.style",
        ('cookie.same_site = "Strict"\n[[site]]\nhost = "a.test"\ncookie.style = "rfc2965" # here'),
        'cookie = { same_site = "Strict", style = "rfc2965", also_set_cookie = true }',
    ),
    (
        "E14",
        "cookie.also_set_cookie",
        "cookie.also_set_cookie = true # here",
        'cookie = { also_set_cookie = true, style = "rfc2965" }',
    ),
    (
        "E15",
        "cookie.version",
        '[cookie]\nstyle = "rfc2109"\nversion = 2 # here',
        '[cookie]\nstyle = "rfc2109"\nversion = 1',
    ),
    (
        "E16",
        "cookie.port",
        '[cookie]\nstyle = "rfc2965"\nport = [\n80,\n 65536, # here\n]',
        '[cookie]\nstyle = "rfc2965"\nport = [1, 65535]',
    ),
    (
        "E16",
        "cookie.port",
        '[cookie]\nstyle = "rfc2965"\nport = [80,\n 80] # here',
        '[cookie]\nstyle = "rfc2965"\nport = []',
    ),
    (
        "E17",
        "cookie.comment_url",
        '[cookie]\nstyle = "rfc2965"\ncomment_url = "/why" # here',
        '[cookie]\nstyle = "rfc2965"\ncomment_url = "https://a.test/why"',
    ),
    (
        "E17",
        "cookie.comment_url",
        '[cookie]\nstyle = "rfc2965"\ncomment_url = "http://[" # here',
        '[cookie]\nstyle = "rfc2965"\ncomment_url = "http://[::1]"',
    ),
    (
        "E17",
        "cookie.comment_url",
        '[cookie]\nstyle = "rfc2965"\ncomment_url = "http://a/ü" # here',
        '[cookie]\nstyle = "rfc2965"\ncomment_url = ""',
    ),
    ("E18", "cookie.id", 'cookie.id = "hex32" # here', 'cookie.id = "hex128"'),
    (
        "E18",
        "cookie.id",
        '[[site]]\nhost = "a.test"\ncookie.id = "decimal063" # here',
        'cookie.id = "decimal64"',
    ),
    ("E19", "cookie.name", 'cookie.name = "JSESSIONID" # here', 'cookie.name = "JSESSIONIDS"'),
    (
        "E20",
        "headers.cache_control",
        'headers.cache_control = "no-cache" # here',
        'headers.cache_control = "no-cache, private"',
    ),
    (
        "E20",
        "headers.cache_control",
        "headers.cache_control = 'private=\"Set-Cookie\"' # here",
        'headers.cache_control = "NO-STORE"',
    ),
    (
        "E20",
        "headers.cache_control",
        'headers.cache_control = "private, public" # here',
        'headers.cache_control = "private"',
    ),
    (
        "E20",
        "headers.cache_control",
        'headers.cache_control = "no-store, must-understand" # here',
        'headers.cache_control = "no-store, max-age=60"',
    ),
    (
        "E21",
        "privacy.consent_cookie",
        'privacy.consent_cookie = "consent" # here',
        'detect = "own-cookie"\nprivacy.consent_cookie = "consent"',
    ),
    (
        "E21",
        "detect",
        (
            'detect = "own-cookie"\nprivacy.consent_cookie = "consent"\n[[site]]\n'
            'host = "a.test"\ndetect = "any-cookie" # here'
        ),
        'detect = "own-cookie"\nprivacy.consent_cookie = "consent"\n[[site]]\nhost = "a.test"',
    ),
    (
        "E23",
        "site.host",
        '[[site]]\nhost = "a.test"\n[[site]]\nhost = "A.test." # here',
        '[[site]]\nhost = "a.test"\n[[site]]\nhost = "*.a.test"',
    ),
    (
        "E23",
        "site.path.path",
        '[[site]]\nhost = "a.test"\n[[site.path]]\npath = "/x"\n[[site.path]]\npath = "/x/" # here',
        '[[site]]\nhost = "a.test"\n[[site.path]]\npath = "/x"\n[[site.path]]\npath = "/X"',
    ),
    (
        "E23",
        "site.cookie.name",
        'locked = ["cookie.name"]\n[[site]]\nhost = "a"\ncookie.name = "SessionTracking" # here',
        'locked = ["cookie.name"]\n[[site]]\nhost = "a.test"\ncookie.path = "/x"',
    ),
    ("W1", "cookie.max_age", "cookie.max_age = 34560001 # here", "cookie.max_age = 34560000"),
    (
        "W1",
        "cookie.expires_after",
        "cookie.expires_after = 34560001 # here",
        "cookie.expires_after = 34560000",
    ),
    ("W2", "cookie.same_site", 'cookie.same_site = "" # here', 'cookie.same_site = "Strict"'),
    (
        "W2",
        "cookie.style",
        (
            'cookie = { style = "rfc2109", same_site = "" }\n[[site]]\n'
            'host = "a.test"\ncookie.style = "rfc6265" # here'
        ),
        'cookie = { style = "rfc2109", same_site = "" }',
    ),
    ("W3", "cookie.http_only", "cookie.http_only = false # here", "cookie.http_only = true"),
    (
        "W3",
        "cookie.style",
        'cookie.style = "netscape" # here',
        'cookie = { style = "rfc2965", also_set_cookie = true }',
    ),
    ("W4", "cookie.secure", "cookie.secure = false # here", "cookie.secure = true"),
    (
        "W5",
        "cookie.domain",
        '[[site]]\nhost = "a.b.test"\ncookie.domain = "b.test" # here',
        '[[site]]\nhost = "b.test"\ncookie.domain = "b.test"',
    ),
    ("W5", "cookie.domain", 'cookie.domain = "b.test" # here', 'cookie.domain = "none"'),
    (
        "W6",
        "cookie.domain",
        'cookie.domain = ".b.test" # here',
        'cookie = { domain = ".b.test", style = "netscape" }',
    ),
    ("W7", "cookie.id", 'cookie.id = "decimal64" # here', 'cookie.id = "hex128"'),
    (
        "W8",
        "cookie.partitioned",
        "cookie = { partitioned = true, secure = true } # here",
        'cookie = { partitioned = true, secure = true, same_site = "None" }',
    ),
    (
        "W9",
        "cookie.quoting",
        '[cookie]\nstyle = "rfc2109"\nquoting = "strict" # here',
        '[cookie]\nstyle = "rfc2109"\nquoting = "compat"',
    ),
    (
        "W10",
        "cookie.style",
        'cookie.style = "rfc2965" # here',
        'cookie = { style = "rfc2965", also_set_cookie = true }',
    ),
    ("W11", "cookie.max_age", 'cookie.max_age = "none" # here', "cookie.max_age = 60"),
    ("W11", "cookie.max_age", 'cookie.max_age = "none" # here', "cookie.expires_after = 60"),
    ("W12", "cookie.key_file", SIGNED.replace("keys", "open-keys") + " # here", SIGNED),
    ("W13", "include", 'include = "nope.d/*.toml" # here', 'include = "acme.*"'),
    (
        "W13",
        "delegate.file",
        'include = "acme.*"\n[[delegate]]\nfile = "acne.toml" # here\nhosts = ["a"]',
        'include = "acme.*"\n[[delegate]]\nfile = "./acme.toml"\nhosts = ["a"]',
    ),
    (
        "W13",
        "delegate.file",
        '[[delegate]]\nhosts = ["a"]\nfile = "acme.toml" # here',
        'include = "acme.toml"\n[[delegate]]\nhosts = ["a"]\nfile = "acme.toml"',
    ),
    (
        "W16",
        "suppress.expires",
        '[[suppress]]\nrule = "ST201"\nreason = "why"\nexpires = 2020-01-31 # here',
        '[[suppress]]\nrule = "ST201"\nreason = "why"\nexpires = 9999-12-31',
    ),
    (
        "",
        "cookie.key_file",
        'cookie = { id = "signed", key_file = "keys", key_env = "K" } # here',
        SIGNED,
    ),
    ("", "cookie.id", 'cookie.id = "signed" # here', SIGNED),
    ("", "cookie.key_file", SIGNED.replace("keys", "no-file") + " # here", SIGNED),
    ("", "cookie.key_file", SIGNED.replace("keys", "no-text") + " # here", SIGNED),
    (
        "",
        "cookie.key_env",
        '[cookie]\nid = "signed"\nkey_env = "NO_KEYS" # here',
        '[cookie]\nid = "signed"\nkey_env = "TEST_KEYS"',
    ),
    (
        "",
        "headers.targeted_fields",
        'headers.targeted_fields = ["A",\n"B:"] # here',
        'headers.targeted_fields = ["A", "B"]',
    ),
    (
        "",
        "privacy.consent_pattern",
        'privacy.consent_pattern = "x" # here',
        'detect = "own-cookie"\nprivacy = { consent_pattern = "x", consent_cookie = "c" }',
    ),
    (
        "",
        "privacy.skip_user_agents",
        'privacy.skip_user_agents = ["a",\n"(", "b"] # here',
        'privacy.skip_user_agents = ["a", "Mozilla/5.0 (X11; .*bot"]'.replace("(", "[(]"),
    ),
    (
        "",
        "swaps.trusted_proxies",
        'swaps.trusted_proxies = ["10.0.0.0/8",\n"balancer"] # here',
        'swaps.trusted_proxies = ["10.0.0.0/8", "10.1.2.3/8", "fd00::/8", "192.0.2.1"]',
    ),
    (
        "",
        "reuse_on_connection",
        "reuse_on_connection = true # here\nbehind_proxy = true",
        "reuse_on_connection = true",
    ),
    (
        "",
        "shadow.serve",
        "[shadow]\nenabled = true\nserve = true # here\n[enforce]\nenabled = true",
        "[shadow]\nenabled = true\nserve = false\n[enforce]\nenabled = true",
    ),
    (
        "",
        "shadow.serve",
        "[shadow]\nserve = true # here",
        "[shadow]\nenabled = true\nserve = true",
    ),
    (
        "",
        "unconfirmed_per_minute",
        "unconfirmed_per_minute = -1 # here",
        "unconfirmed_per_minute = 0",
    ),
    (
        "W14",
        "log.cookies",
        '[log]\nenabled = true\ncookies = "all" # here',
        '[log]\nenabled = true\ncookies = "hash"',
    ),
    (
        "W15",
        "trace.secrets",
        "[trace]\nenabled = true\nsecrets = true # here",
        "[trace]\nenabled = true",
    ),
    ("", "trace.status_codes", 'trace.status_codes = "5xx" # here', 'trace.status_codes = "404.2"'),
    ("", "trace.min_time_ms", "trace.min_time_ms = -1 # here", "trace.min_time_ms = 0"),
    ("", "trace.dir", 'trace.dir = "" # here', 'trace.dir = "x"'),
    ("", "log.fields", 'log.fields = ["c-ip",\n"c-ipp"] # here', 'log.fields = ["cs(X-Y)"]'),
    ("", "log.fields", 'log.fields = ["c-ip",\n"cs(X Y)"] # here', 'log.fields = ["sc(x)"]'),
    ("", "log.keep", 'log.keep = "a month" # here', 'log.keep = "4 weeks"'),
    ("", "log.keep", 'log.keep = "0 days" # here', 'log.keep = "forever"'),
    ("", "log.dir", 'log.dir = "" # here', 'log.dir = "x y"'),
    ("", "log.key_file", 'log.key_file = "a\\u0000b" # here', 'log.key_file = ""'),
    ("", "include", 'include = "a\\u0000b" # here', 'include = "sites.d/*"'),
    ("", "site.host", '[[site]]\nhost = "http://a.test" # here', '[[site]]\nhost = "a.test"'),
    ("", "site.host", '[[site]]\nhost = "a.test:80" # here', '[[site]]\nhost = "[::1]"'),
    ("", "site.host", '[[site]]\nhost = "ü.test" # here', '[[site]]\nhost = "127.0.0.1"'),
    ("", "site.host", '[[site]]\nhost = "a.*.test" # here', '[[site]]\nhost = "*.a_b.test"'),
    (
        "",
        "site.path.path",
        '[[site]]\nhost = "a"\n[[site.path]]\npath = "x" # here',
        '[[site]]\nhost = "a"\n[[site.path]]\npath = "/x"',
    ),
    (
        "",
        "site.path.path",
        '[[site]]\nhost = "a"\n[[site.path]]\npath = "/x?y" # here',
        '[[site]]\nhost = "a"\n[[site.path]]\npath = "/"',
    ),
]


@pytest.fixture
def keys(folder, monkeypatch):
    for name, text, mode in (
        ("keys", KEY, 0o600),
        ("open-keys", KEY, 0o640),
        ("bad-keys", "a;b:" + "A" * 43, 0o600),
    ):
        path = folder.path / name
        path.write_text(text)
        path.chmod(mode)
    (folder.path / "no-text").write_bytes(b"\xff")
    (folder.path / "acme.toml").touch()
    monkeypatch.setenv("TEST_KEYS", KEY)
    return folder


def found(folder, text):
    return {(problem.code, problem.key, problem.line) for problem in folder.problems(text)}


def identify(row):
    return f"{row[0] or 'no-code'}-{row[1]}-{row[2][-24:].encode('unicode_escape').decode()}"


@pytest.mark.parametrize(("code", "key", "broken", "kept"), ROWS, ids=map(identify, ROWS))
def test_a_check_fires_where_the_value_was_written_and_nowhere_else(keys, code, key, broken, kept):
    line = next(n for n, text in enumerate(broken.splitlines(), 1) if text.endswith("# here"))
    assert [
        (code, line)
        for found_code, found_key, found_line in found(keys, broken)
        if (found_code, found_line) == (code, line) and found_key.endswith(key)
    ]
    kept_codes = [(other_code, other_key) for other_code, other_key, _ in found(keys, kept)]
    assert code not in [c for c, _ in kept_codes] if code else kept_codes.count((code, key)) == 0


def test_every_code_has_rows():
    # E22 depends on the proxy's mode: tests of sites.
    assert {row[0] for row in ROWS} - {""} == CODES.keys() - {"E22"}


@pytest.mark.parametrize("row", ROWS, ids=map(identify, ROWS))
def test_a_message_says_what_is_wrong_and_how_to_mend_it(keys, row):
    for problem in keys.problems(row[2]):
        assert problem.source == "config.toml"
        assert str(problem).isprintable()
        assert problem.problem[-1] in ".)"
        assert len(problem.fix) > 5
