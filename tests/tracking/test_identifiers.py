import re
from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given, strategies as st

from session_tracking.tracking.identifiers import (
    ENTROPY_BITS,
    Identifiers,
    IdFormat,
    SigningKey,
    parse_keys,
)
from tests.strategies_tracking import KEY, OLD_KEY, SIGNED

LOOKS = [
    (IdFormat.DECIMAL64, r"\d{1,20}"),
    (IdFormat.HEX128, r"[0-9a-f]{32}"),
    (IdFormat.B64URL128, r"[\w-]{22}"),
    (IdFormat.SIGNED, r"[\w-]{22}\.k1\.[\w-]{22}"),
]


def identifiers(id_format):
    return SIGNED if id_format is IdFormat.SIGNED else Identifiers(id_format)


@pytest.mark.parametrize(("id_format", "look"), LOOKS)
def test_new_ids_have_their_look_and_are_valid(id_format, look):
    ids = identifiers(id_format)
    made = {ids.new("n", "shop.test") for _ in range(200)}

    assert len(made) == 200
    assert all(re.fullmatch(look, value, re.ASCII) for value in made)
    assert {ids.check(value, "n", "shop.test") for value in made} == {"valid"}


def test_every_format_has_its_entropy():
    assert ENTROPY_BITS == {"decimal64": 64, "hex128": 128, "b64url128": 128, "signed": 128}


CHECKS = [
    ("decimal64-of-the-document", IdFormat.DECIMAL64, "18302628887781179643", "valid"),
    ("decimal64-zero", IdFormat.DECIMAL64, "0", "valid"),
    ("decimal64-greatest", IdFormat.DECIMAL64, str(2**64 - 1), "valid"),
    ("decimal64-too-great", IdFormat.DECIMAL64, str(2**64), "forged"),
    ("decimal64-leading-zero", IdFormat.DECIMAL64, "01", "forged"),
    ("decimal64-other-digits", IdFormat.DECIMAL64, "\u0661", "forged"),
    ("decimal64-newline", IdFormat.DECIMAL64, "1\n", "forged"),
    ("hex128-upper-case", IdFormat.HEX128, "A" * 32, "forged"),
    ("hex128-short", IdFormat.HEX128, "a" * 31, "forged"),
    ("b64url128", IdFormat.B64URL128, "A" * 22, "valid"),
    ("b64url128-unused-bits", IdFormat.B64URL128, "A" * 21 + "B", "forged"),
    ("signed-nothing", IdFormat.SIGNED, "", "forged"),
    ("signed-unknown-key", IdFormat.SIGNED, "A" * 22 + ".k9." + "A" * 22, "forged"),
    ("signed-invented", IdFormat.SIGNED, "A" * 22 + ".k1." + "A" * 22, "forged"),
    ("signed-without-signature", IdFormat.SIGNED, "A" * 22, "forged"),
]


@pytest.mark.parametrize(
    ("id_format", "value", "verdict"), [pytest.param(*row, id=i) for i, *row in CHECKS]
)
def test_check(id_format, value, verdict):
    assert identifiers(id_format).check(value, "n", "shop.test") == verdict


def test_rotation():
    before, after = Identifiers(IdFormat.SIGNED, (OLD_KEY,)), SIGNED
    retired = Identifiers(IdFormat.SIGNED, (KEY,))
    value = before.new("n", "shop.test")

    assert value.split(".")[1] == "k0"
    assert after.check(value, "n", "shop.test") == "valid"
    assert retired.check(value, "n", "shop.test") == "forged"
    assert before.check(after.new("n", "shop.test"), "n", "shop.test") == "forged"


@pytest.mark.parametrize(
    ("name", "site"), [("m", "shop.test"), ("n", "shop.tes"), ("ns", "hop.test")]
)
def test_a_signed_id_is_bound_to_name_and_site(name, site):
    assert SIGNED.check(SIGNED.new("n", "shop.test"), name, site) == "forged"


