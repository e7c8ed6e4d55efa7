"""The fourteen measured caches: which file configures each, and how it is started by hand."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

CONFIGS = Path(__file__).parent / "configs"


@dataclass(frozen=True, slots=True)
class Cache:
    """One configuration of one product; `extra` is the line that sets it apart."""

    name: str
    product: str
    template: str
    extra: str = ""


_CACHE_VALID = "proxy_cache_valid 200 302 10m; proxy_cache_valid 404 1m;"
_EVERYTHING = "proxy_ignore_headers Set-Cookie Cache-Control; proxy_cache_valid 200 1m;"
_NO_COOKIES = "CONFIG proxy.config.http.cache.cache_responses_to_cookies INT 0"

CACHES = {
    cache.name: cache
    for cache in (
        Cache("nginx", "nginx", "nginx.conf.in"),
        Cache("nginx-cache-valid", "nginx", "nginx.conf.in", _CACHE_VALID),
        Cache(
            "nginx-ignore-set-cookie", "nginx", "nginx.conf.in", "proxy_ignore_headers Set-Cookie;"
        ),
        Cache("nginx-cache-everything", "nginx", "nginx.conf.in", _EVERYTHING),
        Cache("varnish", "varnish", "varnish-default.vcl.in"),
        Cache("varnish-deliver", "varnish", "varnish-deliver.vcl.in"),
        Cache("varnish-force", "varnish", "varnish-force.vcl.in"),
        Cache("squid", "squid", "squid.conf.in"),
        Cache("trafficserver", "trafficserver", "trafficserver-records.config.in"),
        Cache(
            "trafficserver-no-cookies",
            "trafficserver",
            "trafficserver-records.config.in",
            _NO_COOKIES,
        ),
        Cache("httpd", "httpd", "httpd.conf.in"),
        Cache("httpd-ignore-set-cookie", "httpd", "httpd.conf.in", "CacheIgnoreHeaders Set-Cookie"),
        Cache("haproxy", "haproxy", "haproxy.cfg.in"),
        Cache("haproxy-vary", "haproxy", "haproxy.cfg.in", "    process-vary on"),
    )
}

PACKAGES = ("nginx-light", "varnish", "squid", "trafficserver", "apache2", "haproxy")
"""Debian packages that hold all products."""

PROGRAMS = {
    "nginx": "nginx",
    "varnish": "varnishd",
    "squid": "squid",
    "trafficserver": "traffic_server",
    "httpd": "apache2",
    "haproxy": "haproxy",
}

VERSION_ARGUMENTS = {"trafficserver": "-V", "varnish": "-V"}
"""What makes a program print its version, where it is not ``-v``."""


@dataclass(frozen=True, slots=True)
class Command:
    """How to start a cache in the foreground: arguments, and variables added to the environment."""

    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


def program(product: str) -> str | None:
    """The path of the product's program, None where it is not installed."""
    return shutil.which(PROGRAMS[product], path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


def prepare(cache: Cache, run: Path, port: int, origin_port: int) -> Command:
    """Write the cache's configuration into the work folder `run`; the command that starts it.

    Raises:
        FileNotFoundError: the product is not installed.
    """
    path = program(cache.product)
    if path is None:
        message = f"{PROGRAMS[cache.product]} is not installed: scripts/cache_lab install"
        raise FileNotFoundError(message)
    values = {
        "@NAME@": cache.name,
        "@PORT@": str(port),
        "@ORIGIN@": str(origin_port),
        "@RUN@": str(run),
        "@EXTRA@": cache.extra,
    }
    config = run / cache.template.removesuffix(".in")
    config.write_text(fill(cache.template, values), encoding="utf-8")
    match cache.product:
        case "nginx":
            return Command((path, "-c", str(config), "-p", str(run), "-e", str(run / "error.log")))
        case "varnish":
            work, listen = str(run / "work"), f"127.0.0.1:{port}"
            memory = ("-T", "none", "-s", "malloc,64m")
            return Command(
                (path, "-F", "-j", "none", "-n", work, "-a", listen, *memory, "-f", str(config))
            )
        case "squid":
            give(run, "proxy")
            return Command((path, "-N", "-f", str(config)))
        case "httpd":
            (run / "cache").mkdir()
            give(run / "cache", "www-data")
            return Command((path, "-D", "FOREGROUND", "-f", str(config)))
        case "haproxy":
            return Command((path, "-db", "-f", str(config)))
        case _:
            return prepare_trafficserver(path, run, config, values)


def prepare_trafficserver(path: str, run: Path, overrides: Path, values: dict[str, str]) -> Command:
    """Copy Debian's configuration folder and lay out a run root of its own around it."""
    shutil.copytree("/etc/trafficserver", run / "etc")
    with (run / "etc/records.config").open("a", encoding="utf-8") as records:
        records.write(overrides.read_text(encoding="utf-8") + values["@EXTRA@"] + "\n")
    remap = fill("trafficserver-remap.config.in", values)
    (run / "etc/remap.config").write_text(remap, encoding="utf-8")
    (run / "etc/storage.config").write_text(f"{run}/cache 64M\n", encoding="utf-8")
    for folder in ("cache", "log", "run"):
        (run / folder).mkdir()
    layout = fill("trafficserver-runroot.yaml.in", values)
    (run / "runroot.yaml").write_text(layout, encoding="utf-8")
    give(run, "trafficserver")
    return Command((path, f"--run-root={run}"), (("TS_RUNROOT", str(run)),))


def fill(template: str, values: dict[str, str]) -> str:
    """The text of a file in ``configs/`` with its placeholders replaced."""
    text = (CONFIGS / template).read_text(encoding="utf-8")
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text


def give(folder: Path, user: str) -> None:
    """Hand `folder` and all in it to `user`, who the program becomes; nothing without root."""
    try:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, user, user)
    except PermissionError:
        return
