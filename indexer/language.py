"""The language of a post."""

from __future__ import annotations

import re

import pycld2

_LONGEST = 900  # characters that are looked at
_SHORTEST = 12  # letters below which nothing can be told
_SIGNS = ",.!?:;()\"«»*-–—'…"
#: Words of one of the two only: pycld2 takes short texts of the one for the other, or for English.
_INDONESIAN = frozenset(
    "dijual karena bisa nomor kesehatan uang akun kantor ponsel pelanggan nasabah rekening bahwa saat kepada "
    "pasien sampel baris hanya tidak adalah kementerian pengguna berisi bocor harga jual hubungi warga "
    "penduduk kebocoran situs peretas diretas provinsi kabupaten kota gratis butuh dicari siapa punya "
    "silakan kalian gimana banget udah nggak gak dong aja".split()
)
_MALAY = frozenset(
    "kerana boleh nombor kesihatan wang akaun laluan pejabat ialah kepada hendak mahu awak korang "
    "percuma syarikat kementerian pengguna hospital cukai jual harga hubungi negeri daerah rakyat sila "
    "sahaja bukan tiada nak pada ini itu dijual sampel data".split()
)
_WORD = re.compile(r"[^\W\d_]+")


def language(text: str) -> str | None:
    """The language that most of a text is written in, as its code of two letters (ISO 639-1; ``zh`` for Chinese);
    None where it cannot be told. Addresses, numbers and rows of data are left out of the count."""
    read = " ".join(
        word for word in text[:_LONGEST].split() if word.strip(_SIGNS).isalpha() or word[0] >= "\u3000"
    )
    if len(read) < _SHORTEST and not any("\u3040" <= char <= "\u9fff" for char in read):
        return None
    try:
        known, _, found = pycld2.detect(read, bestEffort=True)
    except pycld2.error:
        return None
    code = str(found[0][1])
    if code in ("id", "ms", "en", "un") or not known:
        code = _nearly_malay(read, code)
    return None if code == "un" else code.partition("-")[0]


def _nearly_malay(read: str, code: str) -> str:
    """Indonesian or Malay where words of only one of them say so, else ``code``."""
    words = {word.lower() for word in _WORD.findall(read)}
    indonesian, malay = len(words & (_INDONESIAN - _MALAY)), len(words & (_MALAY - _INDONESIAN))
    both = len(words & (_INDONESIAN | _MALAY))
    if code not in ("id", "ms") and both < 2 + len(words) // 12:
        return code
    if indonesian == malay:
        return code if code in ("id", "ms") else "id"
    return "id" if indonesian > malay else "ms"
