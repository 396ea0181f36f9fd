"""Letters of other scripts that the eye takes for Latin ones: a selection for what sellers really use.

Compatibility forms (full width, mathematical, circled, superscript) are not here: NFKC knows them.
"""

from __future__ import annotations

from functools import cache

import opencc

#: Latin letter: small letters, and capitals whose small letter looks like another one.
_LOOKALIKES = {
    "a": "аαɑᴀΑᎪꓮⲁա",
    "b": "вьъβʙƅΒᏴꓐⲃ",
    "c": "сϲᴄᏟꓚⲥↄ¢",
    "d": "ԁɗđðᴅᎠꓓժ",
    "e": "еєэɛεᴇΕᎬꓰⲉҽəзɘ€",
    "f": "ғƒϝꜰꓝք",
    "g": "ɡցɢᏀꓖɠ",
    "h": "һнհʜΗᎻꓧħҺ",
    "i": "іιıɩɪΙӏᎥꓲⲓɨ¡",
    "j": "јϳյᴊᎫꓙʝ",
    "k": "кκқҝᴋΚᏦꓗⲕҡ",
    "l": "łʟᏞꓡɭƚℓլ",
    "m": "мᴍϻΜᎷꓟⲙ",
    "n": "ηпɴΝꓠոռиŋңɲ",
    "o": "оοօᴏσøөΟꓳⲟ",
    "p": "рρᴘΡᏢꓑⲣ",
    "q": "ԛգզʠ",
    "r": "гᴦʀᎡꓣяɾ",
    "s": "ѕꜱᏚꓢʂտ§",
    "t": "тτᴛΤᎢꓔⲧŧէ",
    "u": "υսцᴜμꓴʋ",
    "v": "νѵᴠᏙꓦ",
    "w": "ԝшщωᴡᎳꓪɯѡ",
    "x": "хχҳΧꓫⲭ×",
    "y": "уγүұʏΥꓬყ¥",
    "z": "ᴢΖᏃꓜƶʐζ",
}
#: Look-alike: its Latin letter.
LATIN_OF = {lookalike: letter for letter, row in _LOOKALIKES.items() for lookalike in row}
#: Letters that are written as two.
SPELT_OUT = {"æ": "ae", "œ": "oe", "þ": "th", "ĳ": "ij", "ы": "bi", "ю": "io"}
#: Digits and signs written for letters, in the view that ignores how a name is spread.
LETTER_OF = dict(zip("0123456789@$", "oizeasgtbgas", strict=True))
#: Arabic letters that are written one for another.
ARABIC = {"ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ے": "ي", "ہ": "ه", "ھ": "ه", "ە": "ه"}


@cache
def simplified() -> dict[str, str]:
    """Traditional Chinese characters and their simplified forms, one for one (OpenCC's table)."""
    chars = [chr(code) for code in range(0x3400, 0xA000)]
    forms = opencc.OpenCC("t2s").convert("\n".join(chars)).split("\n")
    return {
        char: form
        for char, form in zip(chars, forms, strict=True)
        if char != form < "\uffff" and len(form) == 1
    }
