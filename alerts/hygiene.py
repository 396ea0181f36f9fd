"""Hygiene of watches: how each term does, whose it is, and which want looking at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from alerts.hits import Hit
from alerts.matching.terms import SILENT, Term, terms_of
from alerts.watchlist import Organisation, TermNote

#: A term that was not found in this time is asked about.
LONG = timedelta(days=90)
_NAMED = 3  # terms of a kind that a line of a digest names

Hits = Mapping[tuple[str, str, str], Hit]


@dataclass(frozen=True, slots=True)
class TermReport:
    """How one term does. ``posts``: revisions in which it was found since it is watched; ``past``: in history, by the
    last back-test; ``since``: the day from which on its organisation is watched as it is; ``overdue``: its day of
    review, or that of its entry, is past; ``never``: it was watched for 90 days and found nothing."""

    organisation: str
    kind: str
    term: str
    posts: int
    past: int
    last_at: datetime | None
    last_post: str
    reason: str
    owner: str
    review: date | None
    since: date | None
    overdue: bool
    never: bool

    @property
    def says(self) -> str:
        """What is to be done about it, in words; empty: nothing."""
        said = [f"review of {self.review} is past"] if self.overdue else []
        return "; ".join([*said, *([f"never found since {self.since}"] if self.never else [])])


def term_reports(
    organisations: Iterable[Organisation], hits: Hits, since: Mapping[str, date], today: date
) -> list[TermReport]:
    """Every term that finds something, by organisation. What a term says nothing of itself its organisation's entry
    says for it."""
    return [each for one in organisations for each in _of(one, hits, since.get(one.id), today)]


def _of(one: Organisation, hits: Hits, since: date | None, today: date) -> Iterable[TermReport]:
    notes = {note.term: note for note in one.terms}
    patterns = [Term(one.id, each, "pattern") for each in one.patterns]
    for term in [*terms_of(one), *patterns]:
        if term.kind in SILENT:
            continue
        note = notes.get(term.text) or TermNote(term=term.text)
        hit = hits.get((one.id, term.kind, term.text))
        review = note.review or one.review
        yield TermReport(
            one.id,
            term.kind,
            term.text,
            hit.posts if hit else 0,
            hit.past if hit else 0,
            hit.last_at if hit else None,
            hit.last_post if hit else "",
            note.reason or one.reason,
            note.owner or one.owner,
            review,
            since,
            review is not None and review < today,
            hit is None and since is not None and today - since >= LONG,
        )


def told(reports: Sequence[TermReport]) -> list[str]:
    """What wants looking at, for people: a line for each organisation, by name; none where all is well."""
    lines = []
    for organisation in dict.fromkeys(each.organisation for each in reports):
        its = [each for each in reports if each.organisation == organisation]
        said = []
        if overdue := [each for each in its if each.overdue]:
            said.append(f"{_count(overdue)} past review ({_names(overdue, owners=True)})")
        if never := [each for each in its if each.never]:
            said.append(f"{_count(never)} never found since {never[0].since} ({_names(never)})")
        if said:
            lines.append(f"{organisation}: {'; '.join(said)}")
    return lines


def _count(some: Sequence[TermReport]) -> str:
    return f"{len(some)} term{'s' if len(some) > 1 else ''}"


def _names(some: Sequence[TermReport], *, owners: bool = False) -> str:
    def name(each: TermReport) -> str:
        owner = f" of {each.owner}" if owners and each.owner else ""
        return f"{each.term}{owner}" + (f", {each.review}" if owners else "")

    left = len(some) - _NAMED
    return "; ".join(map(name, some[:_NAMED])) + (f"; and {left} more" if left > 0 else "")
