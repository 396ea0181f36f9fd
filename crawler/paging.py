"""Where the other pages of a board or thread are: told from the links that a page has to itself by number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.markup import absolute, inline
from crawler.profile import Paging

_NEXT = re.compile(
    r"^(next( page)?|older( posts| threads)?|more|›|»|>|>>|→|»»|следующая|вперед|вперёд|далее|下一页|下页"
    r"|siguiente|suivante?|weiter|nächste( seite)?|berikutnya|selanjutnya|próxima|successiva|sonraki|następna"
    r"|التالي|بعدی)[ ›»>→]*$",
    re.I,
)
_SUFFIX = re.compile(r"^(/?[A-Za-z_-]{0,12}[-_/]?)(\d{1,6})(/?)$")


@dataclass(frozen=True, slots=True)
class Pages:
    """Page ``page`` of ``pages``, as far as its links tell, and the address of the next one."""

    page: int = 1
    pages: int = 1
    next_url: str | None = None


def read_paging(tree: LexborHTMLParser, url: str, paging: Paging | None, inside: Iterable[int] = ()) -> Pages:
    """Which page this is. ``paging``: how its addresses are numbered, else that is told from its links. ``inside``:
    ``mem_id`` of links that stand in records and lead elsewhere."""
    links = _links(tree, url, frozenset(inside))
    known = paging or infer_paging(tree, url, inside)
    following = next(
        (
            target
            for link, target in links
            if "next" in (link.attributes.get("rel") or "").split()
            or _NEXT.match(inline(link))
            or _NEXT.match(link.attributes.get("title") or link.attributes.get("aria-label") or "")
        ),
        None,
    )
    if following and following.split("#")[0] == url.split("#")[0]:
        following = None
    if known is None:
        return Pages(1, 2 if following else 1, following)
    page = page_of(known, url) or 1
    first = with_number(known, url, 1)
    numbers = {
        number: target
        for _link, target in links
        if (number := page_of(known, target)) and _same(with_number(known, target, 1), first)
    }
    pages = max([page, *numbers])
    if page + 1 in numbers:
        return Pages(page, pages, numbers[page + 1])
    if following and page_of(known, following) == page + 1:
        return Pages(page, max(pages, page + 1), following)
    return Pages(page, pages, None if page >= pages else with_number(known, url, page + 1))


def infer_paging(tree: LexborHTMLParser, url: str, inside: Iterable[int] = ()) -> Paging | None:
    """How the pages of what ``url`` shows are numbered, told from links whose text is a number; None without any."""
    found: Counter[tuple[str, int, int]] = Counter()
    pairs: list[tuple[str, int, int]] = []
    for link, target in _links(tree, url, frozenset(inside)):
        said = inline(link).strip("[]() ")
        if not said.isdecimal() or not 2 <= int(said) <= 100_000:
            continue
        for where, value in _differences(url, target):
            pairs.append((where, int(said), value))
    for where, number, value in pairs:
        if value == number:
            found[where, 1, 1] += 1
        elif value == number - 1:
            found[where, 0, 1] += 1
        elif value % (number - 1) == 0:
            found[where, 0, value // (number - 1)] += 1
        elif (value - 1) % (number - 1) == 0:
            found[where, 1, (value - 1) // (number - 1)] += 1
    if not found:
        return None
    where, first, step = max(found, key=lambda each: (found[each], each[2] == 1, each))
    return Paging(where=where, first=first, step=step) if step <= 1000 else None


def page_of(paging: Paging, url: str) -> int | None:
    """The number of the page at an address; 1 for one without a number."""
    value = _value(paging, url)
    if value is None:
        return 1
    page, rest = divmod(value - paging.first, paging.step)
    return page + 1 if rest == 0 and page >= 0 else None


def with_number(paging: Paging, url: str, page: int) -> str:
    """The address of page ``page``; ``url`` is that of any page. The first page has no number, save behind a dot."""
    kind, _, name = paging.where.partition(" ")
    parts = urlsplit(url)
    number = paging.first + (page - 1) * paging.step
    if kind == "digits":
        runs = re.split(r"(\d+)", parts.path)
        at = len(runs) - 2 * int(name)
        if at > 0:
            runs[at] = str(number)
        return urlunsplit((parts.scheme, parts.netloc, "".join(runs), parts.query, ""))
    if kind == "path":
        path = _without_suffix(parts.path, name)
        if page > 1:
            path = (path.rstrip("/") if name.startswith("/") else path) + name.replace("{n}", str(number))
        return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
    query = parse_qsl(parts.query.replace(";", "&"), keep_blank_values=True)
    if kind == "value":
        query = [
            (each, f"{value.partition('.')[0]}.{number}" if each == name else value) for each, value in query
        ]
    else:
        query = [(each, value) for each, value in query if each != name]
        if page > 1:
            query.append((name, str(number)))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def _value(paging: Paging, url: str) -> int | None:
    kind, _, name = paging.where.partition(" ")
    parts = urlsplit(url)
    if kind == "digits":
        runs = re.findall(r"\d{1,9}", parts.path)
        return int(runs[-int(name)]) if len(runs) >= int(name) else None
    if kind == "path":
        found = re.search(re.escape(name.rstrip("/")).replace(r"\{n\}", r"(\d{1,6})") + "/?$", parts.path)
        return int(found[1]) if found else None
    for each, value in parse_qsl(parts.query.replace(";", "&")):
        if each == name:
            number = value.partition(".")[2] if kind == "value" else value
            return int(number) if re.fullmatch(r"\d{1,9}", number) else None
    return None


def _without_suffix(path: str, form: str) -> str:
    found = re.search(re.escape(form.rstrip("/")).replace(r"\{n\}", r"\d{1,6}") + "/?$", path)
    return path[: found.start()] if found else path


def _links(tree: LexborHTMLParser, url: str, inside: frozenset[int]) -> Sequence[tuple[LexborNode, str]]:
    host = urlsplit(url).netloc
    links = []
    for link in tree.css("a[href], link[rel=next][href]"):
        target = absolute(url, link)
        if target and link.mem_id not in inside and urlsplit(target).netloc == host:
            links.append((link, target))
    return links


def _differences(url: str, target: str) -> Iterable[tuple[str, int]]:
    """In what a link differs from the page's own address, when that is one number."""
    here, there = urlsplit(url), urlsplit(target)
    ours = dict(parse_qsl(here.query.replace(";", "&"), keep_blank_values=True))
    theirs = dict(parse_qsl(there.query.replace(";", "&"), keep_blank_values=True))
    if here.path == there.path:
        for name, value in theirs.items():
            others = {each for each in theirs if each != name and theirs[each] != ours.get(each)}
            if others or not re.fullmatch(r"[\w\[\]-]{1,40}", name):
                continue
            old = ours.get(name)
            if value.isdecimal() and len(value) < 9 and (old is None or old.isdecimal()) and value != old:
                yield f"query {name}", int(value)
            dotted = re.fullmatch(r"([\w-]+)\.(\d{1,8})", value)
            if dotted and old and old.partition(".")[0] == dotted[1] and value != old:
                yield f"value {name}", int(dotted[2])
    if {k: v for k, v in theirs.items() if k != "sid"} == {k: v for k, v in ours.items() if k != "sid"}:
        base = unquote(here.path).rstrip("/")
        base = re.sub(r"/(?:page|p|seite|pagina)[-_/]?\d+$", "", base, flags=re.I)
        path = unquote(there.path)
        if path.startswith(base) and (found := _SUFFIX.match(path[len(base) :])) and found[1]:
            head = found[1].removeprefix("/") if here.path.endswith("/") else found[1]
            if head:
                yield f"path {head}{{n}}{found[3]}", int(found[2])
        old_runs, new_runs = re.split(r"(\d+)", here.path), re.split(r"(\d+)", there.path)
        if len(old_runs) == len(new_runs) and old_runs[::2] == new_runs[::2]:
            differ = [at for at in range(1, len(old_runs), 2) if old_runs[at] != new_runs[at]]
            if len(differ) == 1 and old_runs[differ[0]] == "1" and len(new_runs[differ[0]]) < 7:
                yield f"digits {(len(old_runs) - differ[0]) // 2}", int(new_runs[differ[0]])


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(url: str) -> tuple[str, frozenset[tuple[str, str]]]:
    parts = urlsplit(url)
    kept = frozenset(
        (name, value)
        for name, value in parse_qsl(parts.query.replace(";", "&"), keep_blank_values=True)
        if name.lower() not in ("sid", "phpsessid")
    )
    return parts.path.rstrip("/"), kept
