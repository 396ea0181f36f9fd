"""Posts with known truth: invented organisations named in every evasive way, in ten languages, and near misses.

Everything comes from one seed. Each evasion is a short function from a name to what a seller would write; the
hand-written posts stand in ``written.py``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from alerts.watchlist import Organisation

SEED = 20220106
SENTENCES = {
    "en": (
        "Selling the full database of {} with customer records, contact me",
        "Fresh leak: {} employees, 2 million rows",
    ),
    "id": (
        "Jual database lengkap {} berisi data pelanggan, hubungi saya",
        "Data pegawai {} bocor, dua juta baris",
    ),
    "ru": ("Продаю полную базу {} с данными клиентов, пишите", "Свежая утечка: {} и два миллиона строк"),
    "zh": ("出售 {} 的完整数据库，联系我", "最新泄露： {} 员工数据"),
    "ar": ("للبيع قاعدة بيانات {} كاملة مع سجلات العملاء", "تسريب جديد: {} مليونا سجل"),
    "es": (
        "Vendo la base completa de {} con datos de clientes",
        "Nueva filtración: {} y dos millones de filas",
    ),
    "pt": (
        "Vendo o banco de dados completo de {} com clientes",
        "Novo vazamento: {} e dois milhões de linhas",
    ),
    "tr": ("{} veritabanının tamamı satılık, müşteri kayıtları", "Yeni sızıntı: {} ve iki milyon satır"),
    "de": ("Verkaufe die ganze Datenbank von {} mit Kundendaten", "Neues Leck: {} und zwei Millionen Zeilen"),
    "ja": ("販売： {} の完全なデータベース", "新しい流出： {} 社員情報"),
}
LATIN = ("Kemvarano", "Bank Torvelia", "Nusapratik Energi", "Dortmeria Versicherung", "Sulvanta Health Group",
         "Rumah Sakit Melvanti", "Universitas Karsawira", "Grupo Valdenora", "Ostrevik Logistics", "Pelabuhan Tirtalaga",
         "Yildorana Holding", "Companhia Bravetinha")  # fmt: skip
OWN = {
    "ru": ("Мирналогбанк", "Завод Ковралин"),
    "zh": ("瀚澜银行", "东穗科技集团"),
    "ja": ("みなと架空銀行", "カラヴィータ"),
    "ar": ("مصرف الروفان", "شركة نجدوان"),
}
_CYRILLIC = dict(zip("abekmhopctyxis", "авекмнорстухіѕ", strict=True)) | {"c": "с", "p": "р"}
_DIGITS = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"}
_SOUND = dict(zip("abvgdezijklmnoprstufhyw", "абвгдезийклмнопрстуфхив", strict=True)) | {"c": "к"}


@dataclass(frozen=True)
class Case:
    """A post, which organisations it names, and what it tries."""

    text: str
    wanted: frozenset[str]
    evasion: str
    language: str


def organisations() -> list[Organisation]:
    """The invented organisations that the posts are about."""
    found = []
    for number, name in enumerate(LATIN):
        domain = "".join(char for char in name.lower() if char.isalnum())
        found.append(
            Organisation(
                id=f"own-{number}",
                name=f"PT {name} Tbk" if number % 3 == 0 else name,
                aliases=(name,) if number % 4 == 0 else (),
                acronyms=("KVR", "BTV", "NPE", "DVS", "SHG", "RSM", "UKW", "GVD", "OSL", "PTL", "YDH", "CBT")[
                    number : number + 1
                ],
                context=("bank", "rekening") if number == 1 else (),
                domains=(f"{domain}.{('co.id', 'com', 'go.id')[number % 3]}",),
                exclusions=(f"{name} Fan Club",),
            )
        )
    for language, names in OWN.items():
        found += [Organisation(id=f"{language}-{number}", name=name) for number, name in enumerate(names)]
    return found


def crowd(count: int) -> list[Organisation]:
    """Other organisations, which no post names."""
    chance = random.Random(SEED)
    starts = [a + b for a in "bcdfghjklmnprstvwz" for b in "aeiou"]

    def word(least: int, most: int) -> str:
        made = "".join(chance.choices(starts, k=chance.randint(least, most)))
        return (made + chance.choice(["", "n", "r", "s", "x"])).title()

    kinds = (
        "{0} Group",
        "Bank {0}",
        "{0} {1}",
        "PT {0} {1} Tbk",
        "{0} {1} Hospital",
        "Universitas {0}",
        "{0} Insurance Ltd",
    )
    return [
        Organisation(
            id=f"crowd-{number}",
            name=chance.choice(kinds).format(word(3, 5), word(2, 4)),
            domains=(f"{word(3, 5).lower()}.{chance.choice(['com', 'co.id', 'net'])}",)
            if number % 3 == 0
            else (),
        )
        for number in range(count)
    ]


def _mixed(chance: random.Random, name: str, table: dict[str, str], share: float) -> str:
    made = "".join(table.get(c.lower(), c) if chance.random() < share else c for c in name)
    if made == name:
        at = next(at for at, c in enumerate(name) if c.lower() in table)
        made = name[:at] + table[name[at].lower()] + name[at + 1 :]
    return made


def _typo(chance: random.Random, name: str) -> str:
    while True:
        at = chance.randrange(1, len(name) - 1)
        if not (name[at].isalpha() and name[at - 1].isalpha() and name[at + 1].isalpha()):
            continue
        other = chance.choice("aeioulnrst")
        made = chance.choice(
            (name[:at] + name[at + 1 :], name[:at] + other + name[at:], name[:at] + other + name[at + 1 :],
             name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :])
        )  # fmt: skip
        if made.lower() != name.lower():
            return made


Evasion = Callable[[random.Random, str], str]
EVASIONS: dict[str, Evasion] = {
    "plain": lambda chance, name: name,
    "case": lambda chance, name: "".join(c.upper() if chance.random() < 0.5 else c.lower() for c in name),
    "width": lambda chance, name: "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in name),
    "mathematical": lambda chance, name: "".join(
        chr(0x1D5EE + ord(c.lower()) - 97) if c.isalpha() else c for c in name
    ),
    "accents": lambda chance, name: _mixed(chance, name, dict(zip("aeioun", "áéîöüñ", strict=True)), 0.6),
    "combining": lambda chance, name: "".join(c + ("\u0336" if c.isalpha() else "") for c in name),
    "look-alikes": lambda chance, name: _mixed(chance, name, _CYRILLIC, 0.6),
    "zero width": lambda chance, name: "".join(c + chance.choice(["", "\u200b", "\u2060", "\u00ad", "\u202e"]) for c in name[:-1])
    + name[-1],
    "leet": lambda chance, name: _mixed(chance, name, _DIGITS, 0.6),
    "repeated": lambda chance, name: "".join(c * chance.choice((1, 1, 2, 3)) if c.isalpha() else c for c in name),
    "spaces": lambda chance, name: " ".join(name.replace(" ", "")),
    "dots": lambda chance, name: chance.choice(".-_*·").join(name.replace(" ", "")),
    "emoji": lambda chance, name: chance.choice("🔥💀⭐").join(name.replace(" ", "")),
    "markup": lambda chance, name: name[:3] + f"[b]{name[3:]}[/b]",
    "html": lambda chance, name: name[:4] + f"<i>{name[4:]}</i>",
    "joined": lambda chance, name: name.replace(" ", ""),
    "hyphened": lambda chance, name: name.replace(" ", chance.choice(["-", "_", "  ", "\n"])),
    "cut": lambda chance, name: name[:3] + chance.choice(".-_*") + name[3:],
    "cyrillic": lambda chance, name: "".join(_SOUND.get(c.lower(), c) for c in name),
    "typo": _typo,
}  # fmt: skip
DOMAIN_EVASIONS: dict[str, Evasion] = {
    "domain": lambda chance, domain: domain,
    "defanged": lambda chance, domain: domain.replace(".", chance.choice(["[.]", "(.)", "[dot]", " dot ", "{.}", " . "])),
    "mail": lambda chance, domain: "budi.s@" + domain,
    "subdomain": lambda chance, domain: "hxxps://sso.mail." + domain + "/login",
    "file": lambda chance, domain: domain + chance.choice([".sql", ".zip", ".csv", ".sql.gz"]),
    "look-alike domain": lambda chance, domain: "www." + _typo(chance, domain.split(".")[0]) + domain[domain.index(".") :],
    "punycode": lambda chance, domain: ".".join(
        [_mixed(chance, domain.split(".")[0], _CYRILLIC, 0.5).encode("idna").decode(), *domain.split(".")[1:]]
    ),
}  # fmt: skip


def _core(organisation: Organisation) -> str:
    return organisation.name.removeprefix("PT ").removesuffix(" Tbk")


def generated(per: int = 6) -> list[Case]:
    """Every evasion in every language, ``per`` posts each; near misses by the same means."""
    chance = random.Random(SEED)
    own = organisations()
    latin = own[: len(LATIN)]
    found = []
    for language, sentences in SENTENCES.items():
        for evasion, change in {**EVASIONS, **DOMAIN_EVASIONS}.items():
            for _ in range(per):
                organisation = chance.choice(latin)
                subject = organisation.domains[0] if evasion in DOMAIN_EVASIONS else _core(organisation)
                written = change(chance, subject)
                text = chance.choice(sentences).format(written)
                found.append(Case(text, frozenset({organisation.id}), evasion, language))
        for organisation in own[len(LATIN) :]:
            if organisation.id.startswith(language):
                for sentence in sentences:
                    found.append(
                        Case(
                            sentence.format(organisation.name),
                            frozenset({organisation.id}),
                            "own script",
                            language,
                        )
                    )
        for organisation in latin:
            name, domain = _core(organisation), organisation.domains[0]
            label = domain.split(".")[0]
            for miss in (
                f"not{domain}.evil.com", f"{domain}.evil.com", f"my-{domain}", f"{label}-login.com", f"{name} Fan Club",
                organisation.acronyms[0].lower(), f"x{label}ra", f"{' '.join(label[:-1])}", f"{label[:4]} {label[4:7]}. {label[7:]}s",
            ):  # fmt: skip
                found.append(Case(chance.choice(sentences).format(miss), frozenset(), "near miss", language))
            found.append(
                Case(chance.choice(sentences).format("ordinary people"), frozenset(), "nothing", language)
            )
    return found
