"""What a soak's samples say, as a table, and as a page with a plot (needs matplotlib: the extra ``bench``)."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _trend import Trend, Verdict, trend


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen at one minute. Memory in megabytes, sizes in bytes; ``spent``: processor time of the service in
    seconds; ``crawl_memory``: the median of what crawls held at most."""

    minutes: float
    memory: float
    files: int
    sockets: int
    threads: int
    spent: float
    crawl_memory: float
    crawl_files: int
    crawls_alive: int
    circuits: int
    streams: int
    state_bytes: int
    posts_bytes: int
    evidence_bytes: int
    spool_bytes: int
    log_bytes: int
    revisions: int
    posts: int
    crawls: int
    pages: int
    alerts: int
    backlog: int
    parked: int
    delivered: int
    changes: int
    console_ms: float
    console_wrong: int
    load: float


#: What must not grow: name, field, unit, most that it may grow in an hour.
FLAT = (
    ("memory of the service", "memory", "MB", 4.0),
    ("memory of a crawl, at most", "crawl_memory", "MB", 4.0),
    ("open files of the service", "files", "", 2.0),
    ("open files of a crawl", "crawl_files", "", 2.0),
    ("sockets of the service", "sockets", "", 1.0),
    ("threads of the service", "threads", "", 1.0),
    ("crawls alive", "crawls_alive", "", 1.0),
    ("circuits of Tor", "circuits", "", 2.0),
    ("streams of Tor", "streams", "", 1.0),
    ("spool", "spool_bytes", "bytes", 1024.0),
    ("deliveries that wait", "backlog", "", 1.0),
    ("deliveries parked", "parked", "", 0.0),
)
#: What grows with what is read: name, field, by what, of what.
GROWING = (
    ("posts' database", "posts_bytes", "revisions", "a revision stored"),
    ("state database", "state_bytes", "revisions", "a revision stored"),
    ("evidence", "evidence_bytes", "pages", "a page fetched"),
    ("the service's log", "log_bytes", "crawls", "a crawl"),
)
TOLERANCE = 0.25  # of what the first half foretells


@dataclass(frozen=True, slots=True)
class Line:
    """One figure beside its limit. ``bad``: it grows."""

    name: str
    level: str
    seen: str
    limit: str
    verdict: str
    bad: bool


