"""Copies as people meet them: one alert, one hit, a mark in the console, a warning before a copy is added."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from conftest import Workspace
from fastapi.testclient import TestClient
from quality.web_of_boards import Board, board, clone, phished

from alerts.cases import list_alerts
from alerts.outbox import delivery_table
from alerts.wording import text
from config.database import open_database
from console import accounts
from console.accounts import Role, csrf_of
from console.cli.doctor import examine
from console.copies import folded, resembled
from console.web.app import create_app
from console.wiring import read_inputs, watch
from indexer.opening import open_store
from indexer.post import PostKey

PASSWORD = "correct-horse-battery"


def naming(of: Board, *threads: int) -> Board:
    """The board with threads that name a watched organisation, in too few words to be told alike by their text."""
    posts = list(of.posts)
    for at in threads:
        posts[at] = replace(posts[at], title=f"base of Invented Bank {at}", content_hash="")
    return Board(of.source, tuple(posts))


def fill(workspace: Workspace) -> Board:
    """A forum, its mirror and its phishing copy, read; the forum."""
    chance = random.Random(7)
    first = naming(board("forum", chance), 10, 11)
    workspace.write("config/watchlists/a.yaml", "organisations: [{id: bank, name: Invented Bank}]\n")
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    for each in (first, clone(first, "mirror", chance), phished(first, "phish", chance)):
        workspace.source(each.source, "mybb", f"http://{each.source}.example", {"market": "/a"})
        store.put(each.posts)
    store.close()
    watch(read_inputs(workspace.folder / "duskwatch.toml"))
    return first


def test_copies_are_one_case_one_hit_marked_and_warned_of(workspace: Workspace) -> None:
    first = fill(workspace)
    found = workspace.duskwatch("source", "copies")
    (group,) = found["groups"]
    assert group["original"] == "forum"
    assert {each["source"]: each["verdict"] for each in group["members"]} == {
        "mirror": "copy",
        "phish": "phishing copy",
    }
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    only = replace(
        first.posts[12], key=PostKey("phish", "9", "9"), title="Invented Bank again", content_hash=""
    )
    store.put([only])
    store.close()
    workspace.write("config/channels/soc.yaml", f"type: jsonl\npath: {workspace.folder}/soc.jsonl\n")
    watch(read_inputs(workspace.folder / "duskwatch.toml"))
    engine = open_database(f"sqlite:///{workspace.folder}/var/state.db")
    with engine.connect() as connection:
        (told,) = connection.scalars(sa.select(delivery_table.c.payload))
    engine.dispose()
    assert "its source is: a phishing copy of forum" in text(told)

    page = workspace.duskwatch("search", '"base of invented bank"', "--by-listing")
    assert {hit["stored"]["post"]["key"]["source"] for hit in page["hits"]} == {"forum"}
    key = first.posts[10].key.thread
    assert [f"mirror/{key}", f"phish/{key}"] in [hit["also_at"] for hit in page["hits"]]
    (sources,) = [each for each in examine(workspace.folder / "duskwatch.toml") if each.what == "sources"]
    assert "phish is a phishing copy of forum" in sources.says

    app = create_app(workspace.folder / "duskwatch.toml")
    engine = app.state.context.engine
    alerts = list_alerts(engine)
    assert len(alerts) == 3, "a thread of each name on three sources, and one on the phishing copy only"
    store = app.state.context.store
    for query in ("phisher4x", "base of invented bank source:phish"):  # where the original does not fit
        fitting = store.search(query, by_listing=True).hits
        assert [each.hit for each in folded(engine, store, query, fitting, True)] == list(fitting) != []
    accounts.add_user(engine, "ayu", PASSWORD, Role.ADMIN, at=datetime.now(UTC))
    client = TestClient(app, base_url="http://localhost")
    client.post("/login", data={"user": "ayu", "password": PASSWORD})
    said = re.sub(r"<[^>]+>|\s+", " ", client.get("/sources").text)
    assert re.search(r"phish\s+:\s+phishing copy\s+of forum\s+with forum: 60 of 60 threads", said)
    assert re.search(r"copies:\s+mirror, phish", said)
    alert = re.sub(r"<[^>]+>|\s+", " ", client.get(f"/alerts/{alerts[-1].id}").text)
    assert re.search(r"base of Invented Bank 1[01]\s+phish\s+phishing copy\s+of forum", alert)
    hits = client.get("/search", params={"q": "base of invented bank", "by_listing": "true"}).text
    assert f"also at: mirror/{key}, phish/{key}" in hits
    asked = {"q": '"base of invented bank"', "by_listing": "true"}
    secret = accounts.grant(
        engine, "ayu", "token", "test", Role.VIEWER, at=datetime.now(UTC), lasts=timedelta(days=1)
    )
    program = TestClient(app, base_url="http://localhost", headers={"Authorization": f"Bearer {secret}"})
    for path in ("posts", "listings"):
        found = program.get(f"/api/v1/{path}", params=asked).json()["hits"]
        assert {hit["stored"]["post"]["key"]["source"] for hit in found} == {"forum"}
        assert [f"mirror/{key}", f"phish/{key}"] in [hit["also_at"] for hit in found]
        apart = program.get(f"/api/v1/{path}", params=asked | {"copies": "apart"}).json()["hits"]
        assert {hit["stored"]["post"]["key"]["source"] for hit in apart} == {"forum", "mirror", "phish"}
    fitting = store.search(asked["q"], by_listing=True).hits
    seen = folded(engine, store, asked["q"], fitting, True, sees=lambda source: source != "phish")
    assert {each.also_at for each in seen if each.hit.stored.post.key.source == "forum"} >= {
        (f"mirror/{key}",)
    }
    hidden = folded(engine, store, asked["q"], fitting, True, sees=lambda source: source != "forum")
    assert not any(each.also_at for each in hidden), "whose original is not there for them is no copy"
    listed = [(one.key.thread, one.title) for one in first.posts[:20]]
    assert resembled(engine, listed, "new").startswith("this looks like a copy of forum: 20 of 20 threads")
    moved = [(f"9{key}", title) for key, title in listed]
    assert "by their title" in resembled(engine, moved, "new")
    assert resembled(engine, [(key, f"other {title}") for key, title in listed], "new") == ""
    # an operator decides, by the page and by the command: everything follows
    word = csrf_of(client.cookies["duskwatch_session"])
    asked = {
        "csrf": word,
        "source": "phish",
        "original": "forum",
        "verdict": "distinct",
        "why": "asked its admin",
    }
    assert client.post("/source/copies", data=asked).status_code == 200
    assert client.post("/source/copies", data=asked | {"original": "nobody"}).status_code == 404
    shown = re.sub(r"<[^>]+>|\s+", " ", client.get("/sources").text)
    assert "phishing copy of forum" not in shown
    assert re.search(r"ayu · phish: distinct of forum ·\s+asked its admin", shown)
    app.state.context.close()
    groups = workspace.duskwatch("source", "copies")["groups"]
    assert [each["source"] for group in groups for each in group["members"]] == ["mirror"]
    hits = workspace.duskwatch("search", '"base of invented bank"', "--by-listing")["hits"]
    assert {hit["stored"]["post"]["key"]["source"] for hit in hits} == {"forum", "phish"}
    workspace.duskwatch("source", "judge", "mirror", "mirror", "--of", "forum", "--why", "its admin says so")
    (group,) = workspace.duskwatch("source", "copies")["groups"]
    assert [(each["source"], each["verdict"]) for each in group["members"]] == [("mirror", "mirror")]
