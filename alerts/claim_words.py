"""The words in which Duskwatch itself tells of claims, matches and changes, in Indonesian. They are parts of lines that
are made of them, such as ``purpose sale +1, 2,000,000 people +2``."""

from __future__ import annotations

import re
from typing import Final

_INDONESIAN: Final = {
    # kinds of facts
    "quantity": "jumlah",
    "volume": "volume",
    "price": "harga",
    "payment": "pembayaran",
    "revenue": "pendapatan",
    "terms": "syarat",
    "data": "data",
    "format": "format",
    "origin": "asal",
    "theft date": "tanggal pencurian",
    "sample": "sampel",
    "mail": "surel",
    "wallet": "dompet",
    "country": "negara",
    "sector": "sektor",
    "purpose": "tujuan",
    "language": "bahasa",
    # what is counted
    "people": "orang",
    "records": "rekaman",
    "accounts": "akun",
    "identity numbers": "nomor identitas",
    "documents": "dokumen",
    "cards": "kartu",
    "mail addresses": "alamat surel",
    "phone numbers": "nomor telepon",
    "passwords": "kata sandi",
    "things": "benda",
    "adds up": "jumlahnya sesuai",
    "does not add up": "jumlahnya tidak sesuai",
    # purposes, terms, kinds of data
    "sale": "penjualan",
    "leak": "kebocoran",
    "access": "akses",
    "ransom": "tebusan",
    "request": "permintaan",
    "service": "jasa",
    "discussion": "diskusi",
    "negotiable": "dapat ditawar",
    "not negotiable": "tidak dapat ditawar",
    "escrow": "rekening bersama",
    "no escrow": "tanpa rekening bersama",
    "free": "gratis",
    "one buyer": "satu pembeli",
    "offered": "ditawarkan",
    "refused": "ditolak",
    "health": "kesehatan",
    "identity": "identitas",
    "credentials": "kredensial",
    "contact": "kontak",
    "location": "lokasi",
    "biometrics": "biometrik",
    "plain text": "teks polos",
    # kinds of posts
    "listing": "tawaran",
    "reply": "balasan",
    "product": "produk",
    "victim": "korban",
    "paste": "tempelan",
    # severity and matches
    "certain match": "kecocokan pasti",
    "uncertain match": "kecocokan tidak pasti",
    "of its own": "tersendiri",
    "source of reliability": "keandalan sumber",
    "rule": "aturan",
    "legal form": "bentuk hukum",
    "declension": "deklinasi",
    "transliteration": "alih aksara",
    "at least": "paling rendah",
    "at most": "paling tinggi",
    "a sample": "sampel",
    "name": "nama",
    "alias": "nama lain",
    "brand": "merek",
    "acronym": "singkatan",
    "domain": "domain",
    "pattern": "pola",
    "words": "kata",
    "compact": "rapat",
    "sound": "bunyi",
    "signs": "tanda",
    "spread": "renggang",
    "joined": "tersambung",
    "repeated letters": "huruf berulang",
    "digits beside": "angka di samping",
    "digits for letters": "angka pengganti huruf",
    "look-alikes": "huruf mirip",
    "capitals": "huruf besar",
    "prefix": "awalan",
    "host": "nama host",
    "markup": "penandaan",
    "form": "bentuk",
    "high": "tinggi",
    "critical": "kritis",
    "medium": "sedang",
    "low": "rendah",
    "informational": "informasi",
    # changes
    "people or records": "orang atau rekaman",
    "sample released": "sampel dibuka",
    "sold": "terjual",
    "published for free": "dibagikan gratis",
    "removed": "dihapus",
    "back": "kembali ada",
    "severity": "tingkat",
}
_ANY: Final = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, _INDONESIAN), key=len, reverse=True))})(?![\w-])"
)


def worded(line: str, language: str) -> str:
    """A line that Duskwatch made of its own words, in a language. What is none of them stays."""
    return _ANY.sub(lambda found: _INDONESIAN[found[0]], line) if language == "id" else line
