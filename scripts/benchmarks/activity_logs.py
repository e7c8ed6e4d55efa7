"""Logs to measure with: the same number and seed make the same files, octet by octet.

Visitors come and go, ten hits each on the average, several within a second. The fields change their
order within a file, now to another number of them, now to the same number.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["LAYOUTS", "write_logs"]

OURS = (
    "date time s-sitename s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs-version cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status sc-substatus "
    "sc-win32-status sc-bytes cs-bytes time-taken x-session-id x-session-event sc(Set-Cookie)"
)
SAME_WIDTH = (
    "date time x-session-id x-session-event s-sitename s-ip cs-uri-stem cs-method cs-uri-query "
    "s-port cs-username c-ip cs-version cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status "
    "sc-substatus sc-win32-status sc-bytes cs-bytes time-taken sc(Set-Cookie)"
)
NARROWER = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
    "cs(Cookie) cs(Referer) sc-status sc-substatus sc-win32-status time-taken x-session-id "
    "x-session-event sc(Set-Cookie)"
)
LAYOUTS = (OURS, SAME_WIDTH, OURS, NARROWER)
"""In this order, as a file goes on."""

_START = 1_795_219_200  # 2026-11-21 00:00:00 UTC
_A_SECOND = 115  # lines: ten million make a day
_VISITORS = 2_000  # at a time
_AGENTS = (
    "Mozilla/5.0+(X11;+Linux+x86_64;+rv:145.0)+Gecko/20100101+Firefox/145.0",
    (
        "Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)"
        "+Chrome/142.0.0.0+Safari/537.36"
    ),
    (
        "Mozilla/5.0+(iPhone;+CPU+iPhone+OS+18_1+like+Mac+OS+X)+AppleWebKit/605.1.15+(KHTML,"
        "+like+Gecko)+Version/18.1+Mobile/15E148+Safari/604.1"
    ),
)


def write_logs(folder: Path, lines: int, *, files: int = 10, seed: int = 1) -> list[Path]:
    """Write that many lines as files of one site; answers with them in their order."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    records = _records(chance, lines)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(files):
        path = folder / f"u_ex2611{number + 1:02}.log"
        share = lines * (number + 1) // files - lines * number // files
        with path.open("w", encoding="ascii", newline="\n") as stream:
            for part, layout in enumerate(LAYOUTS):
                stream.write(_directives(layout))
                count = share * (part + 1) // len(LAYOUTS) - share * part // len(LAYOUTS)
                stream.writelines(_lines(records, layout.split(), count))
        paths.append(path)
    return paths


def _directives(layout: str) -> str:
    return (
        "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
        f"#Date: 2026-11-21 00:00:00\n#Fields: {layout}\n"
    )


def _lines(records: Iterator[dict[str, str]], names: Sequence[str], count: int) -> Iterator[str]:
    form = " ".join(f"%({name.replace('(', '').replace(')', '')})s" for name in names) + "\n"
    for _ in range(count):
        yield form % next(records)


def _records(chance: random.Random, lines: int) -> Iterator[dict[str, str]]:
    visitors: list[dict[str, str]] = [{} for _ in range(_VISITORS)]
    left = [0] * _VISITORS
    pages = [f"/shop/department-{n % 40:02}/product-{n:04}.html" for n in range(2_000)]
    pages += ["/"] * 400
    random_number = chance.random
    for number in range(lines):
        second = _START + number // _A_SECOND
        if number % _A_SECOND == 0:
            moment = datetime.fromtimestamp(second, UTC)
            date, time = f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}"
        place = int(random_number() * _VISITORS)
        visitor = visitors[place]
        if left[place]:
            left[place] -= 1
            visitor["x-session-event"] = "seen"
            visitor["csCookie"] = visitor["brought"]
            visitor["scSet-Cookie"] = "-"
        else:
            left[place] = int(random_number() * 19)
            visitor = visitors[place] = _visitor(chance)
        visitor["date"], visitor["time"] = date, time
        visitor["cs-uri-stem"] = pages[int(random_number() * len(pages))]
        visitor["sc-bytes"] = str(int(random_number() * 90_000))
        visitor["time-taken"] = str(int(random_number() * 400))
        yield visitor


def _visitor(chance: random.Random) -> dict[str, str]:
    """One who comes for the first time."""
    token = f"{chance.getrandbits(128):032x}"
    return {
        "s-sitename": "shop.test",
        "s-ip": "192.0.2.10",
        "cs-method": "GET",
        "cs-uri-query": "-" if chance.random() < 0.7 else f"page={chance.randrange(20)}&sort=price",
        "s-port": "443",
        "cs-username": "-",
        "c-ip": f"198.51.{chance.randrange(256)}.{chance.randrange(256)}",
        "cs-version": "HTTP/1.1",
        "csUser-Agent": chance.choice(_AGENTS),
        "csCookie": "-",
        "brought": f"visit={token};+theme=dark",
        "csReferer": "https://shop.test/",
        "cs-host": "shop.test",
        "sc-status": chance.choice(("200", "200", "200", "304", "404")),
        "sc-substatus": "0",
        "sc-win32-status": "0",
        "cs-bytes": str(chance.randrange(300, 900)),
        "x-session-id": token,
        "x-session-event": "new",
        "scSet-Cookie": f"visit={token}",
    }
