"""Exchanges by hand, for tests of the detector."""

from session_tracking.cookies.classify import classify
from session_tracking.cookies.set_cookie import response_cookies
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.swaps.clients import Sender, identify
from session_tracking.swaps.delivery import Delivery, place_of, stamp_of
from session_tracking.swaps.detector import Detector
from session_tracking.swaps.settings import SwapSettings

HIT = ("Age", "5")
NOW = 1_795_000_000.0


def value(number):
    """A value of 128 bits, always the same for a number."""
    return f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"


class World:
    """A detector, and who asks what of which site."""

    def __init__(self, settings=None):
        self.detector = Detector()
        self.settings = settings or SwapSettings()
        self.now = NOW

    def client(self, address, agent="UA", connection="", own="", presented=None):
        """A client; `connection` is new each time unless it is named."""
        identity = ClientId(address, connection or f"{self.now}-{address}")
        return identify(
            Sender(identity, agent, [], []),
            self.settings,
            own=own,
            presented=bool(own if presented is None else presented),
        )

    def hand(self, client, *set_cookies, path="/", host="shop.test", sent="", fields=(), after=1.0):
        """A response with these Set-Cookie values; the events."""
        self.now += after
        if isinstance(client, str):
            client = self.client(client)
        url = f"http://{host}{path}"
        request = RequestFacts("GET", url, FieldSection([("Cookie", sent)] if sent else []))
        lines = [*fields, *(("Set-Cookie", text) for text in set_cookies)]
        exchange = Exchange(
            request, ResponseFacts(200, FieldSection(lines)), response_time=self.now
        )
        cookies = [
            (cookie, classify(cookie, self.now))
            for cookie in response_cookies(exchange.response.fields)
        ]
        place = place_of(exchange, url)
        stamp = stamp_of(exchange.response.fields.first("date"), place.etag)
        delivery = Delivery(self.settings, place, client, [sent], stamp, self.now)
        return self.detector.on_response(delivery, cookies)

    def send(self, client, sent, host="shop.test", path="/"):
        """A request with this Cookie value; the events."""
        self.now += 1
        if isinstance(client, str):
            client = self.client(client)
        return self.detector.on_request(
            self.settings, host, [sent], client, f"http://{host}{path}", self.now
        )
