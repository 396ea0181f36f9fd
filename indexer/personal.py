"""Personal data of the people whom leaked data are about, found in the samples that sellers post.

What counts depends on where it stands. In a row of data, a combo (``mail:password``, ``address:login:password``) or a
record (lines such as ``Name: ...`` and ``Phone: ...`` together) every cell is looked at. Anywhere else only what can be
nothing else is found: card numbers by Luhn, IBANs by their checksum, NIK and SSN by their form, and passports, phones
and birth dates behind a word that names them. A line that names a messenger or says how to reach the seller is the
seller's own and holds none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from indexer import checksums
from indexer.rows import is_row, is_sellers


class Place(NamedTuple):
    """Characters ``start`` to ``end`` (excluded) that are to be hidden, and what they are: mail (only the part before
    the sign), phone, number (of a card or of identity), text (IBAN, passport), birth or secret."""

    kind: str
    start: int
    end: int


#: Words above a column or before a value, by what stands there. "name" and the like are not hidden; they tell a record.
_LABELS = {
    "mail": r"e-?mails?|email address|mail|surel|почта|emailaddress|correo(?: electronico)?|邮箱|البريد(?: الالكتروني)?|courriel",
    "phone": r"phone(?: ?number| ?no)?|phones|mobile(?: ?number)?|msisdn|tel(?:ephone|epon|efon|p)?|hp|no ?hp|nomor hp|handphone|cell|телефон|тел|"
    r"手机号?码?|电话|celular|telefono|telefone|portable|الهاتف|جوال|رقم الهاتف|nomor telepon|no telp",
    "number": r"nik|no ?ktp|ktp|nomor ktp|ssn|social security(?: number)?|card(?: ?number)?|cc|card no|dni|cpf|curp|id ?number|national ?id|"
    r"id ?card|снилс|инн|身份证号?码?|银行卡号?|卡号|bpjs|noka|npwp|رقم الهوية",
    "text": r"passport(?: ?(?:no|number|num))?|no paspor|nomor paspor|paspor|паспорт|护照号?码?|pasaporte|passaporte|passeport|iban|رقم الجواز|"
    r"جواز(?: السفر)?",
    "birth": r"dob|date of birth|birth ?date|birthday|born|tgl ?lahir|tanggal lahir|lahir|дата рождения|д\.р|др|出生日期|生日|"
    r"fecha de nacimiento|nacimiento|data de nascimento|nascimento|date de naissance|تاريخ الميلاد",
    "secret": r"pass(?:word|wd|wort)?|pwd|kata sandi|sandi|пароль|密码|contrasena|senha|mot de passe|password ?hash|hash|كلمة المرور|pin",
    "name": r"(?:full ?|first ?|last ?|sur)?name|nama(?: lengkap)?|фио|имя|фамилия|姓名|名字|nombre|apellidos?|nome|nom|prenom|الاسم|address|"
    r"alamat|адрес|地址|住址|direccion|endereco|adresse|العنوان|gender|sex|job|city",
    "login": r"login|user(?:name)?|логин|账号|usuario|utilisateur",
}
_WORD_KINDS = [(kind, re.compile(rf"[\"'(\[]?(?:{words})[\"')\]]?")) for kind, words in _LABELS.items()]
_LABELLED = re.compile(
    r"(?<![^\W_])[\"']?(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in _LABELS.items())
    + r")[\"']?(?: ?(?:no|number|nomor|№|номер|#))?(?: ?[:=] ?|\t| (?=[a-z]{0,2}[0-9]{6}))[\"']?(?P<value>[^\"'\n,;|{}\t]{1,80})"
)
_GATE = re.compile(r"[0-9]{5}|[0-9]{3}-[0-9]{2}-|[0-9]{4}[ -][0-9]{4}|@|:")
_MAIL = re.compile(r"(?P<local>[\w.+%-]{1,64})@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w@])")
_MASKED = re.compile(r"xq[b-df-hj-np-tv-z]{12}(?:\*[\w]{0,4})?")
_COMBO = re.compile(
    r"(?P<mail>[\w.+%-]{1,64}@[\w.-]{1,80}\.[^\W\d_]{2,24})[:;|](?P<secret>[^\s:;|]{1,128})(?:[:;|].*)?"
)
_LOGIN = re.compile(r"(?P<login>[\w.-]{3,40}):(?P<secret>[^\s:/]{4,128})")
_STOLEN = re.compile(  # address:login:password, as programs that steal them write it
    r"(?:[a-z+]{2,12}://|www\.)?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?::[0-9]{2,5})?(?:/[^\s:]{0,300})?[:| ](?P<login>[^\s:|]{2,80})[:|](?P<secret>[^\s:|]{2,128})"
)
_CARD = re.compile(r"(?<![\w.,/#$€£-])[3-6][0-9]{3}(?:[ -]?[0-9]{4}){2}[ -]?[0-9]{1,7}(?![\w]|[.,-][0-9])")
_AMEX = re.compile(r"(?<![\w.,/#$€£-])3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}(?![\w]|[.,-][0-9])")
_NIK = re.compile(
    r"(?<![\w.,/#$€£-])[1-9](?:[0-9]{3}(?:[ .-]?[0-9]{4}){3}|[0-9]{5}[ .-][0-9]{6}[ .-][0-9]{4})(?![\w]|[.,-][0-9])"
)
_SSN = re.compile(r"(?<![\w.,/#+$€£-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\w]|-[0-9])")
_IBAN = re.compile(r"(?<![\w])[a-z]{2}[0-9]{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?(?![\w])")
_PASSPORT = re.compile(r"[a-z]{0,2} ?[0-9]{6,9}|[0-9]{2} [0-9]{2} [0-9]{6}|[a-z][0-9]{2}[a-z0-9]{6}")
_NUMBER = re.compile(r"[0-9][0-9 .-]{5,22}[0-9x]")
_PHONE = re.compile(r"\+?\(?[0-9][0-9 ().-]{6,20}[0-9]")
_DATE = re.compile(
    r"(?P<year>19[2-9][0-9]|200[0-9]|2010)[-/.](?P<rest>[0-9]{1,2}[-/.][0-9]{1,2})|(?P<first>[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ])(?P<after>19[2-9][0-9]|200[0-9]|2010)"
)
_BORN = re.compile(
    r"(?P<worded>[0-9]{1,2} [^\W\d_]{3,12} )(?:19[2-9][0-9]|20[01][0-9])|(?P<month>[^\W\d_]{3,12} [0-9]{1,2},? )(?:19[2-9][0-9]|20[01][0-9])"
)
_HASHED = re.compile(
    r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})(?::[\w]{1,32})?|\$(?:2[abxy]|argon2\w{0,2}|[1-6]|p|h|y)\$\S{10,}|pbkdf2_\w+\$\S{10,}|\*[0-9a-f]{40}"
)
#: How numbers of phones begin that are written without a plus: country, and the first digit of its mobiles.
_DIALLED = re.compile(
    r"0[0-9]{8,12}|62[28][0-9]{8,12}|7[3-9][0-9]{9}|861[3-9][0-9]{9}|55[1-9][0-9]{9,10}|1[2-9][0-9]{9}|91[6-9][0-9]{9}|9665[0-9]{8}|9715[0-9]{8}|"
    r"201[0-9]{9}|33[67][0-9]{8}|34[67][0-9]{8}|491[5-7][0-9]{8,9}|521?[1-9][0-9]{9}|549?[1-9][0-9]{9}|573[0-9]{9}|601[0-9]{8,9}|639[0-9]{9}|"
    r"65[89][0-9]{7}|66[689][0-9]{8}|84[3-9][0-9]{8}|447[0-9]{9}|380[0-9]{9}|77[0-9]{9}"
)
#: Labels of listings, which are no logins.
_LISTED = re.compile(
    r"country|revenue|employees?|prices?|size|access|rows?|records?|lines|format|samples?|contact|date|year|source|type|industry|sector|"
    r"hosts?|domain|website|site|url|title|total|fields|start|step|blitz|privileges|rights|level|os|cpu|ram|av|edr|version|payment|escrow|"
    r"negara|harga|ukuran|jumlah|sumber|tanggal|цена|страна|ревеню|доступ|строк|размер|дата|старт|шаг|блиц|"
    r"pais|precio|tamano|fecha|fuente|preco|tamanho|pays|prix|taille|http|https|btc|xmr|eth|line|time|note|see"
)
_SEPARATORS = "|;\t,"
_OF_PEOPLE = frozenset(("mail", "phone", "number", "text", "birth"))
_TELLING = frozenset(("name", "birth", "number", "text", "secret", "login"))
_RUN = 3  # lines in a row that are like login:password make a combo list
_LONGEST_LINE = 4000


def personal(text: str) -> list[Place]:
    """Every place in *plain* text (``indexer.reading``), in order, none within another."""
    if not _GATE.search(text):
        return []
    lines = []
    at = 0
    for line in text.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    found: list[Place] = []
    combos = _logins(lines)
    records = _records(lines)
    header: list[str] = []
    sign = ""
    for number, (at, line) in enumerate(lines):
        columns = _header(line) if len(line) <= _LONGEST_LINE else []
        if columns or not line.strip():
            header, sign = columns, _separator(line) if columns else ""
        if columns or len(line) > _LONGEST_LINE or not _GATE.search(line):
            continue
        here: list[Place] = []
        combo = _combo(line) or (combos.get(number) and _LOGIN.fullmatch(line.strip()))
        if combo:
            here = list(_of_combo(line, combo))
        elif number in records:
            here = list(_of_labels(line))
        elif is_row(line) or (sign and line.count(sign) == len(header) - 1):
            own = sign if sign and line.count(sign) == len(header) - 1 else _separator(line)
            here = list(_of_cells(line, own, header if own == sign else []))
        elif not is_sellers(line):
            here = list(_of_labels(line, _SURE))
        here += _anywhere(line)
        found += [Place(kind, at + start, at + end) for kind, start, end in _apart(here)]
    return found


_SURE = frozenset(("phone", "text", "birth", "number"))


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line.count)


def _header(line: str) -> list[str]:
    """What each column below holds, where a line names at least two that are known."""
    sign = _separator(line)
    if line.count(sign) < 1:
        return []
    kinds = [_kind(cell.strip(" \"'`()").replace("_", " ")) for cell in line.split(sign)]
    return kinds if sum(map(bool, kinds)) >= 2 and len(kinds) >= 2 else []


def _kind(word: str) -> str:
    return next((kind for kind, pattern in _WORD_KINDS if pattern.fullmatch(word)), "")


def _combo(line: str) -> re.Match[str] | None:
    bare = line.strip()
    if " " in bare.strip() and "|" not in bare:
        return None
    return _COMBO.fullmatch(bare) or (
        _STOLEN.fullmatch(bare) if bare.count(":") + bare.count("|") >= 2 else None
    )


def _logins(lines: Sequence[tuple[int, str]]) -> dict[int, bool]:
    """Lines like ``login:password`` where at least three follow one another."""
    found: dict[int, bool] = {}
    run: list[int] = []
    for number, (_, line) in enumerate((*lines, (0, ""))):
        bare = line.strip()
        login = _LOGIN.fullmatch(bare) if len(bare) < 200 and ":" in bare else None
        if login and _like_login(login) and not is_sellers(bare):
            run.append(number)
            continue
        if len(run) >= _RUN:
            found.update(dict.fromkeys(run, True))
        run = []
    return found


def _like_login(found: re.Match[str]) -> bool:
    """Whether a pair is a login with its password, not a label with its value (``Country:Indonesia``)."""
    login, secret = found["login"], found["secret"]
    if _LISTED.fullmatch(login):
        return False
    mixed = any(map(str.isdigit, secret)) and any(map(str.isalpha, secret))
    return mixed or any(map(str.isdigit, login)) or not secret.isalnum()


def _records(lines: Sequence[tuple[int, str]]) -> set[int]:
    """Lines of records: together they name two kinds of data or more, one of which is a person's, or a login with its
    password; a block in which the seller can be reached is none."""
    found: set[int] = set()
    block: list[int] = []
    for number, (_, line) in enumerate((*lines, (0, ""))):
        labelled = 0 < len(line) <= _LONGEST_LINE and (":" in line or "=" in line or "\t" in line)
        if labelled:
            block.append(number)
            continue
        if block:
            text = "\n".join(lines[each][1] for each in block)
            kinds = {_kind_of(each) for each in _LABELLED.finditer(text)}
            person = len(kinds) >= 2 and kinds & _OF_PEOPLE and kinds & _TELLING
            if (person or kinds >= {"login", "secret"}) and not is_sellers(text):
                found.update(block)
        block = []
    return found


def _kind_of(found: re.Match[str]) -> str:
    return next(kind for kind in _LABELS if found[kind])


def _of_combo(line: str, combo: re.Match[str]) -> Iterator[Place]:
    lead = len(line) - len(line.lstrip())
    groups = combo.groupdict()
    for name in ("mail", "login"):
        if groups.get(name):
            start, end = (lead + at for at in combo.span(name))
            mail = _MAIL.fullmatch(line, start, end)
            if mail:
                yield from _hidden("mail", line, *mail.span("local"))
            elif name == "login" and "mail" not in groups:
                if line[start:end].isdigit():  # "10.0.0.1:22:open"
                    return
                yield from _hidden("secret", line, start, end)
    start, end = (lead + at for at in combo.span("secret"))
    yield from _hidden("secret", line, start, end)


def _of_labels(line: str, kinds: frozenset[str] | None = None) -> Iterator[Place]:
    """Values behind words that name them; ``kinds``: only these, and only where the value has their form."""
    for found in _LABELLED.finditer(line):
        kind = _kind_of(found)
        start = found.start("value")
        end = start + len(found["value"].rstrip(" .\"')"))
        if kinds is None or kind in kinds:
            yield from _value(kind, line, start, end, sure=kinds is None)


def _value(kind: str, line: str, start: int, end: int, *, sure: bool) -> Iterator[Place]:
    """The part of a value that is of a kind; ``sure``: a secret is hidden whatever it is."""
    if kind == "mail":
        mail = _MAIL.search(line, start, end)
        if mail:
            yield from _hidden("mail", line, *mail.span("local"))
    elif kind == "phone":
        for phone in _PHONE.finditer(line, start, end):
            if 7 <= _digits(phone[0]) <= 15:
                yield from _hidden("phone", line, *phone.span())
    elif kind == "number":
        for number in _NUMBER.finditer(line, start, end):
            if 8 <= _digits(number[0]) <= 19:
                yield from _hidden("number", line, *number.span())
    elif kind == "text":
        passport = _PASSPORT.match(line, start, end)
        if passport and not line[passport.end() : passport.end() + 1].isalnum():
            yield from _hidden("text", line, *passport.span())
    elif kind == "birth":
        yield from _birth(line, start, end, worded=True)
    elif kind == "secret" and sure:
        yield from _hidden("secret", line, start, end)


def _of_cells(line: str, sign: str, header: Sequence[str]) -> Iterator[Place]:
    at = 0
    cells = line.split(sign)
    for number, cell in enumerate(cells):
        bare = cell.strip(" \"'`()\t{}[]")
        start = at + cell.find(bare)
        end = start + len(bare)
        at += len(cell) + 1
        if not bare or bare == "null":
            continue
        kind = header[number] if len(header) == len(cells) else ""
        if kind == "secret" or (kind in ("number", "text") and any(map(str.isdigit, bare))):
            yield from _hidden(kind, line, start, end)
            continue
        inner = _COMBO.fullmatch(bare)
        label = _LABELLED.match(line, start, end)
        if inner:
            yield from (Place(k, start + s, start + e) for k, s, e in _of_combo(bare, inner))
        elif label:
            yield from _value(_kind_of(label), line, label.start("value"), end, sure=True)
        else:
            yield from _cell(line, start, end, bare)


def _cell(line: str, start: int, end: int, bare: str) -> Iterator[Place]:
    """What one cell without a name holds, by its form."""
    mail = _MAIL.fullmatch(line, start, end)
    if mail:
        yield from _hidden("mail", line, *mail.span("local"))
    elif _HASHED.fullmatch(bare):
        yield from _hidden("secret", line, start, end)
    elif _PHONE.fullmatch(bare) and not _DATE.match(bare):
        digits = "".join(filter(str.isdigit, bare))
        if 8 <= len(digits) <= 15 and (bare[0] == "+" or _DIALLED.fullmatch(digits)):
            yield from _hidden("phone", line, start, end)
    else:
        yield from _birth(line, start, end)


def _birth(line: str, start: int, end: int, *, worded: bool = False) -> Iterator[Place]:
    """Day and month of a date whose year may be one of birth; the year is kept."""
    date = _DATE.match(line, start, end)
    if date and date.end() >= end - 9:  # a time of day may follow
        yield Place("birth", *date.span("rest" if date["rest"] else "first"))
    elif worded:
        spelt = _BORN.match(line, start, end)
        if spelt:
            yield Place("birth", *spelt.span("worded" if spelt["worded"] else "month"))


def _anywhere(line: str) -> Iterator[Place]:
    """What can be nothing else, wherever it stands."""
    for pattern in (_CARD, _AMEX):
        for found in pattern.finditer(line):
            digits = "".join(filter(str.isdigit, found[0]))
            if 13 <= len(digits) <= 19 and len(set(digits)) > 1 and checksums.luhn(digits):
                yield Place("number", *found.span())
    for found in _NIK.finditer(line):
        digits = "".join(filter(str.isdigit, found[0]))
        day = int(digits[6:8])
        born = 1 <= int(digits[8:10]) <= 12 and (1 <= day <= 31 or 41 <= day <= 71)
        if born and 11 <= int(digits[:2]) <= 97:
            yield Place("number", *found.span())
    for found in _SSN.finditer(line):
        yield Place("number", *found.span())
    if len(line) >= 15:
        for found in _IBAN.finditer(line):
            account = found[0].replace(" ", "")
            if 15 <= len(account) <= 34 and checksums.iban(account):
                yield Place("text", *found.span())


def _hidden(kind: str, line: str, start: int, end: int) -> Iterator[Place]:
    if start < end and not _MASKED.fullmatch(line, start, end):
        yield Place(kind, start, end)


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _apart(places: list[Place]) -> list[Place]:
    kept: list[Place] = []
    for place in sorted(places, key=lambda place: (place.start, -place.end)):
        if not kept or place.start >= kept[-1].end:
            kept.append(place)
    return kept
