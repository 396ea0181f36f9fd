"""Whether what happened to a listing is worth raising its alert again. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from alerts.claims import Claims
from alerts.severity import Severity

_FEW = 1000  # people or records of whom a reply may speak without meaning what is sold


class Material(StrEnum):
    """The changes for which an alert is raised again."""

    PRICE = "price"
    VOLUME = "volume"
    COUNT = "people or records"
    SAMPLE = "sample released"
    SOLD = "sold"
    FREE = "published for free"
    REMOVED = "removed"
    BACK = "back"
    SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Case:
    """An alert as far as a decision needs it.

    ``claims`` are those of all its listings, ``listing`` those of the one that was read, None when that one is new to
    the alert; ``post`` what an earlier text of the post that was read claimed. ``standing``: how many of its listings
    are on their boards, the one that was read not counted. ``removed``: the one that was read was gone before.
    ``told``: the keys of the changes that were told.
    """

    severity: Severity
    claims: Claims
    listing: Claims | None
    post: Claims | None
    standing: int
    removed: bool
    told: Collection[str]


@dataclass(frozen=True, slots=True)
class Heard:
    """What was read. ``claims`` None: the post is not its seller's, and what it claims is nobody's offer.
    ``reply``: it is a reply of theirs. ``severity`` None: the post does not name the organisation. ``removed``: the
    listing's opening post is gone; ``stands``: that post was seen on its board."""

    post: str
    revision: int
    claims: Claims | None = None
    reply: bool = False
    severity: Severity | None = None
    removed: bool = False
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """One material change; ``key`` is the same whenever this change is decided upon."""

    kind: Material
    before: str
    after: str
    key: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the alert: the changes to be told, and what it and the listing claim from now on."""

    changes: tuple[Changed, ...]
    claims: Claims
    listing: Claims
    severity: Severity
    removed: bool


def decide(case: Case, heard: Heard) -> Decision:
    """What a post means for its alert.

    An edit of a listing is material when what it claims differs from what this listing claimed. The same offer on
    another site is material only when it is worse than all that is known: cheaper, larger, sold, with a sample, for
    free. So ten thousand copies that differ in nothing raise nothing. A listing is removed when no other of the alert
    stands. Deciding again on what was decided gives no change.
    """
    said = (heard.claims or Claims()).beside(case.post)
    before = case.listing or Claims()
    if heard.reply:
        said = _more_than(said, before)
    listing = before.with_newer(said)
    changes = list(_edited(case.listing, listing, case.claims, heard) if heard.claims else ())
    claims = _known(case.claims, listing)
    severity = case.severity
    if heard.severity and _rank(heard.severity) > _rank(severity):
        severity = heard.severity
        changes.append(
            Changed(Material.SEVERITY, case.severity.value, severity.value, f"severity:{severity.value}")
        )
    removed = heard.removed or (case.removed and not heard.stands)
    if removed and not case.removed and not case.standing:
        changes.append(Changed(Material.REMOVED, "", "", f"removed:{heard.post}:{heard.revision}"))
    if case.removed and not removed and not case.standing:
        changes.append(Changed(Material.BACK, "", "", f"back:{heard.post}:{heard.revision}"))
    told = tuple(change for change in changes if change.key not in case.told)
    return Decision(told, claims, listing, severity, removed)


def _more_than(said: Claims, before: Claims) -> Claims:
    """What a seller's reply claims. Its smaller numbers are of something else: five users wrote, two have paid."""
    return replace(
        said,
        volume=said.volume if (said.volume or 0) > (before.volume or 0) else None,
        count=said.count if (said.count or 0) > (before.count or _FEW) else None,
    )


def _rank(severity: Severity) -> int:
    return list(Severity).index(severity)


def _edited(before: Claims | None, now: Claims, known: Claims, heard: Heard) -> Iterator[Changed]:
    at = f"{heard.post}:{heard.revision}"
    if before is None:  # the same offer elsewhere: only what is worse than all that is known
        if known.prices and _cheaper(now, known):
            yield Changed(Material.PRICE, prices(known), prices(now), f"price:{at}")
        if known.volume and now.volume and now.volume > known.volume:
            yield Changed(Material.VOLUME, volume(known.volume), volume(now.volume), f"volume:{at}")
        if known.count and now.count and now.count > known.count:
            yield Changed(Material.COUNT, count(known.count), count(now.count), f"count:{at}")
    else:  # what was never named before is news too: the first price, the first number of people
        if now.prices != before.prices:
            yield Changed(Material.PRICE, prices(before), prices(now), f"price:{at}")
        if now.volume != before.volume:
            yield Changed(Material.VOLUME, volume(before.volume), volume(now.volume), f"volume:{at}")
        if now.count != before.count:
            yield Changed(Material.COUNT, count(before.count), count(now.count), f"count:{at}")
    for kind, was, is_ in (
        (Material.SAMPLE, known.sample, now.sample),
        (Material.SOLD, known.sold, now.sold),
        (Material.FREE, known.free, now.free),
    ):
        if is_ and not was:
            yield Changed(kind, "", "", kind.value)


def _cheaper(now: Claims, known: Claims) -> bool:
    """Whether it is offered for less than ever, in a currency that is known."""
    least: dict[str, float] = {}
    for unit, amount in known.prices:
        least[unit] = min(amount, least.get(unit, amount))
    return any(unit in least and amount < least[unit] for unit, amount in now.prices)


def _known(known: Claims, listing: Claims) -> Claims:
    """The claims of all listings together: every least price, and the most of everything else."""
    least: dict[str, float] = {}
    for unit, amount in (*known.prices, *listing.prices):
        least[unit] = min(amount, least.get(unit, amount))
    return Claims(
        prices=tuple(sorted(least.items())),
        volume=max(filter(None, (known.volume, listing.volume)), default=None),
        count=max(filter(None, (known.count, listing.count)), default=None),
        sample=known.sample or listing.sample,
        free=known.free or listing.free,
        sold=known.sold or listing.sold,
    )


def prices(claims: Claims) -> str:
    """Prices for people: ``4,000 USD``."""
    return ", ".join(f"{amount:,.10g} {unit}" for unit, amount in claims.prices)


def count(number: int | None) -> str:
    """A number for people: ``6,000,000``."""
    return "" if number is None else f"{number:,}"


def volume(size: int | None) -> str:
    """Bytes for people: ``720 GB``."""
    if size is None:
        return ""
    value = float(size)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            return f"{value:,.4g} {unit}"
        value /= 1000
    raise AssertionError
