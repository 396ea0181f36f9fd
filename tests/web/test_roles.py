"""Who may ask what: every role and scope against every route that there is, read off the application itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from fastapi import FastAPI
from routing import checks_of, routes_of
from worlds import PASSWORD, SECRETS, World, client, made, token, worlds

from console.accounts import Role, csrf_of
from console.audit import audit
from console.tokens import NEEDS, Scope
from console.web.api.callers import caller
from console.web.app import create_app
from console.web.guard import asker, own_form

#: Pages that anybody may ask for; all others want a session.
PUBLIC = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/login",
    "/setup",
    "/language",
    "/oidc/start",
    "/oidc/callback",
}
#: What makes an honest question of each route. A route whose parameters are not here fails the test: say what they are.
VALUES = {
    "name": {
        "alerts": "{alert}",
        "sources": "{source}",
        "organisations": "{organisation}",
        "watchlists": "{organisation}",
        "posts": "{post}",
        "baseline": "{report}",
        "proposals": "none",
        "tokens": "none",
        "channels": "none",
        "routes": "none",
    },
    "source": {"": "{source}"},
    "token": {"": "none"},
    "number": {"": "1"},
    "key": {"": "none"},
    "thread": {"": "1"},
}
QUERIES = {
    "/search": {"q": "customers"},
    "/search/export": {"q": "customers"},
    "/search/complete": {"q": "source:", "at": "7"},
    "/pivot": {"value": "@closedseller", "kind": "telegram"},
    "/sellers": {"name": "Closedseller"},
    "/api/v1/posts": {"q": "customers"},
    "/api/v1/listings": {"q": "customers"},
    "/api/v1/histogram": {"q": "customers"},
    "/api/v1/sellers": {"name": "Closedseller"},
}
#: What is never ended in mid-test, and what never ends.
APART = {("POST", "/logout"), ("GET", "/events")}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """One for all tests: the last two change users."""
    app = create_app(made(tmp_path_factory.mktemp("roles")))
    yield app
    app.state.context.close()


def asked(path: str, world: World) -> str:
    """The path with the world's own names for its parameters."""

    def value(found: re.Match[str]) -> str:
        name = found[1].partition(":")[0]
        kinds = VALUES.get(name, {})
        kind = next((each for each in kinds if each and f"/{each}/" in path[: found.start() + 1]), "")
        assert kind in kinds, f"say in VALUES what {{{name}}} is in {path}"
        return str(kinds[kind]).format(**vars(world))

    return re.sub(r"\{([^}]+)\}", value, path)


def pages(app: FastAPI) -> list[tuple[str, str, Any]]:
    found = [(method, path, route) for path, route in routes_of(app) for method in route.methods or ()]
    return [each for each in found if not each[1].startswith("/api/") and each[:2] not in APART]


def calls(app: FastAPI) -> list[tuple[str, str, Any]]:
    found = [(method, path, route) for path, route in routes_of(app) for method in route.methods or ()]
    return [each for each in found if each[1].startswith("/api/")]


def test_every_route_says_who_may_ask(app: FastAPI) -> None:
    for method, path, route in pages(app):
        if path not in PUBLIC:
            assert asker in checks_of(route), f"{method} {path} asks for no session"
            assert method == "GET" or own_form in checks_of(route), f"{method} {path} takes forms of anybody"
    for method, path, route in calls(app):
        scopes = {check.scope for check in checks_of(route) if hasattr(check, "scope")}
        assert caller in checks_of(route), f"{method} {path} asks for no token"
        assert len(scopes) == 1 or path == "/api/v1/me", f"{method} {path} has {len(scopes)} scopes"


def test_nobody_gets_nothing(app: FastAPI) -> None:
    nobody, world = client(app), worlds(app)["open"]
    for method, path, _ in [*pages(app), *calls(app), ("POST", "/logout", None), ("GET", "/events", None)]:
        if path in PUBLIC:
            continue
        got = nobody.request(method, asked(path, world), params=QUERIES.get(path))
        assert got.status_code == (401 if path.startswith("/api/") else 403 if method == "POST" else 303), (
            path
        )
        assert "Invented Port" not in got.text


@pytest.mark.parametrize("role", list(Role))
def test_pages_by_role(app: FastAPI, role: Role) -> None:
    browser, world = client(app, role.value), worlds(app)["open"]
    word = csrf_of(browser.cookies["duskwatch_session"])
    for method, path, route in pages(app):
        if path in PUBLIC:
            continue
        needed = [check.role for check in checks_of(route) if hasattr(check, "role")]
        data = {"csrf": word} if method == "POST" else None
        got = browser.request(method, asked(path, world), params=QUERIES.get(path), data=data)
        allowed = all(role.may(each) for each in needed)
        assert (got.status_code != 403) == allowed, (method, path, got.status_code)
        assert got.status_code < 500, (method, path, got.text)
        if method == "GET" and allowed and "/none" not in asked(path, world):
            assert got.status_code == 200, (path, got.text)


