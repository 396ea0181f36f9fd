"""Numbers as people write them: every locale's separators, and words for thousands and millions in the languages of
the boards. All patterns are for *plain* text (``indexer.reading``), whose digits are 0 to 9."""

from __future__ import annotations

import re
from decimal import Decimal

from indexer.reading import plain

#: A number as a pattern to put into others. All its repetitions are bounded, so that a search stays linear.
BARE_NUMBER = (
    r"(?:[0-9]{1,3}(?:[ '][0-9]{3}){1,5}(?:[.,][0-9]{1,2})?|"
    r"[0-9]{1,3}(?:(?:,[0-9]{2,3}){2,6}(?:\.[0-9]{1,2})?|(?:\.[0-9]{3}){2,6}(?:,[0-9]{1,2})?|,[0-9]{3}\.[0-9]{1,2}|\.[0-9]{3},[0-9]{1,2})|"
    r"[0-9]{1,18}(?:[.,][0-9]{1,12})?)(?![0-9]|[.,:/][0-9])"
)
#: The same where it does not begin within a longer one, a date, a time or an address.
GUARD = r"(?<![\w/#@-])(?<![0-9][.,:])"
NUMBER = GUARD + BARE_NUMBER

_THOUSAND, _MILLION, _MILLIARD = 10**3, 10**6, 10**9
_SCALES = {
    _THOUSAND: "k к thousand thousands ribu rb тыс тысяча тысячи тысяч mil mille tausend ألف آلاف 千",
    10**4: "万 萬",
    10**5: "lakh lakhs lac lacs",
    _MILLION: "m м mm mil. mill kk кк million millions mln mio juta jt millón millon millones milhão milhao milhões "
    "milhoes "
    "миллион миллиона миллионов млн лям ляма лямов mi millionen مليون ملايين 百万",
    10**7: "crore crores cr 千万",
    10**8: "亿 億",
    _MILLIARD: "b bn bil billion billions milyar miliar milliard milliards milliarde milliarden bilhão bilhões bilhoes "
    "миллиард миллиарда миллиардов млрд مليار مليارات 十亿",
    10**12: "triliun trillion trillions billones billón",
}
_SCALE = {plain(word): scale for scale, line in _SCALES.items() for word in line.split()} | {
    "mil millones": _MILLIARD
}
_SCALE.pop("mil.")
_LETTERS = {"w", "kk", "кк", "k", "к", "m", "м", "mm", "mi", "b", "bn", "cr"}


def _either(words: set[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_CJK = {word for word in _SCALE if "\u3400" <= word[0] <= "\u9fff"}
_AFTER_THOUSANDS = _CJK | {"k"}  # "1,200万": these have no decimals of three digits
_SCALES_OF_CHINESE = {"w": 10**4}  # "800W条"
#: Scales that are words, as extractors wait for them.
SCALE_WORDS = "|".join(sorted(set(_SCALE) - _LETTERS))
#: What may follow a number: a scale. Letters stand close, words may stand apart.
SCALE = rf"(?:\s?(?:{_either(_CJK)})|w(?![a-z0-9])|\+?[ -]?(?:{_either(set(_SCALE) - _CJK)})(?![^\W\d_])\.?)"


def scale(words: str) -> int:
    """What a scale multiplies by; 1 for none."""
    return _SCALES_OF_CHINESE.get(words) or _SCALE.get(words.strip(" -+\n").rstrip("."), 1)


def spelled(words: str) -> bool:
    """Whether a scale is a word, not a letter that may stand for something else."""
    bare = words.strip(" -+\n").rstrip(".")
    return bool(bare) and bare not in _LETTERS


def number(written: str, scaled: str = "", *, fraction: bool = False) -> Decimal:
    """The value of what ``NUMBER`` and ``SCALE`` found.

    One separator before exactly three digits separates thousands (``64.000``), unless a scale follows
    (``1.234 million``) or ``fraction`` says that the thing is measured, not counted, and it is a point.
    """
    digits = written.replace(" ", "").replace("'", "")
    marks = [char for char in digits if char in ".,"]
    if len(set(marks)) == 2:
        last = max(digits.rfind("."), digits.rfind(","))
        digits = digits[:last].replace(".", "").replace(",", "") + "." + digits[last + 1 :]
    elif len(marks) > 1:
        digits = digits.replace(marks[0], "")
    elif marks:
        whole, _, rest = digits.partition(marks[0])
        plainly = not scaled.strip() or (marks[0] == "," and scaled.strip() in _AFTER_THOUSANDS)
        thousands = len(rest) == 3 and len(whole) <= 3 and whole.strip("0") != "" and plainly
        thousands = thousands and not (fraction and marks[0] == ".")
        digits = whole + rest if thousands else f"{whole}.{rest}"
    return Decimal(digits) * scale(scaled)