def test_a_key_id_is_signed_too():
    ids = Identifiers(IdFormat.SIGNED, (SigningKey("x", b"s" * 32), SigningKey("y", b"s" * 32)))
    value = ids.new("n", "shop.test")

    assert ids.check(value.replace(".x.", ".y."), "n", "shop.test") == "forged"


@given(st.data())
def test_every_altered_signed_id_is_forged(data):
    value = SIGNED.new("n", "shop.test")
    position = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.characters() | st.sampled_from("AQgwk019._-"))
    how = data.draw(st.sampled_from(["replace", "insert", "delete"]))
    end = value[position:] if how == "insert" else value[position + 1 :]
    altered = value[:position] + ("" if how == "delete" else other) + end

    assert SIGNED.check(altered, "n", "shop.test") == ("valid" if altered == value else "forged")


@given(
    st.sampled_from(IdFormat),
    st.text(st.characters(), max_size=80) | st.text("AQgw.k1", max_size=80),
    st.text(st.characters()),
)
def test_no_text_raises(id_format, value, site):
    assert identifiers(id_format).check(value, "n", site) in {"valid", "forged"}


@pytest.mark.parametrize("id_format", IdFormat)
@pytest.mark.parametrize("value", ["\ud800", "9" * 1_000_000, "\xff" * 1_000_000, "\0"])
def test_huge_and_foreign_values_are_forged(id_format, value):
    assert identifiers(id_format).check(value, "\ud800", "\ud800") == "forged"


@pytest.mark.parametrize(("id_format", "keys"), [(IdFormat.SIGNED, ()), (IdFormat.HEX128, (KEY,))])
def test_keys_belong_to_signed_ids(id_format, keys):
    with pytest.raises(ValueError, match="signed ids need a key"):
        Identifiers(id_format, keys)


def test_secrets_are_not_shown():
    assert "aaaa" not in repr(SIGNED)


SECRET = bytes(range(220, 252))
OTHER = b"o" * 33


def test_parse_keys():
    text = (
        f"# rotated in November\n\n  new:{urlsafe_b64encode(SECRET).decode()}\n"
        f"old:{b64encode(SECRET).decode()} older:{b64encode(OTHER).decode().rstrip('=')}\r\n"
    )

    assert parse_keys(text) == (
        SigningKey("new", SECRET),
        SigningKey("old", SECRET),
        SigningKey("older", OTHER),
    )


GOOD = "k:" + b64encode(SECRET).decode()
BAD_KEYS = [
    ("empty", "", "There is no key"),
    ("comments-only", "# k:x\n", "There is no key"),
    ("no-colon", "hunter2hunter2", "Key 1 is not of the form key-id:secret"),
    ("no-id", GOOD.removeprefix("k"), "Key 1 is not of the form"),
    ("id-with-a-dot", "a." + GOOD, "Key 1 is not of the form"),
    ("no-base64", GOOD + "\nx:hunter2!hunter2", "The secret of key 2 is not base64"),
    ("one-digit-left-over", "x:" + "A" * 45, "The secret of key 1 is not base64"),
    ("not-ascii", "x:\xe9\u0661", "The secret of key 1 is not base64"),
    ("short", "x:aHVudGVyMg", "The secret of key 1 has 7 octets, fewer than 32"),
    ("twice", f"{GOOD} {GOOD}", "Key 2 repeats the key id"),
]


@pytest.mark.parametrize(("text", "message"), [pytest.param(*row, id=i) for i, *row in BAD_KEYS])
def test_bad_keys(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_keys(text)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@given(st.text(st.characters()) | st.text("k:AQ=+/-_# \n", max_size=100))
def test_parse_keys_raises_nothing_else(text):
    try:
        keys = parse_keys(text)
    except ValueError:
        return
    assert all(len(key.secret) >= 32 for key in keys)
