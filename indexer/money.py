"""Currencies as sellers write them, for all facts that must tell money from what is counted."""

from __future__ import annotations

#: Names of each currency, as extractors wait for them.
CURRENCIES = {
    "USD": "usd|u.s. dollars|us dollars|u.s. dollar|us$|$us|dollar|dollars|долл|доллар|долларов|доллара|баксов|бакса|бакс|у.е|美元|美金|刀|dólares|dólar|"
    "dollars us|bucks|dolar|dollar us|зелени|зеленых|доллары|долларах|баксы|دولار|دولارات",
    "EUR": "eur|euro|euros|евро|欧元|يورو",
    "GBP": "gbp|pounds|quid|фунтов|英镑|libras esterlinas",
    "IDR": "rp|idr|rupiah",
    "RUB": "rub|руб|рублей|рубля|рубль|рублях|деревянных|卢布",
    "CNY": "cny|rmb|元|人民币|块钱",
    "BRL": "brl|reais",
    "MXN": "mxn|pesos mexicanos",
    "SAR": "sar|ريال",
    "AED": "aed|درهم",
    "EGP": "egp|جنيه",
    "CHF": "chf|francs suisses|franken",
    "CAD": "canadian dollars",
    "AUD": "australian dollars",
    "UAH": "uah|грн|гривен|гривна",
    "KZT": "kzt|тенге",
    "PLN": "pln|złotych|zł",
    "JPY": "jpy|yen|円|日元",
    "KRW": "krw|韩元|원",
    "MYR": "myr|ringgit",
    "INR": "inr|rs|rupees",
    "USDT": "usdt|tether|юсдт|泰达币",
    "BTC": "btc|bitcoin|bitcoins|биткоин*|биткойн*|битк*|бтц|比特币|بيتكوين",
    "XMR": "xmr|monero|монеро|хмр|门罗币|مونيرو",
    "ETH": "eth|ethereum|ether|以太坊",
    "LTC": "ltc|litecoin",
    "TRX": "trx",
}
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "₽": "RUB", "¥": "CNY", "₹": "INR", "₿": "BTC"}
COINS = frozenset({"BTC", "XMR", "ETH", "LTC", "USDT", "TRX"})
#: Words before what is asked.
ASKED = (
    "price|price is|bids start at|bidding starts at|starting at|starts at|start at|starting bid|opening bid|asking|asking price|selling for|prices|harga|harganya|цена|ценник|прайс|价格|售价|要价|precio|preço|prix|"
    "preis|السعر|سعر|start|старт|blitz|блиц|step|шаг|buy now|bin|起价|一口价|报价|打包价|ransom|ransom of|tebusan|выкуп|赎金|rescate|"
    "rescate de|resgate|resgate de|rançon|rançon de|فدية|lösegeld|budget|бюджет|стоимость|预算|presupuesto|orçamento|valor|lelang|tarif|bayar|dibayar|dihargai|precio final|on demande|j'en veux"
)
#: Words behind what is asked.
ASKED_BEHIND = "aja|aj|saja|net aja|all in"
#: Words before what a victim earns.
REVENUE = (
    "ca de|ingresos de|facturation|facturando|fatura|revenue|revenues|annual revenue|turnover|net income|market cap|ревеню|выручка|оборот|rev|pendapatan|营收|年营收|营业额|"
    "ingresos|facturación|faturamento|receita|chiffre d'affaires|umsatz|الإيرادات"
)
