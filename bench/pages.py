"""How fast the console's pages are, beside the bare queries that they rest on; and fifty analysts at once beside one.

``python bench/pages.py --posts 1000000 --alerts 100000`` measures SQLite, ``--stores elasticsearch`` a genuine node (or
``$ELASTICSEARCH_URL``). ``--store`` takes a store that was filled by ``_corpus.posts``, and leaves it as it is. The
console runs in a process of its own and is asked over loopback as browsers ask it, so the times hold the server's own
and the client's. Goals: p95 of each page below 150 ms, at most 1.5 of the bare query; of fifty analysts no error.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from alerts.cases import Wanted, alert_id, changes_of, get_alert, list_alerts, listings_of
from alerts.holds import posts_of
from alerts.tables import alert_table, event_table, listing_table, post_table
from config.database import reading
from console import accounts
from console.accounts import Role
from console.web.context import Context
from console.web.server import Server
from indexer.opening import open_store
from indexer.post import PostKey
from indexer.store import FACETS, Store

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]
from _corpus import posts, vocabulary  # noqa: E402 - stands beside this file
from _figures import tell  # noqa: E402 - likewise
from elastic.nodes import Cluster  # noqa: E402 - stands in tests/
from growth import queries  # noqa: E402 - stands beside this file

_GOAL, _OVERHEAD = 150.0, 1.5  # milliseconds; of the bare query
_ORGANISATIONS, _SOURCES, _ROUNDS, _BATCH = 200, 20, 2, 5000
_THREAD = 12  # posts, as the corpus has them
_ONION = "http://zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd.onion"
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Page:
    """A kind of page: addresses of some of it, and for each what it rests on, asked without the console."""

    name: str
    addresses: Sequence[str]
    bare: Sequence[Callable[[], Any]]


# --- what there is


def fill_store(url: str, count: int) -> None:
    """So many posts of the corpus."""
    words = vocabulary()
    made = posts(0, count, words)
    with closing(open_store(url)) as store:
        while batch := list(itertools.islice(made, _BATCH)):
            store.put(batch)


def workspace(folder: Path, url: str) -> Path:
    """Settings, watchlists and sources; the settings' file."""
    config = folder / "duskwatch.toml"
    config.write_text(f'data_dir = "var"\nstore_url = "{url}"\n[web]\nport = 0\nrate = 1000000\n')
    (folder / "config/watchlists").mkdir(parents=True)
    (folder / "config/sources").mkdir()
    lines = [f"  - {{id: org-{n}, name: Invented Organisation Number {n}}}\n" for n in range(_ORGANISATIONS)]
    (folder / "config/watchlists/a.yaml").write_text("organisations:\n" + "".join(lines))
    for name in ["forum", *(f"source-{n}" for n in range(1, _SOURCES))]:
        text = f"id: {name}\nname: {name}\nadapter: mybb\naddresses: [{_ONION}]\nboards: [{{key: b, path: /b}}]\n"
        (folder / f"config/sources/{name}.yaml").write_text(text)
    return config


