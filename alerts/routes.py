"""Routes: which alerts go where and when, as an operator writes them in YAML. Planning is pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from alerts.channel import Tlp
from alerts.severity import Severity
from config.errors import InputError, Problem
from config.inputs import NOTHING, Instead, nearest, read_yaml, texts
from indexer.post import Kind

_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[_Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


def _clock_time(written: Any) -> Any:
    """YAML 1.1 reads 17:00 without quotes as the number 1020."""
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < 24 * 60:
        return f"{written // 60:02}:{written % 60:02}"
    return written


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is no IANA time zone such as Asia/Jakarta") from None
    return name


def _reachable(name: str, info: ValidationInfo) -> str:
    if info.context is not None and name not in info.context:
        raise ValueError(f"there is no person or channel {name!r}; {nearest(name, info.context)}")
    return name


def _are_channels(people: dict[str, Person], info: ValidationInfo) -> dict[str, Person]:
    """People are known from here on: they stand before the routes."""
    if info.context is not None:
        info.context.update({name: person.channels for name, person in people.items()})
    return people


_Reached = Annotated[str, AfterValidator(_reachable)]
_Time = Annotated[str, BeforeValidator(_clock_time), Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hours(_Strict):
    """A part of some days. It may run over midnight, and then belongs to the day on which it begins."""

    days: Annotated[tuple[_Day, ...], Field(min_length=1, description="mon to sun")] = _DAYS
    begin: Annotated[_Time, Field(description="HH:MM")] = "00:00"
    end: Annotated[_Time, Field(description="HH:MM; the same as `begin`: the whole day")] = "00:00"

    def hold(self, now: datetime) -> bool:
        """Whether they hold at a local time."""
        return self.until(now) is not None

    def until(self, now: datetime) -> datetime | None:
        """When the hours in which ``now`` (local) lies end; None when it lies in none."""
        begin, end = time.fromisoformat(self.begin), time.fromisoformat(self.end)
        for back in (0, 1):
            day = now.date() - timedelta(days=back)
            if _DAYS[day.weekday()] not in self.days:
                continue
            first = datetime.combine(day, begin, now.tzinfo)
            last = datetime.combine(day + timedelta(days=end <= begin), end, now.tzinfo)
            if first <= now < last:
                return last
        return None


class When(_Strict):
    """What an alert must be for a route to take it; what is left out takes all."""

    organisations: Annotated[tuple[_Name, ...], Field(description="ids of organisations")] = ()
    severity: Annotated[tuple[Severity, ...], Field(description="severities")] = ()
    kinds: Annotated[tuple[Kind, ...], Field(description="listing, reply, product, victim, paste")] = ()
    tlp: Annotated[tuple[Tlp, ...], Field(description="markings")] = ()
    sources: Annotated[tuple[_Name, ...], Field(description="ids of sources")] = ()
    tier: Annotated[
        Literal["certain", "possible"],
        Field(description="possible: alerts of listings that name nobody, which no other route takes"),
    ] = "certain"
    hours: Annotated[Hours | None, Field(description="working hours; at other times the route is shut")] = (
        None
    )


class Escalation(_Strict):
    """Whom to tell when nobody acknowledges."""

    after: Annotated[timedelta, Field(gt=timedelta(0), description="time since it was sent, such as PT30M")]
    to: Annotated[tuple[_Reached, ...], Field(min_length=1, description="people and channels")]


class Route(_Strict):
    """One way for alerts."""

    name: Annotated[_Name, Field(description="name in records; never changed")]
    when: Annotated[When, Field(description="which alerts it takes; left out: all")] = When()
    to: Annotated[tuple[_Reached, ...], Field(min_length=1, description="people and channels")]
    digest: Annotated[
        Literal["hourly", "daily", "weekly"] | None,
        Field(description="collect them: sent on the hour, each day or each Monday at `digest_at`"),
    ] = None
    digest_at: Annotated[_Time, Field(description="HH:MM of daily and weekly digests")] = "08:00"
    quiet: Annotated[Hours | None, Field(description="quiet hours: alerts wait for their end")] = None
    escalate: Annotated[Escalation | None, Field(description="when nobody acknowledges in time")] = None
    last: Annotated[bool, Field(description="an alert that it takes is not shown to the routes below")] = (
        False
    )


class Person(_Strict):
    """Somebody, by the channels that reach them."""

    channels: Annotated[tuple[_Reached, ...], Field(min_length=1, description="names of channels")]


class RouteFile(_Strict):
    """One file of routes, tried from the top."""

    timezone: Annotated[
        str, AfterValidator(_known_zone), Field(description="IANA zone of all hours in the file")
    ] = "UTC"
    people: Annotated[
        dict[_Name, Person],
        AfterValidator(_are_channels),
        Field(description="people by the name that `to` uses"),
    ] = {}
    routes: Annotated[tuple[Route, ...], Field(min_length=1, description="the routes, in order")]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [route.name for route in self.routes]
        for twice in sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"route {twice!r} stands here twice")
        return self


@dataclass(frozen=True, slots=True)
class Way:
    """A route ready for use: its people are channels, its zone is known."""

    route: Route
    zone: ZoneInfo
    channels: tuple[str, ...]
    escalation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a route looks at."""

    organisation: str
    severity: str
    kind: str
    tlp: str
    source: str
    tier: str = "certain"


