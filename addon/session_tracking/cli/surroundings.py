"""What a command under test is given: the proxy's address, and whom to trust."""

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import certifi

__all__ = ["environment_behind", "environment_through", "inherited_roots", "write_bundle"]

URL = "SESSION_TRACKER_URL"
BASE_URL = "BASE_URL"

BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
"""The variables that OpenSSL and Python, requests, Node.js and curl read their roots from."""

_PROXY = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_PAST_IT = ("NO_PROXY", "no_proxy")


def environment_behind(given: Mapping[str, str], address: str, *, base_url: bool) -> dict[str, str]:
    """For a command that asks a reverse proxy: its address, in BASE_URL too if that is wanted."""
    return {**given, URL: address} | ({BASE_URL: address} if base_url else {})


def environment_through(
    given: Mapping[str, str], address: str, bundle: Path
) -> tuple[dict[str, str], list[str]]:
    """For a command that asks through a forward proxy; and what it is to be told.

    What it inherited and would let requests past the proxy is overruled.
    """
    environment = {**given, URL: address, "NODE_USE_ENV_PROXY": "1"}
    environment |= dict.fromkeys(_PROXY, address)
    environment |= dict.fromkeys(BUNDLES, str(bundle))
    overruled = [name for name in _PAST_IT if environment.pop(name, "")]
    return environment, [
        f"{name} is not handed on: it would let requests past the proxy" for name in overruled
    ]


def inherited_roots(given: Mapping[str, str]) -> Iterator[Path]:
    """The certificate files that are trusted already: the system's, and those of the variables."""
    system = ssl.get_default_verify_paths().cafile
    candidates = [given.get(name, "") for name in BUNDLES]
    if not candidates[0]:  # SSL_CERT_FILE stands for the system's own
        candidates.append(system or certifi.where())
    for name in dict.fromkeys(candidates):
        if name and (path := Path(name)).is_file():
            yield path


def write_bundle(target: Path, *sources: Path) -> None:
    """Write the certificates of all sources into one file."""
    target.write_bytes(b"\n".join(source.read_bytes() for source in sources))
