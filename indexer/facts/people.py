"""How many people, records, accounts, documents or numbers of identity a listing claims."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.fact import Fact, Value
from indexer.money import ASKED, ASKED_BEHIND, CURRENCIES, REVENUE
from indexer.numbers import BARE_NUMBER, NUMBER, SCALE, SCALE_WORDS, number, spelled
from indexer.reading import Hit, Reading, beside_digits

#: A tag is a unit; with ``+`` its words are of languages in which the last of several nouns is what is counted.
WORDS = {
    "people+": "people|person|persons|patient|patients|user|users|customer|customers|citizen|citizens|client|clients|"
    "member|members|employee|employees|student|students|voter|voters|subscriber|subscribers|individuals|residents|"
    "teachers|doctors|drivers|passengers|taxpayers|victims|guests|buyers|workers|staff|"
    "holders|cardholders|policyholders|applicants|donors|players|beneficiaries|veterans|participants|contacts|owners|personen|nutzer|nutzern|kunden|patienten|burger|mitarbeiter|mitarbeitern|aposentados|人|名|用户|用戶|公民|患者|病人|客户|客戶|会员|员工|学生|居民|"
    "车主|业主|股民|老人|考生|教师|旅客|名用户|个人信息|公民信息|名患者",
    "people": "debitur|korban|pembeli|penjual|pekerja|dosen|guru|pelamar|relawan|penumpang|anggota|pemilik|santri|orang|wni|pemegang|pasien|pengguna|pelanggan|warga|penduduk|nasabah|karyawan|pegawai|mahasiswa|peserta|jiwa|siswa|"
    "pemilih|anggota|человек|человека|людей|пользовател*|юзеров|юзер*|игрок*|должник*|клиент*|пациент*|граждан|граждане|гражданин*|абонент*|"
    "сотрудник*|водител*|ученик*|заемщик*|участник*|заказчик*|студент*|жител*|покупател*|"
    "personas|miembros|socios|jubilados|médicos|profesores|votantes|contribuyentes|beneficiarios|asegurados|pacientes|usuarios|clientes|ciudadanos|empleados|alumnos|estudiantes|afiliados|suscriptores|"
    "pessoas|correntistas|associados|pacientes|professores|eleitores|contribuintes|beneficiários|segurados|usuários|utilizadores|cidadãos|funcionários|alunos|assinantes|"
    "personnes|élèves|membres|retraités|bénéficiaires|enseignants|allocataires|électeurs|médecins|adhérents|patientes|utilisateurs|citoyens|clients|patients|salariés|étudiants|abonnés|assurés|"
    "شخص|اشخاص|زبون|زبائن|حامل|طلبة|طالبة|مشتركين|ناخب|مستخدم*|مريض|مرضى|عميل|عملاء|مواطن*|مشترك*|موظف*|طالب",
    "records+": "row|rows|record|records|line|lines|entries|entry|zeilen|datensätze|条|條|行|记录|条记录|数据条|筆",
    "records": "baris|rekaman|entri|строк*|запис*|filas|registros|linhas|lignes|líneas|enregistrements|سجل|سجلات|صف|صفوف|سطر",
    "accounts+": "account|accounts|logins|konten|账号|帐号|账户|帳號",
    "accounts": "comptes clients|cuentas de usuario|contas de usuário|akun|аккаунт*|учеток|учетных записей|cuentas|contas|comptes|حساب|حسابات",
    "identity_numbers+": "nik|niks|ktp|ktps|ssn|ssns|passport|passports|身份证|护照",
    "identity_numbers": "paspor|паспорт*|снилс|инн|cpf|cpfs|dni|dnis|pasaportes|passaportes|passeports|جواز|جوازات",
    "documents+": "documents|files|scans|policies|contracts|invoices|dokumente|dateien|文件|份文件|份",
    "documents": "dossiers|expedientes|pólizas|polizas|apólices|contratos|contrats|prontuários|polis|полис*|договор*|досье|berkas|документ*|файл*|сканов|documentos|archivos|arquivos|fichiers|وثيقة|وثائق|ملف|ملفات",
    "cards+": "cards|credit cards|cc|ccs|信用卡|银行卡",
    "cards": "kartu|карт|карты|tarjetas|cartões|cartes|بطاقة|بطاقات",
    "mail_addresses+": "emails|e-mails|email addresses|mail addresses|mails|邮箱",
    "mail_addresses": "alamat email|имейлов|почт|adresses mail|adresses de messagerie|courriels|ايميل|ايميلات|إيميل|عنوان بريد|correos|correos electrónicos|adresses e-mail|adresses email",
    "phone_numbers+": "phones|phone numbers|phone number|numbers|手机号|手机号码|电话",
    "phone_numbers": "nomor hp|nomor telepon|номеров|телефонов|номеров телефонов|teléfonos|telefones|numéros de téléphone|numéros|أرقام|رقم هاتف|أرقام هواتف|أرقام هاتف",
    "passwords+": "mail:pass|email:pass|user:pass|combos|passwords|credentials|creds|密码",
    "passwords": "паролей|contraseñas|senhas|mots de passe|kata sandi",
    "things": beside_digits(SCALE_WORDS),
    "money": "|".join((*map(beside_digits, CURRENCIES.values()), ASKED, ASKED_BEHIND, REVENUE)),
    "total": "共|共计|总共|合计|total|jumlah|amount|quantity|qty|count|количество|всего|объем|总数|总量|数量|数据量|cantidad|quantidade|nombre|العدد|"
    "عدد|سجلات",
}
_Found = tuple[int, str, re.Match[str], int]  # where the noun ends, unit, number, where it begins
_MOST = 500  # words of a text that are looked at: a hostile one may hold nothing else
_BEFORE_IT = 90
_BOUND_LENGTH = 18  # of "more than " and the like
_BOUND = (
    r"(?:(?P<more>more than|over|at least|lebih dari|более|больше|свыше|超过|超過|逾|mas de|mais de|plus de|mehr als|uber|"
    r"اكثر من|>|\+)|(?P<about>about|around|approx\w{0,8}\.?|almost|nearly|sekitar|hampir|около|примерно|почти|约|大约|近|"
    r"cerca de|aproximadamente|casi|quase|environ|pres de|etwa|حوالي|~|≈|±))[: ]{0,2}"
)
_BOUND_BEFORE = re.compile(rf"(?<![^\W_]){_BOUND}$")
_SOME = (
    rf"(?:(?P<low>{NUMBER})(?P<low_scale>{SCALE})? ?(?:-|to|до|sampai|hingga|至|到) ?"
    rf"(?P<high>[0-9]{{1,9}}(?:[.,][0-9]{{1,3}})?)|(?P<only>{NUMBER}))(?P<scale>{SCALE})?"
)
_STOP = (
    "and|for|in|by|from|to|per|with|that|when|on|at|is|are|or|dan|untuk|di|dari|oleh|и|или|в|на|за|от|для|y|por|para|en|e|"
    "em|et|pour|par|dans|und|days?|hours?|hrs?|months?|years?|weeks?|minutes?|times|hari|jam|bulan|tahun|днеи|лет|часа?|часов|"
    "года?|месяц\\w{0,3}|dias|meses|anos|jours|mois|ans|[kmgtp]i?b|[кмгт]б|usd|eur|idr|rub|cny|usdt|btc|xmr|eth|dollars?|"
    "euros?|rupiah|руб\\w{0,3}"
)
_BEFORE = re.compile(
    rf"{_SOME}\+?[*_]{{0,2}}(?:(?: |(?<=[\u3400-\u9fff]))(?!(?:{_STOP})(?!\w))[^\W\d_][\w'-]{{0,20}}){{0,4}}?[^\S\n]?(?:\(|['\"])?(?:ال|ل)?$"
)
#: All up to the last sign that ``_BEFORE`` has no place for: behind it only, a number can reach the noun.
_BETWEEN_THEM = re.compile(r"(?s:.*)(?:[^\w\s'.,+*(\"-]|,(?![0-9]))")
_BEFORE_SCALE = re.compile(rf"{_SOME}$")
_AFTER = re.compile(
    rf"(?: (?:count|total|number|qty|amount|data)\b)?(?: ?\([^)\n]{{1,20}}\))? ?(?:[:=]|->?|\((?=[0-9.,]{{1,12}}[a-z]{{0,2}}\))|(?<=[\u3400-\u9fff]))[ :]{{0,2}}(?:{_BOUND})?"
    rf"(?P<only>{BARE_NUMBER})(?P<scale>{SCALE})?(?![^\W\u3400-\u9fff])"
)
_PARTED = re.compile("[万萬亿億千] ")
_SIGN_BEFORE = re.compile(r"[$€£¥₽₹₿] ?$")
#: Behind these a number is a version, a standard or a place.
_NAME_BEFORE = re.compile(
    r"(?<![^\W_])(?:iso|rfc|pci|windows|win|ios|android|version|ver|v|top|pages?|part|level|tier|port|room|type|chapter|web|nr|no\.|№|версия|versi|version|版本|versao|إصدار|الإصدار)[ -]?$"
)
_NOT_COUNTED = re.compile(r" ?\+? ?(?:[$€£¥₽₹₿%]|(?:bytes?|[kmgtp]i?b|[кмгт]б)(?!\w)|[a-z]{0,3}/)")
_ADDRESS = re.compile(r"(?:25[0-5]|2[0-4]\d|1\d\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d)){3}")
_CLAUSE = re.compile(r" ?(?!and |or |with |dan |и |y |e |et )(?:[^\W\d_]{1,12} ?)?")


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Quantities with the thing counted, or with a spelled scale (``6 juta``), then of unit ``things``.

    ``value`` of a range is its lower end; both ends are among the parts. Where several nouns stand in a row, the one
    that is counted is the last in English, German and Chinese (``6 million user records``), else the first.
    """
    if "0" not in reading.words:
        return
    found: dict[int, _Found] = {}
    nouns: list[Hit] = []
    scales: list[Hit] = []
    money: list[Hit] = []
    for hit in hits[:_MOST]:
        (money if hit.tag == "money" else scales if hit.tag == "things" else nouns).append(hit)
    for hit in nouns:
        _look(reading, hit, found)
    for hit in scales:
        _spelled(reading, hit, nouns, found)
    for begin, (end, unit, match, behind) in sorted(found.items()):
        if not _uncounted(reading.plain, begin, match, money):
            yield _fact(reading, match, unit, begin, end, behind)


