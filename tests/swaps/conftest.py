import pytest

from tests.redis_server import RedisServer


@pytest.fixture(scope="session")
def running():
    with RedisServer() as server:
        yield server


@pytest.fixture
def server(running):
    """A Redis that holds nothing yet."""
    with running.client() as client:
        client.flushall()
        client.config_set("maxmemory", "0")
    return running
