"""A delivery in words, for the channels that people read: what happened, what is claimed, where it stands.

Nothing that comes from a board can be clicked, and what cannot be seen shows as its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alerts.message import one_line, unlinked
from alerts.severity import Severity

#: From the least to the gravest.
SEVERITIES: Final = tuple(each.value for each in Severity)
_EVENTS: Final = {
    "new": "ALERT",
    "changed": "CHANGED",
    "removed": "REMOVED",
    "retracted": "RETRACTED",
    "named": "NAMED",
    "confirmed": "CONFIRMED",
    "reinstated": "REINSTATED",
    "escalated": "ESCALATED",
    "deadline": "DEADLINE",
    "digest": "DIGEST",
    "test": "TEST",
}
_FACTS: Final = (
    ("claims", "claims"),
    ("not_covered", "not covered"),
    ("terms", "terms to look at"),
    ("change", "changed"),
    ("author", "by"),
    ("source", "source"),
    ("copy_of", "its source is"),
    ("board", "board"),
    ("posted_at", "posted"),
    ("first_seen_at", "first seen"),
    ("url", "at"),
    ("alert", "alert"),
)


def headline(payload: Mapping[str, Any], most: int = 200) -> str:
    """One line: ``ALERT HIGH [TLP:AMBER] bank: title``."""
    event = str(payload.get("event") or "")
    words = [_EVENTS.get(event, one_line(event.upper(), 20))]
    if payload.get("tier") == "possible":
        words.insert(0, "POSSIBLE")
    if severity := str(payload.get("severity") or ""):
        words.append(one_line(severity.upper(), 20))
    words.append(f"[{marking(payload)}]")
    organisation = one_line(str(payload.get("organisation") or ""), 80)
    title = one_line(str(payload.get("title") or payload.get("summary") or ""), most)
    return one_line(f"{' '.join(words)} {organisation}{': ' if organisation and title else ''}{title}", most)


def marking(payload: Mapping[str, Any]) -> str:
    """``TLP:AMBER+STRICT``; an unmarked delivery says so."""
    return f"TLP:{one_line(str(payload.get('tlp') or 'unmarked'), 20).upper()}"


def facts_of(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is known, as labels and words on one line each; what is empty is left out."""
    found = [(label, one_line(str(payload[name]), 500)) for name, label in _FACTS if payload.get(name)]
    terms = ", ".join(f"{match.get('term')} ({match.get('kind')})" for match in payload.get("matches") or ())
    return [("found", one_line(terms, 500)), *found] if terms else found


def claim(payload: Mapping[str, Any], most: int = 600) -> str:
    """The words of the listing, several lines, shortened."""
    whole = unlinked(str(payload.get("claim") or payload.get("summary") or ""))
    return whole if len(whole) <= most else whole[: most - 1] + "…"


def text(payload: Mapping[str, Any]) -> str:
    """The whole delivery as plain text."""
    lines = [headline(payload), *(f"{label}: {words}" for label, words in facts_of(payload))]
    if said := claim(payload):
        lines += ["", *(f"| {line}" for line in said.splitlines())]
    return "\n".join(lines)
