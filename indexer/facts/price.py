"""What a listing asks, and its terms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.fact import Fact
from indexer.numbers import BARE_NUMBER, NUMBER, SCALE, number

_CURRENCIES = {
    "USD": r"\$|US\$|USD|dollars?|долларов|доллара?|美元|dólares|dolares",
    "EUR": r"€|EUR|euros?|евро",
    "GBP": r"£|GBP",
    "IDR": r"Rp|IDR|rupiah",
    "RUB": r"₽|RUB|руб(?:лей|ля|\.)?",
    "CNY": r"¥|CNY|RMB|元|人民币",
    "BRL": r"R\$|BRL|reais",
    "INR": r"₹|INR",
    "USDT": r"USDT",
    "BTC": r"₿|BTC|bitcoins?",
    "XMR": r"XMR|monero",
    "ETH": r"ETH",
    "LTC": r"LTC",
}
_ANY = "|".join(_CURRENCIES.values())
_PRICE = re.compile(
    rf"(?<![\w$])(?P<before>US\$|R\$|{_ANY})\.?[^\S\n]?(?P<first>{BARE_NUMBER})(?P<first_scale>{SCALE})?(?!\w)"
    rf"|(?P<second>{NUMBER})(?P<second_scale>{SCALE})?[^\S\n]?(?P<after>{_ANY})(?!\w)",
    re.IGNORECASE,
)
_CODES = {code: re.compile(names, re.IGNORECASE) for code, names in _CURRENCIES.items()}
_COINS = frozenset({"BTC", "XMR", "ETH", "LTC"})
_TERMS = {
    "negotiable": r"negotiable|nego|bisa nego|offers? (?:in|via) (?:pm|dm)|make (?:an )?offer|договорная|"
    r"торг|negociable|negociável|négociable|verhandelbar|价格面议|面议|قابل للتفاوض",
    "escrow": r"escrow|middleman|rekber|гарант|担保|guarantor",
    "free": r"for free|free download|gratis|бесплатно|免费|gratuit|kostenlos|مجانا",
}
_TERM = re.compile("|".join(rf"(?P<{term}>{words})" for term, words in _TERMS.items()), re.IGNORECASE)
_ACCEPTED = re.compile(
    r"(?:payment|pay|paid|pembayaran|bayar|accept(?:ed|s|ing)?|оплата|支付|付款|pago|paiement|zahlung)\b[^\n\d.]{0,30}",
    re.IGNORECASE,
)
_COIN = re.compile(
    r"(?<!\w)(?:(?P<BTC>BTC|bitcoin)|(?P<XMR>XMR|monero)|(?P<ETH>ETH)|(?P<LTC>LTC)|(?P<USDT>USDT))(?!\w)",
    re.IGNORECASE,
)


def worth(text: str) -> bool:  # noqa: ARG001 - one scan for terms is needed in any case
    """Always: terms need no number."""
    return True


def read(text: str) -> Iterator[Fact]:
    """Prices (``unit`` is the currency), currencies taken for payment, and the terms negotiable, escrow, free."""
    for found in _PRICE.finditer(text):
        side = "first" if found["before"] else "second"
        unit = _currency(found["before"] or found["after"])
        amount = number(found[side], found[f"{side}_scale"] or "", fraction=unit in _COINS)
        value = int(amount) if amount == int(amount) else float(amount)
        yield Fact("price", value, (found.span(),), found[0], unit)
    seen: set[str] = set()
    for clause in _ACCEPTED.finditer(text):
        for found in _COIN.finditer(text, clause.start(), clause.end()):
            coin = found.lastgroup or ""
            if coin not in seen:
                seen.add(coin)
                yield Fact("payment", coin, (found.span(),), found[0])
    for found in _TERM.finditer(text):
        term = found.lastgroup or ""
        if _whole(text, found) and term not in seen:
            seen.add(term)
            yield Fact("terms", term, (found.span(),), found[0])


def _whole(text: str, found: re.Match[str]) -> bool:
    """Words of scripts with spaces must stand alone."""
    if "\u3400" <= found[0][0] <= "\u9fff":
        return True
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    return not before.isalnum() and not after.isalnum()


def _currency(words: str) -> str:
    if words.casefold() == "r$":
        return "BRL"
    return next(code for code, pattern in _CODES.items() if pattern.fullmatch(words))