def fill_alerts(database: sa.Engine, count: int, total: int) -> list[str]:
    """So many alerts, each for a listing of the corpus; their ids."""
    chance = random.Random(7)
    now = datetime.now(UTC)
    found: list[str] = []
    numbers = iter(chance.sample(range(max(total // _THREAD, count)), count))
    while part := list(itertools.islice(numbers, 2000)):
        rows: dict[sa.Table, list[dict[str, Any]]] = {
            table: [] for table in (alert_table, listing_table, post_table, event_table)
        }
        for number in part:
            _alert(rows, number, chance, now)
        found += [row["id"] for row in rows[alert_table]]
        with database.begin() as connection:
            for table, values in rows.items():
                connection.execute(sa.insert(table), values)
    return found


def _alert(
    rows: dict[sa.Table, list[dict[str, Any]]], number: int, chance: random.Random, now: datetime
) -> None:
    thread, post = str(number), str(PostKey("forum", str(number), str(number * _THREAD)))
    organisation = f"org-{chance.randrange(_ORGANISATIONS)}"
    name = alert_id(organisation, "forum", thread)
    at = now - timedelta(minutes=chance.randrange(500_000))
    severity = chance.choices(["low", "medium", "high", "critical"], [4, 3, 2, 1])[0]
    state = chance.choices(
        ["new", "acknowledged", "escalated", "resolved", "false positive"], [2, 2, 1, 10, 5]
    )[0]
    match = {"term": "Invented Organisation", "kind": "name", "view": "words", "strength": 0.9}
    matches = [{**match, "organisation": organisation, "parts": {"view": 1.0}, "spans": [["title", 0, 5]]}]
    common = {"organisation": organisation, "source": "forum", "thread": thread, "url": f"{_ONION}/{thread}"}
    times = {"created_at": at, "updated_at": at, "posted_at": at, "first_seen_at": at, "stored_at": at}
    title = {"title": f"customers of {organisation}, number {number}"}
    more = {"severity": severity, "state": state, "tlp": "amber", "matches": matches, "post": post}
    rows[alert_table].append(
        {"id": name, **common, **title, **times, **more, "author": "seller", "kind": "listing", "claims": {}}
    )
    joined = {
        "alert": name,
        "author": "seller",
        "post": post,
        "how": "first",
        "likeness": 1.0,
        "joined_at": at,
    }
    rows[listing_table].append({**common, **title, **joined, "claims": {}})
    rows[post_table].append(
        {"alert": name, "post": post, "revision": 1, "change": "new", "at": at, "claims": None}
    )
    event = {"alert": name, "at": at, "who": "duskwatch", "what": "new", "detail": "", "origin": ""}
    rows[event_table].append(event)


# --- what is asked


def pages(context: Context, store: Store, alerts: list[str], total: int) -> list[Page]:
    """Every kind of page, with what it rests on."""
    chance = random.Random(11)
    words = vocabulary()
    engine = context.engine
    some = chance.sample(alerts, min(40, len(alerts)))
    numbers = [chance.randrange(total) for _ in range(40)]
    keys = [PostKey("forum", str(number // _THREAD), str(number)) for number in numbers]
    asked = [ours for ours, _, _ in queries(words)]
    authors = [words[chance.randrange(200, 5000)] for _ in range(20)]
    opened = ("new", "acknowledged", "escalated")
    return [
        Page(
            "inbox",
            ["/", "/?state=new&severity=critical", "/?organisation=org-7", "/?state=", "/?source=forum"],
            [
                lambda: list_alerts(engine, Wanted(states=opened), gravest_first=True, limit=200),
                lambda: list_alerts(
                    engine, Wanted(states=("new",), severity="critical"), gravest_first=True, limit=200
                ),
                lambda: list_alerts(
                    engine, Wanted(states=opened, organisation="org-7"), gravest_first=True, limit=200
                ),
                lambda: list_alerts(engine, Wanted(), gravest_first=True, limit=200),
                lambda: list_alerts(
                    engine, Wanted(states=opened, source="forum"), gravest_first=True, limit=200
                ),
            ],
        ),
        Page("alert", [f"/alerts/{name}" for name in some], [_rest(engine, store, name) for name in some]),
        Page(
            "search",
            [str(httpx.URL("/search", params={"q": query})) for query in asked],
            [_search(store, query) for query in asked],
        ),
        Page(
            "seller",
            [str(httpx.URL("/sellers", params={"name": name})) for name in authors],
            [_seller(store, name) for name in authors],
        ),
        Page("listing", [f"/posts/{key}" for key in keys], [_thread(store, key) for key in keys]),
        Page("overview", ["/overview"] * 5, [lambda: (store.stats(), store.behind(None))] * 5),
        Page("sources", ["/sources"] * 5, []),
    ]


def _rest(engine: sa.Engine, store: Store, name: str) -> Callable[[], Any]:
    def ask() -> Any:
        found, _ = get_alert(engine, name)
        with reading(engine) as connection:
            both = listings_of(connection, found.id), changes_of(connection, found.id)
        return both, [store.revisions(PostKey.parse(post)) for post in posts_of(engine, found.id)]

    return ask


def _search(store: Store, query: str) -> Callable[[], Any]:
    return lambda: (store.search(query, facets=FACETS), store.histogram(query, interval="month"))


def _seller(store: Store, name: str) -> Callable[[], Any]:
    return lambda: store.search(f'author:"{name}"', limit=100, facets=("source", "board"), by_listing=True)


def _thread(store: Store, key: PostKey) -> Callable[[], Any]:
    return lambda: (store.get(key), store.revisions(key), store.thread(key.source, key.thread))


# --- asking


def _serve(config: Path, told: Any) -> None:
    server = Server(config)
    told.put(server.url)
    server.run()


@contextmanager
def serving(config: Path) -> Iterator[str]:
    """The console in a process of its own; where it is."""
    told = _SPAWN.Queue()
    child = _SPAWN.Process(target=_serve, args=(config, told))
    child.start()
    url = told.get(timeout=60)
    until = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/healthz")
            break
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.05)
    try:
        yield url
    finally:
        child.terminate()
        child.join(10)


def session(database: sa.Engine, user: str) -> dict[str, str]:
    """The cookie of a user's session."""
    lasts = timedelta(hours=2)
    at = datetime.now(UTC)
    return {
        "duskwatch_session": accounts.grant(database, user, "session", "", Role.ANALYST, at=at, lasts=lasts)
    }


def one_by_one(url: str, cookies: dict[str, str], page: Page) -> tuple[list[float], list[float]]:
    """Every address and what it rests on, in turns; the times of both, milliseconds."""
    times: tuple[list[float], list[float]] = ([], [])
    with httpx.Client(base_url=url, cookies=cookies, timeout=120) as client:
        for turn in range(_ROUNDS + 1):
            for at, address in enumerate(page.addresses):
                begun = time.perf_counter()
                answer = client.get(address)
                took = (time.perf_counter() - begun) * 1000
                assert answer.status_code == 200, (address, answer.status_code)
                bare = 0.0
                if page.bare:
                    begun = time.perf_counter()
                    page.bare[at]()
                    bare = (time.perf_counter() - begun) * 1000
                if turn:  # caches warm up
                    times[0].append(took)
                    times[1].append(bare)
    return times


async def together(
    url: str, sessions: list[dict[str, str]], kinds: list[Page], seconds: float
) -> tuple[list[float], int]:
    """So many analysts, each on a page and then on another; times of all, milliseconds, and how many went wrong."""
    times: list[float] = []
    wrong = 0
    until = time.monotonic() + seconds

    async def analyst(number: int, cookies: dict[str, str]) -> None:
        nonlocal wrong
        chance = random.Random(number)
        async with httpx.AsyncClient(base_url=url, cookies=cookies, timeout=60) as client:
            while time.monotonic() < until:
                address = chance.choice(chance.choice(kinds).addresses)
                begun = time.perf_counter()
                try:
                    wrong += (await client.get(address)).status_code != 200
                except httpx.HTTPError:
                    wrong += 1
                times.append((time.perf_counter() - begun) * 1000)
                await asyncio.sleep(chance.uniform(1, 3))  # who reads a page

    await asyncio.gather(*(analyst(number, each) for number, each in enumerate(sessions)))
    return times, wrong


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


# --- the run


def measured(kind: str, url: str, folder: Path, arguments: argparse.Namespace) -> None:
    """Measure one store and print it."""
    config = workspace(folder, url)
    context = Context(config)
    engine = context.engine
    begun = time.monotonic()
    alerts = fill_alerts(engine, arguments.alerts, arguments.posts)
    users = [f"analyst-{number}" for number in range(arguments.analysts)]
    at = datetime.now(UTC)
    rows = {"password": "", "role": "analyst", "organisations": [], "tlp": "red", "totp": "", "totp_used": 0}
    more = {"failed": 0, "disabled": False, "created_at": at}
    with engine.begin() as connection:
        for user in users:
            connection.execute(sa.insert(accounts.user_table).values(name=user, **rows, **more))
    print(
        f"{kind}: {arguments.posts:,} posts, {len(alerts):,} alerts (filled in {time.monotonic() - begun:.0f} s),"
        f" {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    with closing(open_store(url)) as store, serving(config) as console:
        kinds = pages(context, store, alerts, arguments.posts)
        cookies = session(engine, users[0])
        for page in kinds:
            took, bare = one_by_one(console, cookies, page)
            said = (
                f"  {page.name}: p50 {statistics.median(took):.1f} ms, p95 {p95(took):.1f} (goal {_GOAL:.0f})"
            )
            if page.bare:
                ratios = [mine / floor for mine, floor in zip(took, bare, strict=True)]
                said += (
                    f"; bare query p50 {statistics.median(bare):.1f}, p95 {p95(bare):.1f}; ratio at p95"
                    f" {p95(took) / p95(bare):.2f}, median of ratios {statistics.median(ratios):.2f} (goal {_OVERHEAD})"
                )
            print(f"{said}; load {os.getloadavg()[0]:.1f}", flush=True)
            if page.bare:
                pair = (p95(took), p95(bare))
                tell(f"pages: {page.name}, p95", [pair], "ms", "bare query", higher=False, goal=_OVERHEAD)
        sessions = [session(engine, user) for user in users]
        for count in (1, arguments.analysts):
            times, wrong = asyncio.run(together(console, sessions[:count], kinds, arguments.seconds))
            print(
                f"  {count} at once, {arguments.seconds:.0f} s: {len(times)} pages, {wrong} errors, p50"
                f" {statistics.median(times):.0f} ms, p95 {p95(times):.0f} ms; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    context.close()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--posts", type=int, default=20_000)
    asked.add_argument("--alerts", type=int, default=1_000)
    asked.add_argument("--analysts", type=int, default=50)
    asked.add_argument("--seconds", type=float, default=10.0, help="of each run of analysts, at most 60")
    asked.add_argument("--store", help="a store of so many posts of the corpus that is there")
    asked.add_argument("--stores", nargs="+", choices=["sqlite", "elasticsearch"], default=["sqlite"])
    arguments = asked.parse_args()
    arguments.seconds = min(arguments.seconds, 60.0)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for kind in arguments.stores:
            url = arguments.store or f"sqlite:///{folder}/posts.db"
            if kind == "elasticsearch" and not arguments.store:
                server = os.environ.get("ELASTICSEARCH_URL")
                server = server or stack.enter_context(Cluster(quick=False, heap=1024)).url
                url = f"{server}/console-{os.getpid()}"
            if not arguments.store:
                fill_store(url, arguments.posts)
            (folder / kind).mkdir()
            measured(kind, url, folder / kind, arguments)


if __name__ == "__main__":
    main()
