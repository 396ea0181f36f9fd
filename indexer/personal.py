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
from indexer import personal_forms as forms
from indexer.rows import is_row, is_sellers


class Place(NamedTuple):
    """Characters ``start`` to ``end`` (excluded) that are to be hidden, and what they are: mail (only the part before
    the sign), phone, number (of a card or of identity), text (IBAN, passport), birth or secret."""

    kind: str
    start: int
    end: int


_SEPARATORS = "|;\t,"
_OF_PEOPLE = frozenset(("mail", "phone", "number", "text", "birth"))
_TELLING = frozenset(("name", "birth", "number", "text", "secret", "login"))
_RUN = 3  # lines in a row that are like login:password make a combo list
_LONGEST_LINE = 4000


def personal(text: str) -> list[Place]:
    """Every place in *plain* text (``indexer.reading``), in order, none within another."""
    if not forms.GATE.search(text):
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
        if columns or len(line) > _LONGEST_LINE or not forms.GATE.search(line):
            continue
        here: list[Place] = []
        combo = _combo(line) or (combos.get(number) and forms.LOGIN.fullmatch(line.strip()))
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
    return next((kind for kind, pattern in forms.WORD_KINDS if pattern.fullmatch(word)), "")


def _combo(line: str) -> re.Match[str] | None:
    bare = line.strip()
    combo = forms.COMBO.fullmatch(bare)
    if combo:
        apart = " " in bare  # "mail | word" may be a seller's address beside a name
        return None if is_sellers(combo["secret"]) or (apart and not _mixed(combo["secret"])) else combo
    if " " in bare and "|" not in bare:
        return None
    return forms.STOLEN.fullmatch(bare) if bare.count(":") + bare.count("|") >= 2 else None


def _logins(lines: Sequence[tuple[int, str]]) -> dict[int, bool]:
    """Lines like ``login:password`` where at least three follow one another."""
    found: dict[int, bool] = {}
    run: list[int] = []
    for number, (_, line) in enumerate((*lines, (0, ""))):
        bare = line.strip()
        login = forms.LOGIN.fullmatch(bare) if len(bare) < 200 and ":" in bare else None
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
    if forms.LISTED.fullmatch(login):
        return False
    return _mixed(secret) or any(map(str.isdigit, login)) or not secret.isalnum()


def _mixed(secret: str) -> bool:
    return any(map(str.isdigit, secret)) and any(map(str.isalpha, secret))


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
            kinds = {_kind_of(each) for each in forms.LABELLED.finditer(text)}
            person = len(kinds) >= 2 and kinds & _OF_PEOPLE and kinds & _TELLING
            if (person or kinds >= {"login", "secret"}) and not is_sellers(text):
                found.update(block)
        block = []
    return found


def _kind_of(found: re.Match[str]) -> str:
    return next(kind for kind in forms.LABELS if found[kind])


def _of_combo(line: str, combo: re.Match[str]) -> Iterator[Place]:
    lead = len(line) - len(line.lstrip())
    groups = combo.groupdict()
    for name in ("mail", "login"):
        if groups.get(name):
            start, end = (lead + at for at in combo.span(name))
            mail = forms.MAIL.fullmatch(line, start, end)
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
    for found in forms.LABELLED.finditer(line):
        kind = _kind_of(found)
        start = found.start("value")
        end = start + len(found["value"].rstrip(" .\"')"))
        if kinds is None or kind in kinds:
            yield from _value(kind, line, start, end, sure=kinds is None)


def _value(kind: str, line: str, start: int, end: int, *, sure: bool) -> Iterator[Place]:
    """The part of a value that is of a kind; ``sure``: a secret is hidden whatever it is."""
    if kind in ("mail", "login", "name"):
        mail = forms.MAIL.search(line, start, end)
        if mail:
            yield from _hidden("mail", line, *mail.span("local"))
    elif kind == "phone":
        for phone in forms.PHONE.finditer(line, start, end):
            if 7 <= _digits(phone[0]) <= 15:
                yield from _hidden("phone", line, *phone.span())
    elif kind == "number":
        for number in forms.NUMBER.finditer(line, start, end):
            if 8 <= _digits(number[0]) <= 19:
                yield from _hidden("number", line, *number.span())
    elif kind == "text":
        passport = forms.PASSPORT.match(line, start, end)
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
        inner = forms.COMBO.fullmatch(bare)
        label = forms.LABELLED.match(line, start, end)
        if inner:
            yield from (Place(k, start + s, start + e) for k, s, e in _of_combo(bare, inner))
        elif label:
            yield from _value(_kind_of(label), line, label.start("value"), end, sure=True)
        else:
            yield from _cell(line, start, end, bare)


def _cell(line: str, start: int, end: int, bare: str) -> Iterator[Place]:
    """What one cell without a name holds, by its form."""
    mail = forms.MAIL.fullmatch(line, start, end)
    if mail:
        yield from _hidden("mail", line, *mail.span("local"))
    elif forms.HASHED.fullmatch(bare):
        yield from _hidden("secret", line, start, end)
    elif forms.PHONE.fullmatch(bare) and not forms.DATE.match(bare):
        digits = "".join(filter(str.isdigit, bare))
        if 8 <= len(digits) <= 15 and (bare[0] == "+" or forms.DIALLED.fullmatch(digits)):
            yield from _hidden("phone", line, start, end)
    else:
        yield from _birth(line, start, end)


def _birth(line: str, start: int, end: int, *, worded: bool = False) -> Iterator[Place]:
    """Day and month of a date whose year may be one of birth; the year is kept."""
    date = forms.DATE.match(line, start, end)
    if date and date.end() >= end - 9:  # a time of day may follow
        yield Place("birth", *date.span("rest" if date["rest"] else "first"))
    elif worded:
        spelt = forms.BORN.match(line, start, end)
        if spelt:
            yield Place("birth", *spelt.span("worded" if spelt["worded"] else "month"))


def _anywhere(line: str) -> Iterator[Place]:
    """What can be nothing else, wherever it stands."""
    if "@" in line:
        for combo in forms.LOOSE_COMBO.finditer(line):
            if not is_sellers(combo["secret"]):
                at = combo.start("mail")
                yield from _hidden("mail", line, at, line.index("@", at))
                yield from _hidden("secret", line, *combo.span("secret"))
    for pattern in (forms.CARD, forms.AMEX):
        for found in pattern.finditer(line):
            digits = "".join(filter(str.isdigit, found[0]))
            if 13 <= len(digits) <= 19 and len(set(digits)) > 1 and checksums.luhn(digits):
                yield Place("number", *found.span())
    for found in forms.NIK.finditer(line):
        digits = "".join(filter(str.isdigit, found[0]))
        day = int(digits[6:8])
        born = 1 <= int(digits[8:10]) <= 12 and (1 <= day <= 31 or 41 <= day <= 71)
        if born and 11 <= int(digits[:2]) <= 97:
            yield Place("number", *found.span())
    for found in forms.SSN.finditer(line):
        yield Place("number", *found.span())
    if len(line) >= 15:
        for found in forms.IBAN.finditer(line):
            account = found[0].replace(" ", "")
            if 15 <= len(account) <= 34 and checksums.iban(account):
                yield Place("text", *found.span())


def _hidden(kind: str, line: str, start: int, end: int) -> Iterator[Place]:
    if start < end and not forms.MASKED.fullmatch(line, start, end):
        yield Place(kind, start, end)


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _apart(places: list[Place]) -> list[Place]:
    kept: list[Place] = []
    for place in sorted(places, key=lambda place: (place.start, -place.end)):
        if not kept or place.start >= kept[-1].end:
            kept.append(place)
    return kept
