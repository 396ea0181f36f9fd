"""What the console keeps for each user: searches that they saved, and which alerts they have read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from alerts.cases import CLOSED, Alert, Wanted
from alerts.tables import alert_table, change_table, insert_new
from config.database import UtcDateTime, metadata
from config.errors import StopError
from console.accounts import User

search_table = sa.Table(
    "console_search",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("user", sa.Text, sa.ForeignKey("console_user.name"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
read_table = sa.Table(
    "console_read",
    metadata,
    sa.Column("user", sa.Text, sa.ForeignKey("console_user.name"), primary_key=True),
    sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)
_MOST_SEARCHES = 200


class TooManySearches(StopError):
    """This user has saved as many searches as are kept."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that a user saved: ``address`` is what stands behind ``/search?``."""

    id: int
    name: str
    address: str
    created_at: datetime


def save_search(database: sa.Engine, user: User, name: str, address: str, at: datetime) -> None:
    """Keep a search under a name; one of the same name is replaced. Raises ``TooManySearches``."""
    columns = search_table.c
    mine = columns.user == user.name
    with database.begin() as connection:
        connection.execute(sa.delete(search_table).where(mine, columns.name == name))
        count = connection.scalar(sa.select(sa.func.count()).select_from(search_table).where(mine)) or 0
        if count >= _MOST_SEARCHES:
            raise TooManySearches(cure="delete some of them")
        values = {"user": user.name, "name": name, "address": address, "created_at": at}
        connection.execute(sa.insert(search_table).values(values))


def saved_searches(database: sa.Engine, user: User) -> list[SavedSearch]:
    """A user's searches, by name."""
    columns = search_table.c
    query = sa.select(columns.id, columns.name, columns.address, columns.created_at)
    with database.connect() as connection:
        found = connection.execute(query.where(columns.user == user.name).order_by(columns.name, columns.id))
        return [SavedSearch(*row) for row in found]


def delete_search(database: sa.Engine, user: User, number: int) -> None:
    """Forget a search of this user's; nothing happens where it is not theirs."""
    columns = search_table.c
    with database.begin() as connection:
        connection.execute(sa.delete(search_table).where(columns.id == number, columns.user == user.name))


def mark_read(database: sa.Engine, user: User, alerts: Collection[str], at: datetime) -> None:
    """Note that a user has read alerts as they stand now."""
    columns = read_table.c
    with database.begin() as connection:
        for alert in sorted(alerts):
            row = {"user": user.name, "alert": alert, "at": at}
            if not insert_new(connection, read_table, [row]):
                mine = sa.and_(columns.user == user.name, columns.alert == alert)
                connection.execute(sa.update(read_table).where(mine).values(at=at))


def mark_unread(database: sa.Engine, user: User, alerts: Collection[str]) -> None:
    """Forget that a user has read alerts."""
    columns = read_table.c
    with database.begin() as connection:
        connection.execute(sa.delete(read_table).where(columns.user == user.name, columns.alert.in_(alerts)))


def unread(database: sa.Engine, user: User, alerts: Sequence[Alert]) -> frozenset[str]:
    """Which of these alerts a user has not read since something material happened to them."""
    names = [alert.id for alert in alerts]
    query = sa.select(alert_table.c.id).where(alert_table.c.id.in_(names), _unread(user))
    with database.connect() as connection:
        return frozenset(connection.scalars(query))


def count_unread(database: sa.Engine, user: User) -> int:
    """How many alerts that are not closed a user may see and has not read."""
    wanted = Wanted(organisations=user.organisations, tlps=user.tlps)
    query = sa.select(sa.func.count()).select_from(alert_table)
    query = query.where(*wanted.conditions(), alert_table.c.state.not_in(CLOSED), _unread(user))
    with database.connect() as connection:
        return int(connection.scalar(query) or 0)


def only_unread(user: User) -> sa.ColumnElement[bool]:
    """The condition on alerts that a user has not read."""
    return _unread(user)


def _unread(user: User) -> sa.ColumnElement[bool]:
    changed = (
        sa.select(sa.func.max(change_table.c.at))
        .where(change_table.c.alert == alert_table.c.id)
        .scalar_subquery()
    )
    columns = read_table.c
    return ~sa.exists().where(
        columns.user == user.name,
        columns.alert == alert_table.c.id,
        columns.at >= sa.func.coalesce(changed, alert_table.c.created_at),
    )