@dataclass(frozen=True, slots=True)
class Sending:
    """One message to one channel at a time; ``route`` is set where it waits for that route's digest."""

    channel: str
    at: datetime
    route: str | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """Channels to tell at a time unless somebody has acknowledged."""

    route: str
    at: datetime
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Where an alert goes. ``routed`` is False where no route took it."""

    sendings: tuple[Sending, ...]
    reminders: tuple[Reminder, ...]
    routed: bool = True


def load_routes(folder: Path, channels: Collection[str], instead: Instead = NOTHING) -> tuple[Way, ...]:
    """The routes of every file of a folder, by name. ``instead``: what files would say. Raises ``InputError``, also
    for a person or channel that is not there and for a name in two files."""
    ways: list[Way] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for path, text in texts(folder, instead):
        known: dict[str, tuple[str, ...]] = {name: (name,) for name in channels}
        try:
            file = read_yaml(path, RouteFile, known, text)
        except InputError as error:
            problems += error.problems
            continue
        for number, route in enumerate(file.routes):
            if route.name in seen:
                fault = f"{route.name!r} stands in another file too: {seen[route.name]}"
                field = f"routes.{number}.name"
                problems.append(Problem(str(path), None, field, fault, "choose another name"))
            seen[route.name] = path.name
            waiting = route.escalate.to if route.escalate else ()
            zone = ZoneInfo(file.timezone)
            ways.append(Way(route, zone, _reached(route.to, known), _reached(waiting, known)))
    if problems:
        raise InputError(problems)
    return tuple(ways)


def _reached(names: Sequence[str], known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(channel for name in names for channel in known[name]))


def plan(ways: Sequence[Way], subject: Subject, now: datetime, otherwise: Sequence[str]) -> Plan:
    """Where an alert goes at a time. ``otherwise``: channels for what no route takes: nothing is lost by a gap
    between two rules. A possible alert goes only where a route asks for such. What is critical waits neither for quiet
    hours nor for a digest."""
    sendings: dict[str, Sending] = {}
    reminders: list[Reminder] = []
    routed = False
    for way in ways:
        if not _takes(way, subject, now):
            continue
        routed = True
        due, digest = _due(way, subject, now)
        for channel in way.channels:
            sending = Sending(channel, due, way.route.name if digest else None)
            known = sendings.get(channel)
            if known is None or (known.route is not None, known.at) > (digest, due):
                sendings[channel] = sending
        if way.route.escalate:
            reminders.append(Reminder(way.route.name, due + way.route.escalate.after, way.escalation))
        if way.route.last:
            break
    if not routed and subject.tier == "certain":
        sendings = {channel: Sending(channel, now) for channel in otherwise}
    return Plan(tuple(sendings.values()), tuple(reminders), routed)


def _takes(way: Way, subject: Subject, now: datetime) -> bool:
    when = way.route.when
    if when.tier != subject.tier:
        return False
    for wanted, value in (
        (when.organisations, subject.organisation),
        (when.severity, subject.severity),
        (when.kinds, subject.kind),
        (when.tlp, subject.tlp),
        (when.sources, subject.source),
    ):
        if wanted and value not in wanted:
            return False
    return when.hours is None or when.hours.hold(now.astimezone(way.zone))


def _due(way: Way, subject: Subject, now: datetime) -> tuple[datetime, bool]:
    """When it leaves, and whether in a digest."""
    if subject.severity == Severity.CRITICAL:
        return now, False
    local = now.astimezone(way.zone)
    if way.route.digest:
        local = _next_digest(way.route, local)
    ends = way.route.quiet.until(local) if way.route.quiet else None
    return (ends or local).astimezone(now.tzinfo), way.route.digest is not None


def _next_digest(route: Route, now: datetime) -> datetime:
    if route.digest == "hourly":
        return (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    due = datetime.combine(now.date(), time.fromisoformat(route.digest_at), now.tzinfo)
    while due <= now or (route.digest == "weekly" and due.weekday() != 0):
        due += timedelta(days=1)
    return due