def _look(reading: Reading, hit: Hit, found: dict[int, _Found]) -> None:
    """The number before or, after a colon, behind a noun; ``found`` has it by its place."""
    text, unit = reading.plain, hit.tag.rstrip("+").replace("_", " ")
    low = max(hit.start - _BEFORE_IT, 0)
    low = max(low, text.rfind("\n", low, hit.start))
    match = None
    if unit != "total" and reading.words.find("0", low, hit.start) >= 0:
        cut = _BETWEEN_THEM.match(text, low, hit.start)
        match = reading.reaching(_BEFORE, cut.end() if cut else low, hit.start)
    if match and _PARTED.search(text, match.start(), hit.start):
        match = None  # "1100万 密码": what stands behind a space is something else
    if match:
        begin = low_of(match)
        other = found.get(begin)
        if other is None or other[1] == "things":
            found[begin] = (hit.end, unit, match, match.end())
        elif (hit.tag.endswith("+") and hit.start - other[0] in (0, 1)) or hit.start == low_of(other[2]):
            found[begin] = (hit.end, unit, other[2], match.end())
        elif hit.end > other[0] and hit.start < other[0]:  # the longer of two words at one place
            found[begin] = (hit.end, unit, match, match.end())
        return
    after = _AFTER.match(text, hit.end)
    if after and low_of(after) not in found and not _year(after):
        found[low_of(after)] = (after.end(), "things" if unit == "total" else unit, after, hit.start)


