"""What a post is for (sale, leak, access, ransom, request, service, discussion), told by its words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from indexer.fact import Fact, Value
from indexer.reading import Hit, Reading

#: ``purpose weight``. Words of one purpose count once each, up to the limit below.
WORDS: Mapping[str, str] = {
    "sale 3": "for sale|sell|or sale|full for|selling|wts|fs|i sell|we sell|on sale|sell database|selling database|for sell|i am selling|im selling|"
    "dijual|jual|menjual|jual database|продам|продаю|продается|продаётся|продажа|на продажу|продаем|出售|售卖|出数据|出一份|出某|低价出|打包出|出一手|出一批|卖|"
    "vendo|en venta|se vende|vendiendo|a la venta|à venda|vende-se|vendendo|vende se|à vendre|je vends|vends|en vente|"
    "zu verkaufen|verkaufe|للبيع|بيع|أبيع|نبيع",
    "sale 1": "price|asking|escrow|buyer|buyers|serious buyers|one hand|in stock|negotiable|payment|harga|nego|pembeli|rekber|"
    "цена|гарант|покупател*|торг|оплата|价格|售价|担保|买家|付款|precio|comprador|compradores|pago|preço|pagamento|prix|acheteur|"
    "paiement|السعر|الدفع|المشتري|auction|аукцион|старт|блиц|start|blitz|拍卖|btc|xmr|usdt",
    "leak 3": "leaked database|got hacked|hacked database|free download|download link|download here|full leak|database leak|leaked|leak|dump free|for free|"
    "sharing|i share|share with you|shared for free|published|i am uploading|ive uploaded|hello breachforums|database dump|"
    "bocor|bocoran|kebocoran|gratis|dibagikan|bagi bagi|сливаю|слив|слил|слита|бесплатно|раздача|выкладываю|в паблик|утечка|"
    "泄露|泄漏|免费下载|免费分享|公开|流出|hackeada|hackeado|hackeados|filtración|filtrada|filtrado|filtrados|descarga gratuita|comparto|vazamento|vazado|vazados|"
    "vazada|compartilho|de graça|fuite|fuité|divulgation|téléchargement gratuit|je partage|gratuitement|تسريب|مسربة|تسريبات|تسريبها|سربت|مجانا|تحميل مجاني",
    "leak 1": "download|mega|gofile|anonfiles|pixeldrain|credits|hidden content|unlock|reply to see|unduh|скачать|ссылка|下载|链接|解压密码|"
    "descargar|enlace|baixar|télécharger|lien|رابط|تحميل|like and reply|cloud link",
    "access 4": "rdp access|rdp to|vpn to|vpn access|shell access|domain admin|domain user|network access|corporate access|initial access|citrix access|"
    "webshell|web shell|root access|admin access|access to the network|access for sale|selling access|local admin|access type|"
    "fortinet access|ssh access|cpanel access|access to network|access level|admin panel access|database access|panel access|"
    "akses root|akses admin|akses shell|akses vpn|akses rdp|jual akses|akses server|akses panel|доступ к сети|доступ к серверу|продам доступ|доступ в сеть|доступ rdp|доступ vpn|"
    "доступы|доступ|доступа|доступов|продажа доступа|продам доступы|права домен админа|домен админ|шелл|шеллы|内网权限|权限|服务器权限|域控|域控权限|后台权限|acceso rdp|acceso vpn|acceso a la red|"
    "vendo acceso|acceso inicial|acceso de administrador|accesos|acceso root|acesso rdp|acesso vpn|acesso inicial|vendo acesso|acesso à rede|acesso root|acesso de administrador|"
    "accès rdp|accès vpn|accès initial|accès au réseau|vends accès|accès administrateur|accès root|وصول|صلاحيات|وصول إلى شبكة|صلاحية الدخول|دخول إلى خادم",
    "access 1": "rdp|vpn|citrix|fortinet|forti|anydesk|hosts|edr|av|endpoints|revenue|employees|active directory|exploit|0day|rce|sqli|"
    "foothold|хостов|ревеню|антивирус|revenue|kerberos|esxi|vcenter|cobalt strike",
    "ransom 4": "ransom|data published|full data published|ransomware|time left|countdown|until publication|will be published|data will be published|failed to negotiate|"
    "refused to pay|did not pay|negotiations failed|negotiation|deadline|encrypted your|your files|pay or|victim|"
    "tebusan|data akan dipublikasikan|batas waktu|menolak membayar|выкуп|выкупа|данные будут опубликованы|отказались платить|отказалась платить|шифровальщик*|"
    "срок истекает|赎金|勒索|将被公开|倒计时|拒绝支付|已加密|rescate|serán publicados|se negó a pagar|se negaron a pagar|tiempo restante|"
    "resgate|serão publicados|recusou pagar|se recusou a pagar|tempo restante|rançon|seront publiées|a refusé de payer|ont refusé de payer|temps restant|فدية|سيتم نشر|رفضت الدفع|"
    "الوقت المتبقي",
    "request 4": "looking for|wtb|want to buy|i need|we need|will buy|buying|i want to buy|searching for|who has|does anyone have|"
    "anyone have|anyone got|anyone selling|looking to buy|looking to purchase|want to purchase|willing to pay|will pay|in need of|can someone|need database|in search of|dicari|cari|mencari|butuh|ada yang punya|ada yang jual|siapa yang punya|mau beli|куплю|ищу|нужна|нужен|"
    "нужны|у кого есть|кто продает|кто продаст|кто может|скупаю|приобрету|求购|求|收购|谁有|谁出|谁卖|高价收|需要|长期收|busco|compro|necesito|alguien tiene|alguien vende|se busca|procuro|preciso de|preciso|"
    "alguém tem|alguém vende|quero comprar|recherche|je cherche|j'achète|cherche|quelqu'un a|besoin de|suche|kaufe|أبحث عن|ابحث عن|مطلوب|"
    "من لديه|أريد شراء|احتاج",
    "service 4": "ddos service|hacking service|hacking services|hack service|pentest service|hire a hacker|hacker for hire|for hire|"
    "cashout service|our service|our services|service|services|i offer|we offer|bulletproof hosting|crypting|crypter service|fud crypt|"
    "sms bomber|lookup service|doxing service|dox service|spam service|checker service|jasa|jasa hack|layanan|menyediakan jasa|jasa ddos|услуги|услуга|сервис|"
    "пробив|пробиваю|взлом на заказ|взлом почты|ддос|обнал|на заказ|предоставляю|предоставляем|服务|代做|接单|代查|承接|提供服务|"
    "servicio|servicios|ofrezco|ofrecemos|serviço|serviços|ofereço|oferecemos|je propose|nous proposons|prestation|dienstleistung*|خدمة|خدمات|نقدم|أقدم",
    "discussion 3": "what do you think|is this|is that|is it|anyone verified|any news|news|discussion|opinion|opinions|anyone know|has anyone|anyone tried|scam|legit|review|does anyone know|tutorial|guide|how to|question|"
    "thoughts|article|according to|reported|researchers|thanks for|thank you|thx|vouch|great share|is it real|is this real|is it legit|fake|scammer|"
    "bagaimana|menurut kalian|ada yang pernah|pendapat|tanya|diskusi|berita|ada yang tahu|terima kasih|makasih|mantap|обсуждение|кто знает|кто-нибудь|проверял|кидала|кидок|отзывы|что думаете|подскажите|новости|вопрос|как сделать|мнение|"
    "спасибо|статья|讨论|请问|大家怎么看|新闻|教程|求助|谢谢|怎么|qué opinan|alguien sabe|alguien ha|noticias|pregunta|gracias|cómo|tutorial|"
    "o que acham|alguém já|alguém sabe|notícia|notícias|pergunta|obrigado|como fazer|qu'en pensez|quelqu'un sait|actualité|merci|"
    "comment faire|ما رأيكم|هل يعرف|سؤال|نقاش|أخبار|شكرا|كيف",
}
_ORDER = ("ransom", "access", "sale", "request", "service", "leak", "discussion")
_LIMIT = 8  # of one purpose: a long text repeats itself
_LEAST = 2
_MONEY = "$€£₽¥₹"
_PRICED = {sign: re.compile(rf"{re.escape(sign)}(?: ?[0-9]|(?<=[0-9].)|(?<=[0-9] .))") for sign in _MONEY}
_ASKED = re.compile(r"\?\s*$|\? |？")
_SOLD_ACCESS = 3
_TITLE = 2  # a word in the first line counts so many times


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """One purpose: the one with the most points. ``parts``: the points of each purpose, then each word that counted
    with its points. Words of the first line count twice; a price speaks for a sale, a question for a discussion.
    A draw goes to the graver. Nothing where no purpose has two points."""
    points = dict.fromkeys(_ORDER, 0)
    reasons: dict[tuple[str, str], int] = {}
    places: dict[str, list[tuple[int, int]]] = {}
    first = reading.plain.find("\n")
    first = len(reading.plain) if first < 0 else first
    for hit in _longest(hits):
        purpose, _, weight = hit.tag.partition(" ")
        word = reading.plain[hit.start : hit.end]
        if (purpose, word) in reasons or points[purpose] >= _LIMIT:
            continue
        worth = int(weight) * (_TITLE if hit.start < first and int(weight) > 1 else 1)
        reasons[purpose, word] = worth
        points[purpose] += worth
        places.setdefault(purpose, []).append((hit.start, hit.end))
        if hit.tag == "access 4" and hit.start < first and points["sale"]:
            points["access"] += _SOLD_ACCESS
            reasons["access", "sold in the first line"] = _SOLD_ACCESS
    if not reasons:
        return
    _signs(reading, points, reasons, places)
    if _wanted(points, reasons, places):
        points["access"] = 0
    best = max(_ORDER, key=lambda purpose: (points[purpose], -_ORDER.index(purpose)))
    if points[best] < _LEAST or best not in places:
        return
    counted: list[tuple[str, Value]] = [(purpose, points[purpose]) for purpose in _ORDER if points[purpose]]
    counted += [(f"{purpose}: {word}", worth) for (purpose, word), worth in reasons.items()]
    yield reading.fact("purpose", best, *sorted(places[best]), parts=tuple(counted))


def _longest(hits: Sequence[Hit]) -> list[Hit]:
    """Words that do not lie within longer ones ("who has" in "who has access")."""
    kept: list[Hit] = []
    for hit in sorted(set(hits), key=lambda hit: (hit.start, -hit.end, hit.tag)):
        if not kept or hit.end > kept[-1].end or (hit.start == kept[-1].start and hit.end == kept[-1].end):
            kept.append(hit)
    return kept


def _wanted(
    points: dict[str, int], reasons: dict[tuple[str, str], int], places: dict[str, list[tuple[int, int]]]
) -> bool:
    """Whether access is looked for, not offered: the word that asks stands before it, and nothing is sold."""
    if not points["request"] or not points["access"]:
        return False
    sold = any(purpose == "sale" and worth > 1 for (purpose, _), worth in reasons.items())
    return not sold and min(places["request"]) < min(places["access"])


def _signs(
    reading: Reading,
    points: dict[str, int],
    reasons: dict[tuple[str, str], int],
    places: dict[str, list[tuple[int, int]]],
) -> None:
    """What speaks without a word of its own."""
    price = next(
        (found for sign in _MONEY if (found := _PRICED[sign].search(reading.plain, 0, 20_000))), None
    )
    if price and not points["access"] and not points["ransom"]:
        points["sale"] += 1
        reasons["sale", "a price"] = 1
        places.setdefault("sale", []).append(price.span())
    question = _ASKED.search(reading.plain) if len(reading.plain) < 400 else None
    if question:
        points["discussion"] += 2
        reasons["discussion", "a question"] = 2
        places.setdefault("discussion", []).append((question.start(), question.start() + 1))
