"""What stands in the way of a page's content, told from the page alone, for any engine and without one.

A page that yields threads, posts or boards is never a gate, whatever its posts talk about. No CAPTCHA is solved
and no account is made: a gate is a state of the source, with its page as evidence and a reaction to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from importlib.resources import files

import yaml
from selectolax.lexbor import LexborHTMLParser

from config.errors import PageUnreadable
from crawler.adapter import Adapter, Gate, GateKind, Page
from crawler.markup import inline, parse, visible

_LEAST = 0.5  # confidence of a finding
#: Confidence from which a thread's page is believed that says that the thread is gone.
SURE = 0.8
_SHORT = 1_500  # characters of a page that can say nothing but what stands in the way
_LONG = 6_000  # characters after which only a title or heading is believed
_CLEARLY = 0.25  # by so much a less grave finding must be surer than a graver one
_PARTED = (GateKind.CAPTCHA, GateKind.LOGIN)  # what is not believed without its form, or its form alone
_LONGEST_WAIT = 24 * 3600
_CAPTCHA_PARTS = (
    "img[src*='captcha' i], input[name*='captcha' i], iframe[src*='captcha' i], form[action*='captcha' i],"
    ".g-recaptcha, .h-captcha, .cf-turnstile, #captcha, .captcha, img[alt*='captcha' i]"
)
_REFRESH = "meta[http-equiv=refresh i]"
_STATUS = {
    404: GateKind.MISSING,
    410: GateKind.MISSING,
    401: GateKind.LOGIN,
    403: GateKind.FORBIDDEN,
    429: GateKind.WAIT,
    503: GateKind.MAINTENANCE,
}
_TIMES = (
    (1, r"seconds?|secs?|sekunden?|detik|секунд[аыу]?|сек|秒|segundos?|secondes?|ثاني[ةه]|ثوان[يٍ]?|s"),
    (60, r"minutes?|mins?|minuten?|menit|минут[аыу]?|мин|分钟|分|minutos?|دقيق[ةه]|دقائق"),
    (3600, r"hours?|hrs?|stunden?|jam|час(?:а|ов)?|小时|horas?|heures?|ساع[ةه]|ساعات"),
)
_NAMED = tuple(
    (seconds, re.compile(rf"(?<![\d:.,])(\d{{1,5}}) ?(?:{units})(?![a-zа-яё])")) for seconds, units in _TIMES
)


@cache
def words() -> tuple[tuple[GateKind, re.Pattern[str]], ...]:
    """One pattern a kind, the gravest kind first: what a page says of several is told by the first."""
    table = yaml.safe_load(files("crawler").joinpath("gate_words.yaml").read_text(encoding="utf-8"))
    return tuple(
        (
            GateKind(kind),
            re.compile("|".join(f"(?:{phrase})" for each in phrases.values() for phrase in each)),
        )
        for kind, phrases in table.items()
    )


def find_gate(page: Page, adapter: Adapter, *, shows: bool = False) -> Gate | None:
    """The gate that a page is, as its adapter or its words and status tell; None when it shows content.
    ``shows``: its reader has found content there already.

    Never raises for what a page holds.
    """
    if page.status in (404, 410):
        return _by_status(page)
    try:
        own = adapter.gate(page)
        if own is None and page.status < 400 and (shows or _shows_content(page, adapter)):
            return None
        found = read_gate(page)
    except PageUnreadable:
        return _by_status(page)
    if own and found and own.kind is found.kind:
        return replace(own, wait=found.wait, says=own.says or found.says)
    return own or found or _by_status(page)


def may_be_queue(page: Page) -> bool:
    """Whether a page may be a board's queue, told at little cost: its status is an error, it says little, its title
    speaks of waiting, or it asks for itself anew."""
    if page.status >= 400:
        return True
    try:
        tree = parse(page.text)
    except PageUnreadable:
        return False  # only a status could make it one
    tree.strip_tags(["script", "style", "noscript", "template"])
    if tree.body is None or len(tree.body.text()) <= _LONG or tree.css_first(_REFRESH):
        return True
    waiting = dict(words())[GateKind.WAIT]
    return bool(waiting.search(_folded(_title(tree))))


def read_gate(page: Page) -> Gate | None:
    """The gate that a page's words and parts speak for, whatever engine made it. May raise
    ``PageUnreadable``."""
    tree = parse(page.text)
    title = _title(tree)
    text = visible(tree.body) if tree.body else ""
    head, body = _folded(title)[:500], _folded(text)[:_LONG]
    best: Gate | None = None
    for kind, pattern in words():
        said = pattern.search(head)
        told = pattern.search(body) if len(text) <= _LONG else None
        parts = _parts(tree, kind, page)
        if not (said or told) or (kind in _PARTED and not parts and len(text) > _SHORT):
            continue
        confidence = 0.5 * bool(said) + 0.3 * bool(told) + 0.4 * parts + 0.2 * (len(text) <= _SHORT)
        gate = Gate(kind, _says(said or told, title, text), None, min(round(confidence, 2), 1.0))
        if confidence >= _LEAST and (best is None or confidence > best.confidence + _CLEARLY):
            best = gate
    if best is None and len(text) <= _SHORT:  # many boards have a small form for logging in on every page
        best = next(
            (Gate(kind, title[:200], None, 0.6) for kind in _PARTED if _parts(tree, kind, page)), None
        )
    return replace(best, wait=_named_wait(tree, body)) if best and best.kind in _WAITS else best


def _title(tree: LexborHTMLParser) -> str:
    return " ".join(inline(node) for node in tree.css("title, h1, h2, h3, .title")[:6])


_WAITS = frozenset({GateKind.WAIT, GateKind.MAINTENANCE, GateKind.BANNED, GateKind.FORBIDDEN})


def _shows_content(page: Page, adapter: Adapter) -> bool:
    try:
        if adapter.thread(page).posts:
            return True
    except PageUnreadable:
        pass
    try:
        board = adapter.board(page)
    except PageUnreadable:
        return False
    return bool(board.threads or board.boards)


def _by_status(page: Page) -> Gate | None:
    kind = _STATUS.get(page.status)
    return Gate(kind, f"status {page.status}") if kind else None


def _parts(tree: LexborHTMLParser, kind: GateKind, page: Page) -> bool:
    """Whether a page has the parts of such a gate, or answers with its status."""
    if kind is GateKind.CAPTCHA:
        return bool(tree.css_first(_CAPTCHA_PARTS))
    if kind is GateKind.LOGIN:
        return bool(tree.css_first("input[type=password]"))
    if kind is GateKind.WAIT and tree.css_first(_REFRESH):
        return True
    return _STATUS.get(page.status) is kind


def _folded(text: str) -> str:
    words = " ".join(text.casefold().replace("\u2019", "'").split())
    return re.sub(
        r"(?<=[\u3000-\u9fff]) | (?=[\u3000-\u9fff])", "", words
    )  # Chinese puts blanks where it likes


def _says(found: re.Match[str] | None, title: str, text: str) -> str:
    """The line that holds the words found, in the board's own spelling."""
    for line in (*text.split("\n"), title):
        if found and found[0] in _folded(line):
            return line.strip()[:200]
    return (found[0] if found else title)[:200]