def judge(samples: Sequence[Sample]) -> list[Line]:
    """Each figure of the second half. Raises ``ValueError`` where the second half has fewer than five samples."""
    half = samples[len(samples) // 2 :]
    hours = [sample.minutes / 60 for sample in half]
    lines = []
    for name, field, unit, limit in FLAT:
        found = trend(hours, [float(getattr(sample, field)) for sample in half])
        verdict = found.against(limit)
        level = f"{found.level:,.0f} {unit}".strip()
        lines.append(Line(name, level, _slope(found), f"{limit:+,.0f}", verdict, verdict is Verdict.GROWS))
    for name, field, by, of in GROWING:
        lines.append(_foretold(samples, name, field, by, of))
    return lines


def _slope(found: Trend) -> str:
    return f"{found.slope:+,.2f} an hour ({found.low:+,.2f} to {found.high:+,.2f})"


def _foretold(samples: Sequence[Sample], name: str, field: str, by: str, of: str) -> Line:
    """Bytes a unit in the second half, beside those of the first without its first third: an empty database's pages,
    and whatever is read once."""
    middle = len(samples) // 2
    first, second = samples[middle // 3 : middle], samples[middle:]
    before, after = _cost(first, field, by), _cost(second, field, by)
    level = f"{getattr(samples[-1], field) / 1e6:,.1f} MB"
    if not before or not after:
        return Line(name, level, "too little was written", "", Verdict.OPEN, False)
    ratio = after / before
    bad = ratio > 1 + TOLERANCE
    seen = f"{after:,.0f} bytes {of}"
    return Line(
        name,
        level,
        seen,
        f"{before:,.0f} foretold, at most {1 + TOLERANCE:.2f} of it",
        f"{ratio:.2f} of it",
        bad,
    )


def _cost(samples: Sequence[Sample], field: str, by: str) -> float:
    """Bytes for each unit, by the least-squares line; 0 where nothing was written."""
    units = [float(getattr(sample, by)) for sample in samples]
    if len(units) < 2 or min(units) == max(units):
        return 0.0
    return statistics.linear_regression(units, [float(getattr(each, field)) for each in samples]).slope


def table(lines: Sequence[Line]) -> str:
    """The lines as Markdown."""
    head = ("figure", "level", "second half", "limit", "verdict")
    rows = [
        (line.name, line.level, line.seen, line.limit, f"**{line.verdict}**" if line.bad else line.verdict)
        for line in lines
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * 5, *rows))


_TEXT = """\
# Soak

`duskwatch run` on a forum that changes all the while, for {minutes:.0f} minutes of real time, as `make soak
ARGS="--minutes {minutes:.0f} --write"` ran it on {ended} on {cores} cores (load {load:.1f} on the average, other work
included). Everything is genuine: a django-machina forum of two boards behind onion addresses in a private Tor network,
each board a source that is crawled every 20 seconds, a console that is asked six pages every 12 seconds, two channels.
The seed {seed} made {changes:,} changes: threads, replies, edits, deletions.

{crawls:,} crawls fetched {pages:,} pages and stored {revisions:,} revisions of {posts:,} posts; {alerts:,} alerts made
{requests:,} requests to the receiver under {keys:,} keys. At the end {standing:,} posts stood on the forum, of which
{missing} were not in the store. The console's median was {console:.0f} ms, with {wrong} wrong answers. The service
spent {spent:.1f} % of one core.

## What must not grow

The slope over the second half ({half} samples, one a minute) with its 95 % interval, in units an hour. *flat*: the
whole interval lies at or below the limit. *grows*: all of it lies above. *not decided*: the limit lies within, so a
longer run is needed. What one sample says of the next is taken out of their number, so the intervals are wide rather
than narrow. The last lines are what must grow: bytes for each unit in the second half, beside what the first foretells.

{table}

![What was held, minute by minute](soak.svg)
"""


def read(kept: Path) -> tuple[list[Sample], dict[str, str | int]]:
    """The samples of a file, and its last line. Raises ``ValueError`` for the file of a soak that did not end."""
    rows = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    if not rows or "standing" not in rows[-1]:
        raise ValueError(f"{kept}: the soak that wrote it did not end")
    return [Sample(**row) for row in rows[:-1]], rows[-1]


def write(kept: Path, folder: Path) -> None:
    """Write ``soak.md`` and ``soak.svg`` from what was kept."""
    samples, end = read(kept)
    last, half = samples[-1], samples[len(samples) // 2 :]
    text = _TEXT.format(
        minutes=last.minutes,
        cores=os.cpu_count(),
        load=statistics.fmean(sample.load for sample in samples),
        changes=sum(sample.changes for sample in samples),
        console=statistics.median(sample.console_ms for sample in half),
        wrong=sum(sample.console_wrong for sample in samples),
        spent=100 * (last.spent - samples[0].spent) / (60 * (last.minutes - samples[0].minutes)),
        half=len(half),
        table=table(judge(samples)),
        **{name: getattr(last, name) for name in ("crawls", "pages", "revisions", "posts", "alerts")},
        **end,
    )
    (folder / "soak.md").write_text(text, encoding="utf-8")
    _draw(samples, folder / "soak.svg")


def _draw(samples: Sequence[Sample], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "duskwatch"  # the same figures give the same file
    figure, axes = plt.subplots(2, 3, figsize=(12, 6), layout="constrained")
    minutes = [sample.minutes for sample in samples]
    for axis, title, drawn in zip(
        axes.flat,
        (
            "memory, MB",
            "files, sockets, threads of the service",
            "Tor",
            "sizes, MB",
            "console, ms",
            "waiting deliveries",
        ),
        (
            {"service": "memory", "a crawl": "crawl_memory"},
            {"files": "files", "sockets": "sockets", "threads": "threads"},
            {"circuits": "circuits", "streams": "streams"},
            {"posts": "posts_bytes", "state": "state_bytes", "evidence": "evidence_bytes"},
            {"median": "console_ms"},
            {"waiting": "backlog"},
        ),
        strict=True,
    ):
        scale = 1e6 if title.startswith("sizes") else 1
        for label, field in drawn.items():
            axis.plot(minutes, [getattr(sample, field) / scale for sample in samples], label=label)
        axis.set(title=title, xlabel="minutes")
        axis.set_ylim(bottom=0)
        axis.legend(fontsize=8)
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Print the verdict of samples that were kept, and write the page anew."""
    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("kept", type=Path)
    arguments = asked.parse_args()
    print(table(judge(read(arguments.kept)[0])))
    write(arguments.kept, Path(__file__).parents[1] / "docs")


if __name__ == "__main__":
    main()
