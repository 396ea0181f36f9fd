"""Pages fetched a second by a crawl, beside curl on the same Tor and the same pages over as many connections; and the
pages of a second crawl, beside the fewest that can tell what changed. Goals: 0.9 and 1.1.

Both are timed at the server, from the first request to the last, so neither pays for starting its process. Tor is a
private network on loopback: pages come much faster than from a real one, which is the harder case for a crawl that
also reads, stores and keeps every page.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from _figures import quick, tell

from console.demo.tor_network import PrivateTor

THREADS, A_BOARD_PAGE, POSTS, ROUNDS = 100, 50, 20, 1 if quick() else 3
CHANGED = 10
_HEADERS = ("-H", "Accept-Encoding: gzip", "-A", "Mozilla/5.0")


class Site:
    """A board of ``THREADS`` threads in django-machina's markup; every page about as long as a real one."""

    def __init__(self) -> None:
        self.replies = dict.fromkeys(range(THREADS), POSTS - 1)
        self.order = list(range(THREADS))
        self.times: list[float] = []

    def change(self) -> None:
        """One reply to each of some threads, which so become the newest."""
        for number in range(THREADS - CHANGED, THREADS):
            self.replies[number] += 1
            self.order.remove(number)
            self.order.insert(0, number)

    def page(self, path: str) -> str:
        address, _, query = path.partition("?")
        if "/topic/" in address:
            return self._thread(int(address.rstrip("/").rpartition("-")[2]))
        return self._board(int(query.rpartition("=")[2] or 1))

    def paths(self) -> list[str]:
        boards = [f"/forum/a-1/?page={number + 1}" for number in range(THREADS // A_BOARD_PAGE)]
        return boards + [f"/forum/a-1/topic/t-{number}/" for number in range(THREADS)]

    def _board(self, number: int) -> str:
        listed = self.order[(number - 1) * A_BOARD_PAGE : number * A_BOARD_PAGE]
        rows = "".join(
            f'<div class="row"><a class="topic-name-link" href="/forum/a-1/topic/t-{each}/">thread {each}</a>'
            f'<div class="topic-created">By: ann on Jan. 6, 2022, 9 a.m.</div>'
            f'<div class="topic-count">{self.replies[each]}</div></div>'
            for each in listed
        )
        pages = "".join(
            f'<li><a class="page-link">{each + 1}</a></li>' for each in range(THREADS // A_BOARD_PAGE)
        )
        pager = f'<ul class="pagination"><li class="active">{number}</li>{pages}</ul>'
        return f'<div class="topiclist"><div class="card-body">{rows}</div></div>{pager}{_PADDING}'

    def _thread(self, number: int) -> str:
        posts = "".join(
            f'<div id="{number * 1000 + each}" class="card post"><small class="text-muted">By: user{each} on'
            f' Jan. 6, 2022, noon</small><div class="post-content">{_TEXT} {number} {each}</div></div>'
            for each in range(self.replies[number] + 1)
        )
        return f"<h1>thread {number}</h1>{posts}{_PADDING}"


_TEXT = "selling fresh rows of an invented company, sample on request, escrow welcome. " * 8
_PADDING = '<div class="menu"><a href="/x">menu</a><span>words</span></div>' * 300


def serve(site: Site) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = site.page(self.path).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
            self.wfile.write(head.encode() + body)
            site.times.append(time.perf_counter())

        def log_message(self, *_words: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def rate(site: Site) -> float:
    """Pages a second since the last call."""
    times, site.times = site.times, []
    return (len(times) - 1) / (times[-1] - times[0])


def crawl(folder: Path) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "crawler.run", "bench"],
        env={**os.environ, "DUSKWATCH_CONFIG": str(folder / "duskwatch.toml")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def prepare(folder: Path, network: PrivateTor, onion: str, connections: int) -> None:
    (folder / "config/sources").mkdir(parents=True)
    (folder / "duskwatch.toml").write_text(
        f'[tor]\nsocks = "127.0.0.1:{network.socks_port}"\n[log]\nlevel = "error"\n'
    )
    (folder / "config/sources/bench.yaml").write_text(
        f"id: bench\nname: bench\nadapter: machina\naddresses: [http://{onion}]\n"
        "boards: [{key: a, path: /forum/a-1/}]\n"
        f"politeness: {{delay: 0, connections: {connections}}}\n"
    )


def curl(site: Site, network: PrivateTor, onion: str, connections: int, folder: Path) -> None:
    urls = folder / "urls"
    urls.write_text("".join(f'url = "http://{onion}{path}"\noutput = /dev/null\n' for path in site.paths()))
    parallel = ["-Z", "--parallel-max", str(connections)] if connections > 1 else []
    proxy = f"bench:curl@127.0.0.1:{network.socks_port}"
    subprocess.run(
        ["curl", "-s", *_HEADERS, *parallel, "--socks5-hostname", proxy, "-K", str(urls)],
        stderr=subprocess.DEVNULL,
        check=True,
    )


def main() -> None:
    site = Site()
    server = serve(site)
    with PrivateTor() as network:
        onion = network.add_onion(server.server_port)
        for connections in (1, 4):
            pairs = []
            for _ in range(ROUNDS):
                with tempfile.TemporaryDirectory() as name:
                    folder = Path(name)
                    prepare(folder, network, onion, connections)
                    summary = crawl(folder)
                    assert summary["pages"] == len(site.paths()), summary
                    ours = rate(site)
                    curl(site, network, onion, connections, folder)
                    pairs.append((ours, rate(site)))
            mine, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(a / b for a, b in pairs)
            print(
                f"crawl, {connections} connections: {mine:.0f} pages/s, curl {floor:.0f} pages/s,"
                f" ratio {ratio:.2f} (goal 0.90)"
            )
            tell(f"crawl: {connections} connections", pairs, "pages/s", "curl, same Tor", goal=0.9)
        with tempfile.TemporaryDirectory() as name:
            prepare(Path(name), network, onion, 1)
            crawl(Path(name))
            site.change()
            again = crawl(Path(name))
    server.shutdown()
    server.server_close()
    ideal = 1 + CHANGED
    assert again["new"] == CHANGED, again
    print(
        f"second crawl: {again['pages']} pages, ideal {ideal} (the board's first page, {CHANGED} threads that moved),"
        f" ratio {again['pages'] / ideal:.2f} (goal 1.10)"
    )
    pair = (again["pages"], ideal)
    tell("crawl: second crawl", [pair], "pages", "fewest that tell", higher=False, goal=1.1)


if __name__ == "__main__":
    main()
