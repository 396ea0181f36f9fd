"""What a source is: the YAML file that an operator writes for one forum, market or leak site."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from config.errors import InputError, Problem, StopError
from config.inputs import NOTHING, Instead, read_folder
from crawler.deny import denied, denied_url
from crawler.mapping import Mapping
from crawler.profile import Profile
from crawler.tor.onion import check_host


class TLP(StrEnum):
    """Traffic Light Protocol 2.0."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not an IANA time zone such as Asia/Jakarta")
    return name


_Hour = Annotated[int, Field(ge=0, le=24)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Politeness(_Strict):
    """How gently a source is read."""

    delay: Annotated[
        float, Field(ge=0, le=600, description="mean pause between two requests, seconds; jittered by half")
    ] = 2.0
    connections: Annotated[int, Field(ge=1, le=4, description="requests under way at once")] = 1
    pages: Annotated[int, Field(ge=1, le=100_000, description="most pages fetched in one crawl")] = 2_000
    pages_an_hour: Annotated[
        int, Field(ge=1, le=100_000, description="most pages fetched in any hour, by all its crawls together")
    ] = 3_000
    revisits: Annotated[
        int, Field(ge=0, le=10_000, description="of these, most pages spent on looking at old threads again")
    ] = 20
    timeout: Annotated[float, Field(ge=1, le=600, description="seconds for one page")] = 120.0
    quiet_hours: Annotated[
        tuple[_Hour, _Hour] | None,
        Field(description="no crawl from the first hour to the second, in the board's time zone"),
    ] = None


class Session(_Strict):
    """A session that an operator has with a board and lends to its crawl. Each secret is named by the environment
    variable that holds it, or by a file; it is sent to this source's addresses only, and logged nowhere."""

    cookie_env: Annotated[
        str | None,
        Field(min_length=1, description="variable with its cookies, as a browser sends them: a=1; b=2"),
    ] = None
    cookie_file: Annotated[
        Path | None, Field(description="file with its cookies: so, or as cookies.txt (Netscape format)")
    ] = None
    header: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{1,60}$", description="name of a header, such as Authorization"),
    ] = None
    header_env: Annotated[str | None, Field(min_length=1, description="variable with the header's value")] = (
        None
    )
    header_file: Annotated[Path | None, Field(description="file with the header's value")] = None

    @model_validator(mode="after")
    def _one_place_each(self) -> Self:
        if self.cookie_env and self.cookie_file:
            raise ValueError("cookie_env and cookie_file exclude one another")
        if bool(self.header) != bool(self.header_env or self.header_file) or (
            self.header_env and self.header_file
        ):
            raise ValueError("a header needs its value in header_env or in header_file")
        if not (self.cookie_env or self.cookie_file or self.header):
            raise ValueError("a session needs cookies or a header")
        return self


class Schedule(_Strict):
    """When a source is read."""

    every: Annotated[
        timedelta,
        Field(
            ge=timedelta(seconds=1),
            description="pause between the starts of two crawls, seconds or ISO 8601 (PT5M)",
        ),
    ] = timedelta(minutes=10)
    longest: Annotated[
        timedelta,
        Field(
            ge=timedelta(seconds=1),
            description="a source with few new posts is read less often, down to this pause; never below every",
        ),
    ] = timedelta(hours=1)
    enabled: Annotated[bool, Field(description="false: never crawled by the service")] = True


class Board(_Strict):
    """One board of a source, by path below its address."""

    key: Annotated[str, Field(min_length=1, max_length=80, description="short name, kept with every post")]
    path: Annotated[str, Field(pattern=r"^/", description="path and query of its first page")]


