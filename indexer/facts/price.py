"""What a listing asks, in money or coins, and what it says of a victim's revenue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from indexer.fact import Fact, Value
from indexer.numbers import BARE_NUMBER, SCALE, number
from indexer.reading import Hit, Reading

_CURRENCIES = {
    "USD": "usd|us$|$us|dollar|dollars|долл|доллар|долларов|доллара|баксов|бакса|у.е|美元|美金|刀|dólares|dolares|dólar|dolar|"
    "dollars us|دولار|دولارات",
    "EUR": "eur|euro|euros|евро|欧元|يورو",
    "GBP": "gbp|pounds|英镑",
    "IDR": "rp|idr|rupiah",
    "RUB": "rub|руб|рублей|рубля|рубль|卢布",
    "CNY": "cny|rmb|元|人民币|块钱",
    "BRL": "brl|reais",
    "MXN": "mxn|pesos mexicanos",
    "SAR": "sar|ريال",
    "INR": "inr|rs|rupees",
    "USDT": "usdt|tether",
    "BTC": "btc|bitcoin|bitcoins|биткоин*|биткойн*|比特币|بيتكوين",
    "XMR": "xmr|monero|монеро|门罗币",
    "ETH": "eth|ethereum|ether|以太坊",
    "LTC": "ltc|litecoin",
    "TRX": "trx",
}
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "₽": "RUB", "¥": "CNY", "₹": "INR", "₿": "BTC"}
_COINS = frozenset({"BTC", "XMR", "ETH", "LTC", "USDT", "TRX"})
WORDS = {
    **_CURRENCIES,
    "asked": "price|price is|asking|asking price|selling for|prices|harga|цена|прайс|价格|售价|要价|precio|preço|prix|preis|"
    "السعر|سعر|start|старт|blitz|блиц|step|шаг|buy now|bin|起价|一口价",
    "taken": "payment|payments|pay|paid|pembayaran|bayar|accept|accepted|accepts|accepting|оплата|оплату|принимаю|支付|付款|"
    "接受|pago|pagos|pagamento|paiement|zahlung|الدفع|only",
    "revenue": "revenue|revenues|annual revenue|turnover|net income|market cap|ревеню|выручка|оборот|rev|pendapatan|营收|营业额|"
    "ingresos|facturación|faturamento|receita|chiffre d'affaires|umsatz|الإيرادات",
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
_BEFORE = re.compile(rf"(?<![\w.,:/#@-])(?P<number>{BARE_NUMBER})(?P<scale>{SCALE})?\+?[ -]?$")
_AFTER = re.compile(rf"[.:]? ?(?P<number>{BARE_NUMBER})(?P<scale>{SCALE})?(?![^\W\u3400-\u9fff])")
_LABEL = re.compile(
    rf" ?(?:[:=-]|is|only|от|за|de|为)? ?(?P<number>{BARE_NUMBER})(?P<scale>{SCALE})?(?! ?(?:%|[^\W\d_]|[$€£¥₽₹]|/[0-9]))"
)
_SIGN = re.compile(r"[$€£¥₽₹₿]")
_SIGN_PREFIX = re.compile(r"(?<![^\W_])(?:us|r|s|a|c|hk)$")
_SIGN_NAMES = {"r$": "BRL", "us$": "USD", "s$": "SGD", "a$": "AUD", "c$": "CAD", "hk$": "HKD"}
_MOST = 300
_NEAR = 40


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Prices (``unit`` is the currency, empty where none is named), a victim's revenue, and the coins taken for
    payment. A step of an auction is a part."""
    text = reading.plain
    labels = [hit for hit in hits[:_MOST] if hit.tag in ("asked", "revenue")]
    named = [(hit.start, hit.end, hit.tag) for hit in hits[:_MOST] if hit.tag in _CURRENCIES]
    if any(sign in text for sign in _SIGNS):
        for found in islice(_SIGN.finditer(text), _MOST):
            prefix = _SIGN_PREFIX.search(text, max(found.start() - 2, 0), found.start())
            start = prefix.start() if prefix else found.start()
            named.append((start, found.end(), _SIGN_NAMES.get(text[start : found.end()]) or _SIGNS[found[0]]))
    taken: list[tuple[int, int]] = []
    bare = []
    for start, end, unit in sorted(named):
        place = _amount(text, start, end, unit)
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
            yield _fact(reading, place_, value, "", labels, place_[0])
    yield from _payment(reading, hits[:_MOST], bare)


def _amount(text: str, start: int, end: int, unit: str) -> tuple[int, int, int, int | float] | None:
    """The number beside a currency: its place with the currency, where it begins, and its value."""
    sign = text[start:end][-1] in _SIGNS
    after = _AFTER.match(text, end)
    before = _BEFORE.search(text, max(start - _NEAR, text.rfind("\n", 0, start) + 1), start)
    if before and not (sign and after and text[end : end + 1].isdigit()):
        return before.start(), end, before.start(), _value(before["number"], before["scale"] or "", unit)
    if after and (sign or not text[end : end + 1].isdigit() or unit in ("IDR", "USDT", "USD")):
        return start, after.end(), after.start("number"), _value(after["number"], after["scale"] or "", unit)
    return None


def _value(written: str, scaled: str, unit: str) -> int | float:
    amount = number(written, scaled, fraction=unit in _COINS and unit != "USDT")
    return int(amount) if amount == int(amount) else float(amount)


def _fact(
    reading: Reading, place: tuple[int, int], value: int | float, unit: str, labels: Sequence[Hit], at: int
) -> Fact:
    before = [hit for hit in labels if 0 <= at - hit.end < _NEAR and "\n" not in reading.plain[hit.end : at]]
    nearest = max(before, key=lambda hit: (hit.end, hit.start - hit.end), default=None)
    if nearest and nearest.tag == "revenue":
        return reading.fact("revenue", value, place, unit=unit)
    step = _STEPS.get(reading.plain[nearest.start : nearest.end]) if nearest else None
    parts: tuple[tuple[str, Value], ...] = (("auction", step),) if step else ()
    return reading.fact("price", value, place, unit=unit, parts=parts)


def _payment(reading: Reading, hits: Sequence[Hit], bare: Sequence[tuple[int, int, str]]) -> Iterator[Fact]:
    """Coins named without an amount behind a word for paying, in one line."""
    words = [hit for hit in hits if hit.tag == "taken"]
    seen: set[str] = set()
    for start, end, unit in bare:
        if unit not in _COINS or unit in seen:
            continue
        if any(
            (0 <= start - word.end <= _NEAR or 0 <= word.start - end <= 6)
            and "\n" not in reading.plain[min(word.end, start) : max(start, word.start)]
            for word in words
        ):
            seen.add(unit)
            yield reading.fact("payment", unit, (start, end))
