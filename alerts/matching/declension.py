"""Russian cases of a name: a seller writes ``Минздрава Рекании`` where the watchlist has ``Минздрав Рекании``.

The head of a name is declined, from its first word to its first noun; what follows stands in the genitive already.
"""

from __future__ import annotations

from itertools import zip_longest

#: Endings of adjectives in the nominative: those in the genitive, dative, accusative, instrumental, prepositional.
_ADJECTIVES = (
    ("ский", "ского скому ский ским ском"),
    ("цкий", "цкого цкому цкий цким цком"),
    ("ный", "ного ному ный ным ном"),
    ("вый", "вого вому вый вым вом"),
    ("ной", "ного ному ной ным ном"),
    ("ний", "него нему ний ним нем"),
    ("ская", "ской ской скую ской ской"),
    ("цкая", "цкой цкой цкую цкой цкой"),
    ("ная", "ной ной ную ной ной"),
    ("вая", "вой вой вую вой вой"),
    ("ское", "ского скому ское ским ском"),
    ("цкое", "цкого цкому цкое цким цком"),
    ("ное", "ного ному ное ным ном"),
    ("вое", "вого вому вое вым вом"),
    ("ские", "ских ским ские скими ских"),
    ("ные", "ных ным ные ными ных"),
    ("вые", "вых вым вые выми вых"),
)
#: The same of nouns; the first ending that fits counts.
_NOUNS = (
    ("ия", "ии ии ию ией ии"),
    ("ие", "ия ию ие ием ии"),
    ("ий", "ия ию ий ием ии"),
    ("ай", "ая аю ай аем ае"),
    ("ей", "ея ею ей еем ее"),
    ("ый", "ого ому ый ым ом"),
    ("ство", "ства ству ство ством стве"),
    ("о", "а у о ом е"),
    ("ка", "ки ке ку кой ке"),
    ("га", "ги ге гу гой ге"),
    ("жа", "жи же жу жей же"),
    ("ша", "ши ше шу шей ше"),
    ("ца", "цы це цу цей це"),
    ("а", "ы е у ой е"),
    ("я", "и е ю ей е"),
    ("ость", "ости ости ость остью ости"),
    ("сть", "сти сти сть стью сти"),
    ("ель", "еля елю ель елем еле"),
    ("тр", "тра тру тр тром тре"),
)
_CONSONANTS = "бвгджзклмнпрстфхцчшщ"
_ABBREVIATED = 4  # letters; capitals up to here are an acronym, which has no cases
_MOST = 4  # words of a head


def cases_of(name: str) -> list[str]:
    """The other cases of a Russian name, as it is written in each; none for another name."""
    words = name.split()
    if not words or not all(_russian(word) for word in words[:1]):
        return []
    head: list[list[str]] = []
    for word in words[:_MOST]:
        adjective = _declined(word, _ADJECTIVES)
        forms = adjective or _noun(word)
        if not forms:
            return []
        head.append(forms)
        if not adjective:
            behind = " ".join(words[len(head) : len(head) + 1])
            if agreeing := _declined(behind, _ADJECTIVES):  # "Клиника Новая"
                head.append(agreeing)
            break
    rest = words[len(head) :]
    found = [" ".join([*forms, *rest]) for forms in zip_longest(*head)]
    return [form for form in dict.fromkeys(found) if form != name]


def _russian(word: str) -> bool:
    return all("а" <= char <= "я" or char in "ё-" for char in word.lower())


def _declined(word: str, endings: tuple[tuple[str, str], ...]) -> list[str]:
    lowered = word.lower()
    for ending, cases in endings:
        if lowered.endswith(ending) and len(word) > len(ending) + 1:
            stem = word[: -len(ending)]
            capitals = word.isupper()
            return [stem + (case.upper() if capitals else case) for case in cases.split()]
    return []


def _noun(word: str) -> list[str]:
    if not _russian(word) or (len(word) <= _ABBREVIATED and word.isupper()):
        return []
    found = _declined(word, _NOUNS)
    if found or word[-1].lower() not in _CONSONANTS:
        return found
    instrumental = "ем" if word[-1].lower() in "жчшщц" else "ом"
    endings = ("а", "у", "", instrumental, "е")
    return [word + (ending.upper() if word.isupper() else ending) for ending in endings]
