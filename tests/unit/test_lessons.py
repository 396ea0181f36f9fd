"""What a false positive teaches, tried on what was found before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from boards import NOON, post, watcher

from alerts import cases
from alerts.cases import Alert, AlertState
from alerts.handling import Actor, set_state
from alerts.lessons import NothingToLearn, propose
from alerts.watchlist import Organisation
from indexer.opening import open_store
from indexer.store import PurgePolicy, Store

ANA = Actor("ana", "test")
BANK = Organisation(id="bank", name="Invented Bank", acronyms=("IVBK",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


def alerts(store: Store, database: sa.Engine, texts: dict[str, tuple[str, AlertState]]) -> dict[str, Alert]:
    """Alerts by their thread, in states that people gave them."""
    store.put([post(thread, 1, text) for thread, (text, _) in texts.items()])
    watcher(store, database, organisations=(BANK,)).run_once()
    for alert in cases.list_alerts(database):
        set_state(database, alert.id, texts[alert.thread][1], by=ANA, at=NOON)
    return {alert.thread: alert for alert in cases.list_alerts(database)}


def test_a_phrase_is_proposed_with_what_it_would_have_silenced(store: Store, database: sa.Engine) -> None:
    found = alerts(
        store,
        database,
        {
            "1": ("dump of Invented Bank, six million rows", AlertState.ACKNOWLEDGED),
            "2": ("read the Invented Bank fan club news", AlertState.FALSE_POSITIVE),
            "3": ("another Invented Bank fan meeting", AlertState.FALSE_POSITIVE),
        },
    )
    best, *others = propose(database, store, BANK, found["2"])
    assert (best.field, best.value) == ("exclusions", ("Invented Bank fan",))
    assert {each.alert for each in best.silenced} == {found["2"].id, found["3"].id}
    assert best.harmful == ()
    assert best.tried == 3
    assert yaml.safe_load(best.yaml()) == {"exclusions": ["Invented Bank fan"]}
    assert others
    stricter = BANK.model_copy(update={"exclusions": best.value})
    assert watcher(store, database, organisations=(stricter,)).run_once().alerts_new == 0


def test_a_rule_that_would_lose_a_true_alert_says_so(store: Store, database: sa.Engine) -> None:
    found = alerts(
        store,
        database,
        {
            "1": ("new: Invented Bank dump", AlertState.RESOLVED),
            "2": ("new: Invented Bank dump", AlertState.FALSE_POSITIVE),
        },
    )
    (best, *_) = propose(database, store, BANK, found["2"])
    assert [each.alert for each in best.harmful] == [found["1"].id]


def test_context_is_proposed_for_an_acronym(store: Store, database: sa.Engine) -> None:
    found = alerts(
        store,
        database,
        {
            "1": ("IVBK customers, account rows", AlertState.ACKNOWLEDGED),
            "2": ("IVBK account numbers with customers", AlertState.RESOLVED),
            "3": ("IVBK", AlertState.FALSE_POSITIVE),
        },
    )
    proposals = propose(database, store, BANK, found["3"])
    assert [(each.field, each.value) for each in proposals] == [("context", ("account", "customers"))]
    assert [each.alert for each in proposals[0].silenced] == [found["3"].id]


def test_a_post_that_is_gone_teaches_nothing(store: Store, database: sa.Engine) -> None:
    found = alerts(store, database, {"1": ("Invented Bank", AlertState.FALSE_POSITIVE)})
    store.purge(PurgePolicy(keep=NOON - NOON), now=NOON.replace(year=2030))
    with pytest.raises(NothingToLearn):
        propose(database, store, BANK, found["1"])
