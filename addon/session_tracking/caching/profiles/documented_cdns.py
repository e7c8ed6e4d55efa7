"""Content delivery networks, each as its vendor documents the default configuration."""

from session_tracking.caching.profiles.documented_rules import (
    Documented,
    directives_of,
    documented,
    forbids,
    lifetime_given,
    method_in,
    no_set_cookie,
    plain,
    varies_same,
)
from session_tracking.caching.profiles.model import LookupRule, Run, Source, StoreRule
from session_tracking.http.exchange import RequestFacts, ResponseFacts

# ---------------------------------------------------------------------- Cloudflare

_CF_DEFAULT = Source(
    "Default cache behavior",
    "https://developers.cloudflare.com/cache/concepts/default-cache-behavior/",
)
_CF_COOKIES = Source(
    "Head requests and Set-Cookie headers",
    "https://developers.cloudflare.com/cache/concepts/cache-behavior/",
)
_CF_CONTROL = Source(
    "Origin Cache Control", "https://developers.cloudflare.com/cache/concepts/cache-control/"
)
_CF_STATUS = Source(
    "Cache by status code",
    "https://developers.cloudflare.com/cache/how-to/configure-cache-status-code/",
)
CLOUDFLARE_EXTENSIONS = frozenset({
    "7z", "avi", "avif", "apk", "bin", "bmp", "bz2", "class", "css", "csv", "doc", "docx", "dmg",
    "ejs", "eot", "eps", "exe", "flac", "gif", "gz", "ico", "iso", "jar", "jpg", "jpeg", "js",
    "mid", "midi", "mkv", "mp3", "mp4", "ogg", "otf", "pdf", "pict", "pls", "png", "ppt", "pptx",
    "ps", "rar", "svg", "svgz", "swf", "tar", "tif", "tiff", "ttf", "webm", "webp", "woff",
    "woff2", "xls", "xlsx", "zip", "zst",
})  # fmt: skip
CLOUDFLARE_STATUSES = frozenset({200, 206, 301, 302, 303, 404, 410})
"""Statuses that are kept for a while without any lifetime given."""


def _cf_static(request: RequestFacts) -> bool:
    path = request.split().path
    name = path.rpartition("/")[2].lower()
    return path == "/robots.txt" or name.rpartition(".")[2] in CLOUDFLARE_EXTENSIONS


