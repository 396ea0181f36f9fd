"""Which kinds of data a listing claims."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from indexer.fact import Fact
from indexer.reading import Hit, Reading

#: ``kind`` or ``kind/what exactly``.
WORDS = {
    "health": "patient|patients|patient data|medical record|medical records|medical data|medical history|health data|health record|"
    "health records|laboratory|lab results|radiology|ekg|ecg|x-ray|hospital|hospitals|diagnosis|diagnoses|diagnose|"
    "prescriptions|vaccination|vaccine|blood type|phi|covid 19 patients|diagnosis codes|medical files|"
    "pasien|rekam medis|data kesehatan|data medis|rumah sakit|hasil lab|hasil swab|golongan darah|vaksin|vaksinasi|"
    "пациент*|медицинск*|диагноз*|медкарт*|анализов|больниц*|поликлиник*|история болезни|истории болезни|"
    "患者|病人|病历|病例|医疗数据|医疗记录|体检|诊断|病史|健康数据|"
    "paciente|pacientes|historia clínica|historias clínicas|historial médico|historiales médicos|datos médicos|"
    "datos de salud|diagnóstico*|resultados de laboratorio|"
    "prontuário|prontuários|laudos|laudo|receitas médicas|cns|pruebas médicas|ordonnance|radiologi|"
    "dados médicos|dados de saúde|dados clínicos|exames|"
    "dossier médical|dossiers médicaux|données médicales|données de santé|hôpital|ordonnances|"
    "patientendaten|gesundheitsdaten|patientenakte*|مريض|مرضى|سجلات طبية|السجلات الطبية|بيانات طبية|تشخيص|المستشفى",
    "identity": "identity cards|identity card|identity documents|national id|national ids|id card|id cards|id scans|driver license|"
    "drivers license|driver licenses|driving licence|kyc|nomor identitas|kartu identitas|kartu keluarga|"
    "удостоверен*|документы удостоверяющие|паспортные данные|паспортных данных|身份信息|实名|证件|"
    "documento de identidad|documentos de identidad|cédula|cédulas|documento de identidade|identidade|"
    "carte d'identité|cartes d'identité|pièces d'identité|personalausweis*|ausweis*|"
    "الهوية الوطنية|بطاقة هوية|بطاقات الهوية|هويات|رقم الهوية|أرقام الهوية",
    "identity/NIK": "nik|niks|nomor induk kependudukan",
    "identity/KTP": "ktp|ktps|e-ktp|ektp|kartu tanda penduduk",
    "identity/NIR": "nir|numéro de sécu|numéros de sécu|numéro de sécurité",
    "identity/RFC": "rfc",
    "identity/RUT": "rut|ruts",
    "identity/national number": "الرقم القومي|رقم قومي|الرقم الوطني|رقم وطني|ارقام الهوية|ارقام قومية|户籍号",
    "identity/SSN": "ssn|ssns|social security|social security number|social security numbers|numéro de sécurité sociale|"
    "numéros de sécurité sociale|nss",
    "identity/passport": "passport|passports|paspor|паспорт|паспорта|паспортов|паспорты|护照|pasaporte|pasaportes|passaporte|"
    "passaportes|passeport|passeports|reisepass|جواز سفر|جوازات سفر|جوازات السفر",
    "identity/SNILS": "снилс",
    "identity/INN": "инн",
    "identity/resident identity card": "身份证|身份证号|身份证号码",
    "identity/DNI": "dni|dnis",
    "identity/CURP": "curp|curps",
    "identity/CPF": "cpf|cpfs",
    "identity/RG": "rg e cpf|cpf e rg",
    "payment": "credit card|credit cards|debit card|debit cards|card numbers|cvv|cvv2|iban|ibans|bank account|bank accounts|"
    "bank details|payment data|payment cards|fullz|dumps track|"
    "kartu kredit|kartu debit|rekening|nomor rekening|rekening bank|data transaksi|"
    "банковских карт|банковские карты|банковской карты|номера карт|кредитных карт|кредитные карты|реквизиты|"
    "银行卡|银行卡号|信用卡|银行账户|卡号|tarjetas de crédito|tarjeta de crédito|tarjetas de débito|cuentas bancarias|"
    "cartões de crédito|cartão de crédito|contas bancárias|dados bancários|"
    "cartes bancaires|carte bancaire|cartes de crédit|comptes bancaires|coordonnées bancaires|rib|"
    "kreditkarte*|bankdaten|بطاقات ائتمان|بطاقات الائتمان|بطاقة ائتمان|حسابات بنكية|الحسابات البنكية",
    "credentials": "logs|stealer|redline|vidar|raccoon|lumma|стилер*|логи|логов|contraseñas y correos|password|passwords|credential|credentials|combolist|combo list|combos|logins|login pass|user:pass|mail:pass|"
    "email:pass|ulp|stealer logs|hashes|password hashes|"
    "kata sandi|sandi|пароль|пароли|паролей|паролями|логин пароль|логины|хеши|хэши|"
    "密码|口令|账号密码|contraseña|contraseñas|claves|senha|senhas|credenciais|credenciales|"
    "mot de passe|mots de passe|identifiants|passwort|passwörter|zugangsdaten|كلمة المرور|كلمات المرور|كلمات السر",
    "contact": "mails|email|emails|e-mail|e-mails|email address|email addresses|phone|phones|phone number|phone numbers|mobile number|"
    "mobile numbers|contact details|contacts list|alamat email|nomor hp|no hp|nomor telepon|nomor ponsel|no telp|"
    "мыло|мыла|мылами|телефон|телефона|телефонов|телефоны|телефонами|номера телефонов|почта|почты|почт|email адреса|емейлы|"
    "手机号|手机号码|电话|电话号码|邮箱|联系方式|"
    "correo|correos|correo electrónico|correos electrónicos|teléfono|teléfonos|celular|"
    "telefone|telefones|e-mails|endereços de e-mail|celulares|"
    "téléphone|téléphones|numéro de téléphone|numéros de téléphone|courriels|adresses e-mail|adresses mail|"
    "ارقام الهواتف|هواتف|والهواتف|ايميل|telefonnummer*|رقم الهاتف|أرقام الهواتف|أرقام هواتف|الهواتف|البريد الإلكتروني|ايميلات|الإيميلات",
    "location": "home address|home addresses|address|addresses|full address|street address|postal code|zip code|gps|geolocation|"
    "coordinates|alamat|alamat rumah|alamat lengkap|kode pos|koordinat|"
    "адрес|адреса|адресов|адресами|прописка|координаты|геолокац*|地址|住址|家庭住址|位置|"
    "dirección|direcciones|domicilio|domicilios|domicilio particular|endereço|endereços|endereço residencial|"
    "adresse|adresses|adresses postales|code postal|anschrift*|العنوان|العناوين|عناوين",
    "biometrics": "fingerprint|fingerprints|biometric|biometrics|biometric data|selfie|selfies|face photos|facial|facial recognition|"
    "iris scans|sidik jari|biometrik|swafoto|foto wajah|отпечат*|биометри*|селфи|фото лица|"
    "指纹|人脸|人脸识别|生物识别|huella|huellas|huellas dactilares|datos biométricos|biométric*|selfis|"
    "impressões digitais|impressão digital|biometria|dados biométricos|empreintes|empreintes digitales|biométri*|"
    "fingerabdrücke|biometrische|بصمة|بصمات|البصمات|بيانات بيومترية",
}
_MOST_SPANS = 20
_NO_HOME = re.compile(
    r"(?<![^\W_])(?:ip|onion|wallets?|btc|xmr|eth|usdt|mac|crypto|web|bitcoin|url|адреса сайт|alamat ip)[ -]$"
)
_COLON = re.compile(r"[^\S\n]?[:=]?[^\S\n]?[\w.+-]{1,64}@")


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """One fact for each kind of data, with every place that names it (the first twenty); ``parts`` count the numbers of
    identity named, by what they are."""
    places: dict[str, list[tuple[int, int]]] = {}
    counts: dict[str, dict[str, int]] = {}
    outer = _apart([(hit.start, hit.end) for hit in hits])
    for hit in hits:
        kind, _, exact = hit.tag.partition("/")
        if _within(hit, outer):
            continue
        if kind == "contact" and _COLON.match(reading.plain, hit.end):
            continue
        if kind == "location" and _NO_HOME.search(reading.plain, max(hit.start - 12, 0), hit.start):
            continue
        if kind == "biometrics" and _is_key(reading.plain, hit):
            continue
        places.setdefault(kind, []).append((hit.start, hit.end))
        if exact:
            here = counts.setdefault(kind, {})
            here[exact] = here.get(exact, 0) + 1
    for kind, found in places.items():
        spans = _apart(found)
        parts = tuple(sorted(counts.get(kind, {}).items()))
        yield reading.fact("data", kind, *spans[:_MOST_SPANS], parts=parts)


def _is_key(text: str, hit: Hit) -> bool:
    """A fingerprint of a key, not of a finger."""
    near = text[max(hit.start - 12, 0) : hit.end + 12]
    return any(word in near for word in ("pgp", "gpg", "key", "ssl", "browser", "device"))


def _within(hit: Hit, outer: list[tuple[int, int]]) -> bool:
    """Whether a word is a part of a longer one ("adresses" of "adresses e-mail")."""
    at = bisect_right(outer, (hit.start, 1 << 30)) - 1
    start, end = outer[at] if at >= 0 else (0, 0)
    return hit.end <= end and (hit.start, hit.end) != (start, end)


def _apart(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places without those that lie in a longer one."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(set(found), key=lambda place: (place[0], -place[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
