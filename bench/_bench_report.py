"""What benchmarks said, kept between runs, and the page that tells it."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from _figures import Figure
from _records import Recorded, regressions

_LIBRARIES = (
    "scrapy",
    "selectolax",
    "daachorse",
    "numpy",
    "rapidfuzz",
    "lxml",
    "sqlalchemy",
    "elasticsearch",
)
_HEAD = """\
# Benchmarks

Written by `make bench` on {date}. Every figure stands beside its floor or a peer's that was measured in the same run,
side by side with it: the ratio counts, the absolute numbers say only what this machine is. The ratio is the median of
the rounds' ratios. *spread* is half the width of the middle half of the rounds, *recorded* the ratio in
`bench/recorded.json` with the tolerance beyond which `make bench` fails. *load* is the machine's when a file began:
where it is above the count of cores, other work ran beside it.

{machine}

{summary}
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one file said. ``said``: its lines for people; ``lacking``: why it could not be measured here."""

    name: str
    figures: tuple[Figure, ...]
    said: tuple[str, ...]
    at: str
    seconds: int
    load: float
    lacking: str = ""


def keep(measured: Measured, folder: Path) -> None:
    """Keep what a file said, for the page that is written after other files ran."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(measured), ensure_ascii=False, indent=1)
    (folder / f"{measured.name}.json").write_text(text, encoding="utf-8")


def kept(folder: Path, names: Iterable[str]) -> list[Measured]:
    """What was kept of these files, in their order."""
    found = []
    for name in names:
        file = folder / f"{name}.json"
        if not file.exists():
            continue
        told = json.loads(file.read_text(encoding="utf-8"))
        figures = tuple(map(Figure.of, told["figures"]))
        found.append(Measured(**{**told, "figures": figures, "said": tuple(told["said"])}))
    return found


def machine() -> dict[str, str]:
    """What the figures depend on: machine and versions."""
    return {
        "processor": _cpu(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "Elasticsearch": _elasticsearch(),
        "Tor": _first_line(["tor", "--version"]),
        "curl": _first_line(["curl", "--version"]),
        "libraries": ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _elasticsearch() -> str:
    pom = Path(__file__).parents[1] / "tests/elastic/pom.xml"
    return pom.read_text(encoding="utf-8").partition("<elasticsearch>")[2].partition("<")[0]


def _first_line(command: Sequence[str]) -> str:
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return "not installed"
    return " ".join(said.partition("\n")[0].split()[:3]).rstrip(".")


def page(
    every: Sequence[Measured], recorded: Mapping[str, Recorded], facts: Mapping[str, str], date: str
) -> str:
    """The page's text."""
    figures = [figure for each in every for figure in each.figures]
    goals = [figure.met for figure in figures if figure.met is not None]
    behind = [str(each) for each in regressions(recorded, figures)]
    summary = f"{len(figures)} figures; {sum(goals)} of {len(goals)} that have a goal meet it."
    if behind:
        summary += " Behind what was recorded: " + "; ".join(behind) + "."
    told = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    parts = [_HEAD.format(date=date, machine=told, summary=summary)]
    for each in every:
        parts.append(_section(each, recorded))
    return "\n".join(parts)


def _section(measured: Measured, recorded: Mapping[str, Recorded]) -> str:
    busy = f"load {measured.load} when it began"
    lines = [f"## {measured.name}\n", f"{measured.at}, {measured.seconds} s, {busy}\n"]
    if measured.lacking:
        return "\n".join([*lines, f"Not measured: `{measured.lacking}`\n"])
    if measured.figures:
        head = ("figure", "ours", "theirs", "ratio", "spread", "goal", "recorded")
        rule = ("---", *["---:"] * 6)
        rows = [_row(figure, recorded.get(figure.name)) for figure in measured.figures]
        lines += ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)]
        lines.append("")
    if measured.said:
        lines += ["```", *(line.rstrip() for line in measured.said), "```", ""]
    return "\n".join(lines)


def _row(figure: Figure, known: Recorded | None) -> tuple[str, ...]:
    goal = "" if figure.goal is None else f"{'≥' if figure.higher else '≤'} {figure.goal:g}"
    if figure.met is False:
        goal += " **missed**"
    kept_as = f"{known.ratio:.3g} ± {100 * known.tolerance:.0f} %" if known else ""
    return (
        figure.name,
        f"{_number(figure.ours)} {figure.unit}",
        f"{_number(figure.theirs)} ({figure.peer})",
        f"{figure.ratio:.3g}",
        f"{100 * figure.spread:.0f} %",
        goal,
        kept_as,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write(every: Sequence[Measured], recorded: Mapping[str, Recorded], file: Path) -> None:
    """Write the page."""
    text = page(every, recorded, machine(), f"{datetime.now(UTC):%Y-%m-%d}")
    file.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
