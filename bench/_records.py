"""Ratios that were recorded, and whether one that is seen falls behind them. ``recorded.json`` holds them, apart for
the quick form, whose posts and rounds are fewer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from _figures import Figure

FILE = Path(__file__).with_name("recorded.json")
_LEAST, _MOST = 0.15, 0.5  # bounds of a tolerance, as a share of the recorded ratio
_SPREADS = 3.0  # of the rounds of the recorded run
_FEW, _UNKNOWN = 3, 0.35  # rounds that tell no spread, and what is allowed then


@dataclass(frozen=True, slots=True)
class Recorded:
    """A ratio that was seen once, and how far below (or above, where less is better) another may lie."""

    ratio: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class Regression:
    """A ratio that fell behind."""

    name: str
    recorded: float
    seen: float
    tolerance: float

    def __str__(self) -> str:
        return (
            f"{self.name}: ratio {self.seen:.3g}, recorded {self.recorded:.3g},"
            f" tolerance {100 * self.tolerance:.0f} %"
        )


def of(figure: Figure) -> Recorded:
    """What is recorded of a figure: three times the spread of its own rounds is allowed, at least the 15 % that runs
    are apart on one machine, and 35 % where there were too few rounds to know."""
    tolerance = min(max(_SPREADS * figure.spread, _LEAST), _MOST) if len(figure.rounds) >= _FEW else _UNKNOWN
    return Recorded(float(f"{figure.ratio:.4g}"), round(tolerance, 2))


def regressions(recorded: Mapping[str, Recorded], seen: Iterable[Figure]) -> list[Regression]:
    """Every figure that is worse than recorded by more than its tolerance; one that was never recorded is none."""
    found = []
    for figure in seen:
        known = recorded.get(figure.name)
        if known is None:
            continue
        if figure.higher:
            behind = figure.ratio < known.ratio * (1 - known.tolerance)
        else:
            behind = figure.ratio > known.ratio * (1 + known.tolerance)
        if behind:
            found.append(Regression(figure.name, known.ratio, figure.ratio, known.tolerance))
    return found


def load(form: str, file: Path = FILE) -> dict[str, Recorded]:
    """What was recorded of a form: ``full`` or ``quick``; nothing where the file is not there."""
    if not file.exists():
        return {}
    kept = json.loads(file.read_text(encoding="utf-8")).get(form, {})
    return {name: Recorded(**each) for name, each in kept.items()}


def save(form: str, figures: Iterable[Figure], file: Path = FILE) -> None:
    """Record figures; those that were not measured now stay as they were."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    section = kept.setdefault(form, {})
    for figure in figures:
        made = of(figure)
        section[figure.name] = {"ratio": made.ratio, "tolerance": made.tolerance}
    ordered = {name: dict(sorted(kept[name].items())) for name in sorted(kept)}
    file.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
