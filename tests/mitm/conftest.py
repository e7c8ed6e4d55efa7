import pytest

from tests.origin import Origin
from tests.proxy import Proxy


@pytest.fixture(scope="session")
def origin():
    started = Origin()
    yield started
    started.close()


@pytest.fixture(scope="module")
def reverse(origin, tmp_path_factory):
    """A reverse proxy in front of the origin, with the shipped configuration."""
    folder = tmp_path_factory.mktemp("reverse")
    with Proxy(folder, "--mode", f"reverse:http://127.0.0.1:{origin.port}") as proxy:
        yield proxy
