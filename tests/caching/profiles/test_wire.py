from session_tracking.caching.profiles.wire import CONDITIONS, host, raw_values, without
from session_tracking.http.exchange import RequestFacts
from session_tracking.http.fields import FieldSection


def test_raw_values_keep_tabs():
    fields = FieldSection([("Vary", " *\t "), ("vary", "Accept"), ("X", "1")])
    assert raw_values(fields, "vary") == ["*\t", "Accept"]
    assert raw_values(fields, "age") == []


def test_without():
    fields = FieldSection([("Range", "bytes=0-1"), ("Accept", "*/*")])
    request = RequestFacts("GET", "http://lab.test/a", fields, "HTTP/1.0")
    left = without(request, CONDITIONS)
    assert left == RequestFacts(
        "GET", "http://lab.test/a", FieldSection([("Accept", "*/*")]), "HTTP/1.0"
    )
    assert without(left, CONDITIONS) is left


def test_host():
    fields = FieldSection([("Host", "LAB.test")])
    assert host(RequestFacts("GET", "http://other.test:81/", fields)) == "LAB.test"
    assert host(RequestFacts("GET", "http://other.test:81/")) == "other.test:81"
    assert host(RequestFacts("GET", "http://[")) == ""
