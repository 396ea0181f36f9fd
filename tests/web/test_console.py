"""The console: who may see and do what, hostile text on every page, the API."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from conftest import Workspace
from fastapi import FastAPI
from fastapi.testclient import TestClient

from console import accounts
from console.accounts import Role
from console.passwords import AccountRefused
from console.web.app import create_app
from console.web.words import known
from indexer.ingest import clean
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey

PASSWORD = "correct-horse-battery"
HOSTILE = [
    "<script>fetch('//x.example')</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}} {% for x in y %} ${7*7} #{7*7}",
    "\u202egnp.exe\u2066",
    '=HYPERLINK("http://x.example")',
    "http://evil.example/a https://evil.example telegram: @ghost_y",
    "\x1b[2J\x00\r\nSet-Cookie: a=b",
    "</pre></main><iframe src=http://evil.example>",
    "../../../etc/passwd",
    "' OR 1=1 --",
    "\ud800 lone",
]
WATCHLIST = """organisations:
  - {id: bank, name: Invented Bank, laws: [eu-gdpr]}
  - {id: port, name: Invented Port}
"""


def fill(workspace: Workspace) -> None:
    """Two listings of a board that means harm, and the alerts that they make."""
    workspace.write("config/watchlists/a.yaml", WATCHLIST)
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    (workspace.folder / "var").mkdir(exist_ok=True)
    at = datetime(2026, 1, 6, 12, tzinfo=UTC)
    for number, name in ((1, "Invented Bank"), (2, "Invented Port")):
        post = Post(
            key=PostKey("forum", str(number), str(number)),
            board=HOSTILE[0],
            position=1,
            title=clean(f"{name} {' '.join(HOSTILE[:6])}"),
            author=HOSTILE[1],
            text=f"{name}: 6 million people {' '.join(HOSTILE)}".encode("utf-8", "replace")
            .decode()
            .replace("\x00", ""),
            url="http://zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd.onion/<script>",
            seen_at=at,
            posted_at=at,
            kind=Kind.LISTING,
        )
        store.put([post])
        store.put([Post(**{**_fields(post), "text": post.text + "\nnow cheaper: 100 USD"})])
    store.close()
    workspace.duskwatch("watch", "run")


def _fields(post: Post) -> dict[str, Any]:
    return {name: getattr(post, name) for name in Post.__slots__ if name != "content_hash"}


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with alerts and a user of each role; each test has a copy."""
    workspace = Workspace(tmp_path_factory.mktemp("console"))
    fill(workspace)
    made = create_app(workspace.folder / "duskwatch.toml")
    engine = made.state.context.engine
    now = datetime.now(UTC)
    for role in Role:
        accounts.add_user(engine, role.value, PASSWORD, role, at=now)
    accounts.add_user(engine, "narrow", PASSWORD, Role.ANALYST, at=now, organisations=["port"], tlp="amber")
    accounts.add_user(engine, "low", PASSWORD, Role.ANALYST, at=now, tlp="green")
    made.state.context.close()
    return workspace.folder


@pytest.fixture
def app(filled: Path, tmp_path: Path) -> Iterator[FastAPI]:
    folder = shutil.copytree(filled, tmp_path / "copy")
    made = create_app(folder / "duskwatch.toml")
    yield made
    made.state.context.close()


def client_of(app: FastAPI, user: str | None) -> TestClient:
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    if user:
        got = client.post("/login", data={"user": user, "password": PASSWORD})
        assert got.status_code == 303, got.text
    return client


def csrf(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get("/").text)
    assert found
    return found[1]


def alert_ids(app: FastAPI) -> dict[str, str]:
    from alerts.cases import list_alerts

    return {alert.organisation: alert.id for alert in list_alerts(app.state.context.engine)}


PAGES = [
    "/",
    "/search?q=invented",
    "/sources",
    "/coverage",
    "/watchlists",
    "/watchlists/bank",
    "/overview",
    "/sellers?name=x",
    "/pivot",
    "/pivot?value=@ghost_y",
    "/search",
]


def every_page(app: FastAPI) -> list[str]:
    ids = alert_ids(app)
    posts = ["/posts/forum%2F1%2F1", "/posts/forum/2/2"]
    return [*PAGES, *(f"/alerts/{one}" for one in ids.values()), f"/alerts/{ids['bank']}/brief", *posts]


