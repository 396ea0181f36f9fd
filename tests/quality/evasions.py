"""Every way of hiding a name, each a short function of chance and the name. What a matcher should mark is the whole
result, or the part between ``⟦`` and ``⟧``.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable

Evasion = Callable[[random.Random, str], str]

_CYRILLIC = dict(zip("abekmhopctyxis", "авекмнорстухіѕ", strict=True)) | {"c": "с", "p": "р"}
_WHOLE = dict(zip("abcdefghijklmnopqrstuvwxyz", "аᖯсԁеƒɡһіјκⅼмпοрԛгѕтυνѡхуᴢ", strict=True))
_DIGITS = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"}
_SOUND = dict(zip("abvgdezijklmnoprstufhyw", "абвгдезийклмнопрстуфхив", strict=True)) | {"c": "к"}
_HIDDEN = ["", "\u200b", "\u2060", "\u00ad", "\u200d", "\ufeff"]
_MARKS = ["\u202e", "\u202d", "\u2066", "\u2069", "\u200e", "\u200f"]
_LEGAL = ("PT {} Tbk", "{} GmbH", "{} LLC", "{}, Inc.", "{} S.p.A.", "ООО {}", "{} Ltd.")


def mixed(chance: random.Random, name: str, table: dict[str, str], share: float) -> str:
    """Letters replaced by a table, this share of them and at least one."""
    made = "".join(table.get(c.lower(), c) if chance.random() < share else c for c in name)
    if made == name:
        at = next(at for at, c in enumerate(name) if c.lower() in table)
        made = name[:at] + table[name[at].lower()] + name[at + 1 :]
    return made


def typo(chance: random.Random, name: str) -> str:
    """One letter left out, put in, replaced, or swapped with its neighbour; the first one stays."""
    while True:
        at = chance.randrange(1, len(name) - 1)
        if not (name[at].isalpha() and name[at - 1].isalpha() and name[at + 1].isalpha()):
            continue
        other = chance.choice("аеиолнрст" if "\u0400" <= name[at] <= "\u04ff" else "aeioulnrst")
        made = chance.choice(
            (name[:at] + name[at + 1 :], name[:at] + other + name[at:], name[:at] + other + name[at + 1 :],
             name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :] if at > 1 else name)
        )  # fmt: skip
        if made.lower() != name.lower():
            return made


def two_typos(chance: random.Random, name: str) -> str:
    """Two letters apart are wrong, in names of ten letters and more; else one."""
    letters = [at for at in range(2, len(name) - 1) if name[at].isalpha() and name[at - 1].isalpha()]
    if sum(char.isalpha() for char in name) < 10:
        return typo(chance, name)
    first, second = letters[0], chance.choice(letters[4:])
    made = list(name)
    for at in (first, second):
        made[at] = chance.choice([c for c in "aeioulnrst" if c != made[at].lower()])
    return "".join(made)


def _words(chance: random.Random, name: str) -> str:
    """Words in another order, of names of three and more; others as they are."""
    words = name.split()
    return " ".join([*words[1:], words[0]]) if len(words) > 2 else name


def _to_cyrillic(chance: random.Random, name: str) -> str:
    """As a Russian writes a Latin name by its sound; ``ch`` as in German or as in English."""
    name = unicodedata.normalize("NFKD", name.replace("ç", "s"))
    name = "".join(char for char in name if not unicodedata.combining(char))
    for latin, cyrillic in (
        ("ch", chance.choice("хч")),
        ("sh", "ш"),
        ("ck", "к"),
        ("ph", "ф"),
        ("th", "т"),
        ("x", "кс"),
    ):
        name = name.lower().replace(latin, cyrillic)
    return "".join(_SOUND.get(c, c) for c in name)


def _spread(sign: str) -> Evasion:
    return lambda chance, name: sign.join(name.replace(" ", ""))


#: For Latin names.
EVASIONS: dict[str, Evasion] = {
    "plain": lambda chance, name: name,
    "case": lambda chance, name: "".join(c.upper() if chance.random() < 0.5 else c.lower() for c in name),
    "width": lambda chance, name: "".join(chr(ord(c) + 0xFEE0) if "!" < c < "~" else c for c in name),
    "mathematical": lambda chance, name: "".join(
        chr(0x1D5EE + ord(c.lower()) - 97) if c.isascii() and c.isalpha() else c for c in name
    ),
    "diacritics": lambda chance, name: mixed(chance, name, dict(zip("aeioun", "áéîöüñ", strict=True)), 0.6),
    "combining": lambda chance, name: "".join(c + ("\u0336" if c.isalpha() else "") for c in name),
    "ligatures": lambda chance, name: name.replace("fi", "ﬁ").replace("st", "ﬆ").replace("ae", "æ").replace("ff", "ﬀ"),
    "look-alikes": lambda chance, name: mixed(chance, name, _CYRILLIC, 0.6),
    "look-alikes whole": lambda chance, name: mixed(chance, name, _WHOLE, 1),
    "zero width": lambda chance, name: "".join(c + chance.choice(_HIDDEN) for c in name[:-1]) + name[-1],
    "bidirectional": lambda chance, name: "".join(c + chance.choice(["", *_MARKS]) for c in name[:-1]) + name[-1],
    "leet": lambda chance, name: mixed(chance, name, _DIGITS, 0.6),
    "repeated": lambda chance, name: "".join(c * chance.choice((1, 1, 2, 3)) if c.isalpha() else c for c in name),
    "spaces": _spread(" "),
    "dots": lambda chance, name: chance.choice(".·•").join(name.replace(" ", "")),
    "dashes": lambda chance, name: chance.choice("-_*–").join(name.replace(" ", "")),
    "emoji": lambda chance, name: chance.choice(["🔥", "💀", "⭐", "❤️", "👨‍💻"]).join(name.replace(" ", "")),
    "spread by word": lambda chance, name: "  ".join(" ".join(word) for word in name.split()),
    "BBCode": lambda chance, name: f"⟦{name[:3]}[b]{name[3:]}⟧[/b]",
    "BBCode spread": lambda chance, name: "[i]⟦" + "".join(f"[i]{c}[/i]" if c != " " else c for c in name)[3:-4] + "⟧[/i]",
    "HTML": lambda chance, name: f"⟦{name[:4]}<i>{name[4:]}⟧</i>",
    "joined": lambda chance, name: name.replace(" ", ""),
    "hyphened": lambda chance, name: name.replace(" ", chance.choice(["-", "_", "  ", "\n", "."])),
    "cut": lambda chance, name: name[:3] + chance.choice(".-_*/") + name[3:],
    "transliteration": _to_cyrillic,
    "typo": typo,
    "two typos": two_typos,
    "word order": _words,
    "legal form": lambda chance, name: chance.choice(_LEGAL).format(f"⟦{name}⟧"),
    "case and spread": lambda chance, name: chance.choice(". -").join(name.replace(" ", "").upper()),
    "look-alikes, hidden": lambda chance, name: "\u200b".join(mixed(chance, name, _CYRILLIC, 0.4)),
}  # fmt: skip

#: For domains.
DOMAIN_EVASIONS: dict[str, Evasion] = {
    "domain": lambda chance, domain: domain,
    "defanged": lambda chance, domain: domain.replace(".", chance.choice(["[.]", "(.)", "[dot]", " dot ", "{.}", " . ", "(dot)"])),
    "mail": lambda chance, domain: f"budi.s@⟦{domain}⟧",
    "defanged mail": lambda chance, domain: f"budi[at]⟦{domain.replace('.', '[.]')}⟧",
    "subdomain": lambda chance, domain: f"hxxps://sso.mail.⟦{domain}⟧/login",
    "URL": lambda chance, domain: f"https://⟦{domain.upper()}⟧:8443/a?b=c#d",
    "file": lambda chance, domain: f"⟦{domain}⟧" + chance.choice([".sql", ".zip", ".csv", ".sql.gz"]),
    "look-alike domain": lambda chance, domain: f"www.⟦{typo(chance, domain.split('.')[0])}{domain[domain.index('.') :]}⟧",
    "IDN domain": lambda chance, domain: ".".join([mixed(chance, domain.split(".")[0], _CYRILLIC, 0.5), *domain.split(".")[1:]]),
    "punycode": lambda chance, domain: ".".join(
        [mixed(chance, domain.split(".")[0], _CYRILLIC, 0.5).encode("idna").decode(), *domain.split(".")[1:]]
    ),
}  # fmt: skip

_DECLINED = {
    "Мирналогбанк": ["Мирналогбанка", "Мирналогбанку", "Мирналогбанком", "Мирналогбанке"],
    "Завод Ковралин": ["Завода Ковралин", "Заводу Ковралин", "Заводом Ковралин", "Заводе Ковралин"],
    "Дальневекторснаб": ["Дальневекторснаба", "Дальневекторснабу", "Дальневекторснабом"],
    "Клиника Озоренская": ["Клиники Озоренской", "Клинике Озоренской", "Клинику Озоренскую"],
}
_LOOK_LATIN = dict(zip("авекмнорстухАВЕКМНОРСТУХ", "abekmhopctyxABEKMHOPCTYX", strict=True))
_LATIN = dict(
    zip(
        "абвгдезийклмнопрстуфхцыья",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "y",
            "",
            "ya",
        ],
        strict=True,
    )
)
_TRADITIONAL = dict(zip("银东团务医门术业电", "銀東團務醫門術業電", strict=True))
_HALF = dict(zip("カラヴィータトリメノ", ["ｶ", "ﾗ", "ｳﾞ", "ｨ", "ｰ", "ﾀ", "ﾄ", "ﾘ", "ﾒ", "ﾉ"], strict=True))

#: For names in their own script, by language; "" for all.
OWN_SCRIPT: dict[str, dict[str, Evasion]] = {
    "": {
        "plain": EVASIONS["plain"],
        "zero width": EVASIONS["zero width"],
        "spaces": _spread(" "),
        "dots": EVASIONS["dots"],
        "emoji": EVASIONS["emoji"],
        "BBCode": lambda chance, name: f"⟦{name[:2]}[b]{name[2:]}⟧[/b]",
    },
    "ru": {
        "case": EVASIONS["case"],
        "declension": lambda chance, name: chance.choice(_DECLINED[name]),
        "look-alikes": lambda chance, name: "".join(_LOOK_LATIN.get(c, c) for c in name),
        "to Latin": lambda chance, name: "".join(_LATIN.get(c.lower(), c) for c in name),
        "typo": typo,
        "leet": lambda chance, name: mixed(chance, name, {"о": "0", "з": "3", "а": "4"}, 0.5),
        "joined": EVASIONS["joined"],
    },
    "zh": {
        "traditional": lambda chance, name: "".join(_TRADITIONAL.get(c, c) for c in name),
        "among signs": lambda chance, name: f"全部⟦{name}⟧客户",
    },
    "ja": {
        "half width": lambda chance, name: "".join(_HALF.get(c, c) for c in name),
        "among signs": lambda chance, name: f"の⟦{name}⟧の",
    },
    "ar": {
        "prefix": lambda chance, name: f"{chance.choice(['ل', 'ب', 'و'])}⟦{name}⟧",
        "stretched": lambda chance, name: name[:2] + "ـ" * chance.randint(1, 4) + name[2:],
        "vowels": lambda chance, name: "".join(c + ("\u064e" if c.isalpha() else "") for c in name),
        "letters": lambda chance, name: name.replace("ة", "ه").replace("ى", "ي").replace("أ", "ا"),
    },
}  # fmt: skip
