"""``duskwatch why``: where the way of a post ended, stage by stage."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.handling import Actor
from alerts.mutes import Scope, mute
from config.errors import StoreUnavailable
from console.why import TargetUnclear, Verdict, Way, way_of
from console.wiring import channels, database, deliver, read_inputs, watch
from crawler.health import Figures, State
from crawler.memory import Memory
from crawler.state import CrawlState, ThreadState
from indexer.ingest import Ingest
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.spool import Spool

if TYPE_CHECKING:
    from conftest import Workspace

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


@pytest.fixture
def board(workspace: Workspace) -> Workspace:
    """A source with one thread that was read, a watchlist and a channel."""
    workspace.source("forum", "machina", "http://board.example", {"sale": "/forum/sale-1/"})
    workspace.write("config/watchlists/a.yaml", "organisations: [{id: bank, name: Invented Bank}]\n")
    workspace.write("config/channels/lines.yaml", f"type: jsonl\npath: {workspace.folder}/alerts.jsonl\n")
    read(workspace, "7")
    return workspace


def state(thread: str) -> ThreadState:
    slug = "dump" if thread == "7" else "fresh-rows"
    url = f"http://board.example/forum/sale-1/topic/{slug}-{thread}/"
    return ThreadState(
        thread, "sale", url, slug, "s", 1, 1, False, NOON, NOON, NOON, NOON + timedelta(hours=1)
    )


def read(workspace: Workspace, *threads: str) -> None:
    with database(read_inputs(workspace.folder / "duskwatch.toml").settings) as engine:
        for thread in threads:
            CrawlState(engine, "forum").thread_read(state(thread))


def put(
    workspace: Workspace, text: str = "rows of Invented Bank", thread: str = "7", post: str = "70"
) -> None:
    with closing(open_store(f"sqlite:///{workspace.folder}/var/posts.db")) as store:
        key = PostKey("forum", thread, post)
        url = f"http://board.example/forum/sale-1/topic/dump-{thread}/"
        store.put([Post(key, "sale", 1, "dump", "ann", text, url, NOON, posted_at=NOON, kind=Kind.LISTING)])


def way(workspace: Workspace, target: str) -> Way:
    return way_of(read_inputs(workspace.folder / "duskwatch.toml"), target)


def ended(workspace: Workspace, target: str) -> tuple[str, Verdict, str]:
    last = way(workspace, target).steps[-1]
    return last.stage, last.verdict, last.says


def run(workspace: Workspace) -> None:
    inputs = read_inputs(workspace.folder / "duskwatch.toml")
    watch(inputs)
    with channels(inputs.settings) as opened:
        deliver(inputs.settings, opened)


def test_what_was_alerted_is_told_from_the_board_to_the_channel(board: Workspace) -> None:
    put(board)
    run(board)
    mirror = "http://board.example/forum/sale-1/topic/dump-7/#p70"
    for target in ("forum/7/70", "forum/7", mirror):
        found = way(board, target)
        stages = [step.stage for step in found.steps if step.verdict is not Verdict.NOTE]
        assert stages == ["read", "seen", "stored", "watched", "matched", "alert", "delivered"]
        assert (found.post, found.answer) == ("forum/7/70", "alerted and delivered")
    assert found.steps[-1].says == "new to lines: sent, attempts: 1"


@pytest.mark.parametrize(
    ("target", "stage", "verdict", "says"),
    [
        ("http://nobody.example/7", "source", Verdict.STOPPED, "no source reads http://nobody.example/7"),
        ("other/7/70", "source", Verdict.STOPPED, "no source reads other"),
        ("forum/99", "listed", Verdict.STOPPED, "no crawl has listed a thread 99"),
        ("http://board.example/forum/sale-1/topic/new-99/", "listed", Verdict.STOPPED, "a thread 99"),
        ("http://board.example/about", "listed", Verdict.STOPPED, "boards that are followed: sale"),
        ("forum/7/70", "stored", Verdict.STOPPED, "has no post 70"),
    ],
)
def test_what_was_never_stored_ends_where_nobody_saw_it(
    board: Workspace, target: str, stage: str, verdict: Verdict, says: str
) -> None:
    read(board, "8")  # two addresses tell what they have in common
    found = ended(board, target)
    assert found[:2] == (stage, verdict)
    assert says in found[2]


def test_pages_that_could_not_be_read_and_posts_that_wait_or_are_refused(board: Workspace) -> None:
    settings = read_inputs(board.folder / "duskwatch.toml").settings
    with database(settings) as engine:
        Memory(engine, "forum").missed(state("7").url, "timed out", NOON)
    assert ended(board, "forum/7") == ("read", Verdict.STOPPED, "its page could not be read: timed out")
    with database(settings) as engine:
        Memory(engine, "forum").not_missed(state("7").url)

    def away() -> Any:
        raise StoreUnavailable

    post = Post(PostKey("forum", "7", "70"), "sale", 1, "dump", "ann", "words", "http://board.example/", NOON)
    with closing(Ingest(away, Spool(board.folder / "var", 1))) as ingest:
        ingest.put([post], source="forum")
    assert ended(board, "forum/7/70")[:2] == ("stored", Verdict.WAITS)
    with closing(Spool(board.folder / "var", 1)) as spool:
        spool.refuse(post, "too long for an index")
    assert ended(board, "forum/7/70") == (
        "stored",
        Verdict.STOPPED,
        "the store refused it: too long for an index",
    )


def test_what_waits_for_the_watcher_and_what_names_nobody(board: Workspace) -> None:
    put(board, "rows of nobody")
    assert ended(board, "forum/7")[:2] == ("watched", Verdict.WAITS)
    run(board)
    assert ended(board, "forum/7") == ("matched", Verdict.STOPPED, "it names none of 1 organisations")
    board.write("config/watchlists/a.yaml", "organisations: [{id: it, name: Rows of Nobody}]\n")
    found = ended(board, "forum/7")
    assert found[:2] == ("matched", Verdict.STOPPED)
    assert "it: Rows of Nobody (name, strength 0.95): by the watchlists as they are now" in found[2]
    put(board, "rows of nobody again")
    found = ended(board, "forum/7")
    assert found[:2] == ("watched", Verdict.WAITS)
    assert "the watcher is 1 changes behind" in found[2]


def test_refused_matches_and_mutes_are_told(board: Workspace) -> None:
    lists = "organisations: [{id: bank, name: Invented Bank, exclusions: [Invented Bank Fans]}]\n"
    board.write("config/watchlists/a.yaml", lists)
    put(board, "rows of Invented Bank Fans")
    run(board)
    notes = [step.says for step in way(board, "forum/7").steps if step.stage == "matched"]
    assert notes[-1] == "it names none of 1 organisations"
    assert any(says.startswith("bank: Invented Bank: refused (exclusion)") for says in notes)
    settings = read_inputs(board.folder / "duskwatch.toml").settings
    with database(settings) as engine:
        mute(
            engine, Scope.WATCH, "bank", until=datetime.now(UTC) + timedelta(days=1), by=Actor("ann", "here"),
            why="noise", at=datetime.now(UTC) - timedelta(seconds=1),
        )  # fmt: skip
    put(board)
    run(board)
    assert ended(board, "forum/7") == ("routed", Verdict.STOPPED, "mute 1 kept it from being delivered")


def test_a_target_that_is_none_is_said_on_the_command_line(board: Workspace) -> None:
    with pytest.raises(TargetUnclear, match="neither an address nor the id of a post"):
        way(board, "a/b/c/d")
    put(board)
    run(board)
    assert board.duskwatch("why", "forum/7")["answer"] == "alerted and delivered"


def test_history_is_told_as_such(board: Workspace) -> None:
    settings = read_inputs(board.folder / "duskwatch.toml").settings
    with database(settings) as engine:
        state = CrawlState(engine, "forum")
        ran = state.run_started(NOON + timedelta(days=30))
        state.run_ended(ran, Figures(pages=1, boards_read=1), State.OK, NOON + timedelta(days=30, hours=1))
    put(board)
    run(board)
    found = way(board, "forum/7")
    assert found.steps[-1].stage == "history"
    assert found.answer.startswith(
        "not alerted: history: undated; the board showed it when it was first read; told in"
    )
