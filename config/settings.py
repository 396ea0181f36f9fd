"""Duskwatch's settings: name, type, default and help together, read once.

Precedence: environment (``DUSKWATCH_<SECTION>__<KEY>``, or ``DUSKWATCH_<KEY>`` for keys without a section),
then ``duskwatch.toml``, then the defaults below. Relative paths are relative to the file's folder.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import re2
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from config.errors import InputError, Problem
from config.inputs import problems_of

_QUIET = re2.Options()
_QUIET.log_errors = False
_PREFIX = "DUSKWATCH_"
_FILE = "duskwatch.toml"
_TOR_BROWSER = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
_ADDRESS = r"^(127\.\d+\.\d+\.\d+|\[::1\]|[A-Za-z0-9.-]+):\d{1,5}$"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ElasticsearchSettings(_Section):
    """How the servers of an ``https://`` store are asked. A key, or a user with a password; not both."""

    api_key: Annotated[SecretStr | None, Field(description="API key as Elasticsearch encodes it")] = None
    username: Annotated[str | None, Field(min_length=1, description="user, where no key is used")] = None
    password: Annotated[SecretStr | None, Field(description="the user's password")] = None
    ca_file: Annotated[
        Path | None, Field(description="PEM file of the authority that signed the servers' certificates")
    ] = None
    timeout: Annotated[
        float, Field(ge=1, le=600, description="longest wait for one answer of a server, seconds")
    ] = 30.0
    patience: Annotated[
        float,
        Field(ge=0, le=3600, description="how long a write gives way to a server that is full, seconds"),
    ] = 60.0
    rollover_megabytes: Annotated[
        int, Field(ge=1, le=200_000, description="a generation of the change log that is larger is closed")
    ] = 30_000
    rollover_days: Annotated[
        float, Field(ge=0, le=3650, description="a generation of the change log that is older is closed")
    ] = 90.0

    def hasty(self) -> Self:
        """The same for whoever can do something else instead of waiting."""
        return self.model_copy(
            update={"timeout": min(self.timeout, 10.0), "patience": min(self.patience, 5.0)}
        )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.api_key and self.username:
            raise ValueError("api_key and username exclude one another")
        if bool(self.username) != bool(self.password):
            raise ValueError("username and password need one another")
        return self


class SpoolSettings(_Section):
    """Where posts wait while the store is away: ``spool.db`` in ``data_dir``."""

    megabytes: Annotated[
        int,
        Field(
            ge=1,
            le=1_000_000,
            description="its largest size; from four fifths of it the log and doctor give alarm, and when it is full"
            " crawls stop until the store is back",
        ),
    ] = 1024


class TorSettings(_Section):
    """How Tor is reached."""

    socks: Annotated[str, Field(pattern=_ADDRESS, description="host:port of Tor's SOCKS port")] = (
        "127.0.0.1:9050"
    )
    launch: Annotated[
        bool, Field(description="start a Tor of Duskwatch's own when none answers at tor.socks")
    ] = False
    torrc: Annotated[Path | None, Field(description="file with further options for it, such as bridges")] = (
        None
    )
    control: Annotated[
        str | None,
        Field(
            pattern=_ADDRESS,
            description="host:port of its control port, where Tor tells whether it is connected and closes a"
            " source's circuits; with tor.launch 127.0.0.1:9051 where nothing is set",
        ),
    ] = None
    control_password: Annotated[SecretStr | None, Field(description="its password, where it has one")] = None
    wait: Annotated[
        float, Field(ge=0, le=3600, description="seconds that a crawl waits for a Tor that does not answer")
    ] = 60.0

    @property
    def control_address(self) -> str | None:
        """Where its control port is; None: it is not asked."""
        return self.control or ("127.0.0.1:9051" if self.launch else None)


class CrawlSettings(_Section):
    """What holds for every crawl."""

    max_page_bytes: Annotated[
        int, Field(ge=10_000, le=100_000_000, description="reading of a page stops here, decompressed bytes")
    ] = 5_000_000
    user_agent: Annotated[str, Field(min_length=1, description="User-Agent header")] = _TOR_BROWSER
    at_once: Annotated[
        int, Field(ge=1, le=100, description="sources that one duskwatch run crawls at the same time")
    ] = 8
    lease: Annotated[
        float,
        Field(ge=1, le=3600, description="a crawl that is not heard of for so many seconds is taken over"),
    ] = 60.0


class WatchSettings(_Section):
    """How the change feed is read."""

    every: Annotated[float, Field(ge=0.1, le=3600, description="pause between two runs, seconds")] = 10.0
    batch: Annotated[int, Field(ge=1, le=10_000, description="changes handled in one transaction")] = 500
    history: Annotated[
        Literal["report", "alert"],
        Field(
            description="what was posted before its source was added: one report that alarms nobody, or an alert each"
        ),
    ] = "report"
    possible_score: Annotated[
        float,
        Field(ge=1, le=100, description="bits from which a listing that names nobody makes a possible alert"),
    ] = 15.0
    possible_daily: Annotated[
        int,
        Field(
            ge=0,
            le=10_000,
            description="possible alerts told of an organisation in a day; others in a digest",
        ),
    ] = 3


