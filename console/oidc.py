"""Logging in by an identity provider: OpenID Connect's code flow with PKCE, and what its claims give a user.

Requests go to the provider's own addresses only; each is looked up once and refused within a private network unless
``oidc.private`` allows it.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import sqlalchemy as sa

from alerts.peer import Peer, PeerConfig
from config.database import UtcDateTime, metadata
from config.errors import ChannelBusy, ChannelRefused, RetryError
from config.settings import OidcSettings
from console.accounts import digest
from console.admission import SignInRefused

#: Log-ins that are under way.
sign_in_table = sa.Table(
    "console_sign_in",
    metadata,
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("browser", sa.Text, nullable=False),
    sa.Column("nonce", sa.Text, nullable=False),
    sa.Column("verifier", sa.Text, nullable=False),
    sa.Column("next", sa.Text, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LASTS = timedelta(minutes=10)  # from the provider's log-in page back to us
_FRESH = 600.0  # seconds for which its addresses and keys are remembered
_LEEWAY = 60  # seconds by which its clock may differ
_MOST = 10_000  # log-ins under way


class ProviderAway(RetryError):
    """The identity provider does not answer."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider is asked. ``end_session``: "" where it ends no session."""

    authorize: str
    token: str
    jwks: str
    end_session: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in that begins: where the browser goes, and the secret that it keeps until it comes back."""

    url: str
    browser: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """A log-in that ended well: what the provider said, its token, and where the browser goes on to."""

    claims: Mapping[str, Any]
    id_token: str
    next: str


class Provider:
    """One identity provider. Safe in several threads."""

    def __init__(self, settings: OidcSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._kept: dict[str, tuple[float, Any]] = {}

    def begin(self, database: sa.Engine, back: str, at: datetime) -> Begun:
        """Begin a log-in that goes on to ``back``. Raises ``ProviderAway`` and ``SignInRefused``."""
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        settings, endpoints = self._settings, self.endpoints()
        state, browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(4))
        columns = sign_in_table.c
        with database.begin() as connection:
            connection.execute(sa.delete(sign_in_table).where(columns.expires_at < at))
            if (connection.scalar(sa.select(sa.func.count()).select_from(sign_in_table)) or 0) >= _MOST:
                raise ProviderAway("too many log-ins are under way", cure="try again in ten minutes")
            values = {
                "state": digest(state),
                "browser": digest(browser),
                "nonce": nonce,
                "verifier": verifier,
            }
            more = {"next": back, "expires_at": at + _LASTS}
            connection.execute(sa.insert(sign_in_table).values(values | more))
        asked = {
            "response_type": "code",
            "client_id": settings.client_id,
            "redirect_uri": settings.redirect_url,
            "scope": " ".join(settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(endpoints.authorize).query else "?"
        return Begun(f"{endpoints.authorize}{joint}{urlencode(asked)}", browser)

    def end(
        self, database: sa.Engine, *, state: str, code: str, browser: str, issuer: str | None, at: datetime
    ) -> Vouched:
        """End a log-in that ``begin`` began in this very browser, once. ``issuer``: what the provider calls itself in
        its answer, where it does (RFC 9207). Raises ``ProviderAway`` and ``SignInRefused``."""
        columns = sign_in_table.c
        with database.begin() as connection:
            query = sa.delete(sign_in_table).where(columns.state == digest(state))
            row = connection.execute(query.returning(sign_in_table)).first()
        right = row is not None and row.expires_at > at and hmac.compare_digest(row.browser, digest(browser))
        if row is None or not right:
            raise SignInRefused(
                "this log-in was not begun in this browser, or too long ago", cure="begin again"
            )
        if issuer is not None and issuer != self._settings.issuer:
            raise SignInRefused("another provider answered than was asked")
        answer = self._tokens(code, row.verifier)
        return Vouched(self._checked(answer, row.nonce, at), str(answer["id_token"]), row.next)

    def end_session_url(self, id_token: str) -> str:
        """Where a browser ends its session at the provider too; "" where that cannot be."""
        try:
            there = self.endpoints().end_session
        except (ProviderAway, SignInRefused):
            return ""
        if not there:
            return ""
        back = self._settings.redirect_url.removesuffix("/oidc/callback") + "/login"
        asked = {"client_id": self._settings.client_id, "post_logout_redirect_uri": back}
        return f"{there}?{urlencode(asked | ({'id_token_hint': id_token} if id_token else {}))}"

    def endpoints(self) -> Endpoints:
        """Its addresses: those of the settings, else as it tells them itself. Raises ``ProviderAway`` and
        ``SignInRefused``."""
        settings = self._settings
        if settings.authorization_endpoint:
            return Endpoints(
                settings.authorization_endpoint,
                settings.token_endpoint,
                settings.jwks_url,
                settings.end_session_endpoint,
            )
        issuer = settings.issuer.rstrip("/")
        told = self._got(f"{issuer}/.well-known/openid-configuration")
        if told.get("issuer") != settings.issuer:
            raise SignInRefused(
                f"the provider calls itself {str(told.get('issuer'))[:200]!r}", cure="set oidc.issuer"
            )
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
        found = [str(told.get(name) or "") for name in names]
        for name, url in zip(names[:3], found, strict=False):
            if urlsplit(url).scheme not in (("https", "http") if settings.private else ("https",)):
                raise SignInRefused(
                    f"the provider tells no usable {name}", cure="set the oidc settings by hand"
                )
        return Endpoints(*found)

    def _tokens(self, code: str, verifier: str) -> dict[str, Any]:
        settings = self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": settings.redirect_url,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if settings.client_secret and settings.client_auth == "basic":
            pair = f"{quote(settings.client_id)}:{quote(settings.client_secret.get_secret_value())}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form["client_id"] = settings.client_id
            if settings.client_secret:
                form["client_secret"] = settings.client_secret.get_secret_value()
        answer = self._asked("POST", self.endpoints().token, urlencode(form).encode(), headers)
        if not isinstance(answer.get("id_token"), str):
            said = str(answer.get("error_description") or answer.get("error") or "no id_token")[:200]
            raise SignInRefused(f"the provider gave no token: {said}")
        return answer

    def _checked(self, answer: Mapping[str, Any], nonce: str, at: datetime) -> Mapping[str, Any]:
        """The claims of an ID token that this provider signed for this client and this very log-in."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jws, jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        settings = self._settings
        registry = jws.JWSRegistry(algorithms=_ALGORITHMS)
        for again in (False, True):
            try:
                keys = KeySet.import_key_set(cast(Any, self._got(self.endpoints().jwks, fresh=again)))
                token = jwt.decode(answer["id_token"], keys, registry=registry)
                break
            except (JoseError, ValueError, KeyError, TypeError) as error:
                if again:  # the keys that were remembered may be old ones
                    raise SignInRefused(f"the provider's token does not hold: {error}") from None
        options = {"iss": {"essential": True, "value": settings.issuer}, "aud": {"value": settings.client_id}}
        asked = {"nonce": nonce, "client_id": settings.client_id, "access_token": answer.get("access_token")}
        claims = CodeIDToken(token.claims, token.header, options, asked)
        try:
            claims.validate(now=at.timestamp(), leeway=_LEEWAY)
        except (JoseError, ValueError, TypeError) as error:
            raise SignInRefused(f"the provider's token does not hold: {error}") from None
        return dict(claims)

    def _got(self, url: str, *, fresh: bool = False) -> dict[str, Any]:
        kept = self._kept.get(url)
        if kept is None or fresh or self._clock() - kept[0] > _FRESH:
            kept = (self._clock(), self._asked("GET", url))
            self._kept[url] = kept
        return dict(kept[1])

    def _asked(
        self, method: str, url: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        settings = self._settings
        parts = urlsplit(url)
        if parts.scheme != "https" and not settings.private:
            raise SignInRefused(
                "the provider is not asked without TLS", cure="https, or oidc.private for a trial"
            )
        config = PeerConfig(timeout=10, ca_file=settings.ca_file, private=settings.private)
        sent = {"Accept": "application/json", **(headers or {})}
        peer = Peer(url, config)
        try:
            told = peer.ask(
                method, content=content, headers=sent, read=True, accept=frozenset({400, 401, 403})
            )
        except ChannelBusy as error:
            raise ProviderAway(f"the identity provider: {error}") from error
        except ChannelRefused as error:
            raise SignInRefused(
                f"the identity provider: {error}", cure="oidc.private allows a private one"
            ) from error
        finally:
            peer.close()
        if not isinstance(told.value, dict):
            raise SignInRefused(f"the provider answered {told.status} and no JSON at {parts.path}")
        return told.value
