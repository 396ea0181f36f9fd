"""Ordinary words: what stands in dictionaries is not taken for a misspelt or cut name."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simplemma.strategies import DictionaryLookupStrategy

_LATIN = ("en", "id", "ms", "fr", "it", "es")  # each costs memory and a second at its first use
#: Words of up to three letters: dictionaries hold nearly every such sequence, so here are those that are met.
_SMALL = frozenset(
    """a i o y e u à in on at to of is it an as by he we me my no so up us do go or if be am id ok tv pc
    the and for are but not you all any can had her was one our out day get has him his how man new now old see two
    way who did its let put say she too use art air net pay web bit car sea sun top box sky big bad buy end eye few
    far fun gas hot ice ink job key law lot low map men mix oil own pen per pet red row run set sit ski son sub tax
    tea ten tip try van via war win yes yet zip add age ago aid aim ant arm ask bag bar bed bus cap cat cup cut dog
    ear eat egg fan fat fit fly fox god gun hat hit hub kid lab leg lie log mad mail mud nor nut odd off pan pay pin
    pot raw rat ray rib rid rob sad sat sea six spa tap tel ton toy use via vet wet why win
    ada dan di ke ini itu yg ia aku apa dia dua tak tiga api air ibu jual beli per pun lah nya pak bu bin
    de la le el en un se es lo las los una por con der die das und von zu im den em os na da et les des du au il est
    que qui sur par son ses mes bon oui non rue roi mer vie gut hat wie was mit aus bei nur ist ein sie wir ihr tag
    sin mil sol mar rey rio paz luz fin muy mas sus son ser dos mi tu su uno ano dia pai mae sim nao com sem bem
    ve bu bir çok ama her iki ile var yok ben sen biz siz kim ne gün yıl
    в и на с по из от до за не но о у к я ты он мы вы их как что так или все под над при для это был где кто тут
    там нет дом мир год""".split()
)


@cache
def _lookup() -> DictionaryLookupStrategy:
    from simplemma.strategies import DictionaryLookupStrategy  # slow, and many texts need no dictionary

    return DictionaryLookupStrategy()


@cache
def is_ordinary(word: str) -> bool:
    """Whether a word, small letters, stands in a dictionary of one of the languages that sellers write."""
    if word in _SMALL:
        return True
    if len(word) < 4 or not word.isprintable():  # half characters are none
        return False
    languages = _LATIN if word.isascii() or word[0] < "\u0370" else ("ar",) if word[0] > "\u05ff" else ("ru",)
    forms = (word, word.capitalize()) if languages is _LATIN else (word,)
    return any(_lookup().get_lemma(form, language) is not None for language in languages for form in forms)
