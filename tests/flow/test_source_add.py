"""From a bare onion address to a source that is read, through genuine Tor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from console.demo.board import Forum
from console.demo.tor_network import PrivateTor

if TYPE_CHECKING:
    from conftest import Workspace

pytestmark = pytest.mark.tor


@pytest.mark.parametrize("adapter", ["machina", "profile"])
def test_a_forum_is_added_from_its_bare_address(
    private_tor: PrivateTor, forum: Forum, workspace: Workspace, adapter: str
) -> None:
    onion = private_tor.add_onion(forum.port)
    workspace.onion(private_tor)
    begun = time.monotonic()
    words = [] if adapter == "machina" else ["--adapter", "profile"]
    added = workspace.duskwatch("source", "add", f"http://{onion}/", "--id", "found", *words)
    took = time.monotonic() - begun
    print(f"source add ({adapter}): {added['pages']} pages in {took:.0f} s (goal 120)")
    assert took < 120
    assert added["adapter"] == adapter
    assert added["figures"]["with"] | {"views": 1.0} == dict.fromkeys(added["figures"]["with"], 1.0)
    assert added["figures"]["posts_with"] == {"author": 1.0, "posted": 1.0, "text": 1.0}

    tested = workspace.duskwatch("source", "test", "found")
    assert tested["figures"]["threads"] > 0
    assert tested["figures"]["posts"] > 0

    taken = workspace.run(
        "console.cli.main", "source", "add", f"http://{onion}/", "--id", "found", "--yes", status=78
    )
    assert "is there already" in taken.stderr

    file = workspace.folder / "config/sources/found.yaml"
    file.write_text(file.read_text().replace("delay: 2.0", "delay: 0"), encoding="utf-8")
    crawled = workspace.crawl("found")
    truth = forum.truth()
    assert (crawled["state"], crawled["new"]) == ("ok", len(truth))


def test_an_address_that_cannot_be_is_refused_at_once(workspace: Workspace) -> None:
    workspace.write("duskwatch.toml", '[tor]\nsocks = "127.0.0.1:9"\nwait = 0\n')
    right = "zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd"
    for url, says in (
        ("http://expyuzz4wqqyqhjn.onion/", "version 2"),
        (f"http://{right.replace('4ufh', '5ufh')}.onion/", f"did you mean {right}.onion?"),
        ("http://127.0.0.1/", "loopback"),
        ("ftp://board.example/", "not an http"),
    ):
        refused = workspace.run("console.cli.main", "source", "add", url, "--yes", status=78)
        assert says in refused.stderr
    away = workspace.run("console.cli.main", "source", "add", f"http://{right}.onion/", "--yes", status=78)
    assert "Tor" in away.stderr
