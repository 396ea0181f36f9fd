"""Logging in by an identity provider: a genuine one on loopback, and tokens that do not hold."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import httpx
import oidc_provider_mock
import pytest
import werkzeug.serving
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import ValidationError
from worlds import made

from config.settings import OidcSettings
from console import accounts
from console.accounts import Role, csrf_of, list_users
from console.admission import SignInRefused, entitled
from console.audit import audit
from console.oidc import Provider, ProviderAway
from console.web.app import create_app

CONSOLE = "http://console.example"


@dataclass
class Issuer:
    """The provider, and what it was asked. PKCE, which the package leaves out, is checked here by its own rule."""

    url: str
    challenges: list[str] = field(default_factory=list)
    proven: int = 0

    def person(self, name: str, *groups: str) -> None:
        body = {"preferred_username": name, "groups": list(groups)}
        httpx.put(f"{self.url}/users/{name}-id", json=body).raise_for_status()


@contextmanager
def running() -> Iterator[Issuer]:
    app = oidc_provider_mock.app(require_nonce=True)
    server = werkzeug.serving.make_server("localhost", 0, app, threaded=True)
    issuer = Issuer(f"http://localhost:{server.server_port}")

    @app.before_request
    def _pkce() -> None:
        if flask.request.path == "/oauth2/authorize":
            assert flask.request.args["code_challenge_method"] == "S256"
            issuer.challenges.append(flask.request.args["code_challenge"])
        if flask.request.path == "/oauth2/token":
            proof = hashlib.sha256(flask.request.form["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(proof).rstrip(b"=").decode() not in issuer.challenges:
                flask.abort(400)
            issuer.proven += 1

    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running() as started:
        yield started


@pytest.fixture
def app(issuer: Issuer, tmp_path: Path) -> Iterator[FastAPI]:
    config = made(tmp_path)
    config.write_text(
        config.read_text()
        + f"""[oidc]
