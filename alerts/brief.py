"""A page for those who decide: what is claimed, by whom, how credible it is, what the law asks by when, whom to tell.

Built from what is kept of an alert. It holds no text of the listing but its title, masked, and no value of its samples,
so that it can be handed on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from alerts.brief_words import WORDS
from alerts.cases import Alert, Listing
from alerts.claim_words import worded
from alerts.clocks import Clock
from alerts.laws import Law
from alerts.message import defang, one_line, read_out
from alerts.watchlist import Organisation
from indexer.fact import Fact
from indexer.masking import Masking

Language = Literal["en", "id"]

_MARKUP = str.maketrans({char: f"\\{char}" for char in r"\`*_{}[]<>#+!|~"})
#: Kinds of fact that a brief may print: no contact, no value of a sample.
_PRINTED = frozenset(
    {
        "quantity",
        "volume",
        "price",
        "revenue",
        "payment",
        "terms",
        "data",
        "format",
        "origin",
        "sample",
        "stolen",
    }
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with lines; ``rows``: a table below them, its head first."""

    heading: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief in one language. ``marking``: its TLP, shown on top and at the end."""

    language: Language
    marking: str
    title: str
    made: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a brief is built from. ``pages``: reference and SHA-256 of each page kept, "" where it is in no chain.
    ``reliability``: of the source, by the Admiralty code."""

    alert: Alert
    organisation: Organisation | None
    listings: Sequence[Listing]
    facts: Sequence[Fact]
    clocks: Sequence[Clock]
    laws: Mapping[str, Law]
    pages: Sequence[tuple[str, str]]
    reliability: str


def brief(grounds: Grounds, masking: Masking, language: Language, now: datetime) -> Brief:
    """The brief of an alert, as of ``now``."""
    say = WORDS[language]
    alert = grounds.alert
    name = grounds.organisation.name if grounds.organisation else alert.organisation
    return Brief(
        language=language,
        marking=f"TLP:{alert.tlp.upper()}",
        title=f"{say['brief']}: {one_line(name)}",
        made=say["made"].format(at=_time(now), alert=alert.id, severity=say[alert.severity]),
        sections=(
            _claimed(grounds, masking, say, language),
            _by_whom(grounds, say),
            _credible(grounds, say),
            _verified(grounds, say, now),
            _law(grounds, say, language, now),
            _to_tell(grounds, say),
            _evidence(grounds, say),
        ),
    )


def _claimed(grounds: Grounds, masking: Masking, say: Mapping[str, str], language: Language) -> Section:
    alert = grounds.alert
    printed = [fact for fact in grounds.facts if fact.kind in _PRINTED]
    said = [one_line(worded(part, language), 300) for part in read_out(printed).split("; ") if part]
    lines = [
        say["title"].format(title=one_line(masking.mask(alert.title), 200)),
        say["posted"].format(at=_time(alert.posted_at) if alert.posted_at else say["unknown"]),
        say["seen"].format(at=_time(alert.first_seen_at)),
        *([say["claims"].format(claims="; ".join(said))] if said else [say["no claims"]]),
    ]
    return Section(say["what"], tuple(lines))


def _by_whom(grounds: Grounds, say: Mapping[str, str]) -> Section:
    alert = grounds.alert
    lines = [
        say["seller"].format(author=one_line(alert.author or say["unknown"], 100), source=alert.source),
        say["reliability"].format(code=grounds.reliability, means=say[f"reliability {grounds.reliability}"]),
    ]
    others = [each for each in grounds.listings if (each.source, each.thread) != (alert.source, alert.thread)]
    if others:
        sources = ", ".join(sorted({each.source for each in others}))
        lines.append(say["copies"].format(count=len(others), sources=sources))
    return Section(say["by whom"], tuple(lines))


def _credible(grounds: Grounds, say: Mapping[str, str]) -> Section:
    alert = grounds.alert
    best = alert.matches[0] if alert.matches else None
    speaks_for: list[str] = []
    against: list[str] = []
    if best:
        certain = float(best["strength"]) >= 0.8
        words = say["named"].format(term=one_line(str(best["term"]), 100), strength=f"{best['strength']:.2f}")
        (speaks_for if certain else against).append(words)
    for fact in grounds.facts:
        if fact.kind == "volume" and fact.parts:
            adds = bool(fact.parts[-1][1])
            (speaks_for if adds else against).append(say["adds up" if adds else "adds not up"])
    claims = alert.claims or {}
    (speaks_for if claims.get("sample") else against).append(
        say["sample" if claims.get("sample") else "no sample"]
    )
    if claims.get("sold"):
        speaks_for.append(say["sold"])
    if grounds.reliability in "AB":
        speaks_for.append(say["good source"])
    elif grounds.reliability in "EF":
        against.append(say["unknown source"])
    lines = [f"+ {each}" for each in dict.fromkeys(speaks_for)] + [
        f"- {each}" for each in dict.fromkeys(against)
    ]
    return Section(say["credible"], (*lines, say["credibility"]))


