"""Where a listing says that its data come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.fact import Fact
from indexer.reading import Hit, Reading

WORDS = {
    # a phrase of which the name is a part
    "server": "centralized server of|centralised server of|central server of|centralized server from|central server from|"
    "main server of|server pusat|internal server of|центральный сервер|центрального сервера|центральному серверу|центральном сервере",
    # words behind which the name stands
    "from": "hacked from|stolen from|leaked from|dumped from|exfiltrated from|extracted from|taken from|obtained from|"
    "scraped from|downloaded from|breached from|data from|database from|exported from|pulled from|"
    "diambil dari|dicuri dari|bocor dari|bocoran dari|diretas dari|dibobol dari|berasal dari|data dari|"
    "слита из|слита с|слито из|слито с|слит из|украдена из|украдено из|украдены из|выгружена из|выгружено из|выгрузка из|взято из|"
    "взята из|получена из|получены из|выкачана с|утечка из|слив из|данные из|база из|"
    "来自|来源于|源自|泄露自|泄漏自|盗自|"
    "robados de|robada de|robadas de|extraídos de|extraída de|extraídas de|filtrados de|filtrada de|filtradas de|obtenidos de|"
    "sacados de|datos de|roubados de|roubados do|roubados da|extraídos do|extraídos da|vazados de|vazados do|vazados da|"
    "obtidos do|obtidos da|volées à|volées de|volé à|extraites de|extraites du|issues de|issues du|provenant de|provenant du|"
    "dérobées à|مسربة من|مسروقة من|مستخرجة من|تم تسريبها من|مأخوذة من",
    # labels with the name behind a colon
    "label": "origin|source|data source|source of data|leak source|asal|asal data|sumber|sumber data|источник|источник данных|"
    "происхождение|来源|数据来源|origen|fuente|origen de los datos|origem|fonte|origem dos dados|origine|provenance|"
    "herkunft|quelle|المصدر|مصدر البيانات",
}
_LABEL = re.compile(r" ?(?:[:=]|->?) ?")
_STOP = re.compile(
    r"\n|[.!?;|(\[]|, |: | - |(?<=\w) (?:in|on|for|with|and|was|were|is|are|at|by|which|that|dated|total|contains?|including|"
    r"pada|yang|tanggal|sebanyak|berisi|untuk|в|на|за|от|и|которы\w+|содержит|que|el|en|em|con|com|contiene|para|le|dans|qui|avec|"
    r"في|التي|تحتوي)(?!\w)|[，。；！]"
)
_BARE_LINK = re.compile(r"(?:https?|hxxps?)://\S+|(?:[\w-]{1,63}(?:\.|\[\.\])){1,6}[a-z]{2,18}(?!\w)")
_NOBODY = frozenset("the a an this our my your his their it them us you me de la el il se".split())
_LONGEST = 120
_MOST = 100


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Each origin with the words that name it; ``Centralized Server of ...`` whole, else what stands behind
    ``leaked from``, ``source:`` and the like, up to the end of the phrase."""
    taken: list[tuple[int, int]] = []
    for hit in sorted(set(hits[:_MOST]), key=lambda hit: (hit.start, -hit.end)):
        place = _named(reading, hit)
        if place is None or any(place[0] < end and start < place[1] for start, end in taken):
            continue
        taken.append(place)
        yield reading.fact("origin", " ".join(reading.original(*place).split()), place)


def _named(reading: Reading, hit: Hit) -> tuple[int, int] | None:
    text = reading.plain
    start = hit.end
    if hit.tag == "label":
        label = _LABEL.match(text, hit.end)
        if not label:
            return None
        start = label.end()
        if "://" in text[start : start + 12] and "onion" in text[start : start + 100]:
            return None
    elif text[start : start + 1] == " ":
        start += 1
    link = _BARE_LINK.match(text, start)
    if link:
        end = link.end()
    else:
        stop = _STOP.search(text, start, start + _LONGEST)
        end = stop.start() if stop else min(start + _LONGEST, len(text))
    while end > start and not text[end - 1].isalnum() and text[end - 1] not in ")]":
        end -= 1
    named = text[start:end]
    if len(named) < 2 or named in _NOBODY or not any(char.isalpha() for char in named):
        return None
    if hit.tag == "server":
        return hit.start, end
    if hit.tag == "from" and not _is_name(reading.original(start, end)):
        return None
    return start, end


def _is_name(words: str) -> bool:
    """A name has a capital, or belongs to a script without them, or is a host."""
    return any(char.isupper() or (char.isalpha() and char.lower() == char.upper()) for char in words) or bool(
        re.search(r"\w\.\w", words)
    )
