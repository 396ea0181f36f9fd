"""Posts a second whose facts are read on one core, beside the matcher with 10,000 organisations and beside one bare
regular expression that finds numbers and addresses only. Goal: a quarter of the matcher's posts.

The posts are those of ``bench/matching.py``; every third has a listing as sellers write them in its middle, every
tenth a sample of rows.
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from _figures import quick, tell
from matching import SEED, organisations, posts

from alerts.matching import build_matcher
from indexer.fact import extractors, facts, facts_many, vocabulary
from indexer.language import language

ROUNDS = 3 if quick() else 5
LISTINGS = (
    "Selling {n} million patient records of a hospital in Indonesia. Total 720 GB: 199 GB ECG, 479 GB laboratory, "
    "42 GB radiology. Sample 3.26 GB. Price: ${p} negotiable, escrow ok. Payment in BTC or XMR only. tg: @velvet_crane",
    "Dijual database pelanggan, {n} juta baris, NIK, nomor HP, alamat email, format CSV dan SQL. Harga Rp {p}.000 "
    "nego. Hubungi telegram @gudang_data, data diambil pada 28 Desember 2021",
    "Продам базу клиентов банка, {n} млн строк, пароли в bcrypt, телефоны, паспортные данные. Цена {p}$, торг. "
    "Через гаранта. Jabber: seller@jabber.example, дата слива: 12.03.2023",
    "出售 {n}万 用户数据，包含身份证、手机号、银行卡。价格 {p} USDT，支持担保。联系电报 @dark_rice 来源: example.cn",
    "Vendo base de datos de {n} millones de clientes, correos y contraseñas, SQL. Precio {p} USD, muestra gratis",
    "RDP access to a bank in Brazil, domain admin, revenue $12M, {n} hosts. Start {p}$ step 100$ blitz 5000$",
)
UNION = re.compile(
    r"\d[\d., ]*\s?(?:million|juta|k|m|GB|TB|users|rows)?|[\w.+-]+@[\w.-]+|[a-z2-7]{56}\.onion|https?://\S+|"
    r"[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[a-z0-9]{39,59}|0x[0-9a-f]{40}|CVE-\d{4}-\d+|[0-9a-f]{32,64}",
    re.IGNORECASE,
)


def feed(chance: random.Random, texts: list[str]) -> list[str]:
    """Texts with listings and samples among them."""
    found = []
    for number, text in enumerate(texts):
        half = len(text) // 2
        middle = ""
        if number % 3 == 0:
            listing = LISTINGS[number // 3 % len(LISTINGS)]
            middle = "\n" + listing.format(n=chance.randint(2, 900), p=chance.randint(100, 9000)) + "\n"
        if number % 10 == 0:
            middle += "".join(
                f"\n{chance.randint(1, 10**6)} | person{row}@mail.example | +62812{chance.randint(10**7, 10**8)}"
                for row in range(20)
            )
        found.append(text[:half] + middle + text[half:])
    return found


def spent(run: Callable[[Any], object], over: Sequence[Any]) -> float:
    """CPU time, seconds."""
    begun = time.process_time()
    for each in over:
        run(each)
    return time.process_time() - begun


def main() -> None:
    chance = random.Random(SEED)
    watched = organisations(chance, 10_000)
    texts = feed(chance, posts(chance, watched[:100]))
    begun = time.process_time()
    vocabulary()
    built = time.process_time() - begun
    matcher = build_matcher(watched)
    facts("", texts[0])
    matcher.match("", texts[0])
    language(texts[0])
    many = getattr(matcher, "match_many", None)  # it matches fastest as the watcher has it do
    runs = {
        "facts": (lambda many: list(facts_many(many)), [[("", text) for text in texts]]),
        "alone": (lambda text: facts("", text), texts),
        "scan": (vocabulary().read, texts),
        "language": (language, texts),
        "matcher": (many, [[("", text) for text in texts]])
        if many
        else (lambda text: matcher.match("", text), texts),
        "union": (UNION.findall, texts),
    }
    spent(*runs["matcher"])
    rounds = [{name: spent(run, over) for name, (run, over) in runs.items()} for _ in range(ROUNDS)]
    rate = {name: len(texts) / statistics.median(each[name] for each in rounds) for name in runs}
    ratio, bare = (
        statistics.median(each[name] / each["facts"] for each in rounds) for name in ("matcher", "union")
    )
    size = sum(len(text) for text in texts) / len(texts)
    found = sum(len(facts("", text)) for text in texts)
    print(
        f"facts of {len(texts)} posts of {size:,.0f} characters, {found:,} facts: {rate['facts']:,.0f} posts/s as the "
        f"watcher reads them, {rate['alone']:,.0f} one by one; matcher at 10,000 organisations "
        f"{rate['matcher']:,.0f}, ratio {ratio:.2f} (goal 0.25); one union expression {rate['union']:,.0f}, ratio "
        f"{bare:.2f}; the scan for all words alone {rate['scan']:,.0f}, "
        f"language {rate['language']:,.0f}; words built in {built:.2f} s"
    )
    pairs = [(len(texts) / each["facts"], len(texts) / each["matcher"]) for each in rounds]
    tell("facts: of a post", pairs, "posts/s", "matcher at 10,000", goal=0.25)
    if "-v" in sys.argv:
        readings = [vocabulary().read(text) for text in texts]
        for name, each in extractors().items():
            begun = time.process_time()
            for reading in readings:
                list(each.read(reading, reading.hits[name]))
            print(f"  {name:12} {1e6 * (time.process_time() - begun) / len(texts):6.1f} us a post")


if __name__ == "__main__":
    main()
