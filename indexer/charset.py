"""What a page may say of its characters. Python knows codecs that no browser does: those that unpack, run escapes or
refuse every text. A board that names one would have its page lost, or read as nobody sees it.

Source: the encodings of the WHATWG Encoding Standard, by the names that Python has for them.
"""

from __future__ import annotations

import codecs

_WEB = frozenset(
    {
        *("utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be"),
        *("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"),
        *(f"cp125{number}" for number in range(9)),
        *(f"iso8859-{number}" for number in (*range(1, 12), *range(13, 17))),
        *("cp866", "cp874", "tis-620", "gbk", "gb2312", "gb18030", "hz", "big5", "big5hkscs", "cp950"),
        *("euc_jp", "shift_jis", "cp932", "iso2022_jp", "euc_kr", "cp949", "johab"),
    }
)


def is_of_the_web(name: str) -> bool:
    """Whether browsers read pages in a charset of this name."""
    try:
        return codecs.lookup(name).name in _WEB
    except (LookupError, ValueError):  # no codec; no name at all
        return False


def guessed(body: bytes) -> str:
    """The charset of a page that names none: UTF-8 where it is that, else what browsers take."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decoded(body: bytes, name: str) -> str:
    """A page's text by the charset that it names, else as guessed; what is none becomes U+FFFD."""
    return body.decode(name if is_of_the_web(name) else guessed(body), "replace")
