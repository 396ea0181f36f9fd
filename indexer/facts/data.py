"""Which kinds of data a listing claims, in which format, and how its passwords are hashed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.fact import Fact

_DATA = {
    "health": r"patients?|medical records?|health (?:data|records?)|laboratory|radiology|"
    r"ekg|ecg|hospital|diagnos[ie]s|pasien|rekam medis|"
    r"data kesehatan|rumah sakit|пациент\w{0,3}|медицинск\w{2,3}|患者|病人|病历|pacientes?|"
    r"historias? clínicas?|prontuários?|"
    r"dossiers? médica(?:l|ux)|gesundheit\w{0,8}|patientenakten?|مرضى|مريض|السجلات الطبية",
    "identity": r"NIK|KTP|e-?KTP|SSNs?|social security|passports?|paspor|паспорт\w{0,3}|"
    r"СНИЛС|ИНН|身份证|护照|DNI|CPF|"
    r"pasaportes?|passeports?|national ids?|id cards?|ausweis\w{0,8}|جواز سفر|الهوية الوطنية",
    "payment": r"credit cards?|debit cards?|CVV|IBANs?|bank accounts?|kartu kredit|"
    r"rekening|банковск\w{2,3} карт\w{0,2}|"
    r"银行卡|信用卡|tarjetas? de crédito|cartões|cartes? bancaires?|kreditkarten?|بطاقات ائتمان",
    "credentials": r"passwords?|credentials|combolist|bcrypt|md5|sha-?1|sha-?256|"
    r"argon2(?:id?)?|ntlm|kata sandi|парол\w{1,3}|"
    r"密码|contraseñas?|senhas?|mots? de passe|passwörter|كلمات المرور",
    "contact": r"e-?mails?|phone numbers?|phones?|nomor (?:hp|telepon)|телефон\w{0,3}|"
    r"почт\w{1,2}|手机号|邮箱|电话|"
    r"correos?|teléfonos?|telefones?|téléphones?|telefonnummern?|أرقام الهواتف|البريد الإلكتروني",
    "location": r"home address(?:es)?|addresses|alamat|адрес\w{0,3}|地址|住址|direcciones|"
    r"endereços|adresses|anschriften?|العناوين",
    "biometrics": r"fingerprints?|biometrics?|selfies?|facial|sidik jari|biometrik|"
    r"отпечатк\w{1,3}|指纹|人脸|huellas|empreintes|"
    r"fingerabdrücke|بصمات",
}
_FORMAT = r"SQL|CSV|JSON|DICOM|XLSX?|TXT|PDF|MDB|XML|parquet"
_HASH = r"bcrypt|md5|sha-?1|sha-?256|sha-?512|argon2(?:id?)?|ntlm|scrypt|pbkdf2|phpass"


def _pattern(words: str) -> re.Pattern[str]:
    """Words of scripts with spaces stand alone; Chinese ones stand anywhere."""
    return re.compile(
        rf"(?:(?<!\w)|(?=[\u3400-\u9fff]))(?:{words})(?:(?!\w)|(?<=[\u3400-\u9fff]))", re.IGNORECASE
    )


_KINDS = (
    *(("data", kind, _pattern(words)) for kind, words in _DATA.items()),
    *(("format", name, _pattern(name)) for name in _FORMAT.replace("XLSX?", "XLSX|XLS").split("|")),
    *(("hash", name, _pattern(name)) for name in _HASH.split("|")),
)
_ORIGIN = re.compile(
    r"\b(?:central(?:i[sz]ed)? server (?:of|from)|server pusat)(?: [\w'’-]{1,30}){1,8}",
    re.IGNORECASE,
)


def worth(text: str) -> bool:  # noqa: ARG001 - the words themselves are the test
    """Always."""
    return True


def read(text: str) -> Iterator[Fact]:
    """One fact for each kind of data, format and hash, with its first word; and the server of origin."""
    for fact, value, pattern in _KINDS:
        found = pattern.search(text)
        if found:
            yield Fact(fact, value.upper() if fact == "format" else value, (found.span(),), found[0])
    for found in _ORIGIN.finditer(text):
        yield Fact("origin", found[0], (found.span(),), found[0])