def _cf_authorized(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    lifted = directives_of(response)
    return "authorization" not in request.fields or any(
        name in lifted for name in ("must-revalidate", "public", "s-maxage")
    )


def _cf_status(_request: RequestFacts, response: ResponseFacts, time: float) -> bool:
    given = lifetime_given(response, time) is not None or "cache-control" in response.fields
    return given or response.status in CLOUDFLARE_STATUSES


def _cf_reused(run: Run) -> bool:
    directives, lifetime = directives_of(run.response), lifetime_given(run.response, run.time)
    if not plain(run) or "no-cache" in directives:
        return False
    if lifetime is not None:
        return run.response.status == 200 and lifetime > run.after
    return "cache-control" not in run.response.fields


_CLOUDFLARE = Documented(
    lookup=(
        LookupRule(
            "method", _CF_DEFAULT, method_in("GET", "HEAD"), "the method is not GET or HEAD"
        ),
        LookupRule(
            "extension", _CF_DEFAULT, _cf_static, "no extension of the list of static files"
        ),
    ),
    storage=(
        StoreRule("set-cookie", _CF_COOKIES, no_set_cookie, "Set-Cookie: the answer is BYPASS"),
        StoreRule("forbidden", _CF_DEFAULT, forbids("private", "no-store"), "private or no-store"),
        StoreRule(
            "authorization",
            _CF_CONTROL,
            _cf_authorized,
            "Authorization without must-revalidate, public or s-maxage",
        ),
        StoreRule("status", _CF_STATUS, _cf_status, "a status that is not kept without a lifetime"),
    ),
    reused=_cf_reused,
)

# ---------------------------------------------------------------------- CloudFront

_CLOUDFRONT_GUIDE = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
_AWS_COOKIES = Source("Cache content based on cookies", _CLOUDFRONT_GUIDE + "Cookies.html")
_AWS_EXPIRATION = Source(
    "Manage how long content stays in the cache", _CLOUDFRONT_GUIDE + "Expiration.html"
)


def _aws_reused(run: Run) -> bool:
    if not plain(run) or run.response.status != 200 or "vary" in run.response.fields:
        return False
    if "authorization" in run.request.fields:
        return False
    lifetime = lifetime_given(run.response, run.time)
    return lifetime is None or lifetime > run.after


_CLOUDFRONT = Documented(
    lookup=(
        LookupRule(
            "method",
            Source(
                "Request and response behavior for custom origins",
                _CLOUDFRONT_GUIDE + "RequestAndResponseBehaviorCustomOrigin.html",
            ),
            method_in("GET", "HEAD", "OPTIONS"),
            "the method is not GET, HEAD or OPTIONS",
        ),
    ),
    storage=(
        StoreRule(
            "forbidden",
            _AWS_EXPIRATION,
            forbids("private", "no-store", "no-cache"),
            "private, no-store or no-cache, while the minimum TTL is 0",
        ),
    ),
    reused=_aws_reused,
    strips=True,
)

# -------------------------------------------------------------------------- Fastly

_FASTLY_FRESHNESS = Source(
    "Cache freshness and TTLs",
    "https://www.fastly.com/documentation/guides/concepts/edge-state/cache/cache-freshness/",
)
_FASTLY_DEFAULT = Source(
    "A cache recipe for success", "https://www.fastly.com/blog/cache-recipe-for-success"
)
FASTLY_STATUSES = frozenset({200, 203, 300, 301, 302, 404, 410})
FASTLY_TTL = 120
"""Seconds for which a response without any lifetime is kept."""


def _fastly_reused(run: Run) -> bool:
    if not plain(run) or not varies_same(run) or "no-store" in directives_of(run.response):
        return False
    if run.request.method != "GET" or "authorization" in run.request.fields:
        return False
    lifetime = lifetime_given(run.response, run.time)
    return (FASTLY_TTL if lifetime is None else lifetime) > run.after


_FASTLY = Documented(
    lookup=(
        LookupRule(
            "method",
            Source(
                "VCL boilerplate", "https://www.fastly.com/documentation/guides/vcl-services/vcl/"
            ),
            method_in("GET", "HEAD"),
            "the method is not GET or HEAD",
        ),
    ),
    storage=(
        StoreRule("set-cookie", _FASTLY_DEFAULT, no_set_cookie, "Set-Cookie: the response passes"),
        StoreRule("private", _FASTLY_DEFAULT, forbids("private"), "private"),
        StoreRule(
            "status",
            _FASTLY_FRESHNESS,
            lambda _q, response, _t: response.status in FASTLY_STATUSES,
            "the status is none of 200, 203, 300, 301, 302, 404 and 410",
        ),
    ),
    reused=_fastly_reused,
)

PROFILES = (
    documented(
        "cloudflare",
        "Cloudflare",
        "default cache level, Origin Cache Control on",
        _CLOUDFLARE,
        sources=(_CF_DEFAULT, _CF_COOKIES, _CF_CONTROL, _CF_STATUS),
        switch=(
            "with Origin Cache Control off, or with an Edge TTL that is set, Cloudflare takes"
            " Set-Cookie out and stores the response: stripped"
        ),
    ),
    documented(
        "cloudfront",
        "Amazon CloudFront",
        "no cookies forwarded, minimum TTL 0, default TTL one day",
        _CLOUDFRONT,
        sources=(_AWS_COOKIES, _AWS_EXPIRATION),
        switch=(
            "forwarding cookies makes CloudFront store Set-Cookie with the object; a minimum TTL"
            " above 0 overrides private, no-store and no-cache"
        ),
    ),
    documented(
        "fastly",
        "Fastly",
        "VCL service with the boilerplate",
        _FASTLY,
        sources=(_FASTLY_FRESHNESS, _FASTLY_DEFAULT),
        switch="custom VCL that delivers before it has looked at Set-Cookie",
    ),
)
