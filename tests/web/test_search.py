"""What is offered while a query is typed, the timeline that zooms, exports, saved searches, unread alerts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from boards import NOON, post
from fastapi import FastAPI
from stix2validator import ValidationOptions, validate_instance
from test_console import alert_ids, app, client_of, csrf, filled  # noqa: F401

from alerts.stix_posts import posts_bundle
from console.completion import complete, pivot_of
from console.exports import POST_COLUMNS, as_csv, no_formula, post_row
from console.timeline import step_for, timeline
from indexer.opening import open_store
from indexer.query import parse

VALUES = {
    "source": [("demo-forum", 12), ("darkest", 3)],
    "author": [("ghost y", 2)],
    "telegram": [("ghost_y", None)],
}


def offered(query: str, at: int | None = None) -> list[str]:
    def values(field: str, prefix: str) -> list[tuple[str, int | None]]:
        return [one for one in VALUES.get(field, []) if one[0].startswith(prefix)]

    found = complete(query, len(query) if at is None else at, values, NOON)
    return [query[: found.start] + one.value for one in found.offers]


@pytest.mark.parametrize(
    ("query", "offer"),
    [
        ("so", "source:"),
        ("source:de", "source:demo-forum"),
        ("(bank OR source:da", "(bank OR source:darkest"),
        ('author:"gh', 'author:"ghost y"'),
        ("bank NO", "bank NOT "),
        ("posted:[2025-12", "posted:[2025-12-30 TO *]"),
        ("removed:t", "removed:true"),
        ("tele", "telegram:"),
        ("telegram:gh", "telegram:ghost_y"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "wallet:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
    ],
)
def test_what_may_stand_there_is_offered(query: str, offer: str) -> None:
    assert offer in offered(query)
    if pivot_of(offer) is None and not offer.endswith((":", " ")) and "(" not in offer:
        parse(offer)  # what is offered can be asked


def test_an_indicator_is_offered_only_where_it_is_all_of_the_query() -> None:
    assert offered("bank tele") == []
    assert offered('"quoted so') == []
    assert pivot_of("telegram:ghost_y") == ("telegram", "ghost_y")
    assert pivot_of("title:x") is None
    assert pivot_of("telegram:a b") is None


def test_a_fault_is_told_at_its_character_while_typing() -> None:
    found = complete("bank colour:red", 15, lambda *_: [], NOON)
    assert (found.position, "colour" in found.fault) == (5, True)


def test_a_timeline_shows_what_is_empty_and_zooms() -> None:
    at = datetime(2026, 1, 6, tzinfo=UTC)
    drawn = timeline([(at.replace(day=1), 3), (at.replace(month=4, day=1), 1)], "month")
    assert [bar.count for bar in drawn.bars] == [3, 0, 0, 1]
    assert (drawn.bars[0].end, drawn.most) == (at.replace(month=2, day=1), 3)
    ends = (at.replace(day=9), at.replace(month=3), at.replace(month=12), at.replace(year=2030))
    assert [step_for(at, end) for end in ends] == ["hour", "day", "week", "month"]
    assert len(timeline([], "day", at, at.replace(day=9)).bars) == 3
    odd = [(datetime(1970, 1, 1, tzinfo=UTC), 1), (datetime(9999, 12, 1, tzinfo=UTC), 1)]
    assert timeline(odd, "month").bars == ()


@pytest.mark.parametrize(
    "cell", ["=1+1", " @SUM(A1)", "-2", "+1", "\t=1", "\r=1", "＝1", "\n=cmd|' /C calc'!A0"]
)
def test_no_cell_is_a_formula(cell: str) -> None:
    assert no_formula(cell).startswith("'")
    assert no_formula("plain = text") == "plain = text"


def test_posts_are_valid_stix_and_csv(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/posts.db")
    store.put([post("1", 1, "=1 telegram: @ghost_y evil[.]com \x1b[2J", author=""), post("2", 1, "")])
    found = [hit.stored for hit in store.search("").hits]
    store.close()
    made = posts_bundle(found, {"forum": "green"}, "x", NOON)
    checked = validate_instance(json.loads(json.dumps(made)), ValidationOptions(version="2.1"))
    assert [str(error) for error in checked.errors] == []
    kinds = [one["type"] for one in made["objects"]]
    assert kinds.count("observed-data") == 2
    assert "domain-name" in kinds
    written = "".join(as_csv(map(post_row, found), POST_COLUMNS))
    assert "<U+001B>" in written
    assert "\"'=1" in written


def test_a_search_is_saved_for_its_user_alone(app: FastAPI) -> None:  # noqa: F811
    client, other = client_of(app, "viewer"), client_of(app, "analyst")
    word = csrf(client)
    for _ in range(2):  # of one name there is one
        form = {"csrf": word, "name": "mine <b>", "address": "q=invented&since=2026-01-01&x=y"}
        got = client.post("/searches", data=form)
    assert got.headers["Location"] == "/search?q=invented&since=2026-01-01"
    page = client.get("/search").text
    assert page.count("mine &lt;b&gt;</bdi>") == 1
    assert "mine" not in other.get("/search").text.partition('id="saved"')[2]
    number = page.partition('action="/searches/')[2].partition("/")[0]
    other.post(f"/searches/{number}/delete", data={"csrf": csrf(other)})
    assert "mine &lt;b&gt;" in client.get("/search").text
    client.post(f"/searches/{number}/delete", data={"csrf": word})
    assert "mine &lt;b&gt;" not in client.get("/search").text


def test_unread_is_each_users_own(app: FastAPI) -> None:  # noqa: F811
    ids, viewer, analyst = alert_ids(app), client_of(app, "viewer"), client_of(app, "analyst")
    listed = "/?unread=true"
    assert viewer.get(listed).text.count('class="unread"') == 2
    viewer.get(f"/alerts/{ids['bank']}")
    assert viewer.get(listed).text.count('class="unread"') == 1
    assert analyst.get(listed).text.count('class="unread"') == 2
    form = {"csrf": csrf(viewer), "mark": "unread", "alert": ids["bank"], "back": listed}
    assert viewer.post("/alerts/read", data=form).headers["Location"] == listed
    assert viewer.get(listed).text.count('class="unread"') == 2
    form = {
        "csrf": csrf(analyst),
        "act": "ack",
        "alert": [ids["bank"], ids["port"]],
        "back": "//evil.example",
    }
    assert analyst.post("/alerts/act", data=form).headers["Location"] == "/"
    assert 'class="unread"' not in analyst.get("/").text


def test_alerts_are_exported_as_they_are_filtered(app: FastAPI) -> None:  # noqa: F811
    client, narrow = client_of(app, "viewer"), client_of(app, "narrow")
    rows = client.get("/alerts/export?format=json&organisation=bank").text.splitlines()
    assert [json.loads(row)["organisation"] for row in rows] == ["bank"]
    assert len(narrow.get("/alerts/export?format=json").text.splitlines()) == 1
    assert "Invented Bank" not in narrow.get("/alerts/export").text
    made = narrow.get("/alerts/export?format=stix").json()
    checked = validate_instance(made, ValidationOptions(version="2.1"))
    assert [str(error) for error in checked.errors] == []
    assert client.get("/search/export?q=invented&format=stix").json()["type"] == "bundle"
    assert client.get("/search?q=invented&since=soon").status_code == 422


def test_an_indicator_as_query_leads_to_its_page(app: FastAPI) -> None:  # noqa: F811
    client = client_of(app, "viewer")
    assert client.get("/search?q=telegram:ghost_y").headers["Location"].startswith("/pivot?")
    page = client.get("/pivot?value=@ghost_y").text
    assert page.count('<a href="/alerts/') >= 2
    assert "<mark>telegram: @ghost_y</mark>" in page
    offers = client.get("/search/complete?q=source:for&at=10").json()["offers"]
    assert offers == [{"value": "source:forum", "detail": "2"}]
