"""What a delivery says: the same JSON-ready payload for every channel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alerts.cases import Alert
from alerts.matching.port import Match
from indexer.fact import Fact
from indexer.post import Stored

_DOT = re.compile(r"(?<=[\w-])[.．｡](?=[^\W\d])|(?<=[^\W\d])[.．｡](?=\w)")
_FOUR = re.compile(r"(?<![\w.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?!\w)")
_SCHEME = re.compile(r"(?<!\[)://|(?<=mailto):|(?<=magnet):|(?<=javascript):|(?<=tel):", re.IGNORECASE)
SCHEMA = "duskwatch.alert/1"
_EXCERPT = 600
_MOST_FACTS = 100
_MEASURED = ("quantity", "volume", "price", "revenue")
_NAMED = (
    *("purpose", "country", "data", "format", "hash", "origin", "theft date", "sample", "payment", "terms"),
    *("telegram", "mail", "jabber", "tox", "session", "wickr", "signal", "discord", "qq", "wechat"),
    *("pgp", "wallet"),
)
_UNSEEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def message(
    alert: str,
    organisation: str,
    stored: Stored,
    matches: Sequence[Match],
    claimed: Sequence[Fact],
    severity: str,
    tlp: str,
    stored_at: datetime,
    at: datetime,
    reasons: Sequence[tuple[str, int]] = (),
    *,
    name: str = "",
    reliability: str = "F",
) -> dict[str, Any]:
    """The payload for a new alert. ``reasons``: the parts of its severity, with their points. ``name``: what the
    organisation is called; ``reliability``: of the source, by the Admiralty code.

    Text of the board is shortened and shows its control characters; links are
    defanged."""
    post = stored.post
    return {
        "schema": SCHEMA,
        "event": "new",
        "alert": alert,
        "organisation": organisation,
        "organisation_name": name or organisation,
        "severity": severity,
        "severity_parts": [[name, points] for name, points in reasons],
        "tlp": tlp,
        "tier": "certain",
        "title": plain(post.title),
        "claim": excerpt(post.text, matches),
        "claims": read_out(claimed),
        "facts": facts_json(claimed),
        "source": post.key.source,
        "reliability": reliability,
        "board": plain(post.board),
        "author": plain(post.author),
        "url": defang(plain(post.url)),
        "kind": post.kind.value,
        "language": post.language,
        "posted_at": post.posted_at.isoformat() if post.posted_at else None,
        "precision": post.precision.value,
        "first_seen_at": stored.first_seen_at.isoformat(),
        "stored_at": stored_at.isoformat(),
        "matched_at": at.isoformat(),
        "evidence": post.evidence,
        "matches": matches_json(matches),
    }


def kept_payload(alert: Alert) -> dict[str, Any]:
    """A payload from what is kept of an alert, which is not the post's text."""
    return {
        "schema": SCHEMA,
        "event": "new",
        "alert": alert.id,
        "organisation": alert.organisation,
        "severity": alert.severity,
        "tlp": alert.tlp,
        "tier": alert.tier,
        "title": plain(alert.title),
        "claim": "",
        "claims": "",
        "facts": [],
        "source": alert.source,
        "board": "",
        "author": plain(alert.author),
        "url": defang(plain(alert.url)),
        "kind": alert.kind,
        "posted_at": alert.posted_at.isoformat() if alert.posted_at else None,
        "precision": alert.precision,
        "first_seen_at": alert.first_seen_at.isoformat(),
        "stored_at": alert.stored_at.isoformat(),
        "matched_at": alert.created_at.isoformat(),
        "evidence": None,
        "matches": alert.matches,
    }


def again(payload: dict[str, Any], event: str, said: str, **more: Any) -> dict[str, Any]:
    """A payload that tells something further of an alert: what happened stands before the title, so that every
    channel shows it. ``event``: changed, removed, retracted, reinstated, escalated or digest."""
    title = payload.get("headline", payload["title"])
    return {**payload, "event": event, "headline": title, "title": f"{said}: {title}", **more}


