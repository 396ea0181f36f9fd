"""The baseline report: one message of what history says about each organisation, once a source has been read whole or
a watch has been held against the past."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from alerts.baseline import Entry, Past, entry_table
from alerts.cases import Alert
from alerts.dating import datings
from alerts.dispatch import Dispatch
from alerts.message import again, defang, kept_payload, one_line, plain
from alerts.outbox import enqueue
from alerts.severity import Severity
from alerts.tables import alert_table, hunt_table
from config.database import UtcDateTime, metadata

#: A report that was made. ``source`` is empty where a watch was held against the past by ``hunt``.
report_table = sa.Table(
    "baseline_report",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("hunt", sa.Integer),
    sa.Column("listings", sa.Integer, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)
_AGAIN = timedelta(
    days=1
)  # between two reports of one source, and before the first where no crawl reads it whole
_MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class Report:
    """One report: what of, how many listings, and when it was made."""

    id: str
    source: str
    hunt: int | None
    listings: int
    made_at: datetime


def make_reports(
    connection: sa.Connection,
    dispatch: Dispatch,
    channels: Callable[[str], Sequence[str]],
    past: Past | None,
    now: datetime,
    *,
    looked: datetime | None,
) -> list[Report]:
    """Make every report that is due. ``looked``: when the feed was looked at and read to its end; None: it was not, and
    sources wait. ``channels``: an organisation's own, for what no route takes. A source's first report is made when a
    crawl has read it whole, or after a day; later ones, of what was found since, once a day. A hunt's is made when it
    ends."""
    columns = entry_table.c
    waiting = sa.select(columns.source, columns.hunt).where(columns.report.is_(None)).distinct()
    made = []
    by_hunt: set[int] = set()
    for source, hunt in connection.execute(waiting).all():
        if hunt is None:
            if looked and _due(connection, source, past, looked):
                which = (columns.source == source, columns.hunt.is_(None))
                made.append(_make(connection, dispatch, channels, which, source, None, now))
        elif hunt not in by_hunt:
            by_hunt.add(hunt)
            running = sa.select(hunt_table.c.state).where(hunt_table.c.id == hunt)
            if connection.scalar(running) != "running":
                made.append(_make(connection, dispatch, channels, (columns.hunt == hunt,), "", hunt, now))
    return made


def _due(connection: sa.Connection, source: str, past: Past | None, now: datetime) -> bool:
    here = (report_table.c.source == source, report_table.c.hunt.is_(None))
    last = connection.scalar(sa.select(sa.func.max(report_table.c.made_at, type_=UtcDateTime)).where(*here))
    if last is not None:
        return bool(now - last >= _AGAIN)
    beginning = past(connection, source, now) if past else None
    return (
        beginning is None
        or (beginning.settled is not None and beginning.settled <= now)
        or now - beginning.at >= _AGAIN
    )


def _make(
    connection: sa.Connection,
    dispatch: Dispatch,
    channels: Callable[[str], Sequence[str]],
    which: tuple[sa.ColumnElement[bool], ...],
    source: str,
    hunt: int | None,
    now: datetime,
) -> Report:
    columns = entry_table.c
    query = sa.select(entry_table).where(columns.report.is_(None), *which)
    entries = [
        Entry(**row._mapping) for row in connection.execute(query.order_by(columns.alert, columns.post))
    ]
    keys = "\0".join(f"{each.alert} {each.post}" for each in entries)
    name = "b" + hashlib.sha256(f"{source}\0{hunt}\0{keys}".encode()).hexdigest()[:15]
    alerts = _alerts(connection, {each.alert for each in entries})
    parts: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    times: dict[tuple[str, str], datetime] = {}
    for entry in entries:
        alert = alerts[entry.alert]
        otherwise = tuple(channels(alert.organisation)) or tuple(dispatch.channels)
        for channel, sending in dispatch.times(alert, now, otherwise).items():
            part = channel, alert.tlp
            parts[part].append(entry)
            at = now if sending.route is not None else sending.at  # it is a digest itself
            times[part] = min(at, times.get(part, at))
    dating = datings(connection, now, source).get(source) if source else None
    for (channel, tlp), its in sorted(parts.items()):
        told = {each.alert: alerts[each.alert] for each in its}
        gravest = max(told.values(), key=lambda each: (_rank(each.severity), each.id))
        payload = report_payload(name, source, hunt, its, told, gravest, now, dating.says if dating else ())
        enqueue(connection, gravest.id, f"baseline:{name}:{tlp}", channel, payload, now, times[channel, tlp])
    connection.execute(sa.update(entry_table).where(columns.report.is_(None), *which).values(report=name))
    made = Report(name, source, hunt, len(entries), now)
    values = {field: getattr(made, field) for field in Report.__slots__}
    connection.execute(sa.insert(report_table).values(values))
    return made


def _alerts(connection: sa.Connection, names: set[str]) -> dict[str, Alert]:
    found: dict[str, Alert] = {}
    wanted = sorted(names)
    for start in range(0, len(wanted), 500):
        query = sa.select(alert_table).where(alert_table.c.id.in_(wanted[start : start + 500]))
        found |= {row.id: Alert(**row._mapping) for row in connection.execute(query)}
    return found


def report_payload(
    name: str,
    source: str,
    hunt: int | None,
    entries: Sequence[Entry],
    alerts: Mapping[str, Alert],
    gravest: Alert,
    now: datetime,
    dating: Sequence[str] = (),
) -> dict[str, Any]:
    """The message: in the form of an alert's, each organisation with its listings in lines of ``claim``, all of them
    under ``entries``. ``alert`` is the report's own name. ``dating``: what is wrong with the source's dates, and stands
    on top."""
    by_organisation: dict[str, list[Entry]] = defaultdict(list)
    for each in entries:
        by_organisation[each.organisation].append(each)
    lines = []
    for organisation, its in sorted(by_organisation.items()):
        lines.append(f"{organisation}: {summary(its)}")
        lines += [f"  {line(each, alerts[each.alert].severity)}" for each in sorted(its, key=_strongest)]
    left = len(lines) - _MOST_LINES
    if left > 0:
        lines = [*lines[:_MOST_LINES], f"and {left} lines more: duskwatch alerts baseline --report {name}"]
    lines = [*(f"Dates of {source}: {each}" for each in dating), *lines]
    of = f"of {source}" if source else "for watches that were added or changed"
    listings = f"{len(entries)} listing{'s' if len(entries) > 1 else ''}"
    said = f"Baseline report {of}: {listings} of {len(by_organisation)} organisation"
    said += "s" if len(by_organisation) > 1 else ""
    organisations = sorted(by_organisation)
    whole = again(
        kept_payload(gravest),
        "baseline",
        said,
        alert=name,
        organisation=", ".join(organisations[:5]) + (" and others" if len(organisations) > 5 else ""),
        claim="\n".join(lines),
        claims="",
        facts=[],
        matches=[],
        source=source or gravest.source,
        author="",
        url="",
        posted_at=None,
        entries=[_entry(each, alerts[each.alert]) for each in sorted(entries, key=_strongest)[:_MOST_LINES]],
        matched_at=now.isoformat(),
    )
    if hunt is not None:
        whole["hunt"] = hunt
    return {**whole, "title": said, "headline": said}


def summary(entries: Sequence[Entry]) -> str:
    """What history says about one organisation, in words."""
    dated = sorted(each.posted_at for each in entries if each.posted_at)
    copies = sum(each.how == "copy" for each in entries)
    said = f"{len(entries)} listing{'s' if len(entries) > 1 else ''}"
    said += f", {copies} of them copies" if copies else ""
    if dated:
        first, last = f"{dated[0]:%Y-%m-%d}", f"{dated[-1]:%Y-%m-%d}"
        said += f", {first}" if first == last else f", {first} to {last}"
    undated = len(entries) - len(dated)
    said += f", {undated} undated" if undated else ""
    return said + f", strongest {max(each.strength for each in entries):.2f}"


def line(entry: Entry, severity: str) -> str:
    """One listing, in words."""
    day = f"{entry.posted_at:%Y-%m-%d}" if entry.posted_at else "undated   "
    copy = " (copy)" if entry.how == "copy" else ""
    return (
        f"{day}  {severity}  {entry.strength:.2f}  {one_line(entry.title, 120)}{copy}"
        f"  ({plain(entry.source)}, {entry.alert})"
    )


def _entry(entry: Entry, alert: Alert) -> dict[str, Any]:
    return {
        "alert": entry.alert,
        "organisation": entry.organisation,
        "severity": alert.severity,
        "strength": entry.strength,
        "source": entry.source,
        "title": plain(entry.title),
        "author": plain(entry.author),
        "url": defang(plain(alert.url)) if entry.how == "listing" else "",
        "posted_at": entry.posted_at.isoformat() if entry.posted_at else None,
        "how": entry.how,
        "reason": entry.reason,
    }


def _strongest(entry: Entry) -> tuple[Any, ...]:
    return (
        -entry.strength,
        -(entry.posted_at.timestamp() if entry.posted_at else 0.0),
        entry.alert,
        entry.post,
    )


def _rank(severity: str) -> int:
    return [each.value for each in Severity].index(severity)


def list_reports(database: sa.Engine, *, source: str | None = None, limit: int = 100) -> list[Report]:
    """Reports, newest first. ``source``: of this one only."""
    query = sa.select(report_table).order_by(report_table.c.made_at.desc(), report_table.c.id).limit(limit)
    if source is not None:
        query = query.where(report_table.c.source == source)
    with database.connect() as connection:
        return [Report(**row._mapping) for row in connection.execute(query)]
