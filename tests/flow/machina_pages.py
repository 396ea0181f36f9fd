"""Pages as django-machina makes them, for boards whose content a test makes up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

A_PAGE = 2  # posts


def answer(threads: Mapping[str, Sequence[str]], path: str) -> bytes:
    """A whole HTTP answer to a path of a board: ``threads`` has the numbers of each thread's posts."""
    body = page(threads, path)
    status = "200 OK" if body else "404 Not Found"
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def page(threads: Mapping[str, Sequence[str]], path: str) -> str:
    """The board itself, or a page of a thread; empty for one that is not there."""
    place, _, query = path.partition("?")
    if "/topic/" not in place:
        row = '<div class="row"><a class="topic-name-link" href="/forum/a-1/topic/x-{0}/">x</a>'
        row += '<div class="topic-created">By: ann on Jan. 6, 2022, 9 a.m.</div>'
        row += '<div class="topic-count">{1}</div></div>'
        rows = "".join(row.format(name, len(posts) - 1) for name, posts in threads.items())
        return f'<div class="topiclist"><div class="card-body">{rows}</div></div>'
    number = place.rstrip("/").rpartition("-")[2]
    if number not in threads:
        return ""
    at = int(query.removeprefix("page=") or 1)
    said = "".join(
        f'<div id="{post}" class="card post"><small class="text-muted">By: ann on Jan. 6, 2022, noon</small>'
        f'<div class="post-content">text {post}</div></div>'
        for post in threads[number][A_PAGE * (at - 1) : A_PAGE * at]
    )
    pages = -(-len(threads[number]) // A_PAGE)
    links = "".join(
        f'<li{" class=active" * (each == at)}><a class="page-link">{each}</a></li>'
        for each in range(1, pages + 1)
    )
    more = f'<ul class="pagination">{links}</ul>' if pages > 1 else ""
    return f"<h1>x</h1>{said}{more}"