def excerpt(text: str, matches: Sequence[Match]) -> str:
    """The part of a text that a delivery shows: its beginning, or where it first names the organisation when
    that stands further down."""
    spans = [span for match in matches for span in match.spans if span.field == "text"]
    first = min(spans, key=lambda span: span.start, default=None)
    start = 0 if first is None or first.end <= _EXCERPT else max(first.start - _EXCERPT // 3, 0)
    end = start + _EXCERPT
    return ("…" if start else "") + plain(text[start:end]) + ("…" if end < len(text) else "")


def read_out(claimed: Sequence[Fact]) -> str:
    """What a post claims, in one line for people: ``6,000,000 people; 720 GB (199 + 479 + 42 GB: adds up)``."""
    lines = [_said(fact) for fact in claimed[:_MOST_FACTS] if fact.kind in _MEASURED]
    for kind in _NAMED:
        named = dict.fromkeys(plain(str(fact.value)) for fact in claimed[:_MOST_FACTS] if fact.kind == kind)
        if named:
            lines.append(f"{kind}: {', '.join(named)}")
    return "; ".join(
        line for line in dict.fromkeys(lines) if not any(other.startswith(f"{line} (") for other in lines)
    )


def _said(fact: Fact) -> str:
    if fact.kind == "volume":
        first = plain(fact.words)
        if not fact.parts:
            return first
        *parts, (_, sums) = fact.parts
        named = " + ".join(plain(name) for name, _ in parts)
        return f"{first} ({named}: {'adds up' if sums else 'does not add up'})"
    named = f"{fact.kind} " if fact.kind in ("price", "revenue") else ""
    return f"{named}{fact.value:,} {fact.unit}".rstrip()


def facts_json(claimed: Sequence[Fact]) -> list[dict[str, Any]]:
    """The first hundred facts as JSON, with spans in the original field."""
    return [
        {
            "kind": fact.kind,
            "value": plain(fact.value) if isinstance(fact.value, str) else fact.value,
            "unit": fact.unit,
            "words": plain(fact.words),
            "parts": [[plain(name), value] for name, value in fact.parts],
            "spans": [[fact.field, start, end] for start, end in fact.spans],
        }
        for fact in claimed[:_MOST_FACTS]
    ]


def matches_json(matches: Sequence[Match]) -> list[dict[str, Any]]:
    """Matches as JSON: term, kind, view, strength and spans in the original text."""
    return [
        {
            "term": match.term,
            "kind": match.kind,
            "view": match.view,
            "strength": match.strength,
            "parts": dict(match.parts),
            "spans": [[span.field, span.start, span.end] for span in match.spans],
        }
        for match in matches
    ]


def plain(text: str) -> str:
    """Text in which control, invisible and bidirectional characters show as their code."""
    return _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def defang(url: str) -> str:
    """An address that nobody can click; one that was made so stays as it is."""
    return re.sub(r"(?<!\[)\.|\.(?!\])", "[.]", re.sub(r"^http", "hxxp", url))


def unlinked(text: str) -> str:
    """Text for a reader whose program makes links by itself: no address, host or mail address in it can be
    clicked, and unseen characters show as their code."""
    whole = plain(text.encode("utf-8", "backslashreplace").decode("utf-8"))
    whole = re.sub(r"http(?=s?://)", "hxxp", whole, flags=re.IGNORECASE)
    whole = _SCHEME.sub(lambda found: f"[{found[0]}]", whole)
    return _FOUR.sub(r"\1[.]\2[.]\3[.]\4", _DOT.sub("[.]", whole))


def one_line(text: str, most: int = 200) -> str:
    """``unlinked`` text on one line of at most so many characters, fit for a header."""
    line = " ".join(unlinked(text[: 2 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "…"
