"""Numbers, prices, sizes and dates in every form that boards write, crossed with words and phrases around them."""

from __future__ import annotations

import itertools

import pytest

from indexer.fact import facts

#: By language: numbers with their values, things counted with their units, phrases.
QUANTITIES = {
    "en": (
        {"6 million": 6e6, "6M": 6e6, "2.4m": 2.4e6, "64k": 64e3, "64,000": 64e3, "1.2 billion": 1.2e9, "3 lakh": 3e5}
        | {"2 crore": 2e7, "1,234,567": 1234567, "12,34,567": 1234567, "6+ million": 6e6, "1'200'000": 1.2e6},
        {"users": "people", "patients": "people", "records": "records", "rows": "records", "accounts": "accounts"}
        | {"citizens": "people", "NIKs": "identity numbers", "passports": "identity numbers"},
        ("{q} {n}", "Database of {q} {n} for sale", "{q} {n} (2021)", "Total {n}: {q}", "[{q} {n}]", "over {q} unique {n}"),
    ),
    "id": (
        {"6 juta": 6e6, "1,2 juta": 1.2e6, "64 ribu": 64e3, "64rb": 64e3, "1.234.567": 1234567, "2 jt": 2e6, "1,3 miliar": 1.3e9},
        {"pasien": "people", "pengguna": "people", "baris": "records", "akun": "accounts", "NIK": "identity numbers"}
        | {"data pasien": "people", "nasabah": "people"},
        ("{q} {n}", "bocor {q} {n} dari server", "Jumlah {n}: {q}", "lebih dari {q} {n}", "sekitar {q} {n}"),
    ),
    "ru": (
        {"6 миллионов": 6e6, "6 млн.": 6e6, "2,4 млн": 2.4e6, "64 тыс.": 64e3, "64 000": 64e3, "64к": 64e3, "1,5 млрд": 1.5e9},
        {"строк": "records", "пользователей": "people", "пациентов": "people", "аккаунтов": "accounts", "записей": "records"},
        ("{q} {n}", "Продам базу {q} {n}", "более {q} {n}", "База: {q} {n}, csv", "{q} уникальных {n}"),
    ),
    "zh": (
        {"600万": 6e6, "1.2亿": 1.2e8, "3千万": 3e7, "50000": 5e4, "20 万": 2e5, "1200w": 1.2e7},
        {"用户": "people", "条": "records", "人": "people", "条数据": "records", "账号": "accounts", "名用户": "people"},
        ("{q}{n}", "出售{q}{n}", "共{q}{n}数据泄露", "超过{q}{n}", "包含 {q}{n}"),
    ),
    "es": (
        {"3 millones de": 3e6, "1.234.567": 1234567, "40 mil": 4e4, "1,5 millones de": 1.5e6, "64k": 64e3},
        {"usuarios": "people", "clientes": "people", "registros": "records", "cuentas": "accounts", "pacientes": "people"},
        ("{q} {n}", "base de {q} {n}", "más de {q} {n}", "Vendo {q} {n}"),
    ),
    "pt": (
        {"2 milhões de": 2e6, "80 mil": 8e4, "1.234.567": 1234567, "1 bilhão de": 1e9},
        {"usuários": "people", "registros": "records", "contas": "accounts", "CPFs": "identity numbers"},
        ("{q} {n}", "base com {q} {n}", "mais de {q} {n}", "vazamento de {q} {n}"),
    ),
    "fr": (
        {"4 millions de": 4e6, "64 000": 64e3, "500 mille": 5e5, "2 milliards de": 2e9},
        {"utilisateurs": "people", "lignes": "records", "comptes": "accounts", "patients": "people"},
        ("{q} {n}", "base de {q} {n}", "plus de {q} {n}", "environ {q} {n}"),
    ),
    "ar": (
        {"٦ ملايين": 6e6, "2 مليون": 2e6, "300 ألف": 3e5, "٦٤٠٠٠": 64e3, "3 مليارات": 3e9},
        {"مستخدم": "people", "عميل": "people", "سجل": "records", "حساب": "accounts", "مريض": "people"},
        ("{q} {n}", "للبيع {q} {n}", "أكثر من {q} {n}", "بيانات {q} {n}"),
    ),
}  # fmt: skip
PRICES = {
    "$500": (500, "USD"), "500$": (500, "USD"), "500 USD": (500, "USD"), "USD500": (500, "USD"), "$2.5k": (2500, "USD"),
    "2k$": (2000, "USD"), "$1,500": (1500, "USD"), "€300": (300, "EUR"), "300 euros": (300, "EUR"), "0.05 BTC": (0.05, "BTC"),
    "0,05 BTC": (0.05, "BTC"), "1.5XMR": (1.5, "XMR"), "3 ETH": (3, "ETH"), "2500 USDT": (2500, "USDT"),
    "Rp15 juta": (15_000_000, "IDR"), "Rp 15.000.000": (15_000_000, "IDR"), "R$ 1.500,00": (1500, "BRL"),
    "30 000 руб": (30_000, "RUB"), "30к руб": (30_000, "RUB"), "5000美元": (5000, "USD"), "2万元": (20_000, "CNY"),
    "£250": (250, "GBP"), "₹10000": (10_000, "INR"), "500 dólares": (500, "USD"), "900 دولار": (900, "USD"),
}  # fmt: skip
SIZES = {
    "720 GB": 720e9, "720GB": 720e9, "1,5 TB": 1.5e12, "3.26 GB": 3.26e9, "500 MB": 5e8, "50 ГБ": 5e10, "11 Go": 11e9,
    "2 GiB": 2 * 2**30, "40 جيجابايت": 4e10, "12 гигабайт": 12e9, "35G": 35e9, "1,234 GB": 1234e9,
}  # fmt: skip
DATES = {
    "28 December 2021": "2021-12-28", "December 28, 2021": "2021-12-28", "2021-12-28": "2021-12-28", "28.12.2021": "2021-12-28",
    "28/12/2021": "2021-12-28", "28 Desember 2021": "2021-12-28", "28 декабря 2021": "2021-12-28", "Dec 2021": "2021-12",
    "28 de diciembre de 2021": "2021-12-28", "28 de dezembro de 2021": "2021-12-28", "28 décembre 2021": "2021-12-28",
    "2021年12月28日": "2021-12-28", "28 ديسمبر 2021": "2021-12-28", "12/2021": "2021-12", "28th of December 2021": "2021-12-28",
}  # fmt: skip


