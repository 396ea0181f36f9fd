"""The console as one user sees it: nothing of a source whose marking is above theirs, whoever forgets to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from alerts.cases import Wanted
from alerts.clocks import Clock, clock_table
from alerts.matching.port import Matcher
from alerts.tables import alert_table
from config.database import reading
from console.accounts import User
from console.web.context import Context
from console.wiring import Inputs
from crawler.source import Source
from indexer.post import PostKey, Stored
from indexer.store import ChangePage, Filters, SearchPage, Sort, Store

_UNNAMED = "amber"  # the marking of a source without a file, as alerts have it
_NOWHERE = ("-",)  # no source is called so


def sees_source(user: User, sources: Mapping[str, Source], name: str) -> bool:
    """Whether what a source holds is theirs to see."""
    source = sources.get(name)
    return (source.tlp.value if source else _UNNAMED) in user.tlps


def narrowed(filters: Filters, user: User, sources: Mapping[str, Source]) -> Filters:
    """Filters that leave out every source whose marking is above the user's."""
    hidden = tuple(sorted(name for name in sources if not sees_source(user, sources, name)))
    if _UNNAMED in user.tlps:
        return replace(filters, without=(*filters.without, *hidden)) if hidden else filters
    seen = [
        name for name in sources if name not in hidden and (not filters.sources or name in filters.sources)
    ]
    return replace(filters, sources=tuple(sorted(seen)) or _NOWHERE)


class SeenStore:
    """A store that holds what one user may see. ``told`` hears of each search, its first page only."""

    def __init__(
        self, whole: Store, user: User, sources: Mapping[str, Source], told: Callable[[str], None]
    ) -> None:
        self._whole = whole
        self._user = user
        self._sources = sources
        self._told = told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)  # what tells of no post

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
        """As the store's."""
        if after is None:
            self._told(query)
        return self._whole.search(
            query,
            filters=narrowed(filters, self._user, self._sources),
            sort=sort,
            limit=limit,
            after=after,
            facets=facets,
            by_listing=by_listing,
        )

    def histogram(
        self, query: str, *, filters: Filters = Filters(), interval: str = "day"
    ) -> list[tuple[datetime, int]]:
        """As the store's."""
        seen = narrowed(filters, self._user, self._sources)
        return self._whole.histogram(query, filters=seen, interval=interval)

    def get(self, key: PostKey) -> Stored | None:
        """As the store's; None as well for what is not theirs."""
        return self._whole.get(key) if self._sees(key.source) else None

    def thread(self, source: str, thread: str) -> list[Stored]:
        """As the store's; empty as well for what is not theirs."""
        return self._whole.thread(source, thread) if self._sees(source) else []

    def revisions(self, key: PostKey) -> list[Stored]:
        """As the store's; empty as well for what is not theirs."""
        return self._whole.revisions(key) if self._sees(key.source) else []

    def changes(self, after: str | None = None, limit: int = 1000) -> ChangePage:
        """As the store's, without what is not theirs; an empty page then says nothing of the end."""
        page = self._whole.changes(after, limit)
        while page.changes:
            seen = tuple(one for one in page.changes if self._sees(one.stored.post.key.source))
            if seen:
                return ChangePage(seen, page.cursor)
            page = self._whole.changes(page.cursor, limit)
        return page

    def _sees(self, source: str) -> bool:
        return sees_source(self._user, self._sources, source)


class SeenContext(Context):
    """The console's context with the store as one user sees it."""

    def __init__(self, whole: Context, user: User, told: Callable[[str], None]) -> None:
        vars(self).update(_whole=whole, _user=user, _told=told)

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_whole"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(vars(self)["_whole"], name, value)

    @property
    def inputs(self) -> Inputs:
        """As the context's, without sources that are not theirs."""
        whole: Inputs = vars(self)["_whole"].inputs
        seen = {name: source for name, source in whole.sources.items() if self.sees(name)}
        return whole if len(seen) == len(whole.sources) else replace(whole, sources=seen)

    @property
    def matcher(self) -> Matcher:
        """As the context's: it is built once for all users."""
        found: Matcher = vars(self)["_whole"].matcher
        return found

    def sees(self, source: str) -> bool:
        """Whether what a source holds is theirs to see."""
        held = vars(self)
        return sees_source(held["_user"], held["_whole"].inputs.sources, source)

    @property
    def store(self) -> Store:
        """What the user may see of the store."""
        held = vars(self)
        return cast(
            Store,
            SeenStore(held["_whole"].store, held["_user"], held["_whole"].inputs.sources, held["_told"]),
        )


def seen_clocks(database: sa.Engine, user: User, clocks: Sequence[Clock]) -> list[Clock]:
    """Those legal clocks whose alert the user may see."""
    columns = alert_table.c
    wanted = Wanted(organisations=user.organisations, tlps=user.tlps)
    running = sa.select(clock_table.c.alert)
    with reading(database) as connection:
        query = sa.select(columns.id).where(columns.id.in_(running), *wanted.conditions())
        mine = set(connection.scalars(query))
    return [clock for clock in clocks if clock.alert in mine]
