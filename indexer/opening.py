"""The only place that names stores: from a URL to an open store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from config.errors import StoreRefused
from config.settings import ElasticsearchSettings
from indexer.store import Store
from indexer.stores.sqlite import SqliteStore


def open_store(url: str, server: ElasticsearchSettings = ElasticsearchSettings()) -> Store:
    """Open the store at ``sqlite:///path``, or at ``https://host:9200/prefix`` with what ``server`` says.

    Raises ``StoreRefused`` for another URL.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return SqliteStore(Path(rest[1:]))
    if scheme in ("http", "https"):
        from indexer.stores.elasticsearch import ElasticsearchStore  # half a second that others need not wait

        return ElasticsearchStore(url, server)
    raise StoreRefused(
        f"store_url is of no known kind: {scheme[:20]!r}",
        cure="write sqlite:///path/to/posts.db or https://host:9200/prefix",
    )


def upgrade_store(
    url: str,
    server: ElasticsearchSettings = ElasticsearchSettings(),
    *,
    again: bool = False,
    told: Callable[[int, int], None] = lambda _done, _of: None,
) -> int:
    """Bring the store into the layout of this version while others write on; how many posts were laid out anew.

    ``again``: also where it has that layout. An SQLite store is upgraded whenever it is opened. Raises as stores do.
    """
    if url.startswith(("http://", "https://")):
        from indexer.stores.elasticsearch_upgrade import upgrade_url

        return upgrade_url(url, server, again=again, told=told)
    open_store(url).close()
    return 0
