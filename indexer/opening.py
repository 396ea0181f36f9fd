"""The only place that names stores: from a URL to an open store."""

from __future__ import annotations

from pathlib import Path

from config.errors import StoreRefused
from indexer.store import Store
from indexer.stores.sqlite import SqliteStore


def open_store(url: str) -> Store:
    """Open the store at ``sqlite:///path``. Raises ``StoreRefused`` for another URL."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return SqliteStore(Path(rest[1:]))
    raise StoreRefused(f"store_url {url!r} is of no known kind", cure="write sqlite:///path/to/posts.db")
