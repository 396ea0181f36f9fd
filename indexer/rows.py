"""Rows of data within a post: a seller's sample, where people's data stand one below the other."""

from __future__ import annotations

import re

_LOCAL = re.compile(r"[\w.+-]{1,64}")
_HOST = re.compile(r"[\w.-]{1,80}")
_LABEL = re.compile(r" ?(?:[^\W\d_][\w'./ -]{1,30}): ")
_BEHIND = re.compile(r"[:;|][^\s:;|/]")
_FIVE = re.compile("[0-9]{5}")
_SENTENCE = re.compile(r"[.!?] [a-zA-Z]")
_LONGEST = 4000
_SELLERS = re.compile(
    r"(?<![^\W_])(?:telegram|jabber|xmpp|tox|wickr|session|discord|signal|threema|pgp|contact|hubungi|escrow|телеграм|"
    r"жаба|контакт\w*|联系|电报|飞机)(?![^\W_])|t\.me/",
    re.IGNORECASE,
)


def rows(text: str) -> list[tuple[int, int]]:
    """Start and end of each line that is a row: a mail address with a separator and more close behind it
    (``a@b.c:secret``), or at least three cells with a mail address or a long number among them.

    A line that names a messenger is the seller's own.
    """
    found = []
    at = 0
    for line in text.split("\n"):
        end = at + len(line)
        if is_row(line):
            found.append((at, end))
        at = end + 1
    return found


def is_sellers(text: str) -> bool:
    """Whether a text names a messenger or says how somebody can be reached."""
    return _SELLERS.search(text) is not None


def is_row(line: str) -> bool:
    """Whether one line is a row of data."""
    return len(line) <= _LONGEST and is_like_row(line) and not is_sellers(line)


def is_like_row(line: str) -> bool:
    """Whether one line has the form of a row, whoever's it is."""
    if max(line.count("|"), line.count(";"), line.count("\t")) >= 2:
        return "@" in line or _digits(line)
    if "@" in line:
        at = line.find("@")
        end = _HOST.match(line, at + 1)
        if at == 0 or end is None or not (line[at - 1].isalnum() or line[at - 1] in "_+-."):
            return False
        bare = _LOCAL.fullmatch(line, 0, at) or " " not in line.strip()
        if bare and _BEHIND.match(line, end.end()):
            return True
        return line.count(",") >= 2 and not _LABEL.match(line) and _dense(line)
    return line.count(",") >= 3 and _digits(line) and _dense(line)


def _digits(line: str) -> bool:
    return _FIVE.search(line) is not None


def _dense(line: str) -> bool:
    """Cells are short and many: prose has longer ones."""
    cells = line.split(",")
    return sum(len(cell.split()) <= 4 for cell in cells) >= 0.8 * len(cells) and not _SENTENCE.search(line)
