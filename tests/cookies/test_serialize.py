import re

import pytest
from hypothesis import given, strategies as st

from session_tracking.cookies.serialize import (
    ATTRIBUTES,
    CookieTemplate,
    Quoting,
    SameSite,
    Style,
    serialize,
)
from session_tracking.cookies.set_cookie import parse_set_cookie, parse_set_cookie2
from session_tracking.http.fields import unquote
from tests.strategies_tracking import NOW, cookie_contents, make_template, octets, templates

EVERYTHING = {
    "path": "/",
    "domain": "example.com",
    "max_age": 3600,
    "expires_after": 0,
    "secure": True,
    "http_only": True,
    "same_site": SameSite.LAX,
    "partitioned": True,
    "version": 1,
    "comment": "why",
    "comment_url": "https://example.com/c",
    "discard": True,
    "port": (80, 443),
}
NOTHING = dict.fromkeys(EVERYTHING) | {
    "secure": False,
    "http_only": False,
    "same_site": SameSite.UNSET,
    "partitioned": False,
    "discard": False,
}

LINES = [
    (
        "netscape-everything",
        {"style": Style.NETSCAPE},
        "Set-Cookie",
        "N=V; expires=Sat, 21-Nov-2026 09:30:00 GMT; path=/; domain=.example.com; secure",
    ),
    (
        "rfc2109-everything",
        {"style": Style.RFC2109},
        "Set-Cookie",
        'N=V; Version=1; Path=/; Domain=.example.com; Max-Age=3600; Comment="why"; Secure',
    ),
    (
        "rfc2109-strict",
        {"style": Style.RFC2109, "quoting": Quoting.STRICT},
        "Set-Cookie",
        (
            'N="V"; Version="1"; Path="/"; Domain=".example.com"; Max-Age="3600"; Comment="why"'
            "; Secure"
        ),
    ),
    (
        "rfc2965-everything",
        {"style": Style.RFC2965},
        "Set-Cookie2",
        (
            'N="V"; Version="1"; Path="/"; Domain=".example.com"; Port="80,443"; Max-Age="3600"; '
            'Discard; Comment="why"; CommentURL="https://example.com/c"; Secure'
        ),
    ),
    (
        "rfc6265-everything",
        {"style": Style.RFC6265},
        "Set-Cookie",
        (
            "N=V; Expires=Sat, 21 Nov 2026 09:30:00 GMT; Max-Age=3600; Domain=example.com; Path=/; "
            "Secure; HttpOnly; SameSite=Lax; Partitioned"
        ),
    ),
    ("netscape-nothing", NOTHING | {"style": Style.NETSCAPE}, "Set-Cookie", "N=V"),
    (
        "rfc2109-version-required",
        NOTHING | {"style": Style.RFC2109},
        "Set-Cookie",
        "N=V; Version=1",
    ),
    (
        "rfc2965-version-required",
        NOTHING | {"style": Style.RFC2965},
        "Set-Cookie2",
        'N="V"; Version="1"',
    ),
    ("rfc6265-nothing", NOTHING | {"style": Style.RFC6265}, "Set-Cookie", "N=V"),
    (
        "rfc2965-3.2.2-bare-port",
        NOTHING | {"style": Style.RFC2965, "port": ()},
        "Set-Cookie2",
        'N="V"; Version="1"; Port',
    ),
    (
        "rfc2965-one-port-is-quoted-too",
        NOTHING | {"style": Style.RFC2965, "port": (80,)},
        "Set-Cookie2",
        'N="V"; Version="1"; Port="80"',
    ),
    (
        "rfc6265bis-no-leading-dot",
        NOTHING | {"style": Style.RFC6265, "domain": ".example.com"},
        "Set-Cookie",
        "N=V; Domain=example.com",
    ),
    (
        "rfc2109-dot-not-doubled",
        NOTHING | {"style": Style.RFC2109, "domain": ".example.com"},
        "Set-Cookie",
        "N=V; Version=1; Domain=.example.com",
    ),
    (
        "comment-utf-8-and-escaped",
        NOTHING | {"style": Style.RFC2109, "comment": 'caf\u00e9 "\\'},
        "Set-Cookie",
        'N=V; Version=1; Comment="caf\xc3\xa9 \\"\\\\"',
    ),
    (
        "expires-stays-writable",
        NOTHING | {"style": Style.RFC6265, "expires_after": 10**15},
        "Set-Cookie",
        "N=V; Expires=Fri, 31 Dec 9999 23:59:59 GMT",
    ),
]


