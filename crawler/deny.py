"""Areas that are never entered: a list that is always in force and that no source can switch off.

It names one crime only, the sexual abuse of children, whose material may not even be fetched in most countries. A
board, thread or address that says so is left alone: nothing of it is fetched, stored or kept, not even its title.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from urllib.parse import unquote, urlsplit

import yaml

_LETTERS = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@cache
def _patterns() -> re.Pattern[str]:
    table: dict[str, list[str]] = yaml.safe_load(
        files("crawler").joinpath("deny_words.yaml").read_text("utf-8")
    )
    parts = []
    for words in table.values():
        for word in words:
            # scripts that put no blanks have no edges of words
            parts.append(word if _LETTERS.search(word) else rf"(?<!\w)(?:{word})(?!\w)")
    return re.compile("|".join(parts))


def denied(text: str) -> bool:
    """Whether a title, a name or a path tells of such an area."""
    folded = re.sub(r"[-_+./|\s]+", " ", text.casefold()[:2_000])
    return bool(_patterns().search(folded))


def denied_url(url: str) -> bool:
    """Whether an address tells of one, in its path or query."""
    parts = urlsplit(url)
    return denied(unquote(f"{parts.path} {parts.query}".replace("=", " ").replace("&", " ")))
