"""Addresses and vulnerabilities that a post names: onion services, domains, URLs, IP addresses, CVEs."""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexer import checksums
from indexer.fact import Fact
from indexer.reading import Hit, Reading

WORDS = {"cve": "cve", "version": "version|versions|v|ver|build|release|firmware|версия|versi|版本"}
_ONION = re.compile(r"(?<![a-z0-9])(?P<onion>[a-z2-7]{56})(?:\.|\[\.\]|\(\.\))onion(?!\w)")
_CVE = re.compile(r"[-_ ]?(?P<year>(?:19|20)[0-9]{2})[-_](?P<number>[0-9]{4,7})(?!\w)")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_IPV4 = re.compile(
    rf"(?<![\w.-]){_OCTET}(?:\.{_OCTET}){{3}}(?::[0-9]{{1,5}}|/[0-9]{{1,2}})?(?![\w-]|\.[0-9])"
)
_IPV4_SIGN = re.compile(r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]")
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9a-f]{1,4}:){1,7}(?::?[0-9a-f]{1,4}){1,7}(?![\w:])|(?<![\w:.])(?:[0-9a-f]{1,4}:){2,7}:(?![\w:])"
)
_IPV6_SIGN = re.compile(r":[0-9a-f]{0,4}:")
#: Where a host may end: a dot, and its last label.
_TOP = re.compile(r"\.((?:xn--[a-z0-9-]{2,40})|[^\W\d_]{2,18})(?![\w@]|-\w|\.\w)")
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,7}(?:xn--[a-z0-9-]{2,40}|[^\W\d_]{2,18})")
_SCHEME = re.compile(r"(?:h(?:xx|tt|\*\*)ps?|s?ftp)(?:://|\[:\]//|\[://\])$")
_OWNED = re.compile(r"(?:@|_|[\[({]at[\])}] ?|@[\w.]{1,32}:)$")  # a mail or Matrix address goes before
_PATH = re.compile(r"(?::[0-9]{2,5})?/[^\s<>\"'|\])}]{1,300}")
_DOTS = re.compile(r" ?(?:\[(?:\.|dot)\]|\((?:\.|dot)\)|\{(?:\.|dot)\}) ?")
_DEFANGED = re.compile(r"[\[({](?:\.|dot)[\])}]")
#: Generic endings that are seen; any of two letters is a country's, but for those that are files' more often.
_GENERIC = frozenset(
    "com net org info biz edu gov mil int io co me app dev xyz online site store shop club top live pro tech cloud icu vip "
    "bank health hospital insurance finance agency company group solutions services systems network digital media news "
    "world today life space website fun work link click page blog wiki law care clinic university academy школа рф онлайн "
    "москва 中国 公司 asia africa lat cat eus mobi name travel jobs museum aero coop tel xxx exchange market ltd inc llc gmbh".split()
)
_COUNTRIES = frozenset(
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg "
    "ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh "
    "gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr "
    "kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf "
    "ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl "
    "sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu "
    "wf ws ye yt za zm zw".split()
)
_NO_HOST_ENDS = frozenset("in js to is it me my no am at id be do so as us".split())
_FILE_LIKE = frozenset("py sh rs md pl ps cc so".split())
_NO_HOSTS = re.compile(
    r"(?:^|\.)(?:t|telegram)\.(?:me|dog)$|^(?:discord\.gg|wa\.me|keybase\.io)$|^(?:e\.g|i\.e|node\.js|asp\.net|vb\.net)$"
)
_MOST = 200


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Each once: an onion only when its checksum holds (version 3), domains and IP addresses also where they are
    defanged, not those within mail addresses or versions."""
    seen: set[tuple[str, str]] = set()
    for fact in _all(reading, hits):
        if (fact.kind, str(fact.value)) not in seen:
            seen.add((fact.kind, str(fact.value)))
            yield fact


def _all(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    text = reading.plain
    for hit in hits[:_MOST]:
        found = _CVE.match(text, hit.end) if hit.tag == "cve" else None
        if found:
            yield reading.fact(
                "cve", f"CVE-{found['year']}-{found['number']}", (hit.start, found.end("number"))
            )
    if reading.long and "onion" in text:
        for number, found in enumerate(_ONION.finditer(text)):
            if number < _MOST and checksums.onion(found["onion"]):
                yield reading.fact("onion", found["onion"], found.span())
    flat = _flat(text)
    if "." in flat.text:
        yield from _hosts(reading, flat)
        yield from _ipv4(reading, flat, hits)
    if text.count(":") >= 2 and _IPV6_SIGN.search(text):
        yield from _ipv6(reading)


@dataclass(frozen=True, slots=True)
class _Flat:
    """*plain* with defanged dots as dots; ``ends`` and ``shifts``: what each took away, by its place here."""

    text: str
    ends: list[int]
    shifts: list[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """A place in *plain*."""
        return self._back(start), self._back(end - 1) + 1

    def defanged(self, start: int, end: int) -> bool:
        return bisect_right(self.ends, end) > bisect_right(self.ends, start)

    def _back(self, at: int) -> int:
        taken = bisect_right(self.ends, at)
        return at + (self.shifts[taken - 1] if taken else 0)


def _flat(text: str) -> _Flat:
    if not ("]" in text or ")" in text or "}" in text) or not _DEFANGED.search(text):
        return _Flat(text, [], [])
    pieces, ends, shifts, behind, size = [], [], [], 0, 0
    for found in _DOTS.finditer(text):
        pieces += [text[behind : found.start()], "."]
        size += found.start() - behind + 1
        behind = found.end()
        ends.append(size)
        shifts.append(behind - size)
    pieces.append(text[behind:])
    return _Flat("".join(pieces), ends, shifts)


def _hosts(reading: Reading, flat: _Flat) -> Iterator[Fact]:
    text, count = flat.text, 0
    for found in _TOP.finditer(text):
        top = found[1]
        if not (top in _COUNTRIES or top in _GENERIC or top.startswith("xn--")):
            continue
        count += 1
        if count > _MOST:
            return
        start = found.start()
        while (
            start > 0
            and found.start() - start < 200
            and (text[start - 1].isalnum() or text[start - 1] in "-.")
        ):
            start -= 1
        if _OWNED.search(text, max(start - 40, 0), start):
            continue
        while start < found.start() and not text[start].isalnum():
            start += 1
        host = text[start : found.end()]
        if not _HOST.fullmatch(host) or _NO_HOSTS.search(host):
            continue
        scheme = _SCHEME.search(text, max(start - 12, 0), start)
        if not scheme and start > 0 and text[start - 1] in "/\\":
            continue
        sure = (
            bool(scheme)
            or flat.defanged(start, found.end())
            or host.startswith("www.")
            or host.count(".") > 1
        )
        if sure or (top not in _FILE_LIKE and _looks_like(host, top)):
            yield reading.fact("domain", host, flat.place(start, found.end()))
            path = _PATH.match(text, found.end()) if scheme else None
            if scheme and path and (end := path.start() + len(path[0].rstrip(".,;:!?")) - 1) > path.start():
                first, end = scheme.start(), end + 1
                sort = "https" if scheme[0].lstrip("h").lstrip("xt*p").startswith("s") else "http"
                behind = reading.original(*flat.place(path.start(), end))
                yield reading.fact("url", f"{sort}://{host}{behind}", flat.place(first, end))


def _looks_like(host: str, top: str) -> bool:
    """A sentence's end without a space ("done.in total") is no host."""
    label = host.rpartition(".")[0]
    if label.isdigit() or len(label) < 2:
        return False
    return top not in _NO_HOST_ENDS or (top in ("id", "my", "it", "at", "be") and len(label) > 3)


