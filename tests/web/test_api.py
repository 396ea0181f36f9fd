"""The API as programs use it: pages, tags, changes of what was seen, problems, limits, and what it leaves behind."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs
from worlds import client, made, token, worlds

from console.accounts import Role, list_users
from console.passwords import AccountRefused
from console.tokens import Scope, make_token, revoke, tokens_of
from console.web.app import create_app
from console.web.limits import Limiter


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("api"))


@pytest.fixture
def app(config: Path, tmp_path: Path) -> Iterator[FastAPI]:
    folder = shutil.copytree(config.parent, tmp_path / "copy")
    made = create_app(folder / config.name)
    yield made
    made.state.context.close()


@pytest.fixture
def ask(app: FastAPI) -> Any:
    """Ask as a user: ``ask("GET", "/alerts", user="viewer")``."""
    asker = client(app)
    tokens: dict[str, str] = {}

    def asked(method: str, path: str, *, user: str = "admin", headers: Any = None, **more: Any) -> Any:
        secret = tokens.setdefault(user, token(app, user))
        sent = {"Authorization": f"Bearer {secret}", **(headers or {})}
        return asker.request(method, f"/api/v1{path}", headers=sent, **more)

    return asked


def test_pages_go_on_and_end(ask: Any) -> None:
    first = ask("GET", "/alerts", params={"limit": 1}).json()
    second = ask("GET", "/alerts", params={"limit": 1, "after": first["next"]}).json()
    assert first["alerts"][0]["id"] != second["alerts"][0]["id"]
    assert second["next"] is None
    other = ask("GET", "/alerts", params={"limit": 1, "after": first["next"], "state": "new"})
    assert other.status_code == 422, "a mark is of its own list"
    for odd in ("x", "", "e30", "W10", first["next"][:-3], "ñ"):
        assert ask("GET", "/alerts", params={"after": odd}).status_code == 422, odd
    found = ask("GET", "/posts", params={"q": "customers", "limit": 1}).json()
    assert (found["total"], len(found["hits"])) == (2, 1)
    assert set(found["facets"]["source"]) == {"open-forum", "closed-forum"}
    rest = ask("GET", "/posts", params={"q": "customers", "limit": 1, "after": found["next"]}).json()
    assert rest["hits"][0]["id"] != found["hits"][0]["id"]
    lines = ask("GET", "/audit", params={"limit": 1})
    assert lines.status_code == 200


def test_posts_sellers_and_listings(ask: Any) -> None:
    narrowed = ask("GET", "/posts", params={"q": "customers", "source": ["open-forum"]}).json()
    assert [hit["id"] for hit in narrowed["hits"]] == ["open-forum/1/1"]
    hit = narrowed["hits"][0]
    start, end = hit["title_spans"][0]
    assert hit["stored"]["post"]["title"][start:end] == "customers"
    assert ask("GET", "/posts/open-forum/1/1").json()["revisions"][0]["revision"] == 1
    assert ask("GET", "/listings/open-forum/1").json()["posts"][0]["post"]["author"] == "Openseller"
    assert ask("GET", "/listings", params={"q": "customers"}).json()["hits"][0]["posts"] == 1
    bars = ask("GET", "/histogram", params={"q": "customers", "interval": "day"}).json()["bars"]
    assert bars == [{"at": "2026-01-06T00:00:00Z", "posts": 2}]
    one = ask("GET", "/sellers", params={"name": "Openseller"}).json()
    assert one["contacts"] == [{"kind": "telegram", "value": "openseller", "unit": "", "listings": 1}]
    told = ask("GET", "/posts", params={"q": "a:("})
    assert told.status_code == 400


def test_nothing_changes_that_was_changed_meanwhile(app: FastAPI, ask: Any) -> None:
    name = worlds(app)["open"].alert
    got = ask("GET", f"/alerts/{name}")
    tag = got.headers["ETag"]
    assert ask("GET", f"/alerts/{name}", headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304
    change = {"state": "acknowledged", "why": "seen"}
    done = ask("POST", f"/alerts/{name}/state", json=change, headers={"If-Match": tag})
    assert done.status_code == 200
    assert done.json()["alert"]["state"] == "acknowledged"
    assert done.json()["events"][-1]["origin"].startswith("API, ")
    late = ask("POST", f"/alerts/{name}/state", json={"state": "resolved"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.json()["title"] == "Precondition Failed"
    fresh = ask("GET", f"/alerts/{name}").headers["ETag"]
    assert fresh == done.headers["ETag"], "what a change answers is what is got afterwards"
    again = ask("PUT", f"/alerts/{name}/assignee", json={"assignee": "ayu"}, headers={"If-Match": fresh})
    assert again.json()["alert"]["assignee"] == "ayu"
    due = ask("PUT", f"/alerts/{name}/due", json={"due_at": "2030-01-01T07:00:00+07:00"})
    assert due.json()["alert"]["due_at"] == "2030-01-01T00:00:00Z"
    noted = ask("POST", f"/alerts/{name}/notes", json={"text": "rang them"})
    assert noted.json()["events"][-1]["detail"] == "rang them"
    clock = noted.json()["clocks"][0]
    met = ask("POST", f"/alerts/{name}/duties", json={"law": clock["law"], "duty": clock["duty"]})
    assert met.status_code == 200
    twice = ask("POST", f"/alerts/{name}/duties", json={"law": clock["law"], "duty": clock["duty"]})
    assert twice.status_code == 400


def test_evidence_and_brief(app: FastAPI, ask: Any) -> None:
    name = worlds(app)["open"].alert
    got = ask("GET", f"/alerts/{name}/evidence", user="analyst")
    with zipfile.ZipFile(io.BytesIO(got.content)) as package:
        assert "manifest.sig" in package.namelist()
    assert ask("GET", "/audit").json()["lines"][0]["what"] == "exported evidence"
    assert ask("GET", f"/alerts/{name}/brief", params={"lang": "id"}).json()["language"] == "id"
    markdown = ask("GET", f"/alerts/{name}/brief", params={"format": "md"})
    assert markdown.headers["Content-Type"].startswith("text/markdown")
    assert ask("GET", f"/alerts/{name}/deliveries").json() == {"deliveries": []}


def test_watches_are_tried(ask: Any) -> None:
    tried = {"text": "who wants closedbank of nowhere or the Open Invented Port"}
    found = ask("POST", "/watch/test", json=tried).json()["matches"]
    assert {match["organisation"] for match in found} == {"port", "closed-bank"}
    mine = ask("POST", "/watch/test", json=tried, user="narrow-viewer").json()["matches"]
    assert {match["organisation"] for match in mine} == {"port"}
    draft = {"yaml": "organisations: [{id: people, name: all customers}]", "days": 1}
    foreseen = ask("POST", "/watch/preview", json=draft, user="operator").json()["organisations"][0]
    assert (foreseen["alerts"], foreseen["hits"]) == (2, {"open-forum": 1, "closed-forum": 1})
    fewer = ask("POST", "/watch/preview", json=draft, user="narrow-operator").json()["organisations"][0]
    assert fewer["hits"] == {"open-forum": 1}
    bad = ask("POST", "/watch/preview", json={"yaml": "organisations:\n  - {id: X, name: ab}"})
    assert bad.status_code == 400
    assert bad.json()["detail"].startswith("yaml:2: organisations.0.id")


def test_every_error_is_a_problem(app: FastAPI, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("GET", "/alerts/zzz", 404),
        ("DELETE", "/alerts", 405),
        ("GET", "/alerts?limit=0", 422),
        ("GET", "/posts?q=a:(", 400),
    ):
        got = ask(method, path, headers={"X-Request-Id": "asked-by-me"})
        assert got.status_code == status, path
        assert got.headers["Content-Type"] == "application/problem+json"
        told = got.json()
        assert (told["status"], told["request_id"]) == (status, "asked-by-me")
        assert told["instance"] == f"/api/v1{path.partition('?')[0]}"
    assert ask("DELETE", "/alerts").headers["Allow"] == "GET"
    assert ask("GET", "/me", headers={"X-Request-Id": "<odd>"}).headers["X-Request-Id"] != "<odd>"
    monkeypatch.setattr("console.web.api.figures.running", _broken)
    with capture_logs() as logged:
        broken = ask("GET", "/clocks")
    assert logged[0]["request"] == broken.json()["request_id"]
    assert broken.status_code == 500
    assert "secret" not in broken.text
    assert broken.json()["request_id"] in broken.json()["detail"]
    assert broken.headers["X-Content-Type-Options"] == "nosniff"


def _broken(_engine: Any) -> Any:
    raise RuntimeError("secret")


def test_who_asks_too_often_waits(tmp_path: Path) -> None:
    app = create_app(made(tmp_path, rate=10))
    asker, secret = client(app), token(app, "viewer")
    header = {"Authorization": f"Bearer {secret}"}
    answers = [asker.get("/api/v1/me", headers=header) for _ in range(12)]
    assert {got.status_code for got in answers} == {200, 429}
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 6
    assert (
        asker.get("/api/v1/me", headers={"Authorization": f"Bearer {token(app, 'analyst')}"}).status_code
        == 200
    )
    assert {asker.get("/api/v1/me").status_code for _ in range(12)} == {401, 429}
    app.state.context.close()


def test_a_bucket_fills_by_itself() -> None:
    now = [0.0]
    limiter = Limiter(60, lambda: now[0])
    assert [limiter.take("a") for _ in range(60)] == [0.0] * 60
    assert limiter.take("a") == pytest.approx(1.0)
    assert limiter.take("b") == 0.0
    now[0] = 1.0
    assert limiter.take("a") == 0.0
    assert limiter.take("a") > 0


def test_tokens_are_for_what_they_say_and_end(app: FastAPI, ask: Any) -> None:
    engine, now = app.state.context.engine, datetime.now(UTC)
    user = next(each for each in list_users(engine) if each.name == "analyst")
    given: dict[str, Any] = {"note": "siem", "lasts": timedelta(days=1), "at": now, "origin": "test"}
    for role, scopes in ((Role.ADMIN, []), (Role.ANALYST, [Scope.AUDIT])):
        with pytest.raises(AccountRefused):
            make_token(engine, user, role=role, scopes=scopes, **given)
    secret = make_token(engine, user, role=Role.VIEWER, scopes=[Scope.ALERTS_READ], **given)
    (kept,) = tokens_of(engine, "analyst", now)
    assert (kept.note, kept.role, kept.scopes) == ("siem", Role.VIEWER, (Scope.ALERTS_READ,))
    assert secret not in str(kept)
    asker, header = client(app), {"Authorization": f"Bearer {secret}"}
    me = asker.get("/api/v1/me", headers=header).json()
    assert (me["token"], me["scopes"], me["role"]) == (kept.id, ["alerts:read"], "viewer")
    assert asker.get("/api/v1/posts?q=a", headers=header).status_code == 403
    assert asker.get("/", headers=header).status_code == 303, "a token opens no page"
    assert tokens_of(engine, "analyst", now + timedelta(days=2)) == []
    listed = ask("GET", "/tokens", user="analyst").json()["tokens"]
    assert kept.id in {each["id"] for each in listed}
    assert ask("DELETE", f"/tokens/{kept.id}", user="viewer").status_code == 404, "it is somebody else's"
    assert ask("DELETE", f"/tokens/{kept.id}", user="analyst").status_code == 204
    assert asker.get("/api/v1/me", headers=header).status_code == 401
    assert not revoke(engine, "analyst", "", by="x", at=now, origin="test")
    did = [line["what"] for line in ask("GET", "/audit").json()["lines"]]
    assert did[:2] == ["token revoked", "token made"]


def test_searches_are_written_down_where_policy_asks(tmp_path: Path) -> None:
    config = made(tmp_path)
    config.write_text(config.read_text() + "audit_searches = true\n")
    app = create_app(config)
    browser = client(app, "viewer")
    browser.get("/search", params={"q": "customers"})
    header = {"Authorization": f"Bearer {token(app, 'analyst')}"}
    browser.get("/api/v1/posts", params={"q": "dump"}, headers=header)
    lines = browser.get("/api/v1/audit", headers={"Authorization": f"Bearer {token(app, 'admin')}"}).json()[
        "lines"
    ]
    assert [(line["who"], line["what"], line["detail"]) for line in lines] == [
        ("analyst", "searched", "dump"),
        ("viewer", "searched", "customers"),
    ]
    app.state.context.close()
