"""Every benchmark in a bounded form, in one command: ``make bench``, half an hour; ``ARGS=--quick``, minutes.

Each file runs in a process of its own; its figures are kept in ``var/bench`` and all of them written to
``docs/benchmarks.md``, each beside the floor or the peer of the same run. A ratio that fell behind the one in
``bench/recorded.json`` by more than its tolerance ends the run with status 1 and is named. ``--record`` records what is
seen now. ``python bench/run.py crawl parse`` runs only these, and leaves the others as they were last measured.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import _bench_report
import _records
from _bench_report import Measured
from _figures import Figure, read

_HERE = Path(__file__).parent
_KEPT = _HERE.parent / "var" / "bench"
_LONGEST = 900.0  # seconds of one file
_LACKING = ("NodeMissing", "TorMissing")  # what a file says that cannot be measured here


@dataclass(frozen=True, slots=True)
class Bench:
    """A file and the words that bound it, in full and in the quick form; None: not in the quick form."""

    name: str
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] | None = ("--quick",)


BENCHES = (
    Bench("crawl"),
    Bench("parse"),
    Bench("facts"),
    Bench("matching"),
    Bench("watchlist_changes"),
    Bench("profiles", quick=None),
    Bench("alerting"),
    Bench("copies"),
    Bench("sqlite_ingest"),
    Bench("elastic_ingest"),
    Bench("growth", ("--posts", "30000"), ("--posts", "3000", "--stores", "sqlite")),
    Bench("pages", (), ("--posts", "5000", "--alerts", "300", "--analysts", "10", "--seconds", "3")),
)


class BenchBroke(Exception):
    """A benchmark ended before it had measured everything."""


def run(bench: Bench, words: Sequence[str], longest: float = _LONGEST) -> Measured:
    """Run one file and hear what it says. Raises ``BenchBroke``."""
    begun = time.monotonic()
    at = datetime.now(UTC)
    load = os.getloadavg()[0]
    command = [sys.executable, str(_HERE / f"{bench.name}.py"), *words]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=longest, check=False, cwd=_HERE.parent
        )
    except subprocess.TimeoutExpired:
        raise BenchBroke(f"{bench.name}: not done after {longest:.0f} s") from None
    lacking = next((line for line in done.stderr.splitlines() if any(each in line for each in _LACKING)), "")
    if done.returncode and not lacking:
        raise BenchBroke(f"{bench.name}: ended with {done.returncode}\n{done.stdout}{done.stderr}")
    lines = done.stdout.splitlines()
    figures = tuple(found for found in map(read, lines) if found)
    said = tuple(line for line in lines if read(line) is None)
    took = time.monotonic() - begun
    return Measured(bench.name, figures, said, f"{at:%Y-%m-%d %H:%M}Z", round(took), round(load, 1), lacking)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [bench.name for bench in BENCHES]
    asked.add_argument("only", nargs="*", metavar="FILE", help=f"of {', '.join(names)}; none: all of them")
    asked.add_argument("--quick", action="store_true", help="fewer rounds and posts; docs are not written")
    asked.add_argument("--record", action="store_true", help="record the ratios that are seen now")
    arguments = asked.parse_args()
    if unknown := set(arguments.only) - set(names):
        asked.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    form = "quick" if arguments.quick else "full"
    kept = _KEPT / form
    seen: list[Figure] = []
    broken: list[str] = []
    for bench in BENCHES:
        words = bench.quick if arguments.quick else bench.full
        if words is None or (arguments.only and bench.name not in arguments.only):
            continue
        print(f"\n{bench.name} {' '.join(words)}", flush=True)
        try:
            measured = run(bench, words)
        except BenchBroke as error:
            broken.append(str(error))
            print(error, flush=True)
            continue
        for line in measured.said:
            print(f"  {line}")
        print(f"  {measured.lacking or f'{measured.seconds} s'}", flush=True)
        seen += measured.figures
        _bench_report.keep(measured, kept)
    behind = _records.regressions(_records.load(form), seen)
    if arguments.record and not broken:
        _records.save(form, seen)
    if not arguments.quick:
        every = _bench_report.kept(kept, names)
        _bench_report.write(every, _records.load(form), _HERE.parent / "docs" / "benchmarks.md")
    missed = [figure for figure in seen if figure.met is False]
    print(f"\n{len(seen)} figures, {len(missed)} short of their goal")
    for figure in missed:
        print(f"  {figure.name}: ratio {figure.ratio:.3g}, goal {figure.goal}")
    if arguments.record:
        for each in behind:
            print(f"  recorded anew although behind: {each}")
        behind = []
    for each in behind:
        print(f"REGRESSION {each}")
    for each in broken:
        print(f"BROKEN {each.splitlines()[0]}")
    if behind or broken:
        sys.exit(1)


if __name__ == "__main__":
    main()
