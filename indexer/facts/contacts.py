"""How a seller can be reached."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from indexer import checksums
from indexer.fact import Fact
from indexer.reading import Hit, Reading
from indexer.rows import is_like_row

WORDS = {
    "telegram": "telegram|tg|телега|телегу|телеге|тележка|телеграме|tele|телеграм|телеграмм|телега|тг|电报|飞机|tlg|telegramm|تيليجرام|تلغرام|تليجرام",
    "jabber": "jabber|xmpp|jid|жаба|жабер|джаббер|toxjabber",
    "tox": "tox|tox id|qtox",
    "session": "session|session id|getsession|session messenger",
    "wickr": "wickr|wickr me|wickrme",
    "discord": "discord",
    "signal": "signal",
    "icq": "icq",
    "skype": "skype",
    "threema": "threema",
    "qq": "qq|qq号",
    "wechat": "wechat|weixin|微信|微信号|vx",
    "whatsapp": "whatsapp|wa|вотсап|واتساب",
    "matrix": "matrix|element",
    "pgp": "pgp|gpg|pgp key|pgp fingerprint|fingerprint|key fingerprint|отпечаток|openpgp",
    "contact": "contact|contact me|contacts|hubungi|контакты|контакт|связь|pm|dm|联系|联系方式|contacto|contato|"
    "contacter|kontakt|للتواصل|reach me|email|e-mail|mail|proton|почта|邮箱|correo|write|mailto",
}
_HANDLE = re.compile(
    r"(?: ?\(?(?:username|user|handle|account|id|me|is|at|channel|nick|ник))?(?:[ ]?(?:[:=>-]{1,3}|@|\()?[ :]{0,2}|\n)(?P<at>@?)"
    r"(?P<name>[a-z][a-z0-9_.-]{2,31})(?![\w@.])"
)
_LED = re.compile(  # "@name on telegram"
    r"(?<![\w@.])(?P<at>@)(?P<name>[a-z][a-z0-9_]{3,31}) ?\(?(?:on|at|in|via|в|на|di|en|no|sur|em|على|في|,)? ?$"
)
_LINK = re.compile(
    r"(?<![\w.])(?:(?:t|telegram)(?:\.|\[\.\]|\(\.\))(?:me|dog)/(?:s/)?(?P<telegram>(?!joinchat|addlist|share)\+?[a-z0-9_-]{4,40})|"
    r"discord\.(?:gg|com/invite)/(?P<discord>[a-z0-9-]{2,32})|wa\.me/(?P<whatsapp>[0-9]{7,15})|"
    r"keybase\.io/(?P<keybase>[a-z0-9_]{2,20}))(?!\w)"
)
_LINK_SIGN = re.compile(r"/(?:(?<=[.\])]me/)|(?<=\.(?:gg|io)/)|(?<=\.dog/)|(?<=d\.com/)i)")
_MAIL = re.compile(
    r"(?<![\w.+-])[a-z0-9][\w.+-]{0,63}(?:@| ?[\[({](?:at|@)[\])}] ?)(?:[a-z0-9-]{1,63}(?:\.| ?[\[({](?:dot|\.)[\])}] ?)){1,8}[a-z]{2,24}(?![\w@-])"
)
_MATRIX = re.compile(r"(?<![\w@])@[a-z0-9._=/-]{1,64}:(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?!\w)")
_XMPP_HOSTS = re.compile(
    r"(?:xmpp|jabber|exploit\.im|thesecure|jabb|conversations\.im|404\.city|xabber|creep\.im|dukgo|riseup\.chat)"
)
_AT = re.compile(r"@| ?(?:\[at\]|\(at\)|\{at\}) ?")
_PLAIN_AT = re.compile("@")
_SIGNS = ("[at]", "(at)", "{at}")
_HEX = re.compile(r"[0-9a-f]+")
_SPACED_PRINT = re.compile(r"[ :]{0,3}(?P<print>(?:[0-9a-f]{4}[ ]?){10})(?![0-9a-f])")
_NUMBER = re.compile(r" ?[:号=@-]{0,2} ?(?P<number>\+?[0-9][0-9 -]{4,18}[0-9])(?!\w)")
_NO_HANDLE = {
    "channel", "group", "chat", "contact", "only", "and", "or", "bot", "link", "username", "here", "below", "now", "for", "the",
    "account", "accounts", "users", "jabber", "xmpp", "tox", "session", "pm", "dm", "signal", "wickr", "discord", "telegram",
    "me", "is", "in", "on", "to", "if", "with", "data", "database", "canal", "grupo", "yang", "atau", "dan", "is:", "leak", "handle",
    "numbers", "cookies", "token", "tokens", "hijacking", "stealer", "key", "keys", "public",
}  # fmt: skip
_MOST = 200
_NEAR = 60


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Each way to reach somebody, once: Telegram, mail, Jabber, Tox (its checksum must hold), Session, Wickr and others,
    and PGP fingerprints. Mail addresses within rows of data belong to those whom the data are about, not to the seller."""
    seen: set[tuple[str, str]] = set()
    for fact in _all(reading, hits[:_MOST]):
        if (fact.kind, str(fact.value)) not in seen:
            seen.add((fact.kind, str(fact.value)))
            yield fact


