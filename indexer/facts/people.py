"""How many people, records, accounts or numbers of identity a listing claims."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.fact import Fact
from indexer.numbers import BARE_NUMBER, NUMBER, SCALE, number, spelled

_NOUNS = {
    "people": r"people|persons?|patients?|users?|customers?|citizens?|clients?|members?|employees?|students?|voters?|"
    r"subscribers?|orang|pasien|pengguna|pelanggan|warga|penduduk|nasabah|karyawan|pegawai|mahasiswa|peserta|jiwa|"
    r"человека?|людей|пользовател\w{1,3}|клиент\w{0,3}|пациент\w{0,3}|граждан\w{0,3}|абонент\w{0,3}|"
    r"personas|pacientes|usuarios|clientes|ciudadanos|pessoas|usuários|utilizadores|cidadãos|"
    r"personnes|utilisateurs|citoyens|personen|nutzer|kunden|patienten|bürger|شخص|مستخدم|مستخدمين|مريض|عميل|مواطن",
    "records": r"rows?|records?|lines?|entries|baris|rekaman|строк\w{0,2}|запис\w{1,2}|filas|registros|linhas|lignes|"
    r"enregistrements|zeilen|datensätze|سجل|سجلات|صف",
    "accounts": r"accounts?|akun|аккаунт\w{0,3}|cuentas|contas|comptes|konten|حساب|حسابات",
    "identity numbers": r"NIKs?|KTPs?|SSNs?|passports?|paspor",
}
_CJK = {
    "people": "人|用户|用戶|公民|患者|病人|客户|会员",
    "records": "条|條|行|记录",
    "accounts": "账号|帐号|账户",
}
_NAMED = "|".join(f"(?P<{unit.replace(' ', '_')}>{nouns})" for unit, nouns in _NOUNS.items())
_NAMED_CJK = "|".join(f"(?P<{unit}_cjk>{nouns})" for unit, nouns in _CJK.items())
_MORE = (
    r"(?:(?P<more>more than|over|at least|lebih dari|более|больше|свыше|超过|más de|mas de|mais de|plus de|mehr als|"
    r"über|أكثر من)\s?)?"
)
_QUANTITY = re.compile(
    rf"{_MORE}(?:(?P<low>{NUMBER})(?P<low_scale>{SCALE})?\s?[-–—]\s?(?P<high>\d{{1,9}}(?:[.,]\d{{1,3}})?)|(?P<only>{NUMBER}))"
    rf"(?P<scale>{SCALE})?\+?"
    rf"(?:[^\S\n]?(?:{_NAMED_CJK})|(?:[^\S\n]+(?!and\b|for\b|in\b|by\b)[^\W\d_][\w-]{{0,20}}){{0,2}}?[^\S\n]+(?:{_NAMED})(?!\w))?",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    rf"(?<!\w)(?:{_NAMED})[^\S\n]?[:：=][^\S\n]?(?P<only>{BARE_NUMBER})(?P<scale>{SCALE})?(?!\w)",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(r"(?:[$€£¥₽₹]|\b(?:Rp|IDR|USD|EUR|USDT|BTC|XMR))\.?[^\S\n]?$", re.IGNORECASE)
_NOT_COUNTED = re.compile(
    r"[^\S\n]?(?:[$€£¥₽₹%]|(?:USD|EUR|IDR|RUB|CNY|USDT|BTC|XMR|ETH|rupiah|dollars?|euros?|руб\w*|元|GB|MB|TB|KB|GiB)\b)",
    re.IGNORECASE,
)


def worth(text: str) -> bool:
    """A number must be there."""
    return re.search(r"\d", text) is not None


def read(text: str) -> Iterator[Fact]:
    """Quantities with the thing counted, or with a spelled scale (``6 juta``), then of unit ``things``.

    The value of a range is its lower end; both ends are among the parts.
    """
    taken = []
    for found in _LABELLED.finditer(text):
        taken.append(found.span())
        yield _fact(found, _unit(found))
    for found in _QUANTITY.finditer(text):
        unit = _unit(found)
        if any(found.start() < end and start < found.end() for start, end in taken):
            continue
        begin = found.start("low") if found["low"] else found.start("only")
        money = _MONEY_BEFORE.search(text, max(begin - 6, 0), begin) or _NOT_COUNTED.match(text, found.end())
        if money or not (unit or spelled(found["scale"] or "")) or _year(found):
            continue
        yield _fact(found, unit or "things")


def _unit(found: re.Match[str]) -> str:
    return next(
        (name.removesuffix("_cjk").replace("_", " ") for name in found.groupdict() if _is_unit(found, name)),
        "",
    )


def _is_unit(found: re.Match[str], name: str) -> bool:
    return name.removesuffix("_cjk") in ("people", "records", "accounts", "identity_numbers") and bool(
        found[name]
    )


def _year(found: re.Match[str]) -> bool:
    return not found["scale"] and re.fullmatch(r"(?:19|20)\d\d", found["only"] or "") is not None


def _fact(found: re.Match[str], unit: str) -> Fact:
    written = found.groupdict()
    scaled = written["scale"] or ""
    parts: tuple[tuple[str, int | str], ...] = ()
    if written.get("low"):
        low = int(number(written["low"], written["low_scale"] or scaled))
        parts = (("low", low), ("high", int(number(written["high"], scaled))))
        value = low
    else:
        value = int(number(written["only"], scaled))
    if written.get("more"):
        parts += (("bound", "more than"),)
    return Fact("quantity", value, (found.span(),), found[0], unit, parts)
