"""The terms of an offer: negotiable, through an escrow, free, sold once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.fact import Fact
from indexer.reading import Hit, Reading

WORDS = {
    "negotiable": "negotiable|nego|neg|bisa kurang|à débattre|a tratar|se negocia|aceito propostas|acepto ofertas|ajustable|предлагайте|bisa nego|harga nego|price nego|offers in pm|offers via pm|offers in dm|make an offer|"
    "make offer|best offer|open to offers|obo|договорная|по договоренности|торг|торг уместен|negociable|negociables|"
    "a convenir|negociável|a combinar|négociable|verhandelbar|价格面议|面议|可议价|可谈|可议|قابل للتفاوض|قابلة للتفاوض",
    "not negotiable": "firm|price firm|nett|harga mati|fix price|ferme|non negotiable|not negotiable|no negotiation|fixed price|harga pas|harga net|без торга|торг не уместен|"
    "不议价|不讲价|precio fijo|no negociable|preço fixo|prix fixe|non négociable|غير قابل للتفاوض",
    "escrow": "escrow|middleman|middle man|guarantor|trusted mm|rekber|rekening bersama|гарант|гаранта|через гаранта|担保|"
    "担保交易|garante|intermediário|tiers de confiance|treuhand|وسيط|ضمان",
    "no escrow": "no escrow|without escrow|no middleman|без гаранта|tanpa rekber|不走担保|sin escrow|sem escrow|sans escrow",
    "free": "for free|free download|download free|gratis|бесплатно|免费|免费下载|gratuit|gratuitement|grátis|de graça|kostenlos|giving away|giveaway|free of charge|gratuito|gratuita|gratuitos|gratuitas|regalo|regalamos|cadeau|offert|"
    "даром|на халяву|cuma cuma|白送|مجاني|مجانية|مجانيه|"
    "مجانا|مجاناً",
    "one buyer": "one buyer|single buyer|one hand|sold once|sold only once|exclusive sale|only one copy|satu pembeli|"
    "sekali jual|в одни руки|один покупатель|只卖一次|只售一份|独家出售|un solo comprador|um único comprador|um só comprador|"
    "un seul acheteur|مشتر واحد",
}


#: Words that mean a price only behind one: not "law firm".
_BEHIND = frozenset(("firm", "nett", "ferme"))
_PRICE = re.compile(r"[0-9$€£₽](?:[km]|usd|eur|btc|xmr)?[$€£₽]? ?$| (?:usd|eur|btc|xmr|price) $")


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Each term once, where it stands first. What is denied (``no escrow``) is a term of its own."""
    seen: set[str] = set()
    denied = [hit for hit in hits if hit.tag.startswith(("no ", "not "))]
    for hit in hits:
        word = reading.plain[hit.start : hit.end]
        if word in _BEHIND and not _PRICE.search(reading.plain, max(hit.start - 8, 0), hit.start):
            continue
        inside = any(
            other is not hit and other.start <= hit.start and hit.end <= other.end for other in denied
        )
        if hit.tag not in seen and not (inside and hit not in denied):
            seen.add(hit.tag)
            yield reading.fact("terms", hit.tag, (hit.start, hit.end))
