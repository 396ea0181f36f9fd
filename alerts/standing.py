"""Which alerts listings belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import sqlalchemy as sa

from alerts.cases import Alert, Wanted
from alerts.tables import alert_table, listing_table

_AT_ONCE = 200


def alerts_at(
    database: sa.Engine, listings: Collection[tuple[str, str]], wanted: Wanted = Wanted()
) -> dict[tuple[str, str], list[Alert]]:
    """The alerts of listings, each a source and a thread, that are wanted; listings without one are left out."""
    columns, places = listing_table.c, sorted(set(listings))
    found: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    with database.connect() as connection:
        for at in range(0, len(places), _AT_ONCE):
            some = sa.tuple_(columns.source, columns.thread).in_(places[at : at + _AT_ONCE])
            query = (
                sa.select(columns.source.label("at_source"), columns.thread.label("at_thread"), alert_table)
                .join(alert_table, alert_table.c.id == columns.alert)
                .where(some, *wanted.conditions())
                .order_by(alert_table.c.created_at, alert_table.c.id)
            )
            for row in connection.execute(query):
                values = dict(row._mapping)
                place = values.pop("at_source"), values.pop("at_thread")
                found[place].append(Alert(**values))
    return dict(found)
