"""What other programs may look for: a listing's contacts, wallets, addresses and hashes, by kind.

Read from the facts of a delivery's payload. Values are as they are, not defanged: a program compares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

#: The kinds of fact that are indicators.
KINDS: Final = frozenset(
    {
        *("telegram", "tox", "session", "jabber", "mail", "wickr", "pgp", "wallet", "onion", "ip", "domain"),
        *("md5", "sha1", "sha256", "sha512", "cve", "url"),
    }
)
_MOST = 100


@dataclass(frozen=True, slots=True, order=True)
class Indicator:
    """``kind`` of ``KINDS``; ``unit`` is a wallet's currency, as ``BTC``."""

    kind: str
    value: str
    unit: str = ""


def indicators(payload: Mapping[str, Any]) -> list[Indicator]:
    """The indicators of a payload, each once, in order of kind and value."""
    facts: Iterable[Mapping[str, Any]] = payload.get("facts") or ()
    found = {
        Indicator(str(fact["kind"]), str(fact["value"]), str(fact.get("unit") or ""))
        for fact in facts
        if fact.get("kind") in KINDS and isinstance(fact.get("value"), str)
    }
    return sorted(found)[:_MOST]