@pytest.mark.parametrize(
    ("changes", "field", "line"), [pytest.param(*row, id=i) for i, *row in LINES]
)
def test_exact_line(changes, field, line):
    template = make_template(**EVERYTHING | {"name": "N"} | changes)

    assert serialize(template, "V", now=NOW, https=False) == ((field, line),)


@pytest.mark.parametrize(
    ("quoting", "style", "start"),
    [
        (Quoting.COMPAT, Style.RFC2109, 'N="a/b="'),
        (Quoting.STRICT, Style.RFC2109, 'N="a/b="'),
        (Quoting.COMPAT, Style.RFC2965, 'N="a/b="'),
        (Quoting.STRICT, Style.RFC6265, "N=a/b="),
        (Quoting.STRICT, Style.NETSCAPE, "N=a/b="),
    ],
)
def test_value_that_is_no_token(quoting, style, start):
    template = make_template(**NOTHING | {"name": "N", "style": style, "quoting": quoting})

    ((_, line),) = serialize(template, "a/b=", now=NOW, https=True)

    assert line.partition(";")[0] == start


@pytest.mark.parametrize(
    ("secure", "https", "sent"),
    [(None, True, True), (None, False, False), (True, False, True), (False, True, False)],
)
def test_secure(secure, https, sent):
    template = make_template(secure=secure)

    ((_, line),) = serialize(template, "V", now=NOW, https=https)

    assert ("; Secure" in line) is sent


def test_also_set_cookie_sends_both():
    template = make_template(
        **EVERYTHING | {"name": "N", "style": Style.RFC2965, "also_set_cookie": True}
    )

    first, second = serialize(template, "V", now=NOW, https=False)

    assert first[0] == "Set-Cookie2"
    assert first[1].startswith('N="V"; Version="1"; Path="/"; Domain=".example.com"')
    assert second == (
        "Set-Cookie",
        (
            "N=V; Expires=Sat, 21 Nov 2026 09:30:00 GMT; Max-Age=3600; Domain=example.com; Path=/; "
            "Secure; HttpOnly; SameSite=Lax; Partitioned"
        ),
    )


@pytest.mark.parametrize("style", [s for s in Style if s is not Style.RFC2965])
def test_also_set_cookie_is_for_set_cookie2_alone(style):
    template = make_template(style=style, also_set_cookie=True)

    assert [name for name, _ in serialize(template, "V", now=NOW, https=False)] == ["Set-Cookie"]


MATRIX = {
    "expires_after": {"netscape", "rfc6265"},
    "max_age": {"rfc2109", "rfc2965", "rfc6265"},
    "path": {"netscape", "rfc2109", "rfc2965", "rfc6265"},
    "domain": {"netscape", "rfc2109", "rfc2965", "rfc6265"},
    "secure": {"netscape", "rfc2109", "rfc2965", "rfc6265"},
    "version": {"rfc2109", "rfc2965"},
    "comment": {"rfc2109", "rfc2965"},
    "comment_url": {"rfc2965"},
    "discard": {"rfc2965"},
    "port": {"rfc2965"},
    "http_only": {"rfc6265"},
    "same_site": {"rfc6265"},
    "partitioned": {"rfc6265"},
}


@pytest.mark.parametrize("key", MATRIX)
def test_matrix(key):
    listed = {str(style) for style, rows in ATTRIBUTES.items() if key in {row.key for row in rows}}

    assert listed == MATRIX[key]


def test_matrix_is_complete_and_its_members_exist():
    assert {row.key for rows in ATTRIBUTES.values() for row in rows} == set(MATRIX)
    assert set(MATRIX) <= set(CookieTemplate.__slots__)
    required = {
        (style, row.key) for style, rows in ATTRIBUTES.items() for row in rows if row.required
    }
    assert required == {(Style.RFC2109, "version"), (Style.RFC2965, "version")}


