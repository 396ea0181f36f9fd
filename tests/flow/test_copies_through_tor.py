"""One forum under two onion addresses, read through genuine Tor as two sources, is recognised and makes one case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from console.demo.board import Forum
from console.demo.tor_network import PrivateTor
from console.wiring import read_inputs, watch

if TYPE_CHECKING:
    from conftest import Workspace

pytestmark = pytest.mark.tor
WATCHLIST = "organisations: [{id: kemenkes, name: Ministry of Health of Indonesia}]\n"


def test_a_forum_under_two_addresses_is_one_case(
    private_tor: PrivateTor, forum: Forum, workspace: Workspace
) -> None:
    workspace.onion(private_tor, "[watch]", 'history = "alert"')
    workspace.write("config/watchlists/a.yaml", WATCHLIST)
    for name in ("forum", "again"):
        workspace.source(name, "machina", f"http://{private_tor.add_onion(forum.port)}", forum.boards)
    assert workspace.crawl("forum")["state"] == "ok"
    first = watch(read_inputs(workspace.folder / "duskwatch.toml"))
    assert first.alerts_new == 1
    assert workspace.crawl("again")["state"] == "ok"
    second = watch(read_inputs(workspace.folder / "duskwatch.toml"))
    assert (second.alerts_new, second.alerts_again) == (0, 0)
    assert second.alerts_joined >= 1
    threads = len({post["thread"] for post in forum.truth()})
    found = workspace.duskwatch("source", "copies")
    ((original, members),) = [(group["original"], group["members"]) for group in found["groups"]]
    assert (original, [(each["source"], each["verdict"]) for each in members]) == (
        "forum",
        [("again", "copy")],
    )
    assert members[0]["says"][0] == (
        f"with forum: {threads} of {threads} threads under the same number and title"
    )
    hits = workspace.duskwatch("search", '"ministry of health"', "--by-listing")["hits"]
    assert [hit["stored"]["post"]["key"]["source"] for hit in hits] == ["forum"]
    assert hits[0]["also_at"] == [f"again/{hits[0]['stored']['post']['key']['thread']}"]