class DeliverSettings(_Section):
    """How deliveries leave."""

    every: Annotated[float, Field(ge=0.1, le=3600, description="pause between two runs, seconds")] = 2.0
    attempts: Annotated[
        int,
        Field(
            ge=1, le=1000, description="tries before a delivery is parked; the default spans about two days"
        ),
    ] = 60
    backoff: Annotated[
        float, Field(gt=0, le=3600, description="pause after the first failure, seconds; then doubled")
    ] = 5.0
    backoff_limit: Annotated[float, Field(gt=0, le=86_400, description="longest pause, seconds")] = 3600.0


class RetentionSettings(_Section):
    """How long posts are kept."""

    days: Annotated[
        float,
        Field(
            ge=0,
            le=36_500,
            description="posts whose content was last seen to change longer ago are forgotten, once a day, unless"
            " their listing has an alert; 0: kept for ever",
        ),
    ] = 0.0


class EvidenceSettings(_Section):
    """How long pages are kept as they were fetched."""

    keep_days: Annotated[
        float,
        Field(
            ge=0,
            le=36_500,
            description="pages older than this are removed once a day, save those that an alert rests on; 0: none is",
        ),
    ] = 0.0


class PrivacySettings(_Section):
    """What is kept of the people whom leaked data are about."""

    mask: Annotated[
        bool,
        Field(description="mask personal data in samples before a post is stored; evidence keeps the page"),
    ] = True
    key: Annotated[
        SecretStr | None,
        Field(
            description="key of the masks, 32 hex digits or more; not set: masking.key in data_dir, made at first use."
            " Several machines need the same"
        ),
    ] = None
    keep: Annotated[
        tuple[str, ...],
        Field(
            max_length=200,
            description="regular expressions (RE2) of what is never masked, such as card numbers that a watchlist's"
            " patterns look for",
        ),
    ] = ()

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.key and not re.fullmatch(r"(?:[0-9a-fA-F]{2}){16,}", self.key.get_secret_value()):
            raise ValueError("key: is not 32 hex digits or more")
        for pattern in self.keep:
            try:
                re2.compile(pattern, _QUIET)
            except re2.error:
                raise ValueError(f"keep: {pattern!r} is no regular expression") from None
        return self


class WebSettings(_Section):
    """The console, for ``duskwatch serve`` and, where ``in_service`` is set, ``duskwatch run``."""

    host: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9.:-]+$",
            description="address that it listens on; beyond loopback put a proxy with TLS before it",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="its port; 0: any that is free")] = 8765
    in_service: Annotated[bool, Field(description="serve it inside duskwatch run too")] = False
    https: Annotated[
        bool, Field(description="whether a proxy before it speaks TLS: cookies then never leave without")
    ] = False
    session_hours: Annotated[float, Field(gt=0, le=720, description="a log-in lasts so many hours")] = 12.0
    rate: Annotated[
        float, Field(ge=10, le=1_000_000, description="requests a minute of one user, pages and API together")
    ] = 600.0
    audit_searches: Annotated[
        bool, Field(description="write every search into the audit, with its words")
    ] = False


class HeartbeatSettings(_Section):
    """Who is told whether the whole pipe is well. An address that expects a sign and gives alarm when none comes also
    notices that the machine is gone."""

    url: Annotated[
        SecretStr | None,
        Field(
            description="http or https address that gets a POST while all is well, and at /fail below it the reasons"
            " where something is not, as healthchecks.io takes them; reached directly, not through Tor",
        ),
    ] = None
    channel: Annotated[
        str | None,
        Field(
            min_length=1, description="name of a channel that is told when something begins or ends to be ill"
        ),
    ] = None
    every: Annotated[float, Field(ge=1, le=86_400, description="pause between two signs, seconds")] = 60.0
    patience: Annotated[
        float, Field(ge=1, le=86_400, description="a part that makes no progress for so many seconds is ill")
    ] = 300.0
    silent: Annotated[
        bool, Field(description="whether a source without a new post where posts are due counts as ill")
    ] = True
    private: Annotated[
        bool, Field(description="whether the url may stand at a loopback or private address")
    ] = False

    @model_validator(mode="after")
    def _url_is_one(self) -> Self:
        if self.url and not re.fullmatch(r"https?://[^\s?#]+", self.url.get_secret_value()):
            raise ValueError("url: is not an http or https address without a query")
        return self


_Role = Literal["viewer", "analyst", "operator", "admin"]
_Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
_Url = Annotated[str, Field(pattern=r"^(https?://\S+)?$")]


