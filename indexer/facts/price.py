"""What a listing asks, in money or coins, and what it says of a victim's revenue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from indexer.fact import Fact, Value
from indexer.money import ASKED, ASKED_BEHIND, COINS, CURRENCIES, REVENUE, SIGNS
from indexer.numbers import BARE_NUMBER, GUARD, SCALE, number
from indexer.reading import Hit, Reading, beside_digits

_CLOSE = "|##u"  # "3000u"
WORDS = {
    **{unit: beside_digits(names) + (_CLOSE if unit == "USDT" else "") for unit, names in CURRENCIES.items()},
    "asked": ASKED,
    "asked behind": ASKED_BEHIND,
    "taken": "payment|payments|pay|paid|pembayaran|bayar|accept|accepted|accepts|accepting|оплата|оплату|принимаю|支付|付款|"
    "接受|pago|pagos|pagamento|pix|bayar pakai|via|paiement|zahlung|الدفع|only",
    "revenue": REVENUE,
}
_STEPS = {
    "start": "start",
    "старт": "start",
    "起价": "start",
    "step": "step",
    "шаг": "step",
    "blitz": "buy now",
    "блиц": "buy now",
    "buy now": "buy now",
    "bin": "buy now",
    "一口价": "buy now",
}
_BEFORE = re.compile(
    rf"{GUARD}(?P<number>{BARE_NUMBER})(?P<scale>{SCALE})?\+?(?: (?:de|of|в|d')| ?[个枚])?[ -]?$"
)
_AFTER = re.compile(rf"[.:]? ?(?P<number>{BARE_NUMBER})(?P<scale>{SCALE})?(?![^\W_])")
_LABEL = re.compile(
    rf" ?(?:[:=-]|is|only|от|за|de|为)? ?(?P<number>{BARE_NUMBER})(?P<scale>{SCALE})?"
    r"(?![^\W_]| ?%|[$€£¥₽₹]|/[0-9]| (?:days?|hours?|hrs|users?|rows|records|[kmgt]b|дн|час|hari|jam)(?!\w))"
)
_LABELLED = re.compile(rf"{GUARD}(?P<number>{BARE_NUMBER})(?P<scale>{SCALE}) $")
_SIGN = re.compile(r"[$€£¥₽₹₿]")
_SIGN_PREFIX = re.compile(r"(?<![^\W_])(?:us|r|s|a|c|hk)$")
_SIGN_NAMES = {"r$": "BRL", "us$": "USD", "s$": "SGD", "a$": "AUD", "c$": "CAD", "hk$": "HKD"}
_PAST = re.compile(r"[0-9]\D*[,，/] ?|[0-9]\D* - ")  # a revenue that was told already, and what follows
_OF = ("", "in", "annual", "of", "годовая", "de", "в год")
_MOST = 300
_NEAR = 40
_LABELS = ("asked", "revenue")


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Prices (``unit`` is the currency, empty where none is named), a victim's revenue, and the coins taken for
    payment. A step of an auction is a part."""
    text = reading.plain
    labels: list[Hit] = []
    aside: list[Hit] = []
    named: list[tuple[int, int, str]] = []
    for hit in hits[:_MOST]:
        tag, start, end = hit
        if tag in CURRENCIES:
            named.append((start, end, tag))
        else:
            (labels if tag in _LABELS else aside).append(hit)
    if any(sign in text for sign in SIGNS):
        for found in islice(_SIGN.finditer(text), _MOST):
            start, end = found.span()
            prefix = _SIGN_PREFIX.search(text, max(start - 2, 0), start)
            start = prefix.start() if prefix else start
            named.append((start, end, _SIGN_NAMES.get(text[start:end]) or SIGNS[found[0]]))
    taken: list[tuple[int, int]] = []
    bare = []
    for start, end, unit in sorted(named):
        place = _amount(reading, start, end, unit)
        if place is None:
            bare.append((start, end, unit))
            continue
        first, last, number_at, value = place
        if any(first < other[1] and other[0] < last for other in taken):
            continue
        taken.append((first, last))
        yield _fact(reading, (first, last), value, unit, labels, number_at)
    for label in labels:
        amount = _LABEL.match(text, label.end)
        if amount and not any(label.end <= other[1] and other[0] < amount.end() for other in taken):
            value = _value(amount["number"], amount["scale"] or "", "")
            place_ = (amount.start("number"), amount.end())
            taken.append(place_)
            yield _fact(reading, place_, value, _unit(text, place_[1], bare), labels, place_[0])
    for hit in aside:
        behind = hit.tag == "asked behind" and reading.reaching(
            _LABELLED, max(hit.start - _NEAR, 0), hit.start
        )
        if behind and not any(behind.start() < other[1] and other[0] < behind.end() for other in taken):
            taken.append(behind.span())
            value = _value(behind["number"], behind["scale"], "")
            yield reading.fact("price", value, (behind.start(), hit.end))
    if bare:
        yield from _payment(reading, aside, bare)


