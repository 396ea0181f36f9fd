"""What messages of an alert say of its organisation and its source, and how grave a post is for an organisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from alerts.cases import Alert
from alerts.channel import Tlp
from alerts.copies.verdict import Verdict as CopyVerdict
from alerts.dispatch import Dispatch
from alerts.matching.port import Match
from alerts.message import message
from alerts.reading import Reading
from alerts.severity import Graded, grade
from alerts.watchlist import Organisation
from indexer.post import Post

#: The marking and the reliability of a source without a file.
_UNMARKED, _UNJUDGED = "amber", "F"
_ORDER = get_args(Tlp)


@dataclass(slots=True)
class Telling:
    """``organisations``: all that are watched, by id. ``tlps``: the marking of each source; a source that is not named
    is amber. ``reliabilities``: by the Admiralty code; a source that is not named is F. ``copies``: sources that are
    copies, each with what it is and of which source."""

    organisations: Mapping[str, Organisation]
    dispatch: Dispatch
    tlps: Mapping[str, str]
    reliabilities: Mapping[str, str]
    copies: Mapping[str, tuple[CopyVerdict, str]] = field(default_factory=dict)

    def message(
        self,
        alert: Alert,
        reading: Reading,
        matches: Sequence[Match],
        now: datetime,
        parts: Sequence[tuple[str, int]] = (),
    ) -> dict[str, Any]:
        """What a channel is given of a reading; ``parts``: of its severity."""
        change = reading.change
        return message(
            alert.id,
            alert.organisation,
            change.stored,
            matches,
            reading.facts,
            alert.severity,
            alert.tlp,
            change.stored_at,
            now,
            parts,
            name=self._name(alert.organisation),
            reliability=self._reliability(change.stored.post),
        )

    def graded(self, organisation: str, reading: Reading, matches: Sequence[Match]) -> Graded:
        """How grave it is that a post names an organisation."""
        post = reading.change.stored.post
        known = self.organisations.get(organisation)
        rules = known.severity if known else None
        return grade(matches[0].strength, post.kind, reading.facts, self._reliability(post), rules)

    def own_channels(self, organisation: str) -> tuple[str, ...]:
        """The channels that an organisation names; none: every channel."""
        known = self.organisations.get(organisation)
        return known.channels if known else ()

    def marking(self, source: str) -> str:
        """The marking of what a source holds."""
        return self.tlps.get(source, _UNMARKED)

    def copy_of(self, source: str) -> dict[str, str]:
        """What a message says of a source that is a copy: ``a phishing copy of forum``; nothing of an original that is
        marked higher."""
        if source not in self.copies:
            return {}
        verdict, original = self.copies[source]
        if _ORDER.index(self.marking(original)) > _ORDER.index(self.marking(source)):
            return {}
        of = CopyVerdict.COPY if verdict is CopyVerdict.UNDECIDED else verdict
        return {"copy_of": f"a {of.value} of {original}"}

    def _reliability(self, post: Post) -> str:
        return self.reliabilities.get(post.key.source, _UNJUDGED)

    def _name(self, organisation: str) -> str:
        known = self.organisations.get(organisation)
        return known.name if known else organisation