class OidcSettings(_Section):
    """An identity provider (OpenID Connect) that vouches for users beside the local ones. Off without ``issuer``."""

    issuer: Annotated[_Url, Field(description="its name, as it stands in its own configuration")] = ""
    label: Annotated[str, Field(max_length=60, description="what the button of the log-in says")] = (
        "single sign-on"
    )
    client_id: Annotated[str, Field(max_length=300, description="the console's name at the provider")] = ""
    client_secret: Annotated[SecretStr | None, Field(description="its secret; none for a public client")] = (
        None
    )
    client_auth: Annotated[
        Literal["basic", "post"], Field(description="how the secret is sent: basic or post")
    ] = "basic"
    redirect_url: Annotated[
        _Url,
        Field(description="the console's address with /oidc/callback behind it, as the provider knows it"),
    ] = ""
    scopes: Annotated[tuple[str, ...], Field(description="what the provider is asked for")] = (
        "openid",
        "profile",
        "email",
    )
    authorization_endpoint: Annotated[
        _Url,
        Field(
            description="where log-ins begin, for a provider that does not tell; then the next two as well"
        ),
    ] = ""
    token_endpoint: Annotated[_Url, Field(description="where a code becomes a token")] = ""
    jwks_url: Annotated[_Url, Field(description="where its keys are")] = ""
    end_session_endpoint: Annotated[
        _Url, Field(description="where its own session ends, where it has one")
    ] = ""
    name_claim: Annotated[str, Field(min_length=1, description="claim with the user's name")] = (
        "preferred_username"
    )
    groups_claim: Annotated[
        str, Field(min_length=1, description="claim with the user's groups; a.b: within another")
    ] = "groups"
    roles: Annotated[
        dict[str, _Role],
        Field(description="group to role; of several the highest; without any nobody comes in"),
    ] = {}
    default_role: Annotated[_Role | None, Field(description="role of whoever has none by a group")] = None
    organisations: Annotated[
        dict[str, tuple[str, ...]],
        Field(
            description="group to the organisations that it sees, * for all; none given: everybody sees all"
        ),
    ] = {}
    tlp: Annotated[dict[str, _Tlp], Field(description="group to the highest marking that it sees")] = {}
    default_tlp: Annotated[_Tlp, Field(description="the highest marking that everybody sees")] = "amber"
    ca_file: Annotated[Path | None, Field(description="certificates to trust in place of the system's")] = (
        None
    )
    private: Annotated[
        bool, Field(description="whether it may stand at a loopback or private address, also without TLS")
    ] = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.issuer:
            return self
        for name in ("client_id", "redirect_url"):
            if not getattr(self, name):
                raise ValueError(f"{name} is needed beside issuer")
        if not self.redirect_url.endswith("/oidc/callback"):
            raise ValueError("redirect_url: ends in /oidc/callback")
        by_hand = [bool(each) for each in (self.authorization_endpoint, self.token_endpoint, self.jwks_url)]
        if any(by_hand) and not all(by_hand):
            raise ValueError("authorization_endpoint, token_endpoint and jwks_url need one another")
        if "openid" not in self.scopes:
            raise ValueError("scopes: holds openid")
        if not self.roles and not self.default_role:
            raise ValueError("roles or default_role is needed: else nobody comes in")
        return self


class LogSettings(_Section):
    """What is logged."""

    level: Annotated[
        str, Field(pattern="^(debug|info|warning|error)$", description="debug, info, warning or error")
    ] = "info"
    format: Annotated[
        str,
        Field(pattern="^(auto|text|json)$", description="text, json, or auto: text on a terminal, else json"),
    ] = "auto"


class Settings(_Section):
    """All settings. Paths are absolute once loaded."""

    data_dir: Annotated[Path, Field(description="folder for databases, evidence and cookies")] = Path("var")
    sources_dir: Annotated[Path, Field(description="folder of source files")] = Path("config/sources")
    watchlists_dir: Annotated[Path, Field(description="folder of watchlist files")] = Path(
        "config/watchlists"
    )
    channels_dir: Annotated[Path, Field(description="folder of channel files")] = Path("config/channels")
    laws_dir: Annotated[
        Path, Field(description="folder of law files, which stand before those that come with Duskwatch")
    ] = Path("config/laws")
    routes_dir: Annotated[
        Path, Field(description="folder of route files; without any, every alert goes to every channel")
    ] = Path("config/routes")
    database_url: Annotated[str, Field(description="state database; empty: SQLite in data_dir")] = ""
    store_url: Annotated[
        str,
        Field(
            description="store of posts: sqlite:///path, or https://host:9200,host:9200/prefix for Elasticsearch;"
            " empty: SQLite in data_dir"
        ),
    ] = ""
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    spool: SpoolSettings = SpoolSettings()
    tor: TorSettings = TorSettings()
    crawl: CrawlSettings = CrawlSettings()
    watch: WatchSettings = WatchSettings()
    deliver: DeliverSettings = DeliverSettings()
    retention: RetentionSettings = RetentionSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    privacy: PrivacySettings = PrivacySettings()
    web: WebSettings = WebSettings()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    oidc: OidcSettings = OidcSettings()
    log: LogSettings = LogSettings()