def _unit(text: str, at: int, bare: Sequence[tuple[int, int, str]]) -> str:
    """The one currency that is named behind an amount in its line, in brackets: "start 400 / step 100 (USD)"."""
    line = text.find("\n", at)
    behind = {
        unit
        for start, end, unit in bare
        if at <= start < (len(text) if line < 0 else line)
        and text[start - 1 : start] == "("
        and text[end : end + 1] == ")"
    }
    return behind.pop() if len(behind) == 1 else ""


def _amount(reading: Reading, start: int, end: int, unit: str) -> tuple[int, int, int, int | float] | None:
    """The number beside a currency: its place with the currency, where it begins, and its value."""
    text = reading.plain
    sign = text[end - 1] in SIGNS
    after = _AFTER.match(text, end)
    before = reading.reaching(_BEFORE, max(start - _NEAR, text.rfind("\n", 0, start) + 1), start)
    if before and not (sign and after and text[end : end + 1].isdigit()):
        return before.start(), end, before.start(), _value(before["number"], before["scale"] or "", unit)
    if after:
        return start, after.end(), after.start("number"), _value(after["number"], after["scale"] or "", unit)
    return None


def _value(written: str, scaled: str, unit: str) -> int | float:
    amount = number(written, scaled, fraction=unit in COINS and unit != "USDT")
    return int(amount) if amount == int(amount) else float(amount)


def _fact(
    reading: Reading, place: tuple[int, int], value: int | float, unit: str, labels: Sequence[Hit], at: int
) -> Fact:
    text = reading.plain
    before = [
        hit
        for hit in labels
        if 0 <= at - hit.end < _NEAR
        and not any(sign in text[hit.end : at] for sign in "\n|;。")
        and not (hit.tag == "revenue" and _PAST.search(text, hit.end, at))
    ]
    nearest = max(before, key=lambda hit: (hit.end, hit.start - hit.end), default=None)
    close = any(
        hit.tag == "revenue" and 0 <= hit.start - place[1] <= 8 and text[place[1] : hit.start].strip() in _OF
        for hit in labels
    )
    if close or (nearest and nearest.tag == "revenue"):
        return reading.fact("revenue", value, place, unit=unit)
    step = _STEPS.get(reading.plain[nearest.start : nearest.end]) if nearest else None
    parts: tuple[tuple[str, Value], ...] = (("auction", step),) if step else ()
    return reading.fact("price", value, place, unit=unit, parts=parts)


def _payment(reading: Reading, hits: Sequence[Hit], bare: Sequence[tuple[int, int, str]]) -> Iterator[Fact]:
    """Coins named without an amount behind a word for paying, in one line."""
    words = [hit for hit in hits if hit.tag == "taken"]
    seen: set[str] = set()
    for start, end, unit in bare:
        if unit not in COINS or unit in seen:
            continue
        if any(
            (0 <= start - word.end <= _NEAR or 0 <= word.start - end <= 6)
            and "\n" not in reading.plain[min(word.end, start) : max(start, word.start)]
            for word in words
        ):
            seen.add(unit)
            yield reading.fact("payment", unit, (start, end))