def _named_wait(tree: LexborHTMLParser, body: str) -> float | None:
    """Seconds that the page names: in its words, else by when it asks for itself anew."""
    times = [int(found[1]) * seconds for seconds, pattern in _NAMED if (found := pattern.search(body))]
    refresh = tree.css_first(_REFRESH)
    stated = re.match(r"\s*(\d{1,6})", (refresh.attributes.get("content") or "") if refresh else "")
    if not times and stated:
        times = [int(stated[1])]
    return float(min(max(times), _LONGEST_WAIT)) if times else None


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from a gate. ``pause``: for so long the source is left alone; ``operator``: a person must
    do something, such as supply a session."""

    pause: timedelta = timedelta(0)
    operator: bool = False


_REACTIONS = {
    GateKind.WAIT: Reaction(timedelta(minutes=1)),
    GateKind.MAINTENANCE: Reaction(timedelta(minutes=30)),
    GateKind.LOGIN: Reaction(timedelta(hours=6), operator=True),
    GateKind.CAPTCHA: Reaction(timedelta(hours=6), operator=True),
    GateKind.FORBIDDEN: Reaction(timedelta(hours=6), operator=True),
    GateKind.BANNED: Reaction(timedelta(days=1), operator=True),
    GateKind.SEIZED: Reaction(timedelta(days=1), operator=True),
    GateKind.CLOSED: Reaction(timedelta(days=1), operator=True),
    GateKind.MISSING: Reaction(timedelta(hours=1), operator=True),
    GateKind.EMPTY: Reaction(),
}
_LONGEST_PAUSE = timedelta(days=1)


def reaction(gate: Gate, times: int = 1) -> Reaction:
    """What to do when ``gate`` stood before a source's boards at ``times`` crawls in a row: leave the source
    alone, for the time that the gate names or else twice as long at every crawl, up to a day."""
    usual = _REACTIONS[gate.kind]
    if gate.wait is not None:
        return replace(usual, pause=max(timedelta(seconds=gate.wait), timedelta(seconds=1)))
    longer = usual.pause * 2 ** min(max(times, 1) - 1, 12)
    return replace(usual, pause=min(longer, _LONGEST_PAUSE))
