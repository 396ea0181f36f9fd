"""The language of a post."""

from __future__ import annotations

import re

import pycld2

_LONGEST = 900  # characters that are looked at
_SHORT = 60  # letters up to which pycld2 is often wrong; where it says English, twice as many
_NOISE = frozenset("@/\\|_=<>")
_DIGITS = {ord(digit): None for digit in "0123456789"}
#: Words of one language only, as posts have them: they tell short texts, which pycld2 takes for English or Malay.
_WORDS = {
    "id": "masih yg gan bang aja ga udah lagi sama juga itu kalau kampus baru semua mau dulu kena sudah dong siapa dijual share sedot minat dan yang dari untuk dengan ini tidak ada di dijual jual data karena bisa nomor kesehatan uang akun kantor ponsel "
    "pelanggan nasabah rekening pasien baris juta ribu miliar milyar harga hubungi warga penduduk bocor kebocoran situs gratis butuh "
    "dicari cari siapa punya silakan kalian gimana udah nggak gak dong tahun sekitar lebih orang diambil tanggal tautan bawah "
    "bocoran mahasiswa dosen ukuran universitas pengguna diretas hampir total sampel asli atau palsu tebusan akan pemilih akses alamat jasa saja menurut lewat provinsi kabupaten",
    "ms": "kerana boleh nombor kesihatan wang akaun laluan pejabat ialah mahu awak korang percuma syarikat cukai negeri sahaja "
    "tiada nak bincang dicuri hendak anda bahawa daripada",
    "en": "the any my they their them been will can got get just new more about anyone who what of and for with is are this that from to have has in on at by not all only you we our i it was were be users "
    "records lines database leaked selling price data date breach patients hospital sell access fresh looking people customers accounts",
    "es": "quien quién tiene hay esto muy también fue son hola gracias hago este esta pero sin como mi su al de los las el la del con por para una en y o es que vendo registros datos contraseñas correos usuarios clientes precio "
    "muestra base teléfonos direcciones fecha robados busco alguien acceso huellas historias pago contacto más millones mil "
    "ciudadanos tarjetas documentos nombre apellido celular policía nacional gratuita descarga hackeada afiliados filtrada filtrado filtración enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre pacientes",
    "pt": "quem tem você isso esse essa ele na já também foi são muito chama painel ao à um meu seu sem como uma de dos das do da com por para uma em e ou que vendo registros dados senhas usuários clientes preço amostra banco "
    "nome sobrenome celular prefeitura servidores aqui aceito janeiro fevereiro março maio junho julho setembro outubro novembro dezembro pacientes endereços data vazamento vazados roubados procuro alguém acesso pagamento mais milhões mil cartões não",
    "fr": "un ce il elle qui dans au aux par sont lignes quelqu cet cette pas mais je j ai nous vous le la les des du de et pour avec une en est que vends base données mots passe utilisateurs clients prix échantillon "
    "je cherche janvier février avril juin juillet août octobre décembre patients fuites adresses date fuite volées cherche accès paiement plus millions cartes passeports identité empreintes ou sur",
    "de": "der die das und mit von für eine im ist nicht verkaufe daten datenbank nutzer kunden preis passwörter zugang suche "
    "millionen konten gegen oder auf",
}
_WORD_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _code, _line in _WORDS.items():
    for _each in _line.split():
        _WORD_LANGUAGES[_each] = (*_WORD_LANGUAGES.get(_each, ()), _code)
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile("[\u3400-\u9fff]")
_KANA = re.compile("[\u3040-\u30ff\uac00-\ud7a3]")
_LETTERS = re.compile(r"[^\W\d_]")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_NOT_RUSSIAN = re.compile("[іїєґўђјљњћџѓќқғңөұүһә]", re.IGNORECASE)


def language(text: str) -> str | None:
    """The language that most of a text is written in, as its code of two letters (ISO 639-1; ``zh`` for Chinese);
    None where it cannot be told. Addresses, numbers and rows of data are left out of the count."""
    kept = [word for word in text[:_LONGEST].split() if _NOISE.isdisjoint(word)]
    read = " ".join(kept).translate(_DIGITS)
    if not read.isascii():
        script = _by_script(read)
        if script:
            return script
    try:
        known, _, found = pycld2.detect(read, bestEffort=True)
    except pycld2.error:
        return None
    code = str(found[0][1])
    if code in ("id", "ms", "un") or not known or len(read) <= (2 * _SHORT if code == "en" else _SHORT):
        code = _by_words(read, code)
    return None if code == "un" else code.partition("-")[0]


def _by_script(read: str) -> str | None:
    """Chinese, and short texts in Cyrillic or Arabic, whose neighbours' letters are not among them."""
    letters = len(_LETTERS.findall(read))
    han = len(_HAN.findall(read))
    if han >= 2 and han >= 0.3 * letters and not _KANA.search(read):
        return "zh"
    if letters > _SHORT:
        return None
    if len(_CYRILLIC.findall(read)) > 0.5 * letters and letters >= 5 and not _NOT_RUSSIAN.search(read):
        return "ru"
    arabic = sum("\u0600" <= char <= "\u06ff" for char in read)
    if arabic > 0.5 * letters and letters >= 4 and not any(char in "پچژگٹڈے" for char in read):
        return "ar"
    return None


def _by_words(read: str, code: str) -> str:
    """The language of which most words are there, where one has more than any other; else ``code``."""
    points: dict[str, float] = {}
    for word in _WORD.findall(read.lower()):
        owners = _WORD_LANGUAGES.get(word, ())
        for owner in owners:
            points[owner] = points.get(owner, 0.0) + 1 / len(owners)
    if not points:
        return code
    best = max(points.values())
    first = [owner for owner, score in points.items() if score == best]
    if len(first) > 1:
        return code if code in first or len(read) > _SHORT else first[0]
    if code not in ("id", "ms", "un") and best < (1 if len(read) <= _SHORT else 2):
        return code
    return first[0]
