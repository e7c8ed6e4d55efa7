"""The same cookie, set by each of the frameworks, comes out as the same exchange."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import aiohttp
import django
import flask
import httpx
import pytest
import requests
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from session_tracking.testing.responses import exchange_of

COOKIES = ["a=1; Path=/", "b=two; Path=/"]


class _Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        for cookie in COOKIES:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Cache-Control", "max-age=60")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def origin():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Origin)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/page?q=1"
    server.shutdown()
    thread.join()
    server.server_close()


def by_httpx(url):
    with httpx.Client() as client:
        return client.get(url, headers={"Accept": "x"})


def by_requests(url):
    with requests.Session() as session:
        return session.get(url, headers={"Accept": "x"})


def by_aiohttp(url):
    async def get():
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, headers={"Accept": "x"}) as response,
        ):
            await response.read()
            return response

    return asyncio.run(get())


@pytest.mark.parametrize("client", [by_httpx, by_requests, by_aiohttp])
def test_clients_of_a_network(client, origin):
    exchange = exchange_of(client(origin))
    assert (exchange.request.method, exchange.request.url) == ("GET", origin)
    assert exchange.request.fields.first("accept") == "x"
    assert exchange.response.status == 200
    assert exchange.response.body_length == 2
    assert exchange.response.fields.values("set-cookie") == COOKIES
    assert exchange.response.fields.values("cache-control") == ["max-age=60"]


def by_flask():
    app = flask.Flask("app")

    @app.get("/page")
    def page():
        response = flask.make_response("ok")
        response.set_cookie("a", "1")
        response.set_cookie("b", "two")
        response.cache_control.max_age = 60
        return response

    return app.test_client().get("/page?q=1", headers={"Accept": "x"})


def by_starlette():
    def page(request):
        response = PlainTextResponse("ok", headers={"Cache-Control": "max-age=60"})
        response.set_cookie("a", "1", samesite=None)
        response.set_cookie("b", "two", samesite=None)
        return response

    with TestClient(Starlette(routes=[Route("/page", page)])) as client:
        return client.get("/page?q=1", headers={"Accept": "x"})


def _page(request):
    response = HttpResponse("ok", headers={"Cache-Control": "max-age=60"})
    response.set_cookie("a", "1")
    response.set_cookie("b", "two")
    return response


urlpatterns = [path("page", _page)]


@pytest.fixture(scope="module", autouse=True)
def _django():
    if not django_settings.configured:
        django_settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="made up")
        django.setup()


def by_django():
    return Client().get("/page?q=1", headers={"Accept": "x"})


def by_async_django():
    return asyncio.run(AsyncClient().get("/page?q=1", headers={"Accept": "x"}))


@pytest.mark.parametrize(
    ("client", "host"),
    [
        (by_flask, "localhost"),
        (by_starlette, "testserver"),
        (by_django, "testserver"),
        (by_async_django, "testserver"),
    ],
)
def test_test_clients_of_frameworks(client, host):
    exchange = exchange_of(client())
    assert (exchange.request.method, exchange.request.url) == ("GET", f"http://{host}/page?q=1")
    assert exchange.request.fields.first("accept") == "x"
    assert exchange.response.fields.values("set-cookie") == COOKIES
    assert exchange.response.fields.values("cache-control") == ["max-age=60"]


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(404, headers=[("Set-Cookie", "a=1")]),
        PlainTextResponse("", 404, headers={"Set-Cookie": "a=1"}),
        flask.Response(status=404, headers=[("Set-Cookie", "a=1")]),
        SimpleNamespace(status_code=404, headers={"Set-Cookie": "a=1"}, request=None),
        SimpleNamespace(status=404, headers={"Set-Cookie": "a=1"}),
    ],
    ids=["httpx", "starlette", "flask", "request-unset", "duck"],
)
def test_a_response_that_knows_no_request_answers_a_get(response):
    exchange = exchange_of(response)
    assert (exchange.request.method, exchange.request.url) == ("GET", "http://testserver/")
    assert exchange.response.status == 404
    assert exchange.response.fields.values("set-cookie") == ["a=1"]


def test_a_view_of_django_called_by_itself():
    exchange = exchange_of(_page(RequestFactory().get("/page")))
    assert exchange.response.fields.values("set-cookie") == COOKIES


def test_the_answer_to_head_has_no_body():
    request = httpx.Request("HEAD", "http://shop.test/")
    exchange = exchange_of(httpx.Response(200, headers={"Content-Length": "9"}, request=request))
    assert exchange.response.body_length == 0


def test_octets_stay_and_text_beyond_latin_1_becomes_utf_8():
    fields = exchange_of(httpx.Response(200, headers=[(b"X-A", b"\xff\xc3\xa4")])).response.fields
    assert fields.first("x-a") == "\xff\xc3\xa4"
    fields = exchange_of(
        flask.Response(headers=[("X-B", "\u20ac\xe4"), ("X-C", "\xe4")])
    ).response.fields
    assert fields.first("x-b") == "\u20ac\xe4".encode().decode("latin-1")
    assert fields.first("x-c") == "\xe4"


@pytest.mark.parametrize("thing", [None, 200, "200 OK", {"status": 200}])
def test_what_is_no_response_is_refused(thing):
    with pytest.raises(TypeError, match="is no response: it has no status code"):
        exchange_of(thing)