@pytest.mark.parametrize("role", list(Role))
def test_each_role_does_what_it_may(app: FastAPI, role: Role) -> None:
    client = client_of(app, role.value)
    word, ids = csrf(client), alert_ids(app)
    for path in every_page(app):
        assert client.get(path).status_code == 200, path
    acts = {
        f"/alerts/{ids['bank']}": ({"act": "ack"}, Role.ANALYST),
        "/alerts/act": ({"act": "resolve", "alert": ids["port"]}, Role.ANALYST),
        f"/alerts/{ids['bank']}/evidence": ({}, Role.ANALYST),
        "/sources/none": ({"act": "now"}, Role.OPERATOR),
    }
    for path, (data, needed) in acts.items():
        got = client.post(path, data={"csrf": word, **data})
        assert (got.status_code != 403) == role.may(needed), (path, got.status_code)


def test_a_form_of_another_site_does_nothing(app: FastAPI) -> None:
    client, ids = client_of(app, "admin"), alert_ids(app)
    for word in ("", "0" * 64, csrf(client_of(app, "analyst"))):
        for path in (f"/alerts/{ids['bank']}", "/alerts/act", "/logout", f"/alerts/{ids['bank']}/evidence"):
            assert (
                client.post(path, data={"csrf": word, "act": "resolve", "alert": ids["bank"]}).status_code
                == 403
            )
    assert "resolved" not in client.get("/").text.partition("<tbody>")[2]


def test_what_is_not_theirs_is_not_there(app: FastAPI) -> None:
    ids = alert_ids(app)
    narrow, low = client_of(app, "narrow"), client_of(app, "low")
    assert ids["port"] in narrow.get("/").text
    assert ids["bank"] not in narrow.get("/").text
    for path in (f"/alerts/{ids['bank']}", f"/alerts/{ids['bank']}/brief", "/watchlists/bank"):
        assert narrow.get(path).status_code == 404
    narrow.post(
        "/alerts/act", data={"csrf": csrf(narrow), "act": "resolve", "alert": [ids["bank"], ids["port"]]}
    )
    assert ids["bank"] in client_of(app, "admin").get("/").text
    assert ids["port"] not in client_of(app, "admin").get("/").text
    assert not any(one in low.get("/?state=").text for one in ids.values()), "they are amber"
    assert low.get(f"/alerts/{ids['bank']}").status_code == 404


def test_what_a_board_wrote_is_text_on_every_page(app: FastAPI) -> None:
    client = client_of(app, "admin")
    for path in every_page(app):
        got = client.get(path)
        said = got.text
        for tag in ("<img", "<iframe", "<svg/onload", "<h1>{{7*7}}", '<a href="http'):
            assert tag not in said, (path, tag)
        scripts = re.findall(r"<script[^>]*>", said)
        assert all(re.fullmatch(r'<script src="/static/[a-z]+\.js" defer>', one) for one in scripts), path
        assert not re.search(r"""(?:href|src|action)=["']?(?:https?:|//|javascript:)""", said), path
        assert "49 " not in re.sub(r"\d\d:49|:49Z", "", said) or "{{7*7}}" not in said
        assert not {"\u202e", "\u2066", "\x1b", "\x00"} & set(said), path
        policy = got.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src 'unsafe" not in policy
        assert "set-cookie" not in got.headers


def test_exports_are_safe_for_spreadsheets(app: FastAPI) -> None:
    client = client_of(app, "viewer")
    got = client.get("/search/export", params={"q": "invented"})
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert '"=HYPERLINK' not in got.text
    rows = client.get("/search/export", params={"q": "invented", "format": "json"}).text.splitlines()
    assert len([json.loads(row) for row in rows]) == 2
    assert client.get("/search/export", params={"q": "author:("}).status_code == 400


def test_a_faulty_query_is_told_at_its_character(app: FastAPI) -> None:
    client = client_of(app, "viewer")
    said = client.get("/search", params={"q": "author:("})
    assert said.status_code == 200
    assert re.search(r"\bcharacter\s+8\b", said.text)
    assert '<mark class="bad">(</mark>' in said.text