def _verified(grounds: Grounds, say: Mapping[str, str], now: datetime) -> Section:
    standing = [each for each in grounds.listings if each.removed_at is None]
    kept = sum(1 for _, digest in grounds.pages if digest)
    where = say["stands"] if standing else say["stands no more"]
    return Section(
        say["verified"],
        (
            say["is verified"].format(where=where, at=_time(now), pages=kept),
            say["is not verified"],
        ),
    )


def _law(grounds: Grounds, say: Mapping[str, str], language: Language, now: datetime) -> Section:
    if not grounds.laws:
        return Section(say["law"], (say["no law"],))
    running = {(clock.law, clock.duty): clock for clock in grounds.clocks}
    rows = [tuple(say[name] for name in ("law column", "to column", "duty column", "due column"))]
    for name, law in grounds.laws.items():
        for duty in law.duties:
            clock = running.get((name, duty.id))
            if clock and clock.met_at:
                due = say["met"].format(at=_time(clock.met_at))
            elif clock:
                due = f"{_time(clock.due_at)} ({_left(clock.left(now), say)})"
            else:
                due = _allowed(duty.hours, duty.days, duty.months, say)
            rows.append((law.name.said(language), duty.to.said(language), duty.what.said(language), due))
    sources = "; ".join(law.source for law in grounds.laws.values())
    begun = say["confirmed"] if running else say["not confirmed"]
    return Section(say["law"], (begun, say["sources"].format(sources=sources), say["no advice"]), tuple(rows))


def _to_tell(grounds: Grounds, say: Mapping[str, str]) -> Section:
    contacts = grounds.organisation.contacts if grounds.organisation else ()
    if not contacts:
        return Section(say["to tell"], (say["no contacts"],))
    head = (say["role"], say["name"], say["reach"])
    return Section(say["to tell"], (), (head, *((each.role, each.name, each.reach) for each in contacts)))


def _evidence(grounds: Grounds, say: Mapping[str, str]) -> Section:
    lines = [
        say["address"].format(url=defang(one_line(grounds.alert.url, 300))),
        *(f"{reference}: SHA-256 {digest or say['in no chain']}" for reference, digest in grounds.pages[:20]),
        say["package"].format(alert=grounds.alert.id),
    ]
    return Section(say["evidence"], tuple(lines))


def _allowed(hours: int, days: int, months: int, say: Mapping[str, str]) -> str:
    parts = [
        say[unit].format(count=count)
        for unit, count in (("months", months), ("days", days), ("hours", hours))
        if count
    ]
    return say["after confirmation"].format(time=", ".join(parts)) if parts else say["without delay"]


def _left(left: timedelta, say: Mapping[str, str]) -> str:
    if left < timedelta():
        return say["past"]
    return say["left"].format(hours=int(left / timedelta(hours=1)))


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def markdown(made: Brief) -> str:
    """The brief in Markdown; nothing in it is markup but its own."""
    parts = [f"**{made.marking}**", f"# {_quiet(made.title)}", _quiet(made.made)]
    for section in made.sections:
        parts.append(f"## {section.heading}")
        if section.lines:
            parts.append("\n".join(f"- {_quiet(line)}" for line in section.lines))
        if section.rows:
            head, *rows = section.rows
            table = [head, tuple("---" for _ in head), *rows]
            parts.append("\n".join(f"| {' | '.join(map(_cell, row))} |" for row in table))
    return "\n\n".join([*parts, f"**{made.marking}**"]) + "\n"


def html(made: Brief) -> str:
    """The brief as a page that loads nothing."""
    from jinja2 import Environment, PackageLoader

    templates = Environment(
        loader=PackageLoader("alerts", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return templates.get_template("brief.html").render(brief=made)


def as_json(made: Brief) -> dict[str, Any]:
    """The brief for programs."""
    return {
        "language": made.language,
        "marking": made.marking,
        "title": made.title,
        "made": made.made,
        "sections": [
            {"heading": one.heading, "lines": list(one.lines), "rows": [list(row) for row in one.rows]}
            for one in made.sections
        ],
    }


def _quiet(line: str) -> str:
    return re.sub(r"^([-+]|\d+[.)]) ", lambda found: f"\\{found[0]}", line.translate(_MARKUP))


def _cell(words: str) -> str:
    return words if words == "---" else _quiet(words)
