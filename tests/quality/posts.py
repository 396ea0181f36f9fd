"""Generated posts with known truth: every evasion in every language, and near misses. All of it follows from one seed."""

from __future__ import annotations

import random

from quality.cases import Case, marked
from quality.evasions import DOMAIN_EVASIONS, EVASIONS, OWN_SCRIPT
from quality.misses import MISSES
from quality.names import SEED, SENTENCES, core, latin, own_script


def generated(per: int = 6, held_out: bool = False) -> list[Case]:
    """Every evasion in every language, ``per`` posts each, and each near miss as often. ``held_out``: about other
    organisations and from another seed; never looked at while tuning."""
    chance = random.Random(SEED + held_out)
    organisations, own = latin(held_out), own_script(held_out)
    found = []
    for language, sentences in SENTENCES.items():
        for evasion, change in {**EVASIONS, **DOMAIN_EVASIONS}.items():
            for _ in range(per):
                organisation = chance.choice(organisations)
                subject = organisation.domains[0] if evasion in DOMAIN_EVASIONS else core(organisation)
                found.append(
                    _case(chance, sentences, change(chance, subject), organisation.id, evasion, language)
                )
        for organisation in own.get(language, ()):
            for evasion, change in {**OWN_SCRIPT[""], **OWN_SCRIPT[language]}.items():
                for _ in range(max(per // 3, 1)):
                    written = change(chance, organisation.name)
                    found.append(
                        _case(chance, sentences, written, organisation.id, f"own script: {evasion}", language)
                    )
        for miss, make in MISSES.items():
            for _ in range(per):
                text = chance.choice(sentences).format(make(chance, chance.choice(organisations)))
                found.append(Case(text, frozenset(), f"miss: {miss}", language))
    return found


def _case(
    chance: random.Random, sentences: tuple[str, ...], written: str, owner: str, evasion: str, language: str
) -> Case:
    if "⟦" not in written:
        written = f"⟦{written}⟧"
    return marked(chance.choice(sentences).replace("{}", written), evasion, language, owner)
