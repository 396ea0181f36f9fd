"""The format of the data and the algorithm that its passwords are hashed with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indexer.fact import Fact
from indexer.reading import Hit, Reading

_FORMATS = {
    "SQL": "sql|sql dump|mysqldump|pg_dump",
    "CSV": "csv",
    "JSON": "json|jsonl|ndjson",
    "DICOM": "dicom|dcm",
    "XLSX": "xlsx|excel",
    "XLS": "xls",
    "TXT": "txt",
    "PDF": "pdf|pdfs",
    "MDB": "mdb|accdb",
    "XML": "xml",
    "PARQUET": "parquet",
    "BSON": "bson|mongodump",
    "BAK": "bak",
    "PST": "pst",
    "VCF": "vcf",
}
_HASHES = {
    "bcrypt": "bcrypt",
    "md5": "md5",
    "sha1": "sha1|sha-1",
    "sha256": "sha256|sha-256",
    "sha512": "sha512|sha-512",
    "argon2": "argon2|argon2id|argon2i",
    "ntlm": "ntlm|nthash",
    "scrypt": "scrypt",
    "pbkdf2": "pbkdf2",
    "phpass": "phpass",
    "plain text": "plaintext|plain text|en clair|mot de passe en clair|em texto puro|en texto plano|открытым текстом|в открытом виде|密码明文|"
    "plaintext passwords|plain text passwords|passwords in plain text|passwords in plaintext|cleartext passwords|"
    "passwords in clear text|password plaintext|пароли в открытом виде|明文密码|contraseñas en texto plano|senhas em texto puro|"
    "senhas em texto plano|mots de passe en clair|klartext|kata sandi teks biasa|كلمات مرور غير مشفرة",
}
WORDS = {f"format {name}": words for name, words in _FORMATS.items()} | {
    f"hash {name}": words for name, words in _HASHES.items()
}
_ATTACK = (" injection", " inject", " sqli")


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Each format and each algorithm once, where it stands first. SQL injection is no format."""
    seen: set[str] = set()
    for hit in hits:
        if hit.tag in seen or reading.plain.startswith(_ATTACK, hit.end):
            continue
        seen.add(hit.tag)
        kind, _, value = hit.tag.partition(" ")
        yield reading.fact(kind, value, (hit.start, hit.end))
