"""Domains in a text: how sellers write the dots, where a host name ends, and whose it is."""

from __future__ import annotations

import re

DOT_WORDS = ("dot", "punkt", "titik", "punto", "ponto", "point", "точка")
_SIGN = rf"(?:[.．。｡]|{'|'.join(DOT_WORDS)})"
# in brackets, or alone; a point with a space behind it only ends a sentence
_DOT = re.compile(
    rf"\s*[\[({{<]\s*{_SIGN}\s*[\])}}>]?\s*|\s*{_SIGN}[\])}}>]\s*|[.．。｡]|\s+\.\s+|\s+(?:{'|'.join(DOT_WORDS)})\s+"
    r"|\s*[-_]\s*(?:dot)\s*[-_]\s*|\\\.",
    re.IGNORECASE,
)
# what goes on a host name: a letter of a script that is written with spaces ("官网example.org的" does not)
_LETTER = r"[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]"
_BEFORE = re.compile(rf"{_LETTER}-{{0,2}}$")  # "----" parts the fields of a list
_AT = re.compile(
    r"(?:@|[\[({<]\s?(?:@|at)\s?[\])}>]|＠)\s?(?:[\w-]+(?:\.|[\[({]\s?(?:\.|dot)\s?[\])}]))*$",
    re.IGNORECASE,
)
_NEXT_LABEL = re.compile(
    rf"(?:[.．。｡]|\s*[\[({{<]\s*{_SIGN}\s*[\])}}>]\s*)((?:{_LETTER}|-)+)", re.IGNORECASE
)
_GOES_ON = re.compile(rf"-{{0,2}}{_LETTER}")
_NEAR = 80  # characters beside a domain that decide whose it is
_HOST = re.compile(r"[\w.-]*")
_DEFANGED = re.compile(r"\s?[\[({]\s?(?:[.．。]|dot)\s?[\])}]\s?", re.IGNORECASE)
_FILES = frozenset(
    """sql zip rar 7z csv tsv txt json jsonl xls xlsx doc docx pdf xml gz tgz tar bz2 xz zst bak dump db dbf mdb accdb
    sqlite log ldif pst mbox eml vcf bson parquet ndjson ods odt ppt pptx html htm php png jpg jpeg torrent bin old
    backup rdb frm ibd mdf bacpac""".split()
)
_TLDS = frozenset(
    """com net org info biz gov edu mil int io co app dev xyz online site top club shop store cloud tech pro name mobi
    asia travel jobs cat tel post aero coop museum live life world today news blog wiki link click email group
    agency digital network systems solutions services support center company business finance bank insurance money
    capital fund health care hospital clinic dental school academy college university education training land house
    homes space fun vip win bid loan work works zone city town global international media studio design art video
    games game chat social community foundation ngo ong onion example test invalid localhost local lan internal
    ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc
    cd cf cg ch ci ck cl cm cn cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd
    ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in iq ir is it je jm jo jp ke kg
    kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu
    mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru
    rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw
    tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw рф бел укр рус 中国 中國 公司 网络""".split()
)
_SECOND = frozenset(
    "co com go gov gob gouv ac edu or org net mil sch web my ne nom in biz info desa gv ltd plc".split()
)

#: Domains where everybody has an address or a page.
EVERYBODYS = frozenset(
    """gmail.com googlemail.com yahoo.com yahoo.co.id outlook.com hotmail.com live.com icloud.com me.com aol.com gmx.de
    gmx.net web.de mail.ru yandex.ru bk.ru inbox.ru list.ru rambler.ru qq.com 163.com 126.com sina.com proton.me
    protonmail.com zoho.com ymail.com mail.com tutanota.com yopmail.com github.io github.com gitlab.io blogspot.com
    wordpress.com wixsite.com weebly.com herokuapp.com netlify.app vercel.app pages.dev web.app firebaseapp.com
    azurewebsites.net cloudfront.net amazonaws.com sharepoint.com facebook.com instagram.com twitter.com x.com t.me
    telegram.org linkedin.com tokopedia.com shopee.co.id google.com""".split()
)


def is_dot(gap: str) -> bool:
    """Whether what stands between two labels of a domain is a dot, however written."""
    return _DOT.fullmatch(gap) is not None


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether the domain at this place is a whole host name or the end of one: ``notours.example`` and
    ``ours.example.evil.test`` are somebody else's; ``ours.example.sql`` is a file of ours."""
    if _BEFORE.search(text[max(start - _NEAR, 0) : start]):
        return False
    after = text[end : end + _NEAR]
    if _GOES_ON.match(after):
        return False
    labels, at = [], 0
    while label := _NEXT_LABEL.match(after, at):
        labels.append(label[1].lower())
        at = label.end()
    if not labels or labels[-1] in _FILES:
        return True
    return labels[-1] not in _TLDS and after[1:2].isupper()  # a sentence that begins without a space


def is_mail(text: str, start: int) -> bool:
    """Whether the domain that starts here, or a longer one around it, stands in a mail address, defanged or not."""
    return _AT.search(text[max(start - _NEAR, 0) : start]) is not None


def host_around(text: str, start: int, end: int) -> str:
    """The host name, small letters, that holds this place of a text, or "" when it holds none."""
    low, high = max(start - _NEAR, 0), end + _NEAR
    before, after = text[low:start], text[end:high]
    if "[" in before + after or "(" in before + after or "{" in before + after:
        before, after = _DEFANGED.sub(".", before), _DEFANGED.sub(".", after)
    if "." not in before + text[start:end] + after:
        return ""
    left, right = _HOST.match(before[::-1]), _HOST.match(after)
    host = (left[0][::-1] if left else "") + text[start:end] + (right[0] if right else "")
    host = host.strip(".-_").lower()
    labels = host.split(".")
    while len(labels) > 1 and labels[-1] in _FILES:
        labels.pop()
    if len(labels) < 2 or labels[-1] not in _TLDS or not all(labels):
        return ""
    return ".".join(labels)


def registered(host: str) -> str:
    """The label that somebody registered: ``example`` of ``www.example.co.id``."""
    labels = host.split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND:
        return labels[-3]
    return labels[-2] if len(labels) > 1 else host


def belongs_to_all(domain: str) -> bool:
    """Whether anybody may register below this domain: ``go.id``, ``com.br``, ``com``."""
    labels = domain.split(".")
    return len(labels) == 1 or (len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SECOND)


def decoded(host: str) -> str:
    """A host name with its labels as they are shown; a label that says nothing stays."""
    return ".".join(_decoded(label) for label in host.split("."))


def _decoded(label: str) -> str:
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label
