"""An indicator is found wherever it stands and however it is written; a seller's other names by what they share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from boards import post

from console.pivots import canonical, pivot, query_of, told
from console.sellers import COMMON, Handle, network, posts_by
from indexer.opening import open_store
from indexer.store import Store

WALLET = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
XMR = "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"
PRINT = "1A2B3C4D5E6F70819A2B3C4D5E6F70811A2B3C4D"
SPACED = "1A2B 3C4D 5E6F 7081 9A2B  3C4D 5E6F 7081 1A2B 3C4D"
WRITTEN = {
    ("wallet", WALLET): f"send to {WALLET.upper()} now",
    ("wallet", XMR): f"XMR: {XMR}",
    ("telegram", "ghost_y"): "telegram: @Ghost_Y",
    ("mail", "ghost@mail.example.com"): "write ghost[at]mail[dot]example[.]com",
    ("domain", "victim.co.id"): "dump of victim[.]co(.)id",
    ("cve", "CVE-2021-44228"): "by CVE 2021-44228",
    ("sha256", "ab" * 32): f"sample sha256 {'ab' * 32}",
    ("pgp", PRINT): f"PGP fingerprint: {SPACED}",
    ("whatsapp", "+6281234567890"): "whatsapp: +62 812-3456-7890",
    ("ip", "203.0.113.9"): "host 203[.]0[.]113[.]9",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


@pytest.mark.parametrize(("kind", "value"), WRITTEN)
def test_an_indicator_is_found_however_it_is_written(store: Store, kind: str, value: str) -> None:
    store.put([post("1", 1, WRITTEN[kind, value]), post("2", 1, "nothing"), post("3", 1, f"x{value}x")])
    found = pivot(store, kind, value)
    assert [(one.stored.post.key.thread, bool(one.text_spans)) for one in found.sightings] == [("1", True)]


def test_words_alone_are_no_indicator(store: Store) -> None:
    store.put([post("1", 1, "the ghost y of data"), post("2", 1, "t.me/ghost_y")])
    found = pivot(store, "telegram", "ghost_y")
    assert [one.stored.post.key.thread for one in found.sightings] == ["2"]
    assert (found.read, found.passed) == (2, 0)
    assert pivot(store, "telegram", "ghost_y", most=1).passed == 1
    assert query_of("telegram", "☠") == ""
    assert pivot(store, "telegram", "☠").sightings == ()


def test_what_is_meant_is_told_from_the_value() -> None:
    assert told(f" {WALLET} ")[0] == ("wallet", WALLET)
    assert told("@ghost_y")[0] == ("telegram", "ghost_y")
    assert told("ghost[at]mail[.]com") == [("mail", "ghost@mail.com")]
    assert ("pgp", PRINT) in told(PRINT.lower())
    assert told("two words") == []
    assert canonical("telegram", "@Ghost_Y") == "ghost_y"


def test_aliases_are_followed_and_say_why(store: Store) -> None:
    store.put(
        [
            post("1", 1, f"telegram: @ghost_y, pay {WALLET}", author="velvet"),
            post("2", 1, f"BTC {WALLET}", "market", author="satin"),
            post("2", 2, "jabber: linen@xmpp.example", "market", author="satin"),
            post("3", 1, "jabber: linen@xmpp.example", "leaks", author="linen"),
            post("4", 1, f"I was robbed!\n> pay {WALLET}", author="victim"),
            post("5", 1, "unrelated", author="velvet crane"),
            *(post(f"9{n}", 1, "escrow telegram: @market_escrow", author=f"s{n}") for n in range(COMMON)),
            post("6", 1, "escrow telegram: @market_escrow", author="velvet"),
        ]
    )
    velvet = Handle("forum", "velvet")
    posts, total = posts_by(store, "Velvet", "forum")
    assert {one.post.key.thread for one in posts} == {"1", "6"}
    assert total == 2
    found = network(store, velvet, posts)
    assert [(one.handle.name, one.known.name, one.kind, one.steps) for one in found.aliases] == [
        ("satin", "velvet", "wallet", 1),
        ("linen", "satin", "jabber", 2),
    ]
    assert [one.value for one in found.common] == ["market_escrow"]
    assert len(network(store, velvet, posts, steps=1).aliases) == 1
    assert posts_by(store, "☠") == ([], 0)