def _spelled(reading: Reading, hit: Hit, nouns: Sequence[Hit], found: dict[int, _Found]) -> None:
    """A number with a spelled scale that no noun claimed: of the noun that goes before it in the clause, if any."""
    match = reading.reaching(_BEFORE_SCALE, max(hit.start - 40, 0), hit.end)
    if match is None or low_of(match) in found or not spelled(match["scale"] or ""):
        return
    begin, unit = match.start(), "things"
    for noun in nouns:
        near = noun.tag != "total" and 0 <= match.start() - noun.end <= 20
        if near and _CLAUSE.fullmatch(reading.plain, noun.end, match.start()):
            begin, unit = noun.start, noun.tag.rstrip("+").replace("_", " ")
    found[low_of(match)] = (match.end(), unit, match, begin)


def low_of(match: re.Match[str]) -> int:
    """Where the number itself begins."""
    groups = match.groupdict()
    return match.start("low") if groups.get("low") else match.start("only")


def _uncounted(text: str, begin: int, match: re.Match[str], money: Sequence[Hit]) -> bool:
    """Whether the number is an amount of money or bytes, a share, a year, a version or an address."""
    last = match.end("scale" if match["scale"] else "high" if match.groupdict().get("high") else "only")
    if _SIGN_BEFORE.search(text, max(begin - 2, 0), begin) or _NOT_COUNTED.match(text, last) or _year(match):
        return True
    if _NAME_BEFORE.search(text, max(begin - 12, 0), begin) or _ADDRESS.fullmatch(match["only"] or ""):
        return True
    first = match.start()
    return any(
        (0 <= hit.start - last <= 4 and text[last : hit.start].strip() in ("", "de", "d'", "of", "+", "в"))
        or (
            0 <= first - hit.end <= 4 and text[hit.end : first].strip(" :=.-") in ("", "de", "of", "is", "от")
        )
        for hit in money
    )


def _year(found: re.Match[str]) -> bool:
    return not found["scale"] and re.fullmatch(r"(?:19|20)\d\d", found["only"] or "") is not None


def _fact(reading: Reading, found: re.Match[str], unit: str, begin: int, end: int, behind: int) -> Fact:
    written = found.groupdict()
    scaled = written["scale"] or ""
    parts: tuple[tuple[str, Value], ...] = ()
    if written.get("low"):
        low = int(number(written["low"], written["low_scale"] or scaled))
        parts = (("low", low), ("high", int(number(written["high"], scaled))))
        value = low
    else:
        value = int(number(written["only"], scaled))
    at = low_of(found)
    bound = _BOUND_BEFORE.search(reading.plain, max(at - _BOUND_LENGTH, 0), at)
    plus = reading.plain.startswith("+", found.end("scale") if scaled else found.end("only"))
    if plus or (bound and bound["more"]):
        parts += (("bound", "more than"),)
    elif bound:
        parts += (("bound", "about"),)
    first = min(begin, behind, bound.start() if bound else begin)
    return reading.fact("quantity", value, (first, end), unit=unit, parts=parts)
