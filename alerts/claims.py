"""What a listing claims, summed up to what an alert is raised again for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from indexer.fact import LONGEST_TEXT, Fact

_MOST_PRICES = 12
_WORD = r"(?<![^\W_]){}(?![^\W_])"
# said of the offer itself: at the head of the title, or alone on a line
_SOLD = re.compile(
    r"^\W*(?:sold(?: out)?|deal closed|terjual|продано|vendid[oa]|vendue?|verkauft|已售(?:出|罄)?|已卖|تم البيع)\W*"
    r"(?:$|[\]\)\}:|—–-])",
    re.IGNORECASE | re.MULTILINE,
)
_SAMPLE = re.compile(
    _WORD.format(
        r"(?:samples?|sampel|contoh data|образ(?:ец|цы|цов)|семпл\w*|muestras?|amostras?|proofs?|preview)"
    )
    + r"|样本|樣本|样品|عينة",
    re.IGNORECASE,
)
# a sample that is there to be taken, not one that is promised
_AT_HAND = re.compile(
    r"https?://|hxxps?://|\.onion|(?:\w-?){2,}\.(?:com|net|org|io|to|nz|sh|is|ch|cc|bz)/\w|"
    + _WORD.format(r"(?:below|attached|here|inside|in this post|di bawah|ниже|adjunt[oa]|abaixo)")
    + r"|下面|如下|附件"
    + r"|^\s*(?:\[code\]|```|\w+[,;|]\w+[,;|]\w+)",
    re.IGNORECASE | re.MULTILINE,
)
_REACH = 200  # characters after the word in which its link or rows stand
_COUNTED = frozenset({"people", "records", "accounts", "identity numbers", "cards", "passwords"})


@dataclass(frozen=True, slots=True)
class Claims:
    """What is offered. ``prices``: (currency, amount), sorted; ``volume``: bytes; ``count``: the most people, records
    or accounts named. None and empty: nothing is said of it."""

    prices: tuple[tuple[str, float], ...] = ()
    volume: int | None = None
    count: int | None = None
    sample: bool = False
    free: bool = False
    sold: bool = False

    def json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """What was kept; of ``{}`` the empty claims."""
        prices = tuple((str(unit), float(amount)) for unit, amount in kept.get("prices", ()))
        return cls(**{**kept, "prices": prices})

    def beside(self, earlier: Claims | None) -> Claims:
        """These claims without what an earlier text of the same post said already."""
        if earlier is None:
            return self
        return replace(
            self,
            prices=() if self.prices == earlier.prices else self.prices,
            volume=None if self.volume == earlier.volume else self.volume,
            count=None if self.count == earlier.count else self.count,
        )

    def with_newer(self, newer: Claims) -> Claims:
        """These claims brought up to date. What a newer text leaves unsaid stays as it was: a listing that no longer
        names its price has not become free."""
        return Claims(
            prices=newer.prices or self.prices,
            volume=self.volume if newer.volume is None else newer.volume,
            count=self.count if newer.count is None else newer.count,
            sample=self.sample or newer.sample,
            free=self.free or newer.free,
            sold=self.sold or newer.sold,
        )


def claims_of(title: str, text: str, facts: Iterable[Fact]) -> Claims:
    """What a post claims, from its facts and from the few words that say what became of the offer."""
    prices: set[tuple[str, float]] = set()
    volumes: list[int] = []
    counts: list[int] = []
    read = Claims(sold=bool(_SOLD.search(title[:LONGEST_TEXT])), sample=_sample(text[:LONGEST_TEXT]))
    read = replace(read, sold=read.sold or _sold_line(text[:LONGEST_TEXT]))
    for fact in facts:
        number = fact.value if isinstance(fact.value, int | float) else None
        if fact.kind == "price" and number is not None:
            prices.add((fact.unit, float(number)))
        elif fact.kind == "volume" and number is not None:
            volumes.append(int(number))
        elif fact.kind == "quantity" and number is not None and fact.unit in _COUNTED:
            counts.append(int(number))
        elif fact.kind == "terms" and fact.value == "free":
            read = replace(read, free=True)
    return replace(
        read,
        free=read.free and not prices,  # with a price beside it, only a part such as the sample is free
        prices=tuple(sorted(prices)[:_MOST_PRICES]),
        volume=max(volumes, default=None),
        count=max(counts, default=None),
    )


def _sold_line(text: str) -> bool:
    return any(_SOLD.match(line) and len(line) < 60 for line in text.splitlines()[:200])


def _sample(text: str) -> bool:
    return any(
        _AT_HAND.search(text, found.end(), found.end() + _REACH) is not None
        for found in list(_SAMPLE.finditer(text))[:50]
    )
