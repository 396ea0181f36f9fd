"""Near misses: what looks like a name of the watchlist and is none."""

from __future__ import annotations

import random
from collections.abc import Callable

from alerts.watchlist import Organisation
from quality.names import core


def _label(organisation: Organisation) -> str:
    return organisation.domains[0].split(".")[0]


def _swapped(chance: random.Random, organisation: Organisation) -> str:
    """Every second letter another one: too many mistakes for any name."""
    made = list(_label(organisation))
    for at in range(1, len(made), 2):
        made[at] = chance.choice([c for c in "bdfgkmpqvwz" if c != made[at]])
    return "".join(made)


Miss = Callable[[random.Random, Organisation], str]
#: Each from chance and an organisation to a text that must not be taken for it.
MISSES: dict[str, Miss] = {
    "domain of somebody else, before": lambda chance, one: f"not{one.domains[0]}.evil.com",
    "domain of somebody else, after": lambda chance, one: f"{one.domains[0]}.evil.com",
    "domain of somebody else, defanged": lambda chance, one: f"{one.domains[0].replace('.', '[.]')}[.]evil[.]com",
    "longer domain": lambda chance, one: f"my-{one.domains[0]}",
    "label in another domain": lambda chance, one: f"{_label(one)}-login.com",
    "exclusion": lambda chance, one: f"{core(one)} Fan Club",
    "exclusion, hidden": lambda chance, one: f"{core(one).upper()} F\u200ban Club",
    "acronym in small letters": lambda chance, one: one.acronyms[0].lower(),
    "acronym in a word": lambda chance, one: f"x{one.acronyms[0]}w and {one.acronyms[0]}S",
    "in a longer word": lambda chance, one: f"x{_label(one)}ra",
    "in a longer word, capitals": lambda chance, one: f"{_label(one).upper()}NESS",
    "last letter missing, spread": lambda chance, one: " ".join(_label(one)[:-1]),
    "part of a longer spread word": lambda chance, one: " ".join(_label(one) + "mo"),
    "across sentences": lambda chance, one: f"{_label(one)[:4]} {_label(one)[4:7]}. {_label(one)[7:]}s",
    "across a paragraph": lambda chance, one: f"{_label(one)[:5]}\n\n{_label(one)[5:]}",
    "random letters around": lambda chance, one: f"9f3{_label(one)}01cc2",
    "too many mistakes": _swapped,
    "first word only": lambda chance, one: f"{core(one).split()[0]} of another name" if " " in core(one) else _label(one)[:4],
    "nothing": lambda chance, one: "ordinary people",
}  # fmt: skip
