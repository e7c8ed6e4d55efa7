"""Which caches `--caches` and the configuration name."""

import click
import pytest

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.cli.cache_names import chosen_caches, known_caches, named_cache
from session_tracking.errors import ConfigErrors
from session_tracking.http.exchange import RequestFacts

EVERY = list(PROFILES)
OWN = '[profiles.edge]\nbase = "nginx"\n'
LISTED = 'audit.caches = ["squid"]\n'
SITE = '[[site]]\nhost = "*.a.test"\naudit.caches = ["httpd"]\n'
PATH = '[[site.path]]\npath = "/x"\naudit.caches = ["nginx"]\n'

CHOSEN = [
    ("one", "nginx", "", "http://b.test/", ["nginx"]),
    ("in order", "squid,nginx", "", "http://b.test/", ["squid", "nginx"]),
    ("blanks and twice", " squid , nginx,squid", "", "http://b.test/", ["squid", "nginx"]),
    ("all", "all", "", "http://b.test/", EVERY),
    ("own", "edge", OWN, "http://b.test/", ["edge"]),
    ("all with own", "all", OWN, "http://b.test/", [*EVERY, "edge"]),
    ("before the configuration", "nginx", LISTED + SITE, "http://x.a.test/", ["nginx"]),
    ("nothing", None, "", "http://b.test/", EVERY),
    ("nothing but own", None, OWN, "http://b.test/", [*EVERY, "edge"]),
    ("configured", None, LISTED, "http://b.test/", ["squid"]),
    ("of the site", None, LISTED + SITE, "http://x.a.test/", ["httpd"]),
    ("of the path", None, LISTED + SITE + PATH, "http://x.a.test/x", ["nginx"]),
    ("of the site, no path", None, LISTED + SITE + PATH, "http://x.a.test", ["httpd"]),
    ("of another site", None, LISTED + SITE, "http://b.test/", ["squid"]),
    ("of another site, none listed", None, SITE, "http://b.test/", EVERY),
]


@pytest.mark.parametrize(
    ("names", "config", "url", "expected"),
    [row[1:] for row in CHOSEN],
    ids=[row[0] for row in CHOSEN],
)
def test_chosen_caches(tmp_path, names, config, url, expected):
    file = tmp_path / "config.toml"
    file.write_text(config)
    found = chosen_caches(names, file)(RequestFacts("GET", url))
    assert [profile.name for profile in found] == expected


@pytest.mark.parametrize("names", [None, "all"])
def test_without_a_configuration_all(names):
    found = chosen_caches(names, None)(RequestFacts("GET", "http://b.test/"))
    assert [profile.name for profile in found] == EVERY


def test_known_caches_without_a_file():
    assert known_caches(None) is PROFILES


UNKNOWN = [
    ("near", "ngin", 'No cache is called "ngin". Did you mean nginx?'),
    ("far", "zzzz", 'No cache is called "zzzz". `session-tracker caches` lists them.'),
    ("empty", "", 'No cache is called "". `session-tracker caches` lists them.'),
]


@pytest.mark.parametrize(
    ("name", "said"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN]
)
def test_an_unknown_name(name, said):
    with pytest.raises(click.UsageError) as caught:
        named_cache(name, PROFILES)
    assert caught.value.message == said
    with pytest.raises(click.UsageError):
        chosen_caches(f"nginx,{name}", None)


def test_an_unknown_name_is_shown_escaped():
    with pytest.raises(click.UsageError) as caught:
        named_cache("\x1b[31m\u202e", PROFILES)
    assert caught.value.message.isprintable()


def test_all_is_no_name_among_others():
    with pytest.raises(click.UsageError):
        chosen_caches("nginx,all", None)


@pytest.mark.parametrize("names", [None, "nginx"])
def test_a_configuration_with_errors(tmp_path, names):
    file = tmp_path / "config.toml"
    file.write_text("nmae = 1")
    with pytest.raises(ConfigErrors):
        chosen_caches(names, file)
