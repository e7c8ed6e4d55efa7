#!/usr/bin/env python3
"""A small bookshop to try Session Tracker on: most of it is careful with cookies, some is not.

    .venv/bin/python scripts/sample_site.py [--port 3000]

It listens on 127.0.0.1 only, prints its address as the first line, and ends with Ctrl-C. `PAGES`
tells for every page whether it sets a cookie and whether the audit has reason to complain.
"""

import argparse
import contextlib
import secrets
import sys
from collections.abc import Mapping
from types import MappingProxyType

from flask import Flask, Response, jsonify, make_response, redirect, request, session
from markupsafe import escape
from werkzeug.serving import WSGIRequestHandler, make_server

PAGES: Mapping[str, str] = MappingProxyType(
    {
        "/": "sets no cookie",
        "/login": "its cookie goes out with private, no-store",
        "/account": "its cookie goes out with private, no-store",
        "/logout": "deletes the cookie, with private, no-store",
        "/images/cover.svg": "public, and sets no cookie",
        "/api/stock": "an ETag and 304 answers, without a cookie",
        "/hello": "greets the name that was posted with a PHPSESSID; private, no-store",
        "/images/logo.svg": "public for a day, and a careless module gives it a cookie",
        "/basket": "starts a session and says nothing about caching",
        "/api/basket": "no-cache and an ETag, with a cookie",
        "/tenants/acme/": "a tenant's cookie for its theme, public for five minutes",
        "/sso": "a redirect with a cookie, without caching headers",
    }
)
"""Every page, and how it treats cookies; the first seven do it right."""

PRIVATE = "private, no-store"
MAX_NAMES = 1000

app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)


# ------------------------------------------------------------------- done right


@app.get("/")
def home() -> Response:
    """The page that lists all pages."""
    rows = "".join(f'<li><a href="{path}">{path}</a>: {text}' for path, text in PAGES.items())
    return page("The corner bookshop", f"<ul>{rows}</ul>", cache_control="no-cache")


@app.route("/login", methods=["GET", "POST"])
def login() -> Response:
    """A form; posting it starts the session."""
    if request.method == "GET":
        form = '<form method="post"><input name="user" value="ada"><button>Log in</button></form>'
        return page("Log in", form, cache_control=PRIVATE)
    session["user"] = request.form.get("user", "ada")
    return moved("/account", cache_control=PRIVATE)


@app.get("/account")
def account() -> Response:
    """Sends the session cookie again, so that it lives on."""
    if "user" not in session:
        return moved("/login", cache_control=PRIVATE)
    session.modified = True
    return page("Your account", "<p>Two books on order.", cache_control=PRIVATE)


@app.get("/logout")
def logout() -> Response:
    """Deletes the session cookie, where nobody else can be handed the deletion."""
    session.clear()
    return moved("/", cache_control=PRIVATE)


@app.get("/images/cover.svg")
def cover() -> Response:
    """An image that every cache may keep."""
    return image("teal")


@app.get("/api/stock")
def stock() -> Response:
    """An answer that caches may keep and have to ask about."""
    answer = jsonify({"in stock": 42})
    answer.headers["Cache-Control"] = "no-cache"
    answer.set_etag("stock-42")
    answer.make_conditional(request)
    del answer.headers["Date"]  # the server sends one
    return answer


names: dict[str, str] = {}
"""Whose session a PHPSESSID is; the oldest is forgotten."""


@app.route("/hello", methods=["GET", "POST"])
def hello() -> Response:
    """Knows visitors by the PHPSESSID that the logo gave them: whoever brings it is that person."""
    visitor = request.cookies.get("PHPSESSID", "")
    if request.method == "POST" and visitor:
        names[visitor] = request.form.get("name", "")[:40]
        if len(names) > MAX_NAMES:
            del names[next(iter(names))]
    return page(f"Hello, {escape(names.get(visitor, 'stranger'))}", "", cache_control=PRIVATE)


# ------------------------------------------------------------------- done wrong


@app.get("/images/logo.svg")
def logo() -> Response:
    """An image that every cache may keep; `count_visitors` spoils it."""
    return image("crimson")


@app.after_request
def count_visitors(response: Response) -> Response:
    """The careless module: it gives a cookie to the logo without a look at Cache-Control."""
    if request.path == "/images/logo.svg":
        response.set_cookie("PHPSESSID", secrets.token_hex(16), httponly=True)
    return response


@app.get("/basket")
def basket() -> Response:
    """Starts a session, and nobody thought of Cache-Control."""
    session["basket"] = secrets.token_hex(8)
    return page("Your basket", "<p>One book.")


@app.get("/api/basket")
def basket_api() -> Response:
    """`no-cache` looks safe, but after a 304 a cache sends the stored cookie again."""
    answer = jsonify({"books": 1})
    answer.headers["Cache-Control"] = "no-cache"
    answer.set_etag("basket-1")
    answer.set_cookie("csrftoken", secrets.token_urlsafe(24), samesite="Lax")
    return answer


@app.get("/tenants/acme/")
def tenant() -> Response:
    """A tenant's page: the cookie is no secret, but the next visitor is given it all the same."""
    answer = page("Acme at the bookshop", "<p>Hello.", cache_control="public, max-age=300")
    answer.set_cookie("acme_theme", "dark")
    return answer


@app.get("/sso")
def sso() -> Response:
    """A redirect is not stored by itself; one more header, and it is."""
    answer = moved("/")
    answer.set_cookie("sso_token", secrets.token_urlsafe(24), httponly=True)
    return answer


# ---------------------------------------------------------------------- helpers


def page(title: str, body: str, *, cache_control: str = "") -> Response:
    """An HTML page; no Cache-Control if it is empty."""
    text = f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1>{body}"
    return _with(make_response(text), cache_control)


def moved(target: str, *, cache_control: str = "") -> Response:
    """A redirect: 303 after a form, else 302."""
    code = 303 if request.method == "POST" else 302
    return _with(make_response(redirect(target, code)), cache_control)


def image(colour: str) -> Response:
    """A square that caches may keep for a day."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9" fill="{colour}"/>'
    answer = Response(f"{svg}</svg>", mimetype="image/svg+xml")
    return _with(answer, "public, max-age=86400")


def _with(answer: Response, cache_control: str) -> Response:
    if cache_control:
        answer.headers["Cache-Control"] = cache_control
    return answer


class QuietHandler(WSGIRequestHandler):
    """Writes no log: the proxy in front tells what happens."""

    def log_request(self, *_: object) -> None:
        """Nothing."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A small bookshop to try Session Tracker on.")
    parser.add_argument("--port", type=int, default=3000, help="0 takes a free one (default 3000)")
    port = parser.parse_args(arguments).port
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietHandler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
