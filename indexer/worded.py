"""Numbers that are written as words before a scale: "medio millón", "полтора терабайта", "two million", "三百万"."""

from __future__ import annotations

import re
from collections.abc import Iterator

_HALF = "half a|half|пол|setengah|medio|media|meio|meia|un demi|demi|eine halbe|نصف"
_LARGE = (
    r"(?:million|thousand|billion|миллион|миллиард|лям|тысяч|млн|juta|milyar|miliar|ribu|millon|milhao|milho|mil(?!\w)|mille|tausend|milliard|مليون|ملايين|مليار|الاف|"
    r"(?:tera|giga|тера|гига|[gt]b|[гт]б)\w{0,6}(?!\w))"
)
_SMALL = {
    word: value
    for value, words in enumerate(
        (
            "two dua два две dos dois duas deux zwei",
            "three tiga три tres trois drei ثلاثة",
            "four empat четыре cuatro quatro quatre vier اربعة",
            "five lima пять cinco cinq funf خمسة",
            "six enam шесть seis sechs ستة",
            "seven tujuh семь siete sete sept sieben سبعة",
            "eight delapan восемь ocho oito huit acht ثمانية",
            "nine sembilan девять nueve nove neuf neun تسعة",
            "ten sepuluh десять diez dez dix zehn عشرة",
        ),
        2,
    )
    for word in words.split()
}
_WRITTEN = re.compile(
    rf"(?<![^\W_])(?:(?P<more>полтор[аы]|anderthalb)|(?P<half>{_HALF})[ -]?(?={_LARGE}))"
    rf"|(?<![^\W_])(?P<word>{'|'.join(_SMALL)}) (?={_LARGE})"
    r"|(?<![^\W_])(?P<two>مليوني|الفي|مليونين|الفين)(?![^\W_])"
    "|(?<![0-9一二三四五六七八九十百千万亿第])(?<![0-9] )(?P<chinese>[一二两三四五六七八九十百千]{1,7})(?=[万亿])"
)
_TWO = {"مليوني": "2 مليون", "مليونين": "2 مليون", "الفي": "2 الف", "الفين": "2 الف"}
_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_PLACE = {"十": 10, "百": 100, "千": 1000}

_SCALES = (
    *(
        "million",
        "millions",
        "thousand",
        "billion",
        "миллиона",
        "миллионов",
        "тысяч",
        "тысячи",
        "ляма",
        "лямов",
        "млн",
    ),
    *(
        "juta",
        "miliar",
        "milyar",
        "ribu",
        "millones",
        "mil",
        "milhões",
        "milliards",
        "mille",
        "millionen",
        "tausend",
    ),
    *("ملايين", "الاف"),
)

#: What a text has that is worth a look: words by which ``read`` finds the rest.
WORDS = {
    "half": "half a million|half million|half a billion|полтора|полторы|полмиллион*|пол миллион*|пол ляма|полляма|"
    "setengah juta|setengah miliar|medio millón|meio milhão|demi million|demi milliard|anderthalb|eine halbe million|"
    "نصف مليون|نصف مليار|half a tb|пол терабайт*",
    "small": "|".join(f"{word} {scale}" for word in _SMALL for scale in _SCALES),
    "two": "|".join(_TWO),
    "chinese": "|".join(f"{digit}{scale}" for digit in (*_DIGIT, *_PLACE) for scale in "万亿"),
}


def written(plain: str) -> Iterator[tuple[int, int, str]]:
    """Start, end (excluded) and digits of each number of *plain* that is written as a word, in order."""
    for found in _WRITTEN.finditer(plain):
        if found["chinese"]:
            yield *found.span(), str(_chinese(found["chinese"]))
        elif found["word"]:
            yield *found.span("word"), str(_SMALL[found["word"]])
        elif found["two"]:
            yield *found.span(), _TWO[found["two"]]
        elif found["more"]:
            yield *found.span(), "1.5"
        else:
            yield *found.span(), "0.5 "


def _chinese(signs: str) -> int:
    total, digit = 0, 0
    for sign in signs:
        if sign in _PLACE:
            total, digit = total + (digit or 1) * _PLACE[sign], 0
        else:
            digit = digit * 10 + _DIGIT[sign]
    return total + digit
