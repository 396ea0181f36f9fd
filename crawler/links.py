"""Forms of links: what the addresses of one kind of page have in common, and where their key stands.

A form is written as a path in which ``*`` is any part of a segment, with ``{number}`` or ``{key}`` once, there or as
the value of one query parameter: ``/showthread.php?tid={number}``, ``/topic/*-{number}/``. Session parameters and
those that only lead to another page of the same thing play no part.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

_KEY = re.compile(r"\{(number|key)\}")
#: Keys at the end or beginning of a segment: ``some-words-17``, ``some-words.17``, ``17-some-words``, ``17.html``.
_NUMBERED = (
    (re.compile(r"^(\d+)$"), "{number}"),
    (re.compile(r"^.*-(\d+)$"), "*-{number}"),
    (re.compile(r"^.*\.(\d+)$"), "*.{number}"),
    (re.compile(r"^(\d+)-.*$"), "{number}-*"),
    (re.compile(r"^(\d+)\.\w+$"), "{number}.*"),
    (re.compile(r"^[a-z_]+(\d+)(?:\.\w+)?$", re.I), ""),
    (re.compile(r"^.*-(\d+)\.\w+$"), "*-{number}.*"),
)
_SESSIONS = frozenset({"sid", "phpsessid", "s", "session", "jsessionid"})


def form_is_valid(form: str) -> bool:
    """Whether a text is a form of links."""
    return len(_KEY.findall(form)) == 1


@lru_cache(maxsize=256)
def _compiled(form: str) -> tuple[re.Pattern[str], str | None, re.Pattern[str] | None]:
    path, _, query = form.partition("?")
    name, _, value = query.partition("=")
    return _pattern(path.rstrip("/")), name or None, _pattern(value) if name else None


def _pattern(glob: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*|\{number\}|\{key\})", glob)
    meant = {"*": r"[^/?&#]*", "{number}": r"(\d{1,18})", "{key}": r"([^/?&#]+)"}
    return re.compile("".join(meant.get(piece, re.escape(piece)) for piece in pieces) + r"(?:\.\w*)?")


def key_of(form: str, url: str) -> str | None:
    """The key in an address of that form; None for one of another form."""
    path, name, value = _compiled(form)
    parts = urlsplit(url)
    found = path.fullmatch(unquote(parts.path).rstrip("/"))
    if found is None or name is None or value is None:
        return found[1] if found else None
    for each, said in parse_qsl(parts.query.replace(";", "&"), keep_blank_values=True):
        if each == name:
            stands = value.fullmatch(said)
            return stands[1] if stands else None
    return None


def family(url: str) -> str:
    """A coarse name for links of one kind: numbers and long words of the path left out, the query by its names."""
    parts = urlsplit(url)
    segments = [_coarse(segment) for segment in unquote(parts.path).strip("/").split("/")]
    names = sorted(
        {
            f"{name}={value}" if value.isalpha() and len(value) < 20 else name
            for name, value in parse_qsl(parts.query.replace(";", "&"), keep_blank_values=True)
            if name.lower() not in _SESSIONS
        }
    )
    return "/".join(segments) + ("?" + "&".join(names) if names else "")


def _coarse(segment: str) -> str:
    if re.search(r"\d", segment) or "-" in segment or len(segment) > 20:
        return "*"
    return segment


def form_of(urls: Sequence[str], also: Iterable[str] = ()) -> str | None:
    """The form of addresses that each name another thing; None when nothing tells them apart. ``also``: segments
    that vary between boards though not here."""
    split = [urlsplit(url) for url in dict.fromkeys(urls)]
    if not split:
        return None
    lengths = Counter(len(_segments(parts.path)) for parts in split)
    length = lengths.most_common(1)[0][0]
    split = [parts for parts in split if len(_segments(parts.path)) == length]
    rows = [_segments(parts.path) for parts in split]
    by_query = _query_key([dict(parse_qsl(parts.query.replace(";", "&"))) for parts in split])
    wanted = None if by_query else _path_key(rows)
    if by_query is None and wanted is None:
        return None
    segments = []
    for at in range(length):
        values = {row[at] for row in rows}
        if wanted and wanted[0] == at:
            segments.append(wanted[1])
        elif len(values) > 1 or values & set(also) or any(re.search(r"\d{1,}", value) for value in values):
            segments.append("*")
        else:
            segments.append(values.pop())
    path = "/" + "/".join(segments)
    return f"{path}?{by_query}" if by_query else path


def _segments(path: str) -> list[str]:
    return unquote(path).strip("/").split("/")


def _query_key(queries: Sequence[dict[str, str]]) -> str | None:
    """``name={number}`` for the parameter that tells addresses apart."""
    best: tuple[float, str] | None = None
    for name in {name for query in queries for name in query}:
        values = [query[name] for query in queries if name in query]
        if name.lower() in _SESSIONS or len(values) < 0.9 * len(queries):
            continue
        numbers = [re.fullmatch(r"(\d+)(?:[.,-].*)?", value) for value in values]
        keys = {found[1] for found in numbers if found} if all(numbers) else set(values)
        share = len(keys) / len(queries)
        plain = all(numbers)
        whole = all(value.isdecimal() for value in values)
        form = f"{name}={{number}}{'' if whole else '*'}" if plain else f"{name}={{key}}"
        if share > 0.8 and (best is None or share + plain > best[0]):
            best = (share + plain, form)
    return best[1] if best else None


def _by_runs(values: Sequence[str]) -> str | None:
    """The form of segments such as ``thread-17-1-1.html``, that differ in their numbers only."""
    pieces = [re.split(r"(\d+)", value) for value in values]
    if len({tuple(each[::2]) for each in pieces}) > 1 or len(pieces[0]) < 3:
        return None
    distinct = [len({each[at] for each in pieces}) for at in range(1, len(pieces[0]), 2)]
    if max(distinct) < 0.8 * len(values):
        return None
    key = 2 * distinct.index(max(distinct)) + 1
    form = ("{number}" if at == key else "*" if at % 2 else piece for at, piece in enumerate(pieces[0]))
    return "".join(form)


def _path_key(rows: Sequence[list[str]]) -> tuple[int, str] | None:
    """Which segment holds the key, and its form there; a number before a word, the last segment first."""
    for at in reversed(range(len(rows[0]))):
        values = [row[at] for row in rows]
        if len(set(values)) < 0.8 * len(rows):
            continue
        runs = _by_runs(values)
        if runs:
            return at, runs
        for pattern, form in _NUMBERED:
            found = [pattern.match(value) for value in values]
            if all(found) and len({match[1] for match in found if match}) >= 0.8 * len(rows):
                if form:
                    return at, form
                head = re.match(r"[^\d]*", values[0])
                return at, f"{head[0] if head else ''}{{number}}"
    for at in reversed(range(len(rows[0]))):
        values = [row[at] for row in rows]
        if len(set(values)) >= 0.8 * len(rows):
            return at, "{key}"
    return None
