"""What a post is for (sale, leak, access, ransom, request, service, discussion), told by its words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from indexer.fact import Fact, Value
from indexer.money import CURRENCIES
from indexer.reading import Hit, Reading, beside_digits

#: ``purpose weight``. Words of one purpose count once each, up to the limit below.
WORDS: Mapping[str, str] = {
    "goods": "database|databases|db|dump|dumps|data|dataset|table|records|rows|list|full list|archive|leads|fullz|combo|combolist|scans|docs|documents|"
    "basis data|berkas|база|базу|базы|баз|дамп|дамп*|выгрузк*|анкет*|полисов|скан*|архив|строк|записей|数据|资料|库|名单|信息|料|"
    "base de datos|bases de datos|base|nómina|registros|listado|archivos|dados|planilha|cadastros|dossiê|données|fichier|fichiers|lignes|listing|قاعدة|بيانات|داتا|ملفات|سجلات|"
    "datenbank|datensätze|nik|ktp|ssn|cpf|dni|iban|cnh|passports|passport|паспортов|护照|身份证|"
    + beside_digits("gb|tb|гб|тб|gigas|جيجا"),
    "here": "link|links|here|below|inside|attached|part 1|part one|partial|mirror|magnet|torrent|as promised|enjoy|help yourself|tautan|di bawah|disini|sikat|"
    "ссылк*|внутри|ниже|качаем|качайте|забирайте|держите|链接|附件|见附件|回复可见|自提|aquí tienen|aquí está|descarguen|enlace|sirvanse|segue o link|segue|baixem|aproveitem|aqui está|"
    "voici|servez vous|servez-vous|ci joint|en dessous|profitez|رابط|التحميل|في الاسفل|تفضلوا|hier ist",
    "money": "|".join(map(beside_digits, CURRENCIES.values())),
    "sale 3": "serious buyer|one buyer|trade|tukar|长期供货|稳定供货|供货|отдаю за|looking for buyers|looking for a buyer|looking for one buyer|looking for one serious buyer|la paso por|fecho tudo por|fecho por|à saisir|selling|sells|sale|offering|offered for|up for grabs|dm to buy|pm to buy|dijual cepat|siapa minat|yang minat|minat dm|minat pm|lapak|ready|open order|реализую|сбываю|толкну|на руках|отдам за|есть на продажу|出货|有货|有售|出点|转让|转手|卖出|oferta|ofrezco base|a la venta|vendemos|venta de|venda|venda de|vendemos|vendo|vend|vendons|je cède|cède|معروض للبيع|بعت|لدينا للبيع|متوفر للبيع|biete|продажа базы|se venden|up for sale|for sale|sell|or sale|full for|selling|wts|fs|i sell|we sell|on sale|sell database|selling database|for sell|i am selling|im selling|"
    "dijual|jual|menjual|jual database|продам|продаю|продается|продаётся|продажа|на продажу|продаем|出售|售卖|出数据|出一份|出某|低价出|打包出|出一手|出一批|卖|"
    "vendo|en venta|se vende|vendiendo|a la venta|à venda|vende-se|vendendo|vende se|à vendre|je vends|vends|en vente|"
    "zu verkaufen|verkaufe|للبيع|بيع|أبيع|نبيع",
    "sale 1": "fresh|bulk|discount|per piece|a piece|each|per record|per line|full database|unique|exclusive|ready stock|ready stok|stok|diskon|partai|готов к продаже|эксклюзив|опт|в наличии|一手|批发|打包价|original|exclusivo|exclusiva|descuento|desconto|exclusif|remise|lot|حصري|حصرية|خصم|price|asking|escrow|buyer|buyers|serious buyers|one hand|in stock|negotiable|payment|harga|nego|pembeli|rekber|"
    "цена|гарант|покупател*|торг|оплата|价格|售价|担保|买家|付款|precio|comprador|compradores|pago|preço|pagamento|prix|acheteur|"
    "paiement|السعر|الدفع|المشتري|auction|аукцион|старт|блиц|start|blitz|拍卖|btc|xmr|usdt",
    "leak 3": "leaking|leaks|reposting|repost|reupload|re-upload|re-uploading|releasing|posting the|uploaded|dropped|free for everyone|free for all|public now|made public|went public|share database|share db|share data|sedot|dibagi|dibocorkan|tersebar|beredar|unduh gratis|утекла|утекли|утекло|утечки|в открытом доступе|в сети|выложили|выложена|выложил|залил|заливаю|делюсь|поделюсь|в сеть попала|被泄露|流传|放出|发布|白嫖|自取|liberado|liberada|liberados|libero|liberamos|libre descarga|subo|subimos|dejo|les dejo|publico la base|exposto|expostos|expuesta|expuestos|soltei|soltando|disponível para download|disponible para descarga|divulgué|je diffuse|diffusion|je donne|en libre|mis en ligne|exposées|نشر|نشرت|تسربت|متاح للتحميل|ارفع لكم|اقدم لكم|اشارككم|veröffentlicht|geleakt|giving away|give away|giveaway|enjoy|dropping|freebie|regalo|regalamos|dump gratuito|gratuito|gratuita|base gratuita|vazou|vazaram|vazei|слили|слиты|раздаю|gratuit|cadeau|offert|مجاني|مجانية|تسربت|bagi2|berbagi|disebar|分享|白送|se filtró|se filtraron|libre acceso|leaked database|got hacked|hacked database|free download|download link|download here|full leak|database leak|leaked|leak|dump free|for free|"
    "sharing|i share|share with you|shared for free|published|i am uploading|ive uploaded|hello breachforums|database dump|"
    "bocor|bocoran|kebocoran|gratis|dibagikan|bagi bagi|сливаю|слив|слил|слита|бесплатно|раздача|выкладываю|в паблик|утечка|"
    "泄露|泄漏|免费下载|免费分享|公开|流出|hackeada|hackeado|hackeados|filtración|filtrada|filtrado|filtrados|descarga gratuita|comparto|vazamento|vazado|vazados|"
    "vazada|compartilho|de graça|fuite|fuité|divulgation|téléchargement gratuit|je partage|gratuitement|تسريب|مسربة|تسريبات|تسريبها|سربت|مجانا|تحميل مجاني",
    "leak 1": "download|mega|gofile|anonfiles|pixeldrain|credits|hidden content|unlock|reply to see|unduh|скачать|ссылка|下载|链接|解压密码|"
    "descargar|enlace|baixar|télécharger|lien|رابط|تحميل|like and reply|cloud link",
    "access 4": "akun admin|admin account|admin accounts|vpn creds|vpn credentials|rdp creds|creds for|credenciales vpn|credenciales de admin|админские учетки|管理员账号|вход в|вход в корпоративную почту|учетка админа|учетные данные админа|с правами админа|права админа|got access|have access|selling vpn|domain controller|administrator rights|admin rights|full access|backdoor|login admin|akses full|akses email|masuk server|root权限|后台|webshell权限|shell权限|远程桌面|accesos vpn|accesos rdp|permisos de administrador|permissões de administrador|credenciais de vpn|droits administrateur|un accès|accès citrix|accès rdp|صلاحيات ادمن|صلاحيات كاملة|دخول كامل|zugang|zugänge|acceso a panel|acceso al panel|acceso al sistema|acesso ao sistema|acesso ao painel|accès à un|accès admin|вход в админку|rdp access|rdp to|vpn to|vpn access|shell access|domain admin|domain user|network access|corporate access|initial access|citrix access|"
    "webshell|web shell|root access|admin access|access to the network|access for sale|selling access|local admin|access type|"
    "fortinet access|ssh access|cpanel access|access to network|access level|admin panel access|database access|panel access|"
    "akses root|akses admin|akses shell|akses vpn|akses rdp|jual akses|akses server|akses panel|доступ к сети|доступ к серверу|продам доступ|доступ в сеть|доступ rdp|доступ vpn|"
    "доступы|доступ|доступа|доступов|продажа доступа|продам доступы|права домен админа|домен админ|шелл|шеллы|内网权限|权限|服务器权限|域控|域控权限|后台权限|acceso rdp|acceso vpn|acceso a la red|"
    "vendo acceso|acceso inicial|acceso de administrador|accesos|acceso root|acesso rdp|acesso vpn|acesso inicial|vendo acesso|acesso à rede|acesso root|acesso de administrador|"
    "accès rdp|accès vpn|accès initial|accès au réseau|vends accès|accès administrateur|accès root|وصول|صلاحيات|وصول إلى شبكة|صلاحية الدخول|دخول إلى خادم",
    "access 3": "acceso|acesso|accès|دخول|access to a|akses|shells",
    "access 1": "screenconnect|teamviewer|rdp|vpn|citrix|fortinet|forti|anydesk|hosts|edr|av|endpoints|revenue|employees|active directory|exploit|0day|rce|sqli|"
    "foothold|хостов|ревеню|антивирус|revenue|kerberos|esxi|vcenter|cobalt strike",
    "ransom 4": "your company|your network|your data|has been breached|we hold|before the counter|the counter|mayor postor|maior lance|plus offrant|seront vendues|ne paie pas|no paga|não pagar|prazo acaba|o prazo|el plazo|délai|неделя на оплату|дней на оплату|на оплату|срок до|украдено и зашифровано|已被我们加密|天内支付|拒不付款|tenggat|jika tidak membayar|اذا لم يتم الدفع|الموعد النهائي|we go public|go public|or we leak|or we publish|will leak|will be made public|full leak in|days left|hours left|ransomware|encrypted all|kena ransomware|terenkripsi|minta tebusan|ditebus|зашифрован*|требуют выкуп|таймер|勒索软件|加密了|限期|secuestr*|cifrado|cifrados|ransomwares|sequestr*|criptografad*|criptografamos|chiffré|chiffrés|avons chiffré|paiement avant|طلب فدية|تشفير ملفات|مهلة|verschlüsselt|if no payment|no payment|we publish|we will publish|we will release|will be leaked|they have 72 hours|hours to pay|days to pay|have not paid|días para pagar|para pagar|o publicamos|publicaremos|publicaremos todo|se publicará|jours pour payer|nous publierons|ou nous publions|sera publié|выложим|опубликуем|будет опубликовано|не выйдет на связь|не заплатят|kami publikasikan|akan kami sebar|不付|不付款就|否则公开|ou publicamos|vamos publicar|pagar ou|سننشر|لم تدفع|wir veröffentlichen|ransom|data published|full data published|ransomware|time left|countdown|until publication|will be published|data will be published|failed to negotiate|"
    "refused to pay|did not pay|negotiations failed|negotiation|deadline|encrypted your|your files|pay or|victim|"
    "tebusan|data akan dipublikasikan|batas waktu|menolak membayar|выкуп|выкупа|данные будут опубликованы|отказались платить|отказалась платить|шифровальщик*|"
    "срок истекает|赎金|勒索|将被公开|倒计时|拒绝支付|已加密|rescate|serán publicados|se negó a pagar|se negaron a pagar|tiempo restante|"
    "resgate|serão publicados|recusou pagar|se recusou a pagar|tempo restante|rançon|seront publiées|a refusé de payer|ont refusé de payer|temps restant|فدية|سيتم نشر|رفضت الدفع|"
    "الوقت المتبقي",
    "request 4": "looking for someone|someone who can|insider wanted|se busca gente|busco gente|on cherche|on recherche|ada yang bisa|yang bisa|anybody selling|anybody has|anybody have|anybody got|anyone with|who sells|who can|wtb|buying fresh|i am buying|want database|need access|seeking|ada yg jual|ada yg punya|ada yang mau jual|yg punya|nyari|mo beli|beli|minta|возьму|беру|плачу|плачу за|заплачу|закупаю|интересует|требуется|нужен доступ|есть у кого|подскажите где купить|需要|想买|买|有没有|有偿|寻找|找|急求|quien vende|quién vende|quien tiene|busco|buscamos|estoy buscando|se necesita|pago por|pago bien|quem tem|quem vende|tô procurando|estou procurando|pago bem|queria comprar|qui vend|qui a|qui aurait|j'ai besoin|besoin|achète|achat|احتاج|ابحث|اريد|نريد|من عنده|من يبيع|اشتري|سوف ادفع|الميزانية|wer hat|wer verkauft|brauche|paying for|paying well|pay well|buy logs|beli data|quien tenga|quién tiene|busco a|хочу купить|интересуют|qui a la base|je paie|je recherche|ابي|اشتري|ادور|looking for|wtb|want to buy|i need|we need|will buy|buying|i want to buy|searching for|who has|does anyone have|"
    "anyone have|anyone got|anyone selling|looking to buy|looking to purchase|want to purchase|willing to pay|will pay|in need of|can someone|need database|in search of|dicari|cari|mencari|butuh|ada yang punya|ada yang jual|siapa yang punya|mau beli|куплю|ищу|нужна|нужен|"
    "нужны|у кого есть|кто продает|кто продаст|кто может|скупаю|приобрету|求购|求|收购|谁有|谁出|谁卖|高价收|需要|长期收|busco|compro|necesito|alguien tiene|alguien vende|se busca|procuro|preciso de|preciso|"
    "alguém tem|alguém vende|quero comprar|recherche|je cherche|j'achète|cherche|quelqu'un a|besoin de|suche|kaufe|أبحث عن|ابحث عن|مطلوب|"
    "من لديه|أريد شراء|احتاج",
    "request 2": "iso|paying|budget|бюджет|anggaran|预算|presupuesto|orçamento",
    "service 4": "i hack|we hack|can hack|i recover|recover accounts|восстанавливаю доступ|восстанавливаю|взламываю|взломаю|ломаю|渗透|拿站|入侵服务|接各种|先看后付|hackeo|jaqueo|recupero|invado|hackeio|recupero contas|je pirate|pirate des comptes|اقوم باختراق|باختراق المواقع|اخترق|bobolin|bisa bobol|ich hacke|i will do|done for you|accepting orders|turnkey|rental|rent|carding service|money laundering|cash out|laundering|menerima jasa|terima order|bisa hapus|joki|оказываю|выполню|помогу|принимаю заказы|обналичу|обнальный|вывод средств|рассылк*|накрут*|отмыв|代开|代办|代做|可接|承包|洗钱|跑分|出租|hago transferencias|alquilo|trabajo por encargo|realizamos|prestamos|trabajos|vacío cuentas|cobro por|presto serviço|faço serviço|alugo|trabalho com|je réalise|je loue|location de|blanchiment|نوفر|اقدم خدمة|نقوم|تبييض|vermiete|erledige|crack your|i can hack|i will hack|we can hack|hire me|my rates|rates start|cracking service|doxeo|painel de consultas|panel de consultas|je fais|sur mesure|hago|faço|بتهكير|تهكير|اختراق حسابات|pemulihan akun|подделка|отрисовка|делаю|ddos service|hacking service|hacking services|hack service|pentest service|hire a hacker|hacker for hire|for hire|"
    "cashout service|our service|our services|service|services|i offer|we offer|bulletproof hosting|crypting|crypter service|fud crypt|"
    "sms bomber|lookup service|doxing service|dox service|spam service|checker service|jasa|jasa hack|layanan|menyediakan jasa|jasa ddos|услуги|услуга|сервис|"
    "пробив|пробиваю|взлом на заказ|взлом почты|ддос|обнал|на заказ|предоставляю|предоставляем|服务|代做|接单|代查|承接|提供服务|"
    "servicio|servicios|ofrezco|ofrecemos|serviço|serviços|ofereço|oferecemos|je propose|nous proposons|prestation|dienstleistung*|خدمة|خدمات|نقدم|أقدم",
    "discussion 3": "can someone explain|someone explain|how did|how these|the news says|newspaper says|hati2|barang gak dikirim|别买|假的|老数据|是老的|не берите|не покупайте|no compren|não comprem|n'achetez pas|لا تشتروا|beware|be careful|warning|avoid|ripped|ripper|got scammed|any opinions|discuss|manual|guide for|rules|announcement|hello everyone|new here|welcome|poll|anyone else|rip|hati hati|waspada|awas|ketipu|tutorial|panduan|share pengalaman|pendatang baru|peraturan|мануал|гайд|обсуждаем|обсудим|осторожно|внимание|развод|кинули|опыт|правила|всем привет|новичок|ребята|小心|注意|被骗|经验|讨论一下|大家|新手|公告|版规|tutorial|cuidado|ojo con|estafador|estafaron|me estafaron|reglas|hola a todos|foro|alguien más|golpista|golpistas|fui roubado|caloteiro|regras|olá pessoal|attention|escroc|arnaqueur|arnaqué|méfiez|règles|bonjour à tous|nouveau ici|احذروا|احذر|انتبهوا|نصابين|محتال|قوانين|السلام عليكم|شرح|vorsicht|betrüger|卖家|买家|有人|靠谱吗|靠谱|真的假的|骗子|is it me|did the seller|get banned|arnaque|quelqu'un a déjà|estafa|es verdad|é golpe|golpe|penipu|стоит связываться|разводят|هل احد|هل هذا|نصاب|حقيقي|thanks for sharing|merci beaucoup|obrigada|aporte|what do you think|is this|is that|is it|anyone verified|any news|news|discussion|opinion|opinions|anyone know|has anyone|anyone tried|scam|legit|review|does anyone know|tutorial|guide|how to|question|"
    "thoughts|article|according to|reported|researchers|thanks for|thanks|nice share|thank you|thx|vouch|great share|is it real|is this real|is it legit|fake|scammer|"
    "bagaimana|menurut kalian|ada yang pernah|pendapat|tanya|diskusi|berita|ada yang tahu|terima kasih|makasih|mantap|обсуждение|кто знает|кто-нибудь|проверял|кидала|кидок|отзывы|что думаете|подскажите|новости|вопрос|как сделать|мнение|"
    "спасибо|статья|讨论|请问|大家怎么看|新闻|教程|求助|谢谢|怎么|qué opinan|alguien sabe|alguien ha|noticias|pregunta|gracias|cómo|tutorial|"
    "o que acham|alguém já|alguém sabe|notícia|notícias|pergunta|obrigado|como fazer|qu'en pensez|quelqu'un sait|actualité|merci|"
    "comment faire|ما رأيكم|هل يعرف|سؤال|نقاش|أخبار|شكرا|كيف",
}
_ORDER = ("ransom", "access", "sale", "request", "service", "leak", "discussion")
_LIMIT = 8  # of one purpose: a long text repeats itself
_LEAST = 2
_MONEY = "$€£₽¥₹"
_ASIDE = ("money", "goods", "here")  # what no purpose has for itself
_PRICED = {sign: re.compile(rf"{re.escape(sign)}(?: ?[0-9]|(?<=[0-9].)|(?<=[0-9] .))") for sign in _MONEY}
_ASKED = re.compile(r"\?\s*$|\? |？")
_SOLD_ACCESS = 3
_TITLE = 2  # a word in the first line counts so many times


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """One purpose: the one with the most points. ``parts``: the points of each purpose, then each word that counted
    with its points. Words of the first line count twice; a price speaks for a sale (more so beside data), data to be
    had here for nothing speak for a leak, a question for a discussion. A draw goes to the graver. Nothing where no purpose has two points."""
    points = dict.fromkeys(_ORDER, 0)
    reasons: dict[tuple[str, str], int] = {}
    places: dict[str, list[tuple[int, int]]] = {}
    first = reading.plain.find("\n")
    first = len(reading.plain) if first < 0 else first
    aside: dict[str, list[Hit]] = {tag: [] for tag in _ASIDE}
    telling: list[Hit] = []
    for hit in hits:
        aside.get(hit.tag, telling).append(hit)
    for hit in _longest(telling):
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
    _signs(reading, aside, points, reasons, places)
    if not reasons:
        return
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
    aside: Mapping[str, Sequence[Hit]],
    points: dict[str, int],
    reasons: dict[tuple[str, str], int],
    places: dict[str, list[tuple[int, int]]],
) -> None:
    """What speaks without a word of its own."""
    price = next(
        (
            found
            for sign in _MONEY
            if sign in reading.plain and (found := _PRICED[sign].search(reading.plain, 0, 20_000))
        ),
        None,
    )
    named = price.span() if price else next(((hit.start, hit.end) for hit in aside["money"]), None)
    if named and not points["access"] and not points["ransom"]:
        worth = 2 if aside["goods"] else 1
        points["sale"] += worth
        reasons["sale", "a price of data" if aside["goods"] else "a price"] = worth
        places.setdefault("sale", []).append(named)
    if named and 0 < points["access"] < _LEAST:
        points["access"] += 2
        reasons["access", "a price of it"] = 2
    question = _ASKED.search(reading.plain) if len(reading.plain) < 400 else None
    if aside["here"] and aside["goods"] and not question and not named and not points["ransom"]:
        first = aside["here"][0]
        points["leak"] += 2
        reasons["leak", "data to be had here"] = 2
        places.setdefault("leak", []).append((first.start, first.end))
    if question:
        points["discussion"] += 2
        reasons["discussion", "a question"] = 2
        places.setdefault("discussion", []).append((question.start(), question.start() + 1))