ILLEGAL = ["a\r\nSet-Cookie: x=y", "a\nb", "a\rb", "a\0b", "a;b", "\x7f", "\u0100", "\ud800", ""]


@pytest.mark.parametrize("value", [*ILLEGAL, "a b", "a,b", 'a"b', "a\\b", "\xe9"])
def test_illegal_value(value):
    with pytest.raises(ValueError, match="value holds an octet"):
        serialize(make_template(), value, now=NOW, https=True)


@pytest.mark.parametrize("name", [*ILLEGAL, "a b", "a=b", "\xe9"])
def test_illegal_name(name):
    with pytest.raises(ValueError, match="no token"):
        serialize(make_template(name=name), "V", now=NOW, https=True)


@pytest.mark.parametrize("style", [Style.RFC2109, Style.RFC2965])
@pytest.mark.parametrize("comment", [text for text in ILLEGAL if text not in {"", "\u0100"}])
def test_illegal_comment(style, comment):
    with pytest.raises(ValueError, match=r"Comment holds|surrogates not allowed"):
        serialize(make_template(style=style, comment=comment), "V", now=NOW, https=True)


@pytest.mark.parametrize("text", [*ILLEGAL, "/ ", " /", "/\xe9"])
@pytest.mark.parametrize("style", Style)
def test_illegal_path(style, text):
    with pytest.raises(ValueError, match=r"(?i)path holds"):
        serialize(make_template(style=style, path=text), "V", now=NOW, https=True)


@given(templates, cookie_contents, st.booleans())
def test_what_is_sent_is_what_is_read(template, value, https):
    for field, line in serialize(template, value, now=NOW, https=https):
        if field == "Set-Cookie2":
            style = Style.RFC2965
            (read,) = parse_set_cookie2(line)
        else:
            style = Style.RFC6265 if template.style is Style.RFC2965 else template.style
            read = parse_set_cookie(line)
            assert not read.ignored
        rows = ATTRIBUTES[style]
        assert read.name == template.name
        assert {name for name, _ in read.attributes} <= {row.name.lower() for row in rows}
        assert len({name for name, _ in read.attributes}) == len(read.attributes)
        assert read.has("secure") is (https if template.secure is None else template.secure)
        # User agents of today take quotes for part of the value (RFC 6265bis §5.6).
        strict = style is Style.RFC2109 and template.quoting is Quoting.STRICT
        if style is Style.RFC2109:
            assert unquote(read.value) == value
        else:
            assert read.value == value
        if template.path is not None:
            assert read.attribute("path") == (
                f'"{escaped(template.path)}"' if strict else template.path
            )
        if template.max_age is not None and style is not Style.NETSCAPE:
            assert read.max_age == (None if strict else template.max_age)
        if template.comment is not None and style in {Style.RFC2109, Style.RFC2965}:
            comment = template.comment.encode().decode("latin-1")
            sent = f'"{escaped(comment)}"' if style is Style.RFC2109 else comment
            assert read.attribute("comment") == sent


def escaped(text):
    return re.sub(r'(["\\])', r"\\\1", text)


@given(templates, cookie_contents, st.data())
def test_hostile_text_is_refused_or_stays_in_its_place(template, value, data):
    changes = {slot: getattr(template, slot) for slot in CookieTemplate.__slots__}
    texts = ["name", "path", "domain", "comment", "comment_url"]
    for key in data.draw(st.sets(st.sampled_from(texts))):
        changes[key] = data.draw(st.text(max_size=20) | octets(20))
    if data.draw(st.booleans()):
        value = data.draw(st.text(max_size=20) | octets(20))
    try:
        lines = serialize(CookieTemplate(**changes), value, now=NOW, https=True)
    except ValueError:
        return
    for _, line in lines:
        assert not set(line) & {"\r", "\n", "\0"}
        assert line.isascii() or changes["comment"]
        line.encode("latin-1")
        assert len(line.split(";")) <= 10