def _all(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    text = reading.plain
    if _LINK_SIGN.search(text):
        for found in _LINK.finditer(text):
            kind = found.lastgroup or ""
            yield reading.fact(kind, found[kind], found.span())
    mails: list[tuple[int, int]] = []
    spelt = ("]" in text or ")" in text or "}" in text) and any(sign in text for sign in _SIGNS)
    if spelt or "@" in text:
        for fact, place in _mails(reading, hits, _AT if spelt else _PLAIN_AT):
            mails.append(place)
            yield fact
    for hit in hits:
        yield from _named(reading, hit, mails)
    for start, end in reading.long:
        yield from _keyed(reading, start, end, hits)


def _mails(
    reading: Reading, hits: Sequence[Hit], sign: re.Pattern[str]
) -> Iterator[tuple[Fact, tuple[int, int]]]:
    text = reading.plain
    jabbers = [hit for hit in hits if hit.tag == "jabber"]
    sellers = sorted(hit.start for hit in hits if hit.tag != "contact")
    search = sign.search
    checked, in_row = -1, False
    at = search(text)
    for _ in range(_MOST):
        if at is None:
            return
        if at.start() >= checked:
            first, checked = reading.line(at.start())
            sellers_own = bisect_left(sellers, first) < bisect_left(sellers, checked)
            in_row = not sellers_own and is_like_row(text[first:checked])
        if in_row:  # of whom the data are, not of who sells them
            at = search(text, checked)
            continue
        low = _token(text, at.start())
        found = _MATRIX.match(text, low) or _MAIL.search(text, low, at.end() + 200)
        if found and found[0].startswith("@"):
            yield reading.fact("matrix", found[0], found.span()), found.span()
        elif found and found.start() < at.end():
            yield _mail(reading, found, jabbers), found.span()
        at = search(text, max(at.end(), found.end() if found and found.start() < at.end() else 0))


def _token(text: str, end: int) -> int:
    """Where the characters of a mail address before its sign begin."""
    start = end
    while start > 0 and end - start < 64 and (text[start - 1].isalnum() or text[start - 1] in "._+-"):
        start -= 1
    return start


def _mail(reading: Reading, found: re.Match[str], jabbers: Sequence[Hit]) -> Fact:
    value = found[0]
    if any(sign in value for sign in "])}"):
        value = re.sub(r" ?[\[({](?:at|@)[\])}] ?", "@", value)
        value = re.sub(r" ?[\[({](?:dot|\.)[\])}] ?", ".", value)
    near = any(
        0 <= found.start() - hit.end <= 12 and "@" not in reading.plain[hit.end : found.start()]
        for hit in jabbers
    )
    kind = "jabber" if near or _XMPP_HOSTS.search(value.rpartition("@")[2]) else "mail"
    return reading.fact(kind, value, found.span())


def _named(reading: Reading, hit: Hit, mails: Sequence[tuple[int, int]]) -> Iterator[Fact]:
    """What stands behind the name of a messenger."""
    text = reading.plain
    if hit.tag in ("qq", "icq", "whatsapp", "signal"):
        number = _NUMBER.match(text, hit.end)
        if number:
            value = re.sub("[^0-9+]", "", number["number"])
            yield reading.fact(hit.tag, value, (hit.start, number.end("number")))
            return
    if hit.tag == "pgp":
        print_ = _SPACED_PRINT.match(text, hit.end)
        if print_:
            value = print_["print"].replace(" ", "").upper()
            yield reading.fact(
                "pgp", value, (hit.start, print_.start("print") + len(print_["print"].rstrip()))
            )
        return
    if hit.tag in ("contact", "jabber", "tox", "session", "matrix", "qq", "icq"):
        return
    found = _HANDLE.match(text, hit.end)
    if found is None and text.find("@", max(hit.start - 48, 0), hit.start) >= 0:
        found = _LED.search(text, max(hit.start - 48, 0), hit.start)
    if found is None or found["name"] in _NO_HANDLE or any(s <= found.start("name") < e for s, e in mails):
        return
    name = found["name"].rstrip(".-")
    between = text[min(hit.end, found.start("name")) : found.start("name")].strip()
    led = found["at"] or any(sign in between for sign in ":=>@(")
    if not led and not re.search(r"[0-9_]", name):  # a plain word may follow: "telegram users"
        return
    if hit.tag == "telegram" and (len(name) < 4 or not re.fullmatch(r"[a-z0-9_]+", name)):
        return
    if text.startswith(("://", ".me", ".com"), found.end("name")):
        return
    ends = found.start("name") + len(name)
    yield reading.fact(hit.tag, name, (min(hit.start, found.start("name")), max(hit.end, ends)))


def _keyed(reading: Reading, start: int, end: int, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Keys in hex: Tox by its checksum, Session by its first byte and name, a PGP fingerprint by its name."""
    size, written = end - start, reading.plain[start:end]
    if size == 42 and written.startswith("0x"):
        start, size, written = start + 2, 40, written[2:]
    if size not in (40, 66, 76) or not _HEX.fullmatch(written):
        return
    before = {hit.tag for hit in hits if 0 <= start - hit.end <= _NEAR}
    if size == 76 and checksums.tox(written):
        yield reading.fact("tox", written.upper(), (start, end))
    elif size == 66 and written.startswith("05"):
        yield reading.fact("session", written, (start, end))
    elif size == 40 and "pgp" in before:
        yield reading.fact("pgp", written.upper(), (start, end))
