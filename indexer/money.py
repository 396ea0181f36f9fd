"""Currencies as sellers write them, for all facts that must tell money from what is counted."""

from __future__ import annotations

#: Names of each currency, as extractors wait for them.
CURRENCIES = {
    "USD": "usd|u.s. dollars|us dollars|u.s. dollar|us$|$us|dollar|dollars|долл|доллар|долларов|доллара|баксов|бакса|бакс|у.е|美元|美金|刀|dólares|dólar|"
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
    "XMR": "xmr|monero|монеро|门罗币|مونيرو",
    "ETH": "eth|ethereum|ether|以太坊",
    "LTC": "ltc|litecoin",
    "TRX": "trx",
}
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "₽": "RUB", "¥": "CNY", "₹": "INR", "₿": "BTC"}
COINS = frozenset({"BTC", "XMR", "ETH", "LTC", "USDT", "TRX"})
#: Words before what is asked.
ASKED = (
    "price|price is|asking|asking price|selling for|prices|harga|harganya|цена|ценник|прайс|价格|售价|要价|precio|preço|prix|"
    "preis|السعر|سعر|start|старт|blitz|блиц|step|шаг|buy now|bin|起价|一口价|ransom|ransom of|tebusan|выкуп|赎金|rescate|"
    "rescate de|resgate|resgate de|rançon|rançon de|فدية|lösegeld|budget|бюджет|стоимость|预算|presupuesto|orçamento|valor|lelang|tarif"
)
#: Words before what a victim earns.
REVENUE = (
    "revenue|revenues|annual revenue|turnover|net income|market cap|ревеню|выручка|оборот|rev|pendapatan|营收|年营收|营业额|"
    "ingresos|facturación|faturamento|receita|chiffre d'affaires|umsatz|الإيرادات"
)
