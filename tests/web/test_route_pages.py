"""Routes and channels in the console: who may do what, rules as form and as YAML, whom an alert would reach."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
import test_console
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient
from test_console import alert_ids, client_of, csrf

from console.accounts import Role

app, filled = test_console.app, test_console.filled
ROUTES = """timezone: Asia/Jakarta
people:
  ayu: {channels: [file]}
routes:
  # what cannot wait
  - name: grave
    when: {severity: [critical, high]}
    to: [ayu]   # she is on duty
    last: true
  - name: rest
    to: [open]
    digest: daily
"""


@pytest.fixture
def folder(app: FastAPI) -> Path:
    context = app.state.context
    base: Path = context.settings.channels_dir
    base.mkdir(parents=True)
    (base / "file.yaml").write_text(f"type: jsonl\npath: {base}/secret-place.jsonl  # ours\n")
    (base / "open.yaml").write_text(f"type: jsonl\npath: {base}/b.jsonl\ntlp_ceiling: green\n")
    context.settings.routes_dir.mkdir(parents=True)
    (context.settings.routes_dir / "all.yaml").write_text(ROUTES)
    context.look_again()
    routes: Path = context.settings.routes_dir
    return routes


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return html.unescape(found[1])


def send(client: TestClient, act: str, /, **more: Any) -> Any:
    base = hidden(client.get("/routes/all/edit").text, "base")
    data = {"csrf": csrf(client), "base": base, "text": base, "act": act}
    return client.post("/routes/all/edit", data=data | more)


def test_each_role_sees_and_changes_what_it_may(app: FastAPI, folder: Path) -> None:
    for role in Role:
        client = client_of(app, role.value)
        may, word = role.may(Role.OPERATOR), csrf(client)
        page = client.get("/routes")
        assert page.status_code == 200
        assert ("Send a test" in page.text) == may
        assert "secret-place" not in page.text or may
        for path in ("/routes/all/edit", "/routes/all/versions"):
            assert (client.get(path).status_code == 200) == may, (role, path)
        for path, data in (
            ("/channels/file", {"act": "test"}),
            ("/channels/open", {"act": "ceiling", "ceiling": "amber", "why": "x"}),
            ("/routes/all/edit", {"act": "changes", "base": "x", "text": ROUTES}),
        ):
            assert (client.post(path, data={"csrf": word, **data}).status_code != 403) == may, (role, path)
            assert client.post(path, data={"csrf": "0" * 64, **data}).status_code == 403
    assert "tlp_ceiling: amber" in (folder.parent / "channels/open.yaml").read_text()


def test_whom_an_alert_would_reach_and_why(app: FastAPI, folder: Path) -> None:
    client, ids = client_of(app, "operator"), alert_ids(app)
    got = client.get("/routes", params={"alert": ids["bank"][:8], "at": "2026-11-25T03:00"}).text
    assert "<strong>grave</strong>: it takes it" in got or "severity: " in got
    assert re.search(r'<th scope="row">(file|open)</th><td>2026-11-2', got)
    narrow = client_of(app, "narrow").get("/routes", params={"alert": ids["bank"]}).text
    assert "no alert begins with" in narrow


def test_a_rule_is_changed_by_form_and_comments_stay(app: FastAPI, folder: Path) -> None:
    client = client_of(app, "operator")
    page = client.get("/routes/all/edit?route=rest").text
    assert '<option value="daily" selected>' in page
    form = {"route": "rest", "to": "open file", "digest": "weekly", "digest_at": "07:30", "sources": "forum"}
    form |= {"quiet_begin": "22:00", "quiet_end": "06:00", "after": "PT30M", "escalate_to": "ayu"}
    looked = send(client, "changes", **form).text
    assert "<ins>+    digest: weekly</ins>" in looked
    assert send(client, "save", **form).status_code == 422, "it wants a reason"
    assert send(client, "save", why="they sleep", **form).status_code == 303
    text = (folder / "all.yaml").read_text()
    assert text.partition("  - name: rest")[0] == ROUTES.partition("  - name: rest")[0]
    rest = yaml.safe_load(text)["routes"][1]
    assert rest["to"] == ["open", "file"]
    assert rest["when"] == {"sources": ["forum"]}
    assert rest["escalate"] == {"after": "PT30M", "to": ["ayu"]}
    assert "they sleep" in client.get("/routes/all/versions").text
    assert "Mon" not in client.get("/routes").text or "weekly" in client.get("/routes").text
    send(client, "save", why="a person of ours", route="", name="third", to="file")
    assert [each["name"] for each in yaml.safe_load((folder / "all.yaml").read_text())["routes"]][
        2
    ] == "third"


def test_faults_and_conflicts_are_told(app: FastAPI, folder: Path) -> None:
    client = client_of(app, "operator")
    faulty = send(client, "changes", text=ROUTES.replace("to: [open]", "to: [opne]"))
    assert faulty.status_code == 422
    assert "all.yaml:11: routes.1.to.0: there is no person or channel &#39;opne&#39;" in faulty.text
    base = hidden(client.get("/routes/all/edit").text, "base")
    (folder / "all.yaml").write_text(ROUTES.replace("daily", "hourly"))
    data = {"csrf": csrf(client), "base": base, "act": "save", "why": "x"}
    got = client.post(
        "/routes/all/edit", data=data | {"text": ROUTES.replace("[critical, high]", "[critical]")}
    )
    assert got.status_code == 409
    merged = html.unescape(got.text.partition("<textarea")[2])
    assert "hourly" in merged
    assert "[critical]" in merged
    assert "hourly" in (folder / "all.yaml").read_text()


def test_the_command_line_says_the_same(app: FastAPI, folder: Path) -> None:
    from console.routing import reach

    context = app.state.context
    found = reach(context.inputs, context.engine, alert_ids(app)["bank"], context.now())
    assert [each.route for each in found.routes] == ["grave", "rest"]
    for each in found.reached:
        assert bool(each.above_ceiling) == (each.channel == "open"), "amber is above green"
