"""Why an alert goes where it goes: each route with its verdict, and each channel with its time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from alerts.channel import Tlp
from alerts.routes import Plan, Subject, Way, plan
from alerts.severity import Severity


@dataclass(frozen=True, slots=True)
class Considered:
    """A route as an alert came by it: whether it takes the alert, and why, or why not."""

    route: str
    taken: bool
    why: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A channel that an alert would go to: when, by which route, whether it waits for a digest, and whether its ceiling
    keeps the alert out. ``escalation``: only when nobody acknowledges until then."""

    channel: str
    at: datetime
    route: str
    digest: bool
    escalation: bool
    above_ceiling: str


@dataclass(frozen=True, slots=True)
class RouteTest:
    """Every route in order, and whom an alert would reach."""

    routes: tuple[Considered, ...]
    reached: tuple[Reached, ...]


def try_routes(
    ways: Sequence[Way],
    subject: Subject,
    now: datetime,
    otherwise: Sequence[str],
    ceilings: Mapping[str, str],
) -> RouteTest:
    """Whom an alert would reach at a time, when, and why. ``otherwise``: the channels for what no route takes;
    ``ceilings``: the highest TLP of each channel."""
    considered = tuple(_considered(ways, subject, now))
    planned: Plan = plan(ways, subject, now, otherwise)
    by = {
        channel: way.route.name
        for way, seen in reversed(list(zip(ways, considered, strict=True)))
        if seen.taken
        for channel in way.channels
    }
    reached = [
        Reached(
            each.channel,
            each.at,
            each.route or by.get(each.channel, ""),
            each.route is not None,
            False,
            _above(subject.tlp, ceilings.get(each.channel, "red")),
        )
        for each in planned.sendings
    ]
    for reminder in planned.reminders:
        reached += [
            Reached(
                channel,
                reminder.at,
                reminder.route,
                False,
                True,
                _above(subject.tlp, ceilings.get(channel, "red")),
            )
            for channel in reminder.channels
        ]
    return RouteTest(considered, tuple(sorted(reached, key=lambda each: (each.at, each.channel))))


def _considered(ways: Sequence[Way], subject: Subject, now: datetime) -> list[Considered]:
    found: list[Considered] = []
    closed = ""
    for way in ways:
        name = way.route.name
        if closed:
            found.append(Considered(name, False, f"{closed} is the last route for what it takes"))
            continue
        refused = _refused(way, subject, now)
        found.append(Considered(name, not refused, refused or _waits(way, subject, now)))
        if not refused and way.route.last:
            closed = name
    return found


def _refused(way: Way, subject: Subject, now: datetime) -> str:
    """Why a route does not take an alert; "" where it does."""
    when = way.route.when
    for what, wanted, value in (
        ("organisations", when.organisations, subject.organisation),
        ("severity", when.severity, subject.severity),
        ("kinds", when.kinds, subject.kind),
        ("tlp", when.tlp, subject.tlp),
        ("sources", when.sources, subject.source),
    ):
        if wanted and value not in wanted:
            return f"{what}: {value or 'nothing'} is none of {', '.join(map(str, wanted))}"
    if when.hours is not None and not when.hours.hold(now.astimezone(way.zone)):
        return f"hours: it is {now.astimezone(way.zone):%a %H:%M} there"
    return ""


def _waits(way: Way, subject: Subject, now: datetime) -> str:
    if subject.severity == Severity.CRITICAL:
        return "it takes it; what is critical waits for nothing"
    waits = []
    if way.route.digest:
        waits.append(f"{way.route.digest} digest")
    if way.route.quiet and way.route.quiet.hold(now.astimezone(way.zone)):
        waits.append("quiet hours")
    return f"it takes it; it waits: {', '.join(waits)}" if waits else "it takes it"


def _above(tlp: str, ceiling: str) -> str:
    order = get_args(Tlp)
    if tlp in order and ceiling in order and order.index(tlp) <= order.index(ceiling):
        return ""
    return f"TLP {tlp or 'none'} is above its ceiling {ceiling}: it is parked"