@pytest.mark.parametrize("language", QUANTITIES)
def test_quantities(language: str) -> None:
    numbers, things, phrases = QUANTITIES[language]
    wrong = []
    for (written, value), (noun, unit), phrase in itertools.product(numbers.items(), things.items(), phrases):
        text = phrase.format(q=written, n=noun)
        found = [(fact.value, fact.unit) for fact in facts("", text) if fact.kind == "quantity"]
        if found != [(int(value), unit)]:
            wrong.append((text, found))
    assert wrong == []


@pytest.mark.parametrize(
    "phrase", ["{q}", "price: {q}", "Selling it for {q}, escrow ok", "harga {q}", "Цена: {q}.", "价格：{q}", "asking {q} only"]
)  # fmt: skip
def test_prices(phrase: str) -> None:
    for written, wanted in PRICES.items():
        found = [
            (fact.value, fact.unit)
            for fact in facts("", phrase.format(q=written))
            if fact.kind in ("price", "quantity")
        ]
        assert found == [wanted], written


@pytest.mark.parametrize(
    "phrase", ["{q}", "size: {q}", "Total {q} of data", "Размер: {q},", "大小：{q}", "({q} compressed)"]
)
def test_sizes(phrase: str) -> None:
    for written, wanted in SIZES.items():
        found = [
            fact.value for fact in facts("", phrase.format(q=written)) if fact.kind in ("volume", "quantity")
        ]
        assert found == [int(wanted)], written


@pytest.mark.parametrize(
    "phrase",
    [
        *("breach date: {q}", "Hacked on {q}", "stolen in {q}", "tanggal bocor: {q}", "Дата слива: {q}", "泄露时间：{q}", "leaked {q}"),
        *("fecha de la filtración: {q}", "data do vazamento: {q}", "date de la fuite : {q}", "تاريخ التسريب: {q}"),
    ],
)  # fmt: skip
def test_dates_of_theft(phrase: str) -> None:
    for written, wanted in DATES.items():
        found = [
            fact.value
            for fact in facts("", phrase.format(q=written))
            if fact.kind in ("theft date", "quantity", "price")
        ]
        assert found == [wanted], written
