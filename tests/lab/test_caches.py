"""The configurations: exactly fourteen, each placeholder filled in."""

import re

import pytest

from scripts.lab.caches import CACHES, CONFIGS, fill

VALUES = {
    "@NAME@": "name",
    "@PORT@": "1",
    "@ORIGIN@": "2",
    "@RUN@": "/run/lab",
    "@EXTRA@": "extra",
}


def test_fourteen_configurations_under_their_names():
    assert list(CACHES) == [
        "nginx",
        "nginx-cache-valid",
        "nginx-ignore-set-cookie",
        "nginx-cache-everything",
        "varnish",
        "varnish-deliver",
        "varnish-force",
        "squid",
        "trafficserver",
        "trafficserver-no-cookies",
        "httpd",
        "httpd-ignore-set-cookie",
        "haproxy",
        "haproxy-vary",
    ]
    assert all(cache.name == name for name, cache in CACHES.items())


@pytest.mark.parametrize("path", sorted(CONFIGS.iterdir()), ids=lambda path: path.name)
def test_templates_are_filled(path):
    text = fill(path.name, VALUES)
    assert not re.search(r"@[A-Z]+@", text)


@pytest.mark.parametrize("name", CACHES)
def test_only_loopback(name):
    text = fill(CACHES[name].template, VALUES)
    addresses = re.findall(r"\d+\.\d+\.\d+\.\d+", text)
    assert set(addresses) <= {"127.0.0.1"}