def settings_file(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """The file that ``load_settings`` reads, whether it is there or not."""
    environment = os.environ if environ is None else environ
    return path or Path(environment.get(f"{_PREFIX}CONFIG") or _FILE)


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. ``path``: the file; else ``$DUSKWATCH_CONFIG``; else ``./duskwatch.toml`` if there.

    Raises ``InputError`` with every fault, and for a file that was named but is not there.
    """
    environment = os.environ if environ is None else environ
    file = settings_file(path, environment)
    named = path or environment.get(f"{_PREFIX}CONFIG")
    values: dict[str, Any] = {}
    if named or file.exists():
        values = _read_toml(file)
    origins, problems = _overlay(values, environment)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        for problem in problems_of(error, Settings, str(file), _toml_lines(file)):
            name = origins.get(problem.field)
            problems.append(
                Problem("environment", None, name, problem.fault, problem.cure) if name else problem
            )
    if problems:
        raise InputError(problems)
    base = file.resolve().parent
    data = base / settings.data_dir
    server = settings.elasticsearch
    if server.ca_file:
        server = server.model_copy(update={"ca_file": base / server.ca_file})
    provider = settings.oidc
    if provider.ca_file:
        provider = provider.model_copy(update={"ca_file": base / provider.ca_file})
    return settings.model_copy(
        update={
            "data_dir": data,
            "sources_dir": base / settings.sources_dir,
            "watchlists_dir": base / settings.watchlists_dir,
            "channels_dir": base / settings.channels_dir,
            "laws_dir": base / settings.laws_dir,
            "routes_dir": base / settings.routes_dir,
            "tor": settings.tor.model_copy(
                update={"torrc": settings.tor.torrc and base / settings.tor.torrc}
            ),
            "database_url": _below(base, settings.database_url) or f"sqlite:///{data / 'state.db'}",
            "store_url": _below(base, settings.store_url) or f"sqlite:///{data / 'posts.db'}",
            "elasticsearch": server,
            "oidc": provider,
        }
    )


def _below(base: Path, url: str) -> str:
    """A URL of an SQLite file with its path from ``base``; any other as it is."""
    path = url.removeprefix("sqlite:///")
    return url if path in (url, "", ":memory:") else f"sqlite:///{base / path}"


def _overlay(values: dict[str, Any], environment: Mapping[str, str]) -> tuple[dict[str, str], list[Problem]]:
    """Lay the environment over ``values``. Gives the variable of each field set so, and the misspelt ones.

    A variable without a section that resembles no setting is left alone: a channel's secret may be called so.
    """
    origins: dict[str, str] = {}
    problems: list[Problem] = []
    keys = {name: name for name in Settings.model_fields}
    for section, field in Settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, _Section):
            keys |= {f"{section}_{key}": f"{section}__{key}" for key in inner.model_fields}
    for name, value in sorted(environment.items()):
        if not name.startswith(_PREFIX) or name == f"{_PREFIX}CONFIG":
            continue
        written = name.removeprefix(_PREFIX).lower()
        section, _, key = written.partition("__")
        if key:
            inner_values = values.get(section, {})
            if section not in values:
                origins[section] = name
            if isinstance(inner_values, dict):  # else the file's own fault is told
                values[section] = {**inner_values, key: value}
                origins[f"{section}.{key}"] = name
        elif section in Settings.model_fields:
            values[section] = value
            origins[section] = name
        elif close := difflib.get_close_matches(written, keys, 1, 0.8):
            meant = f"{_PREFIX}{keys[close[0]].upper()}"
            problems.append(Problem("environment", None, name, "is not known", f"did you mean {meant!r}?"))
    return origins, problems


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else None
        raise InputError([Problem(str(file), line, "file", str(error), "mend the TOML")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Problem(str(file), None, "file", str(error), "check path and encoding")]) from None


def _toml_lines(file: Path) -> dict[tuple[str | int, ...], int]:
    """The line of every section and key, by a plain scan: tomllib tells none."""
    lines: dict[tuple[str | int, ...], int] = {}
    if not file.exists():
        return lines
    section: tuple[str, ...] = ()
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            section = tuple(part.strip(' "') for part in text.strip("[]").split("."))
            lines[section] = number
        elif "=" in text and not text.startswith("#"):
            key = text.split("=", 1)[0]
            lines[(*section, *(part.strip(' "') for part in key.split(".")))] = number
    return lines
