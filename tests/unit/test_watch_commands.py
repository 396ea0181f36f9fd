"""``duskwatch watch`` as an operator uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from conftest import Workspace


def test_suggest_prints_a_watchlist_to_paste(workspace: Workspace) -> None:
    printed = workspace.run(
        "console.cli.main", "watch", "suggest", "Ministry of Health", "--country", "kenya"
    ).stdout
    (organisation,) = yaml.safe_load(printed)["organisations"]
    assert "肯尼亚卫生部" in organisation["aliases"]
    assert "moh.go.ke" in organisation["domains"]
    workspace.write("config/watchlists/a.yaml", printed)
    assert workspace.duskwatch("watch", "check") == {"organisations": [organisation["id"]]}
    wrong = workspace.run(
        "console.cli.main", "watch", "suggest", "Ministry of Health", "--country", "kenia", status=78
    )
    assert "did you mean 'kenya'?" in wrong.stderr


NOISY = """\
organisations:
  - id: noisy
    name: Invented Bank
    aliases: [Data, Bank Invented]
    acronyms: [BRI]
    domains: [gmail.com, go.id, sub.other.example]
    exclusions: [Somebody Else]
    review: 2020-01-01
    scope: {sources: [nowhere]}
  - id: other
    name: Other House
    aliases: [Bank Invented]
    domains: [other.example]
    context: [house]
  - id: ministry
    name: Ministry of Health of Kenya
    aliases: [Минздрав Кении]
    domains: [ministry.example]
"""


def test_lint_warns_of_what_will_be_noisy_and_what_is_missing(workspace: Workspace) -> None:
    workspace.fill()
    workspace.write("config/watchlists/a.yaml", NOISY)
    found = workspace.duskwatch("watch", "lint", status=1)
    said = {(each["organisation"], each["field"], each["text"], each["what"]) for each in found}
    for wanted in (
        ("noisy", "aliases", "Data", "is an ordinary word"),
        ("noisy", "aliases", "Bank Invented", "stands for other too"),
        ("noisy", "acronyms", "BRI", "is an acronym that could be any word"),
        ("noisy", "domains", "gmail.com", "is a domain of everybody"),
        ("noisy", "domains", "go.id", "is a domain of everybody"),
        ("noisy", "domains", "sub.other.example", "lies below other.example, a domain of other"),
        ("noisy", "exclusions", "Somebody Else", "holds no term and hides nothing"),
        ("noisy", "review", "2020-01-01", "is past"),
        ("noisy", "scope.sources", "nowhere", "is no source"),
        ("ministry", "aliases", "", "have no Chinese name"),
        ("other", "context", "house", "decides nothing without an acronym"),
    ):
        assert wanted in said
    assert all(each["cure"] for each in found)
    assert not any("no Russian" in each["what"] for each in found)
    one = workspace.duskwatch("watch", "lint", "--only", "other", "--no-posts", status=1)
    assert {each["organisation"] for each in one} == {"other"}


def test_explain_tells_what_matched_and_what_nearly_did(workspace: Workspace) -> None:
    workspace.fill()
    found = workspace.duskwatch("watch", "explain", "forum/1/1")
    assert [(each["outcome"], each["rule"], each["term"]) for each in found] == [
        ("matched", "match", "Invented Bank")
    ]
    shown = workspace.run("console.cli.main", "watch", "explain", "forum/1/1").stdout
    assert (
        "matched: bank: Invented Bank (name; match): words view, strength 0.95 = name 0.95: title 8-21"
        in shown
    )
    missing = workspace.run("console.cli.main", "watch", "explain", "forum/1/2", status=78)
    assert "duskwatch search shows the ids" in missing.stderr
    wrong = workspace.run("console.cli.main", "watch", "explain", "forum", status=78)
    assert "expected source/thread/post" in wrong.stderr
