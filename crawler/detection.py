"""Which engine made a page: asks every adapter, and names what speaks for it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from config.errors import PageUnreadable
from crawler.adapter import Page
from crawler.adapters import adapter_names, load_adapter


@dataclass(frozen=True, slots=True)
class Detected:
    """An adapter that may read a page. ``weight`` sums the weights of the marks in ``evidence``."""

    adapter: str
    weight: int
    evidence: tuple[str, ...]


#: One hint alone is no finding.
_LEAST = 2


def detect(page: Page) -> list[Detected]:
    """The adapters whose engine may have made the page, the best supported first; none for a page of no known
    engine or one that cannot be parsed. Never raises for what a page holds."""
    found = []
    sure: set[str] = set()
    for name in adapter_names():
        with suppress(PageUnreadable):
            marks = load_adapter(name).detect(page)
            weight = sum(mark.weight for mark in marks)
            if weight >= _LEAST:
                found.append(Detected(name, weight, tuple(str(mark) for mark in marks)))
                sure |= {name} if any(mark.weight > 1 for mark in marks) else set()
    if sure:  # hints alone, such as those of a reader of any leak site, give way to an engine's own marks
        found = [each for each in found if each.adapter in sure]
    else:
        found = [each for each in found if each.weight == max(other.weight for other in found)]
    return sorted(found, key=lambda each: (-each.weight, each.adapter))
