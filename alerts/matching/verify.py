"""Whether what an automaton found really spells a term, and how: the parts that make a match's strength."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from alerts.matching.domains import host_around, is_dot, is_mail, registered, stands_alone
from alerts.matching.folding import IGNORED, MARKUP, OTHER, TAG, Classes, Folded
from alerts.matching.found import Parts
from alerts.matching.ordinary import is_ordinary
from alerts.matching.terms import HOSTS, Spelling
from alerts.matching.views import DIGITS, IN_WORD, LATIN, SEEN

_LONGEST_GAP = 12
_PAUSE = re.compile(r"[.!?;][\"')\]»”]*\s|\n\s*\n|[。！？；]")
_CUT = re.compile(r"[^\w\s]{1,3}|_{1,3}|[-‐‑]\s*\n\s*")
_ARABIC_PREFIX = re.compile(r"(?:^|[^\w])[وف]?[بلك]?(?:ال)?$")
_UNSEEN = bytes([IGNORED, MARKUP])
_SHORT = 6  # letters; below, only plain ways of writing count


def spelt(spelling: Spelling, folded: Folded, places: list[int]) -> Parts | None:
    """How the letters at these places spell the term; None when they do not."""
    edges = _edges(folded, places[0], places[-1])
    if edges is None:
        return None
    if spelling.view == "sound":
        letters: Parts | None = {}
    else:
        letters = _letters(spelling, folded, places)
    if letters is None:
        return None
    start, end = folded.span(places[0], places[-1])
    if spelling.term.kind in HOSTS:
        if not _labels(spelling, folded, places) or not stands_alone(folded.text, start, end):
            return None
        return letters if spelling.term.kind == "domain" or is_mail(folded.text, start) else None
    gaps = _gaps(spelling, folded, places)
    if gaps is None:
        return None
    parts = {**edges, **letters, **gaps}
    host = host_around(folded.text, start, end) if "spread" not in gaps else ""
    if host:
        owner = registered(host).replace("-", "")
        if folded.text[start:end].lower().replace(".", "").replace("-", "") != owner:
            return None if not _own(folded.text[start:end], host) else parts
        parts["host"] = 0.85
    return parts


def _own(found: str, host: str) -> bool:
    return found.lower() == host


def _edges(folded: Folded, first: int, last: int) -> Parts | None:
    """Whether a word begins at the class ``first`` and one ends at ``last``."""
    classes = folded.classes
    before = _neighbour(classes, first, -1)
    after = _neighbour(classes, last, 1)
    parts: Parts = {}
    for own, at, step in ((first, before, -1), (last, after, 1)):
        if at is None or classes[at] not in IN_WORD or _other_script(classes[own], classes[at]):
            continue
        if classes[at] in DIGITS and classes[own] not in DIGITS:
            while at is not None and classes[at] in DIGITS:
                at = _neighbour(classes, at, step)
            if at is not None and classes[at] in IN_WORD:
                return None
            parts["digits beside"] = 0.95
        elif _camel(folded, own, at, step):
            parts["capitals"] = 0.9
        elif step < 0 and _arabic_prefix(folded, own):
            parts["prefix"] = 0.97
        else:
            return None
    return parts


def _neighbour(classes: Classes, at: int, step: int) -> int | None:
    at += step
    while 0 <= at < len(classes):
        if classes[at] != IGNORED:
            return None if classes[at] == MARKUP else at
        at += step
    return None


def _other_script(own: int, other: int) -> bool:
    """Whether no word holds both letters: Latin beside Chinese."""
    return (own >= OTHER) != (other >= OTHER) and (
        own in LATIN or other in LATIN or own in DIGITS or other in DIGITS
    )


def _original(folded: Folded, at: int) -> str:
    return folded.text[at if folded.origin is None else int(folded.origin[at])]


def _camel(folded: Folded, own: int, at: int, step: int) -> bool:
    """``DataKemkesLeak``: a small letter and a capital meet."""
    left, right = (at, own) if step < 0 else (own, at)
    return _original(folded, left).islower() and _original(folded, right).isupper()


def _arabic_prefix(folded: Folded, own: int) -> bool:
    char = _original(folded, own)
    if not "\u0621" <= char <= "\u06ff":
        return False
    at = own if folded.origin is None else int(folded.origin[own])
    return _ARABIC_PREFIX.search(folded.text[max(at - 5, 0) : at]) is not None


def _letters(spelling: Spelling, folded: Folded, places: list[int]) -> Parts | None:
    """Letter by letter: which are disguised."""
    wanted = spelling.seen
    read, plain, strange, odd = 0, 0, 0, False
    ascii_text = folded.text.isascii()
    for place, want in zip(places, wanted, strict=True):
        found = SEEN[folded.classes[place]]
        if found != want:
            if found in DIGITS and want in DIGITS:
                return None
            read += 1
        elif want not in DIGITS:
            plain += 1
        if not ascii_text:
            char = _original(folded, place)
            if not char.isascii() and want in LATIN:
                if _is_accent(char, want):
                    odd = True
                else:
                    strange += 1
    parts: Parts = {}
    if read:
        if plain < 3 or plain * 5 < len(wanted) * 2:
            return None
        parts["digits for letters"] = 0.9 if read > 1 else 0.92
    if strange and not _same_script(spelling.term.text, strange):
        if strange == len(wanted) < _SHORT:
            return None
        parts["look-alikes"] = 0.95
    if odd and spelling.term.text.isascii():
        parts["form"] = 0.99
    return parts


def _is_accent(char: str, letter: int) -> bool:
    return unicodedata.normalize("NFKD", char).casefold()[:1] == chr(letter)


def _same_script(term: str, strange: int) -> bool:
    return sum(not char.isascii() for char in term) >= strange


def _labels(spelling: Spelling, folded: Folded, places: list[int]) -> bool:
    """Whether dots stand where the domain has dots, hyphens where it has hyphens, and nothing elsewhere:
    ``my.bank.example`` belongs to somebody else than ``my-bank.example``."""
    for at in range(len(places) - 1):
        joint = spelling.joints.get(at, "")
        gap = folded.gap(places[at], places[at + 1]) if places[at + 1] - places[at] > 1 else ""
        unseen = not folded.classes[places[at] + 1 : places[at + 1]].strip(_UNSEEN)
        if not (is_dot(gap) if joint == "." else gap == joint or (unseen and not joint)):
            return False
    return True


def _gaps(spelling: Spelling, folded: Folded, places: list[int]) -> Parts | None:
    """How the letters are spread: only where the term has gaps itself, or in a way that nobody writes by chance."""
    classes, parts = folded.classes, dict[str, float]()
    inner: list[tuple[int, str]] = []
    joined = 0
    hidden = False
    for at in range(len(places) - 1):
        between = classes[places[at] + 1 : places[at + 1]]
        if not between or not between.strip(_UNSEEN):
            joined += at in spelling.joints
            hidden = hidden or (bool(between) and any(code == MARKUP for code in between))
            continue
        gap = folded.gap(places[at], places[at + 1])
        if at not in spelling.joints:
            inner.append((at, gap))
        elif len(gap) > _LONGEST_GAP or (_PAUSE.search(gap) and not _PAUSE.search(spelling.joints[at])):
            return None
    if hidden:
        parts["markup"] = 0.95
    if joined:
        if joined == len(spelling.joints) and len(places) < _SHORT:
            return None
        parts["joined"] = 0.95
    if not inner:
        return parts
    spread = _spread(spelling, folded, places, inner)
    return None if spread is None else parts | spread


def gap_is_short(gap: str, most: int = _LONGEST_GAP) -> bool:
    """Whether two words with this between them may be words of one name."""
    return len(gap) <= most and not _PAUSE.search(gap)


def _spread(
    spelling: Spelling, folded: Folded, places: list[int], inner: list[tuple[int, str]]
) -> Parts | None:
    count = len(places)
    gaps = [gap for _, gap in inner]
    could = count - 1 - len(spelling.joints)
    usual = max(set(gaps), key=lambda gap: (gaps.count(gap), gap))
    if (
        len(inner) >= 3
        and len(inner) * 10 >= could * 7
        and gaps.count(usual) * 10 >= len(gaps) * 6
        and len(usual) <= 8
    ):
        return None if _goes_on(folded, places, usual) else {"spread": 0.9}
    if count < _SHORT:
        return None
    chunks = _chunks(folded, places, inner)
    if len(inner) == 1 and gaps[0] in ("-", "_") and count >= 8:
        return {"spread": 0.85}
    if len(inner) <= max(3, count // 3) and all(_CUT.fullmatch(gap) or _drawn(gap) for gap in gaps):
        if all(is_ordinary(chunk) for chunk in chunks):
            return None
        return {"spread": 0.85}
    if len(inner) == 1 and gaps[0] == " " and count >= 8 and min(map(len, chunks)) >= 3:
        return None if is_ordinary(max(chunks, key=len)) else {"cut": 0.8}
    if len(gaps) > 1 and gaps.count(usual) == len(gaps) and max(map(len, chunks)) <= 3 and len(chunks) >= 3:
        # "ke men kes": pieces of two or three letters, and none of them a word
        return None if any(len(chunk) > 1 and is_ordinary(chunk) for chunk in chunks) else {"spread": 0.8}
    return None


def _drawn(gap: str) -> bool:
    """Emoji and other drawn signs, with or without their joiners."""
    return len(gap) <= 8 and all(
        unicodedata.category(char) in ("So", "Sk", "Mn", "Cf", "Sm", "Me") for char in gap
    )


def _chunks(folded: Folded, places: list[int], inner: list[tuple[int, str]]) -> list[str]:
    """The pieces between the cuts that the term does not have, as small letters."""
    found, begun = [], 0
    for at, _ in [*inner, (len(places) - 1, "")]:
        found.append("".join(_original(folded, place).lower() for place in places[begun : at + 1]))
        begun = at + 1
    return found


def _goes_on(folded: Folded, places: list[int], usual: str) -> bool:
    """Whether the spread letters are part of a longer spread word: ``k e m k e s a n``."""
    start, end = folded.span(places[0], places[-1])
    before = folded.text[max(start - 40, 0) : start][::-1]
    return _more(folded.text[end : end + 40], usual) or _more(before, usual[::-1])


def _more(beside: str, usual: str) -> bool:
    """Whether the text beside a spread name, read away from it, holds more letters of its kind."""
    if not beside.startswith(usual):
        return False
    one, rest = beside[len(usual) : len(usual) + 1], beside[len(usual) + 1 :]
    if not one.isalpha() or rest[:1].isalnum():
        return False
    another = rest[len(usual) :]
    if rest.startswith(usual) and another[:1].isalpha() and not another[1:2].isalnum():
        return True
    return usual != " " or not is_ordinary(one.lower())


def seen_case(spelling: Spelling, folded: Folded, places: list[int]) -> bool:
    """Whether capitals stand where the term has capitals."""
    wanted = [char for char in spelling.term.text if char.isalnum()]
    found = [_original(folded, place) for place in places]
    return len(wanted) == len(found) and all(
        one.isupper() == unicodedata.normalize("NFKC", other).isupper()
        for one, other in zip(wanted, found, strict=True)
    )


def words_spelt(spelling: Spelling, folded: Folded, places: list[int]) -> Parts | None:
    """How a short term stands as a whole word."""
    if spelling.term.cased and not seen_case(spelling, folded, places):
        return None
    parts = _letters(spelling, folded, places)
    if parts is None:
        return None
    if ("spread", 0.9) in spelling.parts:
        gaps = {folded.gap(one, other) for one, other in pairwise(places)}
        if len(gaps) != 1 or not gaps <= {".", "-", "_", "·", "•", "*"}:
            return None
    start, end = folded.span(places[0], places[-1])
    host = host_around(folded.text, start, end) if ("spread", 0.9) not in spelling.parts else ""
    if host:
        if registered(host) != folded.text[start:end].lower():
            return None
        parts["host"] = 0.85
    return parts


def signs_spelt(spelling: Spelling, text: str, places: list[int]) -> Parts | None:
    """How a name in a script without spaces is written."""
    gaps = {}
    parts: Parts = {}
    for at in range(len(places) - 1):
        gap = text[places[at] + 1 : places[at + 1]]
        if "[" in gap or "<" in gap:
            shown = TAG.sub("", gap)
            if shown != gap:
                gap, parts["markup"] = shown, 0.95
        if gap and not all(char in "ﾞﾟ" or unicodedata.category(char) in ("Cf", "Mn", "Me") for char in gap):
            gaps[at] = gap
    inner = [gap for at, gap in gaps.items() if at not in spelling.joints]
    if any(len(gap) > 4 for gap in gaps.values()):
        return None
    for end, step in ((places[0], -1), (places[-1], 1)):
        beside = text[end + step : end + step + 1] if end + step >= 0 else ""
        if beside and _same_word(text[end], beside, step):
            return None
    if not inner:
        return parts
    spread = len(inner) == len(places) - 1 - len(spelling.joints) and len(set(inner)) == 1 and len(inner) > 1
    return {**parts, "spread": 0.9} if spread or inner == ["\n"] else None


def _same_word(own: str, beside: str, step: int) -> bool:
    """Katakana words end where Katakana ends; a Korean word begins where Hangul begins."""
    if "ァ" <= own <= "ヿ":
        return "ァ" <= beside <= "ヿ" and beside != "・"
    return step < 0 and "가" <= own <= "힣" and "가" <= beside <= "힣"
