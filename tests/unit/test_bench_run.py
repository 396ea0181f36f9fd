"""``make bench``: figures are read, held against what was recorded, and written down."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

import _bench_report
import _records
from _bench_report import Measured, page
from _figures import Figure, read, tell
from _records import Recorded
from run import BENCHES, Bench, BenchBroke, run


def figure(name: str, ratio: float, *, higher: bool = True, goal: float | None = None) -> Figure:
    rounds = (ratio * 0.98, ratio, ratio * 1.02)
    return Figure(name, 100 * ratio, 100.0, "posts/s", "bare", ratio, rounds, higher, goal)


def test_a_figure_is_told_on_a_line_and_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    told = tell("ingest", [(60.0, 100.0), (80.0, 100.0), (70.0, 100.0)], "posts/s", "bare", goal=0.6)
    assert (told.ratio, told.met, round(told.spread, 3)) == (0.7, True, 0.071)
    said = capsys.readouterr().out.splitlines()
    assert [read(line) for line in said] == [told]
    assert read("ingest: 70 posts/s, ratio 0.70") is None


@pytest.mark.parametrize(
    ("higher", "seen", "behind"),
    [
        (True, 0.75, False),
        (True, 0.64, True),
        (True, 2.0, False),
        (False, 0.85, False),
        (False, 0.96, True),
        (False, 0.1, False),
    ],
)
def test_only_what_is_worse_by_more_than_the_tolerance_is_behind(
    higher: bool, seen: float, behind: bool
) -> None:
    recorded = {"a": Recorded(0.8, 0.15)}
    found = _records.regressions(recorded, [figure("a", seen, higher=higher), figure("new", 0.01)])
    assert [each.name for each in found] == (["a"] if behind else [])
    if behind:
        assert str(found[0]) == f"a: ratio {seen:.3g}, recorded 0.8, tolerance 15 %"


def test_noise_widens_a_tolerance_within_bounds() -> None:
    def noisy(*rounds: float) -> float:
        return _records.of(Figure("a", 1, 1, "s", "b", 1.0, rounds)).tolerance

    assert noisy(0.99, 1.0, 1.01) == 0.15
    assert noisy(0.8, 1.0, 1.2) == 0.3
    assert noisy(0.2, 1.0, 3.0) == 0.5
    assert noisy(1.0) == 0.35


def test_forms_are_recorded_apart_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "recorded.json"
    assert _records.load("full", file) == {}
    _records.save("full", [figure("a", 0.8), figure("b", 0.5)], file)
    _records.save("quick", [figure("a", 0.7)], file)
    _records.save("full", [figure("a", 0.9)], file)
    assert {name: each.ratio for name, each in _records.load("full", file).items()} == {"a": 0.9, "b": 0.5}
    assert _records.load("quick", file)["a"].ratio == 0.7


def test_the_page_tells_every_figure_with_peer_goal_and_record(tmp_path: Path) -> None:
    made = Measured("ingest", (figure("ingest", 0.5, goal=0.6),), ("in words",), "2026-01-06 12:00Z", 7, 3.5)
    lacking = Measured("elastic", (), (), "2026-01-06 12:01Z", 1, 0.1, "NodeMissing: no JDK")
    for each in (made, lacking):
        _bench_report.keep(each, tmp_path)
    every = _bench_report.kept(tmp_path, ["elastic", "ingest", "never run"])
    assert every == [lacking, made]
    text = page(every, {"ingest": Recorded(0.8, 0.15)}, {"cores": "2"}, "2026-01-06")
    row = "| ingest | 50 posts/s | 100 (bare) | 0.5 | 1 % | ≥ 0.6 **missed** | 0.8 ± 15 % |"
    for words in (
        row,
        "in words",
        "- cores: 2",
        "load 3.5",
        "0 of 1",
        "no JDK",
        "Behind what was recorded: ingest",
    ):
        assert words in text


def test_every_benchmark_is_run_and_what_breaks_is_told(tmp_path: Path) -> None:
    folder = Path(_bench_report.__file__).parent
    alone = {"run", "soak", "load"}  # commands of their own
    assert {bench.name for bench in BENCHES} == {each.stem for each in folder.glob("[a-z]*.py")} - alone
    with pytest.raises(BenchBroke, match="no_such: ended with"):
        run(Bench("no_such"), ())
