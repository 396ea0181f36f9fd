"""A gate becomes its source's state, with its page as evidence and the time for which the source is left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from config.database import migrate, open_database
from crawler.adapter import Gate, GateKind
from crawler.health import Figures, State, state_of
from crawler.state import CrawlState

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def gated(kind: GateKind = GateKind.MAINTENANCE, wait: float | None = None, boards: int = 0) -> Figures:
    figures = Figures(pages=1, boards_read=boards)
    figures.met(Gate(kind, "words of the board", wait), "http://board.invalid/", "a.warc.gz#7")
    return figures


def test_the_detail_names_gate_words_and_evidence() -> None:
    figures = gated(GateKind.CAPTCHA)
    assert state_of(figures) is State.GATED
    assert figures.detail == (
        "captcha at http://board.invalid/: words of the board; page kept as a.warc.gz#7; an operator must look"
    )


def test_a_source_is_left_alone_only_when_no_board_was_read() -> None:
    resting, read = gated(wait=35), gated(wait=35, boards=1)
    for figures in (resting, read):
        figures.rest(0)
    assert (resting.pause, read.pause) == (35, 0)
    assert state_of(read) is State.PARTIAL


def test_gates_in_a_row_are_counted_and_lengthen_the_pause(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(engine)
    state, pauses = CrawlState(engine, "forum"), []
    for figures in (gated(), gated(), gated(), Figures(boards_read=1), gated()):
        run = state.run_started(NOW)
        figures.rest(state.gated_runs())
        state.run_ended(run, figures, state_of(figures), NOW)
        pauses.append(figures.pause / 60)
    assert pauses == [30, 60, 120, 0, 30]
    assert CrawlState(engine, "another").gated_runs() == 0
    engine.dispose()