issuer = "{issuer.url}"
client_id = "duskwatch"
client_secret = "a secret / of ours"
redirect_url = "{CONSOLE}/oidc/callback"
private = true
label = "Invented SSO"
[oidc.roles]
soc = "analyst"
soc-leads = "admin"
[oidc.organisations]
soc = ["port"]
soc-leads = ["*"]
[oidc.tlp]
soc-leads = "red"
"""
    )
    made_app = create_app(config)
    yield made_app
    made_app.state.context.close()


def browser(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=CONSOLE, follow_redirects=False)


def consent(start: httpx.Response | Any, name: str, action: str = "allow") -> dict[str, str]:
    """What a person does at the provider; the query with which it sends them back."""
    assert start.status_code == 303, start.text
    done = httpx.post(start.headers["Location"], data={"sub": f"{name}-id", "action": action})
    assert done.status_code in (302, 303), done.text
    back = urlsplit(done.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == f"{CONSOLE}/oidc/callback"
    return {key: values[0] for key, values in parse_qs(back.query).items()}


def test_a_person_of_the_provider_comes_in_and_goes(app: FastAPI, issuer: Issuer) -> None:
    issuer.person("budi", "soc", "cooking")
    one = browser(app)
    assert "Invented SSO" in one.get("/login", params={"next": "/overview"}).text
    proven = issuer.proven
    back = consent(one.get("/oidc/start", params={"next": "/overview"}), "budi")
    got = one.get("/oidc/callback", params=back)
    assert got.status_code == 200
    assert 'content="0;url=/overview"' in got.text
    assert "samesite=strict" in got.headers["set-cookie"].lower()
    assert issuer.proven == proven + 1
    assert one.get("/overview").status_code == 200
    engine = app.state.context.engine
    user = next(each for each in list_users(engine) if each.name == "budi")
    assert (user.role, user.organisations, user.tlp) == (Role.ANALYST, ("port",), "amber")
    assert one.get("/oidc/callback", params=back).status_code == 403, "an answer counts once"
    # no password opens it
    assert one.post("/login", data={"user": "budi", "password": "x" * 12}).status_code == 401
    # groups changed: at the next log-in the old session ends
    issuer.person("budi", "soc-leads")
    other = browser(app)
    other.get("/oidc/callback", params=consent(other.get("/oidc/start"), "budi"))
    assert one.get("/overview").status_code == 303
    assert "audit" in other.get("/overview").text.lower()
    word = csrf_of(other.cookies["duskwatch_session"])
    bye = other.post("/logout", data={"csrf": word})
    there = urlsplit(bye.text.partition('content="0;url=')[2].partition('"')[0].replace("&amp;", "&"))
    assert there.path == "/oauth2/end_session"
    asked = parse_qs(there.query)
    assert asked["post_logout_redirect_uri"] == [f"{CONSOLE}/login"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert other.get("/overview").status_code == 303


def test_who_is_refused_is_told_why(app: FastAPI, issuer: Issuer) -> None:
    issuer.person("nobody", "cooking")
    issuer.person("admin", "soc-leads")
    issuer.person("cut", "soc")
    for name, said in (("nobody", "no group of yours has a role"), ("admin", "somebody else&#39;s name")):
        one = browser(app)
        got = one.get("/oidc/callback", params=consent(one.get("/oidc/start"), name))
        assert got.status_code == 403
        assert said in got.text
        assert "duskwatch_session" not in one.cookies
    one = browser(app)
    one.get("/oidc/callback", params=consent(one.get("/oidc/start"), "cut"))
    accounts.disable_user(app.state.context.engine, "cut")
    got = one.get("/oidc/callback", params=consent(one.get("/oidc/start"), "cut"))
    assert "kept out" in got.text
    denied = one.get("/oidc/callback", params=consent(one.get("/oidc/start"), "cut", "deny"))
    assert "access_denied" in denied.text
    odd = one.get("/oidc/callback", params={"error": "<script>", "state": "x"})
    assert "<script>" not in odd.text.replace('<script src="/static', "")
    lines = audit(app.state.context.engine)
    assert {line.what for line in lines} >= {"log-in refused", "logged in"}


def test_an_answer_is_of_the_browser_that_asked(app: FastAPI, issuer: Issuer) -> None:
    issuer.person("budi", "soc")
    victim, attacker = browser(app), browser(app)
    answer = consent(attacker.get("/oidc/start"), "budi")
    victim.get("/oidc/start")
    got = victim.get("/oidc/callback", params=answer)
    assert (got.status_code, "duskwatch_session" in victim.cookies) == (403, False)
    for change in ({"state": "x"}, {"code": "x"}, {"iss": "http://other.example"}):
        one = browser(app)
        back = consent(one.get("/oidc/start"), "budi")
        assert one.get("/oidc/callback", params=back | change).status_code == 403, change
    one = browser(app)
    back = consent(one.get("/oidc/start", params={"next": "//evil.example"}), "budi")
    assert 'content="0;url=/"' in one.get("/oidc/callback", params=back).text


KEY = RSAKey.generate_key(2048, {"kid": "ours", "alg": "RS256", "use": "sig"})
SETTINGS = OidcSettings(
    issuer="https://sso.example",
    client_id="duskwatch",
    redirect_url=f"{CONSOLE}/oidc/callback",
    authorization_endpoint="https://sso.example/auth",
    token_endpoint="https://sso.example/token",
    jwks_url="https://sso.example/jwks",
    roles={"soc": "analyst"},
)
AT = datetime(2026, 1, 6, 12, tzinfo=UTC)
CLAIMS = {
    "iss": "https://sso.example",
    "aud": "duskwatch",
    "sub": "1",
    "iat": int(AT.timestamp()),
    "exp": int(AT.timestamp()) + 60,
    "nonce": "asked",
    "preferred_username": "budi",
    "groups": ["soc"],
}


def checked(token: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    provider = Provider(SETTINGS)
    keys = {"keys": [KEY.as_dict(private=False)]}
    monkeypatch.setattr(Provider, "_asked", lambda *_args: keys)  # the fault is in what a provider sends
    return provider._checked({"id_token": token}, "asked", AT)


def signed(change: dict[str, Any], key: Any = KEY, alg: str = "RS256") -> str:
    claims = {name: value for name, value in (CLAIMS | change).items() if value is not None}
    return jwt.encode({"alg": alg, "kid": "ours"}, claims, key, algorithms=[alg])


def test_a_token_that_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = checked(signed({}), monkeypatch)
    assert entitled(SETTINGS, claims).name == "budi"


OTHER = RSAKey.generate_key(2048, {"kid": "ours"})


HS256 = b'{"alg":"HS256","kid":"ours"}'


def confused() -> str:
    """The public key taken for a shared secret, as careless libraries do."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    said = f"{part(HS256)}.{signed({}).split('.')[1]}"
    return f"{said}.{part(hmac.digest(KEY.as_pem(private=False), said.encode(), 'sha256'))}"