def test_evidence_is_handed_out_and_written_down(app: FastAPI) -> None:
    client, ids = client_of(app, "analyst"), alert_ids(app)
    got = client.post(f"/alerts/{ids['bank']}/evidence", data={"csrf": csrf(client)})
    with zipfile.ZipFile(io.BytesIO(got.content)) as package:
        assert "manifest.sig" in package.namelist()
    assert "exported evidence" in client_of(app, "admin").get("/overview").text


def test_five_failures_lock_and_say_nothing(app: FastAPI) -> None:
    client = client_of(app, None)
    said = {client.post("/login", data={"user": user, "password": "x" * 12}).text for user in ["nobody"] * 2}
    for _ in range(5):
        got = client.post("/login", data={"user": "analyst", "password": "wrong-password"})
        assert got.status_code == 401
        said.add(got.text)
    assert len(said) == 1, "an unknown user, a wrong password and a locked one look alike"
    assert client.post("/login", data={"user": "analyst", "password": PASSWORD}).status_code == 401
    for _ in range(40):
        last = client.post("/login", data={"user": "nobody", "password": "x"}).status_code
    assert last == 429


def test_a_code_counts_once(app: FastAPI) -> None:
    engine, secret = app.state.context.engine, pyotp.random_base32()
    accounts.set_second_factor(engine, "analyst", secret)
    code, at = pyotp.TOTP(secret).now(), datetime.now(UTC)
    lasts = timedelta(hours=1)
    with pytest.raises(AccountRefused):
        accounts.log_in(engine, "analyst", PASSWORD, "", at=at, lasts=lasts)
    accounts.log_in(engine, "analyst", PASSWORD, code, at=at, lasts=lasts)
    with pytest.raises(AccountRefused):
        accounts.log_in(engine, "analyst", PASSWORD, code, at=at, lasts=lasts)


def test_sessions_end(app: FastAPI) -> None:
    engine, now = app.state.context.engine, datetime.now(UTC)
    client = client_of(app, "viewer")
    secret = client.cookies["duskwatch_session"]
    assert accounts.who_holds(engine, secret, "session", now + timedelta(days=2)) is None
    assert accounts.who_holds(engine, secret, "token", now) is None
    client.post("/logout", data={"csrf": csrf(client)})
    assert client.get("/").status_code == 303
    other = client_of(app, "viewer")
    accounts.set_password(engine, "viewer", "another-password")
    assert other.get("/").status_code == 303


def test_the_first_admin_needs_the_word_of_the_terminal(workspace: Workspace) -> None:
    app = create_app(workspace.folder / "duskwatch.toml")
    client = client_of(app, None)
    word = app.state.setup
    assert client.get("/setup", params={"word": "x"}).status_code == 404
    assert client.get("/setup", params={"word": word}).status_code == 200
    assert client.post("/setup", data={"word": word, "user": "ayu", "password": "short"}).status_code == 400
    assert client.post("/setup", data={"word": word, "user": "ayu", "password": PASSWORD}).status_code == 303
    assert client.get("/setup", params={"word": word}).status_code == 404
    assert client_of(app, None).post("/login", data={"user": "ayu", "password": PASSWORD}).status_code == 303
    app.state.context.close()


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "\t//evil.example"]
)
def test_a_log_in_leads_nowhere_else(app: FastAPI, to: str) -> None:
    client = client_of(app, None)
    got = client.post("/login", data={"user": "viewer", "password": PASSWORD, "next": to})
    assert got.headers["Location"] == "/"


def test_figures_for_monitoring(app: FastAPI) -> None:
    client = client_of(app, None)
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["ready"] is True
    metrics = client.get("/metrics").text
    assert "duskwatch_" in metrics
    assert "Invented" not in metrics


def test_every_word_of_the_templates_has_a_translation() -> None:
    folder = Path(__file__).parents[2] / "console/web/templates"
    used = {word for path in folder.iterdir() for word in re.findall(r'\bt\("([^"]+)"\)', path.read_text())}
    assert used - known() == set()


def test_indonesian_is_spoken(app: FastAPI) -> None:
    client = client_of(app, "viewer")
    assert "Kotak masuk" in client.get("/", headers={"Accept-Language": "id-ID,id;q=0.9"}).text
    client.post("/language", data={"to": "id", "back": "/"})
    assert 'lang="id"' in client.get("/").text
