"""The store for several machines: Elasticsearch 9, of which it needs core features only."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from elasticsearch import NotFoundError

from config.settings import ElasticsearchSettings
from indexer.post import ChangeKind, Outcome, Post, PostKey, Stored
from indexer.store import Ailment, ChangePage, Filters, PurgePolicy, SearchPage, Sort, StoreStats
from indexer.stores import elasticsearch_health as health
from indexer.stores import elasticsearch_mapping as mapping
from indexer.stores.elasticsearch_client import connect, errors, read_url
from indexer.stores.elasticsearch_documents import (
    Entry,
    Head,
    document_id,
    keyword,
    micros,
    next_entry,
    read_stored,
)
from indexer.stores.elasticsearch_feed import Feed
from indexer.stores.elasticsearch_purge import compact, forget
from indexer.stores.elasticsearch_query import Query
from indexer.stores.elasticsearch_scan import Found, scan
from indexer.stores.elasticsearch_search import Searcher
from indexer.stores.elasticsearch_writer import Decide, Writer

_ROLL_EVERY = 600.0  # seconds between two looks at the size of the change log


class ElasticsearchStore:
    """Keeps posts in indices that begin with one prefix. Safe in several processes and threads."""

    def __init__(self, url: str, server: ElasticsearchSettings) -> None:
        address = read_url(url)
        self._names = mapping.Names(address.prefix)
        self._client = connect(address, server)
        try:
            with errors(self._client):
                identity = mapping.prepare(self._client, self._names)
        except BaseException:
            self._client.close()
            raise
        self._writer = Writer(self._client, self._names, server.patience)
        self._feed = Feed(self._client, self._names, identity, self._writer)
        self._search = Searcher(self._client, self._names, self._writer)
        self._server = server
        self._roll_at = 0.0  # on the monotonic clock

    # --- writing

    def put(self, posts: Sequence[Post]) -> list[Outcome]:
        self._roll_over()
        now = datetime.now(UTC)
        outcomes = [Outcome.KNOWN] * len(posts)
        waiting = list(enumerate(posts))
        while waiting:
            group: dict[str, tuple[int, Decide]] = {}
            again = []
            for at, post in waiting:
                post_id = post.id
                name = document_id(post_id)
                if name in group:
                    again.append((at, post))  # a post twice in one batch: its contents one after the other
                else:
                    group[name] = (at, _putting(post, post_id, now))
            made = self._writer.commit({name: decide for name, (_, decide) in group.items()})
            for name, (at, _) in group.items():
                if change := made[name]:
                    outcomes[at] = Outcome(change.kind.value)
            waiting = again
        return outcomes

    def mark_removed(self, keys: Sequence[PostKey], *, last_seen: datetime, at: datetime) -> int:
        now = datetime.now(UTC)

        def removing(key: PostKey) -> Decide:
            def decide(head: Head | None) -> Entry | None:
                if head is None or head.removed:
                    return None
                stored = self.get(key)  # after its head: should it be newer, the change's number is taken
                if stored is None:
                    return None
                post = stored.post
                return next_entry(ChangeKind.REMOVED, post, post.id, head, now=now, gone=(at, last_seen))

            return decide

        made = self._writer.commit({document_id(str(key)): removing(key) for key in keys})
        return sum(change is not None for change in made.values())

    def purge(self, policy: PurgePolicy, *, now: datetime, dry_run: bool = False) -> int:
        unread = [at for reader in policy.readers if (at := self._feed.unread(reader))]
        oldest, patience = min(unread, default=None), self._server.patience
        count = forget(self._client, self._names, policy, now, oldest, patience, dry_run=dry_run)
        if not dry_run:
            compact(self._client, self._names, policy, now, patience)
        return count

    # --- reading

    def get(self, key: PostKey) -> Stored | None:
        with errors(self._client):
            try:
                found = self._client.get(index=self._names.posts, id=document_id(str(key)))
            except NotFoundError as error:
                if not (isinstance(error.body, dict) and error.body.get("found") is False):
                    raise
                return None
        return read_stored(found["_source"]) if "post" in found["_source"] else None

    def thread(self, source: str, thread: str) -> list[Stored]:
        wanted = [{"term": {"source": keyword(source)}}, {"term": {"thread": keyword(thread)}}]
        order = [{"position": "asc"}, {"id": "asc"}]
        hits = self._scan(self._names.posts, {"bool": {"filter": wanted}}, order)
        return [read_stored(hit["_source"]) for hit in hits]

    def revisions(self, key: PostKey) -> list[Stored]:
        newest = self.get(key)
        if newest is None:
            return []
        query = {
            "bool": {
                "filter": [{"term": {"id": document_id(str(key))}}],
                "must_not": [{"term": {"kind": ChangeKind.REMOVED.value}}],
            }
        }
        hits = self._scan(self._names.changes, query, [{"change": "asc"}, {"_index": "asc"}])
        gone = {
            "removed": micros(newest.removed_at) if newest.removed_at else None,
            "last_seen": micros(newest.last_seen_at) if newest.last_seen_at else None,
        }
        return [read_stored(hit["_source"] | gone) for hit in hits]

    def changes(self, after: str | None = None, limit: int = 1000, *, until: str | None = None) -> ChangePage:
        return self._feed.read(after, limit, until)

    def search(
        self,
        query: str,
        *,
        filters: Filters = Filters(),
        sort: Sort = Sort.NEWEST,
        limit: int = 20,
        after: str | None = None,
        facets: Sequence[str] = (),
        by_listing: bool = False,
    ) -> SearchPage:
        return self._search.page(query, filters, sort, limit, after, facets, by_listing)

    def histogram(
        self, query: str, *, filters: Filters = Filters(), interval: str = "day"
    ) -> list[tuple[datetime, int]]:
        return self._search.histogram(query, filters, interval)

    def stats(self) -> StoreStats:
        kept = {"bool": {"must_not": [{"exists": {"field": "forgotten"}}]}}
        gone = {"bool": {"filter": [{"exists": {"field": "removed"}}, kept]}}
        revised = {"bool": {"must_not": [{"term": {"kind": ChangeKind.REMOVED.value}}]}}
        both = [self._names.posts, self._names.changes]
        with errors(self._client):
            self._client.indices.refresh(index=both)
            posts = self._client.count(index=self._names.posts, query=kept)["count"]
            removed = self._client.count(index=self._names.posts, query=gone)["count"]
            revisions = self._client.count(index=self._names.changes, query=revised)["count"]
            size = self._client.indices.stats(index=both, metric="store")["_all"]["primaries"]["store"]
        about = health.detail(self._client, self._names)
        return StoreStats(posts, revisions, removed, size["size_in_bytes"], about)

    def behind(self, after: str | None) -> int:
        self._feed.check(after)
        return health.behind(self._client, self._names, after)

    def ailments(self) -> list[Ailment]:
        return health.ailments(self._client, self._names)

    def close(self) -> None:
        self._client.close()

    def _scan(self, index: str, query: Query, order: Sequence[Query]) -> Iterator[Found]:
        with errors(self._client):
            self._client.indices.refresh(index=index)
        return scan(self._client, index, query, order)

    def _roll_over(self) -> None:
        """Look now and then whether the change log has to begin a new generation."""
        if time.monotonic() < self._roll_at:
            return
        with errors(self._client):
            size, age = self._server.rollover_megabytes, self._server.rollover_days
            mapping.roll_over(self._client, self._names, megabytes=size, days=age)
        self._writer.look_again()
        self._roll_at = time.monotonic() + _ROLL_EVERY


def _putting(post: Post, name: str, now: datetime) -> Decide:
    def decide(head: Head | None) -> Entry | None:
        if head is None:
            return next_entry(ChangeKind.NEW, post, name, None, now=now)
        if head.content_hash == post.content_hash and not head.removed:
            return None
        return next_entry(ChangeKind.CHANGED, post, name, head, now=now)

    return decide