def _ipv4(reading: Reading, flat: _Flat, hits: Sequence[Hit]) -> Iterator[Fact]:
    text = flat.text
    versions = {hit.end for hit in hits if hit.tag == "version"}
    for number, sign in enumerate(_IPV4_SIGN.finditer(text)):
        if number >= _MOST:
            return
        found = _IPV4.search(text, max(sign.start() - 3, 0), sign.end() + 12)
        if found is None or found.start() > sign.start():
            continue
        place = flat.place(*found.span())
        if not versions or not any(place[0] - gap in versions for gap in (0, 1, 2)):
            yield _ip(reading, found[0], place)


def _ip(reading: Reading, written: str, place: tuple[int, int]) -> Fact:
    """An address, with its port or the length of its prefix as a part."""
    address, sign, rest = written, "", ""
    for mark, name in ((":", "port"), ("/", "prefix")):
        if mark in written:
            address, _, rest = written.partition(mark)
            sign = name
    return reading.fact("ip", address, place, parts=((sign, int(rest)),) if sign else ())


def _ipv6(reading: Reading) -> Iterator[Fact]:
    for number, found in enumerate(_IPV6.finditer(reading.plain)):
        if number >= _MOST:
            return
        if found[0].count(":") < 3 and "::" not in found[0]:
            continue
        try:
            address = ipaddress.IPv6Address(found[0])
        except ValueError:
            continue
        yield reading.fact("ip", str(address), found.span())
