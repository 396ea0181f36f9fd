"""A search that becomes a watch: the terms of a query as an organisation's entry, and what no watch can say. Pure.

A query asks what stands there; a watch names whom it means. So words and phrases become names, and what a query says
beside them becomes scope, known false texts, or is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from config.edits import written
from indexer.query import (
    All,
    Between,
    Everything,
    Exactly,
    Near,
    Node,
    Removed,
    Some,
    Wild,
    Without,
    Words,
    parse,
)

_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_LONGEST_ACRONYM = 6  # letters


@dataclass(frozen=True, slots=True)
class Drafted:
    """An entry to be edited, as YAML, and what of the query does not stand in it as it was meant."""

    text: str
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    query: str
    names: list[str] = field(default_factory=list)
    acronyms: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    negatives: list[str] = field(default_factory=list)
    scope: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, said: str) -> None:
        if said not in self.notes:
            self.notes.append(said)


def drafted(query: str) -> Drafted:
    """What a query is as a watch. Raises ``QueryError``."""
    draft = _Draft(query)
    _read(parse(query), draft)
    first = next(iter([*draft.names, *draft.acronyms, *draft.domains]), "")
    name = draft.names.pop(0) if draft.names else first
    made: dict[str, object] = {"id": _id(first), "name": name}
    lists = (
        ("aliases", draft.names),
        ("acronyms", draft.acronyms),
        ("domains", draft.domains),
        ("patterns", draft.patterns),
        ("negatives", draft.negatives),
    )
    made |= {key: list(dict.fromkeys(words)) for key, words in lists if words}
    if draft.scope:
        made["scope"] = draft.scope
    if not name:
        draft.note("the query has no word that could name an organisation: write its name")
    return Drafted(written(made), tuple(draft.notes))


def _read(node: Node, draft: _Draft) -> None:
    match node:
        case Some(parts):
            for part in parts:
                _read(part, draft)
        case All(parts):
            _read_all(parts, draft)
        case Words(fields, words, prefix):
            _words(fields, words, prefix, draft)
        case Near(fields, word, _):
            _words(fields, (word,), False, draft)
            draft.note(f"{word}~: a watch finds misspellings of long names by itself, of short ones none")
        case Wild(_, pattern):
            shape = re.escape(pattern).replace(r"\*", r"\w*").replace(r"\?", r"\w")
            draft.patterns.append(rf"(?i)\b{shape}\b")
            draft.note(f"{pattern}: stands as a pattern, which sees plain spellings only")
        case Without(part):
            _without(part, draft)
        case Exactly():
            _exactly(node, draft)
        case Between(name, _, _):
            draft.note(
                f"{name}: a watch looks at what comes from now on; duskwatch watch hunt looks at the past"
            )
        case Removed():
            draft.note("removed: a watch looks at every post, whether it is removed later or not")
        case Everything():
            pass


def _read_all(parts: tuple[Node, ...], draft: _Draft) -> None:
    """All of several: a watch takes any one of its names."""
    spoken = [
        part for part in parts if isinstance(part, (Words, Wild, Near, Some, All)) and not _of_author(part)
    ]
    bare = [part for part in spoken if isinstance(part, Words) and len(part.words) == 1 and not part.prefix]
    rest = parts
    if len(spoken) > 1 and len(bare) == len(spoken) and len({part.fields for part in bare}) == 1:
        words = tuple(part.words[0] for part in bare)
        draft.note(f"{' '.join(words)}: the words must stand side by side to name somebody")
        _words(bare[0].fields, words, False, draft)
        rest = tuple(part for part in parts if part not in spoken)
    elif len(spoken) > 1:
        draft.note(
            "AND: a watch counts when any one of its terms is there; take out what is not a name of theirs"
        )
    for part in rest:
        _read(part, draft)


def _of_author(node: Node) -> bool:
    return isinstance(node, (Words, Wild, Near)) and node.fields == ("author",)


def _words(fields: tuple[str, ...], words: tuple[str, ...], prefix: bool, draft: _Draft) -> None:
    said = _as_written(words, draft.query)
    if fields == ("author",):
        draft.note(
            f"author:{said}: a watch looks for organisations, not for sellers; mute or follow a seller elsewhere"
        )
        return
    if fields in (("title",), ("text",)):
        draft.note(f"{fields[0]}: a watch looks at title and text alike")
    if prefix:
        draft.note(f"{said}*: stands without its star; add the endings that you expect")
    if len(words) > 1 and _DOMAIN.fullmatch(said):
        draft.domains.append(said.lower())
    elif len(words) == 1 and said.isupper() and 2 <= len(said) <= _LONGEST_ACRONYM and said.isascii():
        draft.acronyms.append(said)
    else:
        draft.names.append(said)


def _without(part: Node, draft: _Draft) -> None:
    said = list(_plain_words(part, draft.query))
    draft.negatives += said
    if said:
        draft.note(f"NOT {', '.join(said)}: stands as a known false text: no post that holds it counts")
    else:
        draft.note("NOT of a field: a watch cannot leave out by field; its scope says where it looks")


def _plain_words(node: Node, query: str) -> Iterator[str]:
    match node:
        case Words(_, words, _):
            yield _as_written(words, query)
        case Some(parts) | All(parts):
            for part in parts:
                yield from _plain_words(part, query)
        case _:
            return


def _exactly(node: Exactly, draft: _Draft) -> None:
    key = {"source": "sources", "kind": "kinds", "language": "languages"}.get(node.field)
    if key is None or node.prefix:
        draft.note(
            f"{node.field}:{node.value}: a watch's scope knows sources, kinds and languages by their whole name"
        )
        return
    draft.scope.setdefault(key, []).append(node.value)


def _as_written(words: tuple[str, ...], query: str) -> str:
    """The words as the query has them, in their own case and with what stands between them."""
    found = re.search(r"[^\w]{1,3}".join(map(re.escape, words)), query, re.IGNORECASE)
    return found[0] if found else " ".join(words)


def _id(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63] or "new-watch"