BAD: dict[str, Callable[[], str]] = {
    "another issuer": lambda: signed({"iss": "https://evil.example"}),
    "another audience": lambda: signed({"aud": "other"}),
    "several audiences, another party": lambda: signed({"aud": ["duskwatch", "other"], "azp": "other"}),
    "run out": lambda: signed({"exp": int(AT.timestamp()) - 120}),
    "no end": lambda: signed({"exp": None}),
    "another nonce": lambda: signed({"nonce": "other"}),
    "no nonce": lambda: signed({"nonce": None}),
    "no subject": lambda: signed({"sub": None}),
    "made in the future": lambda: signed({"iat": int(AT.timestamp()) + 3600}),
    "another key": lambda: signed({}, OTHER),
    "the public key taken for a secret": confused,
    "no signature": lambda: (
        base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        + "."
        + signed({}).split(".")[1]
        + "."
    ),
    "cut off": lambda: signed({})[:-20],
    "none": lambda: "",
}


@pytest.mark.parametrize("fault", BAD)
def test_a_token_that_does_not_hold(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SignInRefused):
        checked(BAD[fault](), monkeypatch)


def test_claims_give_what_the_settings_say() -> None:
    nested = SETTINGS.model_copy(
        update={
            "groups_claim": "realm_access.roles",
            "roles": {"a": "viewer", "b": "operator"},
            "organisations": {"a": ("port",), "b": ("bank", "port")},
            "tlp": {"a": "green", "b": "red"},
        }
    )
    base = {"sub": "1", "preferred_username": "budi"}
    both = entitled(nested, base | {"realm_access": {"roles": ["b", "a"]}})
    assert (both.role, both.organisations, both.tlp) == (Role.OPERATOR, ("bank", "port"), "red")
    one = entitled(nested, base | {"realm_access": {"roles": "a"}})
    assert (one.role, one.organisations, one.tlp) == (Role.VIEWER, ("port",), "amber")
    for odd in (
        {},
        {"realm_access": 7},
        {"realm_access": {"roles": ["c"]}},
        {"realm_access": {"roles": None}},
    ):
        with pytest.raises(SignInRefused):
            entitled(nested, base | odd)
    for name in ("", "a b", "<b>", "x" * 65):
        with pytest.raises(SignInRefused):
            entitled(SETTINGS, {"sub": "1", "preferred_username": name, "groups": ["soc"]})


def test_a_private_provider_is_asked_only_where_that_is_allowed(tmp_path: Path, issuer: Issuer) -> None:
    given = {
        "issuer": issuer.url,
        "client_id": "x",
        "redirect_url": f"{CONSOLE}/oidc/callback",
        "default_role": "viewer",
    }
    with pytest.raises(SignInRefused, match="without TLS"):
        Provider(OidcSettings(**given)).endpoints()
    with pytest.raises(SignInRefused, match="private address"):
        Provider(OidcSettings(**given | {"issuer": "https://127.0.0.1:1"})).endpoints()
    with pytest.raises(ProviderAway):
        Provider(OidcSettings(**given | {"issuer": "http://127.0.0.1:1", "private": True})).endpoints()
    with pytest.raises(SignInRefused, match="calls itself"):
        Provider(OidcSettings(**given | {"issuer": f"{issuer.url}/", "private": True})).endpoints()
    for missing in (
        {"client_id": ""},
        {"redirect_url": ""},
        {"default_role": None},
        {"token_endpoint": "https://x"},
    ):
        with pytest.raises(ValidationError):
            OidcSettings(**given | missing)
    app = create_app(made(tmp_path))
    assert "oidc" not in browser(app).get("/login").text
    assert browser(app).get("/oidc/start").status_code == 404
    app.state.context.close()
