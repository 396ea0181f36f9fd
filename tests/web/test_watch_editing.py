"""Watchlists in the console: faults, previews, the difference, versions, conflicts, imports, and who may do what."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import test_console
from fastapi import FastAPI
from fastapi.testclient import TestClient
from test_console import client_of, csrf

from console.accounts import Role

app, filled = test_console.app, test_console.filled
PORT = "id: port\nname: Invented Port"


@pytest.fixture
def operator(app: FastAPI) -> TestClient:
    return client_of(app, "operator")


def file_of(app: FastAPI) -> Path:
    found: Path = app.state.context.settings.watchlists_dir / "a.yaml"
    return found


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def send(client: TestClient, to: str, act: str, /, **more: Any) -> Any:
    page = client.get(f"/watchlists/{to}/edit").text
    data = {
        "csrf": csrf(client),
        "base": hidden(page, "base"),
        "mode": "yaml",
        "text": PORT,
        "act": act,
        "days": "365",
    }
    return client.post(f"/watchlists/{to}/edit", data=data | more)


def test_each_role_sees_and_changes_what_it_may(app: FastAPI) -> None:
    before = file_of(app).read_text()
    for role in Role:
        client = client_of(app, role.value)
        may, word = role.may(Role.OPERATOR), csrf(client)
        for path in ("/watch/new", "/watch/import", "/watchlists/port/edit"):
            assert (client.get(path).status_code == 200) == may, (role, path)
        for path in ("/watchlists/port/versions", "/watchlists/port/yaml", "/watch/export", "/watchlists"):
            assert client.get(path).status_code == 200, (role, path)
        data = {"csrf": word, "mode": "yaml", "text": PORT, "act": "changes"}
        for path in ("/watchlists/port/edit", "/watch/new", "/watch/preview", "/watch/import"):
            assert (client.post(path, data=data | {"act": "look"}).status_code == 403) != may, (role, path)
            assert client.post(path, data=data | {"csrf": "0" * 64}).status_code == 403
    assert file_of(app).read_text() == before
    narrow = client_of(app, "narrow")  # an analyst of port
    assert narrow.get("/watchlists/bank/versions").status_code == 404
    assert narrow.get("/watchlists/bank/yaml").status_code == 404
    assert "bank" not in narrow.get("/watch/export").text


def test_form_and_text_say_the_same_fault(operator: TestClient) -> None:
    by_form = send(operator, "port", "changes", mode="form", name="Invented Port", domains="not a domain")
    by_text = send(operator, "port", "changes", text=f"{PORT}\ndomains:\n  - not a domain")
    assert by_form.status_code == by_text.status_code == 422
    told = [re.search(r'role="alert"><ul><li><code[^>]*>([^<]*)', page.text) for page in (by_form, by_text)]
    assert told[0]
    assert told[1]
    assert told[0][1] == told[1][1]
    assert re.search(r"a\.yaml:\d+: .*domain", told[0][1])
    assert re.search(r'name="domains"[^>]*aria-invalid', by_form.text)


def test_a_change_is_looked_at_reasoned_and_kept(app: FastAPI, operator: TestClient) -> None:
    before = file_of(app).read_text()
    wider = {"mode": "form", "name": "Invented Port", "aliases": "IPort\nقناة الميناء"}
    seen = send(operator, "port", "preview", **wider).text
    assert re.search(r'figure"><strong>0\.0', seen) or "alerts a week expected" in seen
    assert "posts found of" in seen
    looked = send(operator, "port", "changes", **wider).text
    assert "<ins>+    aliases:</ins>" in looked or "<ins>+      - IPort</ins>" in looked
    assert send(operator, "port", "save", **wider).status_code == 422, "it wants a reason"
    assert file_of(app).read_text() == before
    saved = send(operator, "port", "save", why="sellers write it so", **wider)
    assert (saved.status_code, saved.headers["Location"]) == (303, "/watchlists/port")
    assert "IPort" in operator.get("/watchlists/port").text, "it is in force at once"
    history = operator.get("/watchlists/port/versions").text
    assert "sellers write it so" in history
    assert "operator" in history
    audit = client_of(app, "admin").get("/overview").text
    assert "watchlist changed" in audit
    number = hidden_version(history)
    restored = operator.get(f"/watchlists/port/edit?version={number}&as=yaml").text
    assert "IPort" not in restored.partition("<textarea")[2]


def hidden_version(page: str) -> str:
    found = re.findall(r"version=(\d+)", page)
    assert found
    return str(found[-1])


def test_neither_side_writes_over_the_other(app: FastAPI, operator: TestClient) -> None:
    page = operator.get("/watchlists/port/edit").text
    base = hidden(page, "base")
    by_hand = (
        file_of(app)
        .read_text()
        .replace("{id: port, name: Invented Port}", "{id: port, name: Invented Harbour}")
    )
    file_of(app).write_text(by_hand)
    data = {"csrf": csrf(operator), "base": base, "mode": "yaml", "text": PORT, "act": "save", "why": "x"}
    got = operator.post("/watchlists/port/edit", data=data)
    assert got.status_code == 409
    assert "It was changed meanwhile" in got.text
    assert "Invented Harbour" in got.text
    assert file_of(app).read_text() == by_hand
    assert "changed in the file" in operator.get("/watchlists/port/versions").text


def test_a_search_becomes_a_watch(operator: TestClient) -> None:
    assert 'href="/watch/new?q=' in operator.get("/search?q=invented").text
    query = '"Invented Mill" OR IMILL OR author:ann OR mill.example'
    page = operator.get("/watch/new", params={"q": query}).text
    assert 'name="name" value="Invented Mill"' in page
    assert "IMILL" in page
    assert "mill.example" in page
    assert "author:ann: a watch looks for organisations" in page
    assert operator.get("/watch/new", params={"q": "author:("}).status_code == 400
    data = {"csrf": csrf(operator), "mode": "form", "text": "", "id": "mill", "name": "Invented Mill"}
    made = operator.post("/watch/new", data=data | {"act": "save", "why": "found in search"})
    assert made.headers["Location"] == "/watchlists/mill"
    again = operator.post("/watch/new", data=data | {"act": "save", "why": "x"})
    assert again.status_code == 422
    assert "is there already" in again.text
    base = hidden(operator.get("/watchlists/mill/edit").text, "base")
    gone = {
        "csrf": csrf(operator),
        "base": base,
        "mode": "yaml",
        "text": base,
        "act": "retire",
        "why": "done",
    }
    assert operator.post("/watchlists/mill/edit", data=gone).status_code == 303
    assert operator.get("/watchlists/mill").status_code == 404
    assert 'href="/watchlists/mill/versions"' in operator.get("/watchlists").text


def test_what_is_exported_can_be_put_in_again(app: FastAPI, operator: TestClient) -> None:
    exported = operator.get("/watch/export").text
    word = csrf(operator)
    same = operator.post("/watch/import", data={"csrf": word, "text": exported, "act": "look"}).text
    assert same.count("· same") == 2
    changed = exported.replace("Invented Port", "Invented Quay").replace(
        "organisations:\n", "organisations:\n  - {id: mill, name: Invented Mill}\n"
    )
    asked = {"csrf": word, "text": changed, "act": "save"}
    assert operator.post("/watch/import", data=asked).status_code == 422
    assert operator.post("/watch/import", data=asked | {"why": "from the partner"}).status_code == 303
    assert "Invented Quay" in file_of(app).read_text()
    assert (file_of(app).parent / "mill.yaml").exists()
    faulty = operator.post("/watch/import", data=asked | {"text": "organisations:\n  - {id: x}\n"})
    assert faulty.status_code == 422
    assert ":2: organisations.0.name" in faulty.text