class Source(_Strict):
    """One forum, market or leak site."""

    id: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="name in commands and records; never changed"
        ),
    ]
    name: Annotated[str, Field(min_length=1, max_length=200, description="name for people")]
    kind: Annotated[
        str, Field(pattern=r"^(forum|market|leaksite)$", description="forum, market or leaksite")
    ] = "forum"
    adapter: Annotated[str, Field(min_length=1, description="name of the adapter that reads its pages")]
    profile: Annotated[
        Profile | None,
        Field(description="how its pages are read, for adapter: profile; duskwatch source add makes it"),
    ] = None
    addresses: Annotated[
        tuple[str, ...],
        Field(
            min_length=1,
            max_length=20,
            description="base URLs, the first preferred; .onion, or a public host, then reached through Tor",
        ),
    ]
    boards: Annotated[tuple[Board, ...], Field(min_length=1, description="boards to follow")]
    mapping: Annotated[
        Mapping | None, Field(description="which fields of a JSON feed are which; for the adapter json_feed")
    ] = None
    session: Annotated[
        Session | None, Field(description="a session of yours, where a board shows nothing without one")
    ] = None
    client_auth_env: Annotated[
        str | None,
        Field(
            min_length=1,
            description="variable with the onion client authorisation key (x25519) of its addresses",
        ),
    ] = None
    client_auth_file: Annotated[
        Path | None, Field(description="file with that key, such as Tor's .auth_private")
    ] = None
    pgp_key: Annotated[
        Path | None,
        Field(description="file with the board's public PGP key, which signs its lists of mirrors"),
    ] = None
    mirrors_path: Annotated[
        str | None, Field(pattern=r"^/", description="page with such a list, looked at once a day")
    ] = None
    schedule: Schedule = Schedule()
    politeness: Politeness = Politeness()
    timezone: Annotated[
        str, AfterValidator(_known_zone), Field(description="IANA zone in which the board writes its times")
    ] = "UTC"
    language: Annotated[str | None, Field(pattern=r"^[a-z]{2,3}$", description="main language, ISO 639")] = (
        None
    )
    tlp: Annotated[TLP, Field(description="marking of what comes from it")] = TLP.AMBER
    reliability: Annotated[
        str,
        Field(
            pattern=r"^[A-F]$", description="Admiralty code, A (completely reliable) to F (cannot be judged)"
        ),
    ] = "F"
    note: Annotated[str, Field(max_length=2000, description="anything the team should know")] = ""

    @field_validator("addresses")
    @classmethod
    def _addresses_are_bases(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            parts = urlsplit(address)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{address!r} is not an http or https address")
            if parts.query or parts.fragment or parts.username:
                raise ValueError(f"{address!r}: give the base address only, without user, query or fragment")
            check_host(parts.hostname)
        return tuple(address.rstrip("/") for address in addresses)

    @model_validator(mode="after")
    def _boards_differ(self) -> Self:
        keys = [board.key for board in self.boards]
        if len(keys) != len(set(keys)):
            raise ValueError("two boards have the same key")
        return self

    @model_validator(mode="after")
    def _mirrors_are_signed(self) -> Self:
        if self.mirrors_path and not self.pgp_key:
            raise ValueError("mirrors_path needs pgp_key: a list that nobody signed says nothing")
        return self

    @model_validator(mode="after")
    def _may_be_entered(self) -> Self:
        for text in (self.name, *(f"{board.key} {board.path}" for board in self.boards), *self.addresses):
            if denied(text) or denied_url(text):
                raise ValueError(f"{text!r} is on the deny list: such an area is never entered")
        return self

    @model_validator(mode="after")
    def _profile_is_read(self) -> Self:
        if (self.adapter == "profile") != (self.profile is not None):
            raise ValueError("adapter: profile and a profile need one another")
        return self

    @model_validator(mode="after")
    def _mapping_is_for_a_feed(self) -> Self:
        if self.mapping and self.adapter != "json_feed":
            raise ValueError(f"adapter {self.adapter!r} takes no mapping: json_feed does")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def quiet(self, now: datetime) -> bool:
        """Whether ``now`` (aware) lies in the source's quiet hours; they may run over midnight."""
        hours = self.politeness.quiet_hours
        if hours is None:
            return False
        first, end = hours
        hour = now.astimezone(self.zone).hour
        return first <= hour < end if first <= end else hour >= first or hour < end

    @property
    def longest_pause(self) -> timedelta:
        """The longest pause between the starts of two crawls."""
        return max(self.schedule.every, self.schedule.longest)

    @property
    def quiet_time(self) -> timedelta:
        """How much of a day it is not read."""
        first, end = self.politeness.quiet_hours or (0, 0)
        return timedelta(hours=(end - first) % 24)

    @property
    def hosts(self) -> frozenset[str]:
        """``host:port`` of every address: all that a crawl of this source may ever contact."""
        return frozenset(host_port(address) for address in self.addresses)


def host_port(url: str) -> str:
    """``host:port`` of a URL, lower case, with the scheme's own port filled in."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{(parts.hostname or '').lower()}:{port}"


class SourceUnknown(StopError):
    """There is no such source."""


def load_sources(folder: Path, instead: Instead = NOTHING) -> dict[str, Source]:
    """Every source of a folder by id. ``instead``: what files would say. Raises ``InputError`` with every fault of
    every file."""
    sources: dict[str, Source] = {}
    for path, source in read_folder(folder, Source, instead).items():
        if source.id in sources:
            raise InputError(
                [
                    Problem(
                        str(path), None, "id", f"{source.id!r} is taken by another file", "choose another id"
                    )
                ]
            )
        sources[source.id] = source
    return sources


def load_source(folder: Path, name: str) -> Source:
    """One source by id. Raises ``SourceUnknown`` or ``InputError``."""
    sources = load_sources(folder)
    if name not in sources:
        known = ", ".join(sources) or "none yet"
        raise SourceUnknown(f"no source {name!r} in {folder}", cure=f"known sources: {known}")
    return sources[name]