@pytest.mark.parametrize("role", list(Role))
def test_calls_by_role_and_scope(app: FastAPI, role: Role) -> None:
    """With a token for everything, with one for what is asked, and with one for something else."""
    world = worlds(app)["open"]
    asker = client(app)
    tokens = {scope: token(app, role.value, role, (scope.value,)) for scope in Scope}
    whole = token(app, role.value, role)
    other = {scope: list(Scope)[at - 1] for at, scope in enumerate(Scope)}
    for method, path, route in calls(app):
        needed = next((check.scope for check in checks_of(route) if hasattr(check, "scope")), None)
        high = role.may(NEEDS.get(needed, Role.VIEWER)) if needed else True
        asked_with = [(whole, high)]
        if needed:
            asked_with += [(tokens[needed], high), (tokens[other[needed]], False)]
        for secret, allowed in asked_with:
            headers = {"Authorization": f"Bearer {secret}"}
            got = asker.request(method, asked(path, world), params=QUERIES.get(path), headers=headers)
            assert (got.status_code != 403) == allowed, (method, path, needed, got.status_code, got.text)
            assert got.status_code not in (401, 405), (method, path)
            assert got.status_code < 500, (method, path, got.text)


def test_what_is_not_theirs_is_nowhere(app: FastAPI) -> None:
    """A user who sees one organisation and sources up to amber asks every route for what is red and of another one."""
    closed = worlds(app)["closed"]
    admin, secret = client(app, "narrow-admin"), token(app, "narrow-admin")
    word = csrf_of(admin.cookies["duskwatch_session"])
    whole = client(app, "admin")
    before = whole.get(f"/alerts/{closed.alert}").text
    seen_by_admin = 0
    for method, path, _ in [*pages(app), *calls(app)]:
        if path in PUBLIC:
            continue
        place, query = asked(path, closed), QUERIES.get(path)
        headers = {"Authorization": f"Bearer {secret}"} if path.startswith("/api/") else None
        if method == "GET":
            got = admin.get(place, params=query, headers=headers)
            # an answer that repeats what was asked for tells nothing
            said = got.text.replace(place, "") if got.status_code == 404 else got.text
            names = [one for one in SECRETS if one not in (*(query or {}).values(), place)]
            if got.status_code != 404:
                assert not [one for one in names if one in said], (path, said)
            else:
                assert closed.organisation not in said or closed.organisation in place
            if not headers:
                seen_by_admin += any(one in whole.get(place, params=query).text for one in SECRETS)
        else:
            data = {"csrf": word, "act": "resolve", "alert": closed.alert, "why": "x"}
            body = {
                "state": "resolved",
                "text": "x",
                "assignee": "x",
                "due_at": None,
                "law": "x",
                "duty": "x",
            }
            got = admin.request(method, place, data=data) if not headers else None
            if headers:
                for json in ({name: body[name]} for name in body):
                    got = admin.request(method, place, json=json, headers=headers)
            assert got is not None
            assert got.status_code < 500, (method, path, got.text)
            assert not [one for one in SECRETS[:1] if one in got.text], (path, got.text)
    assert seen_by_admin > 5, "the closed world is there to be seen"
    assert whole.get(f"/alerts/{closed.alert}").text.count("<li>") == before.count("<li>"), (
        "nothing was done to it"
    )


def test_a_session_ends_where_its_user_changes(app: FastAPI) -> None:
    from console import accounts

    engine = app.state.context.engine
    browser = client(app, "viewer")
    assert browser.get("/").status_code == 200
    accounts.change_user(engine, "viewer", role=Role.OPERATOR)
    assert browser.get("/").status_code == 303
    first = client(app)
    got = first.post("/login", data={"user": "viewer", "password": PASSWORD})
    old = got.cookies["duskwatch_session"]
    again = first.post("/login", data={"user": "viewer", "password": PASSWORD})
    assert again.cookies["duskwatch_session"] != old
    first.cookies.clear()
    first.cookies.set("duskwatch_session", old)
    assert first.get("/").status_code == 303, "the one before ended"


def test_the_own_account(app: FastAPI) -> None:
    engine = app.state.context.engine
    browser = client(app)
    assert browser.post("/login", data={"user": "analyst", "password": PASSWORD}).status_code == 303
    word = {"csrf": csrf_of(browser.cookies["duskwatch_session"])}
    # a token, shown once
    data = {**word, "note": "siem", "role": "analyst", "days": "30", "scope": ["alerts:read", "alerts:write"]}
    made = re.search(r"<pre>([\w-]{40,})\n?</pre>", browser.post("/account/tokens", data=data).text)
    assert made
    assert made[1] not in browser.get("/account").text
    header = {"Authorization": f"Bearer {made[1]}"}
    assert client(app).get("/api/v1/alerts", headers=header).status_code == 200
    assert client(app).get("/api/v1/posts?q=a", headers=header).status_code == 403
    more = browser.post("/account/tokens", data={**word, "role": "admin", "days": "1"})
    assert (more.status_code, "no token has more than its user" in more.text) == (400, True)
    # a second factor counts once it was shown to work
    page = browser.get("/account").text
    secret = re.search(r'name="secret" value="(\w+)"', page)
    assert secret
    given = {**word, "secret": secret[1], "password": PASSWORD}
    wrong = browser.post("/account/code", data={**given, "code": "000000"})
    assert wrong.status_code == 400
    right = browser.post("/account/code", data={**given, "code": pyotp.TOTP(secret[1]).now()})
    assert right.status_code == 303
    assert browser.post("/login", data={"user": "analyst", "password": PASSWORD}).status_code == 401
    # the password: other sessions and tokens end, this one goes on
    other = client(app, "analyst")
    change = {**word, "old": "not the password", "new": "another-password"}
    assert browser.post("/account/password", data=change).status_code == 400
    assert browser.post("/account/password", data={**change, "old": PASSWORD}).status_code == 200
    assert browser.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert client(app).get("/api/v1/alerts", headers=header).status_code == 401
    did = {line.what for line in audit(engine) if line.who == "analyst"}
    assert did >= {"token made", "second factor set", "password changed", "password not changed"}
