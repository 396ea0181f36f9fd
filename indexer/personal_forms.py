"""The forms that personal data have, and the words that stand beside them. For *plain* text."""

from __future__ import annotations

import re

#: Words above a column or before a value, by what stands there. "name" and the like are not hidden; they tell a record.
LABELS = {
    "mail": r"e-?mails?|email address|mail|surel|почта|emailaddress|correo(?: electronico)?|邮箱|البريد(?: الالكتروني)?|courriel",
    "phone": r"phone(?: ?number| ?no)?|phones|mobile(?: ?number)?|msisdn|tel(?:ephone|epon|efon|p)?|hp|no ?hp|nomor hp|handphone|cell|телефон|тел|"
    r"手机号?码?|电话|celular|telefono|telefone|portable|الهاتف|جوال|رقم الهاتف|nomor telepon|no telp",
    "number": r"nik|no ?ktp|ktp|nomor ktp|ssn|social security(?: number)?|card(?: ?number)?|cc|card no|dni|cpf|curp|id ?number|national ?id|"
    r"id ?card|снилс|инн|身份证号?码?|银行卡号?|卡号|bpjs|noka|npwp|رقم الهوية",
    "text": r"passport(?: ?(?:no|number|num))?|no paspor|nomor paspor|paspor|паспорт|护照号?码?|pasaporte|passaporte|passeport|iban|رقم الجواز|"
    r"جواز(?: السفر)?",
    "birth": r"dob|date of birth|birth ?date|birthday|born|tgl ?lahir|tanggal lahir|lahir|дата рождения|д\.р|др|出生日期|生日|"
    r"fecha de nacimiento|nacimiento|data de nascimento|nascimento|date de naissance|تاريخ الميلاد",
    "secret": r"pass(?:word|wd|wort)?|pwd|kata sandi|sandi|пароль|密码|contrasena|senha|mot de passe|password ?hash|hash|كلمة المرور|pin",
    "name": r"(?:full ?|first ?|last ?|sur)?name|nama(?: lengkap)?|фио|имя|фамилия|姓名|名字|nombre|apellidos?|nome|nom|prenom|الاسم|address|"
    r"alamat|адрес|地址|住址|direccion|endereco|adresse|العنوان|gender|sex|job|city",
    "login": r"login|user(?:name)?|логин|账号|usuario|utilisateur",
}
WORD_KINDS = [(kind, re.compile(rf"[\"'(\[]?(?:{words})[\"')\]]?")) for kind, words in LABELS.items()]
LABELLED = re.compile(
    r"(?<![^\W_])[\"']?(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in LABELS.items())
    + r")[\"']?(?: ?(?:no|number|nomor|№|номер|#))?(?: ?[:=] ?|\t| (?=[a-z]{0,2}[0-9]{6}))[\"']?(?P<value>[^\"'\n,;|{}\t]{1,80})"
)
GATE = re.compile(r"[0-9]{5}|[0-9]{3}-[0-9]{2}-|[0-9]{4}[ -][0-9]{4}|@|:")
MAIL = re.compile(r"(?P<local>[\w.+%-]{1,64})@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w@])")
MASKED = re.compile(r"xq[b-df-hj-np-tv-z]{12}(?:\*[\w]{0,4})?")
COMBO = re.compile(
    r"(?P<mail>[\w.+%-]{1,64}@[\w.-]{1,80}\.[^\W\d_]{2,24})(?:[:;|]| [:;|] )(?P<secret>[^\s:;|]{1,128})(?:[:;|].*)?"
)
#: The same within a line of other words.
LOOSE_COMBO = re.compile(
    r"(?<!\S)(?P<mail>[\w.+%-]{1,64}@[\w.-]{1,80}\.[^\W\d_]{2,24})[:;|](?P<secret>[^\s:;|/]{4,128})(?!\S)"
)
LOGIN = re.compile(r"(?P<login>[\w.-]{3,40}):(?P<secret>[^\s:/]{4,128})")
STOLEN = re.compile(  # address:login:password, as programs that steal them write it
    r"(?:[a-z+]{2,12}://|www\.)?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?::[0-9]{2,5})?(?:/[^\s:]{0,300})?[:| ](?P<login>[^\s:|]{2,80})[:|](?P<secret>[^\s:|]{2,128})"
)
CARD = re.compile(r"(?<![\w.,/#$€£-])[3-6][0-9]{3}(?:[ -]?[0-9]{4}){2}[ -]?[0-9]{1,7}(?![\w]|[.,-][0-9])")
AMEX = re.compile(r"(?<![\w.,/#$€£-])3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}(?![\w]|[.,-][0-9])")
NIK = re.compile(
    r"(?<![\w.,/#$€£-])[1-9](?:[0-9]{3}(?:[ .-]?[0-9]{4}){3}|[0-9]{5}[ .-][0-9]{6}[ .-][0-9]{4})(?![\w]|[.,-][0-9])"
)
SSN = re.compile(r"(?<![\w.,/#+$€£-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\w]|-[0-9])")
IBAN = re.compile(r"(?<![\w])[a-z]{2}[0-9]{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?(?![\w])")
PASSPORT = re.compile(r"[a-z]{0,2} ?[0-9]{6,9}|[0-9]{2} [0-9]{2} [0-9]{6}|[a-z][0-9]{2}[a-z0-9]{6}")
NUMBER = re.compile(r"[0-9][0-9 .-]{5,22}[0-9x]")
PHONE = re.compile(r"\+?\(?[0-9][0-9 ().-]{6,20}[0-9]")
DATE = re.compile(
    r"(?P<year>19[2-9][0-9]|200[0-9]|2010)[-/.](?P<rest>[0-9]{1,2}[-/.][0-9]{1,2})|(?P<first>[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ])(?P<after>19[2-9][0-9]|200[0-9]|2010)"
)
BORN = re.compile(
    r"(?P<worded>[0-9]{1,2} [^\W\d_]{3,12} )(?:19[2-9][0-9]|20[01][0-9])|(?P<month>[^\W\d_]{3,12} [0-9]{1,2},? )(?:19[2-9][0-9]|20[01][0-9])"
)
HASHED = re.compile(
    r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})(?::[\w]{1,32})?|\$(?:2[abxy]|argon2\w{0,2}|[1-6]|p|h|y)\$\S{10,}|pbkdf2_\w+\$\S{10,}|\*[0-9a-f]{40}"
)
#: How numbers of phones begin that are written without a plus: country, and the first digit of its mobiles.
DIALLED = re.compile(
    r"0[0-9]{8,12}|62[28][0-9]{8,12}|7[3-9][0-9]{9}|861[3-9][0-9]{9}|55[1-9][0-9]{9,10}|1[2-9][0-9]{9}|91[6-9][0-9]{9}|9665[0-9]{8}|9715[0-9]{8}|"
    r"201[0-9]{9}|33[67][0-9]{8}|34[67][0-9]{8}|491[5-7][0-9]{8,9}|521?[1-9][0-9]{9}|549?[1-9][0-9]{9}|573[0-9]{9}|601[0-9]{8,9}|639[0-9]{9}|"
    r"65[89][0-9]{7}|66[689][0-9]{8}|84[3-9][0-9]{8}|447[0-9]{9}|380[0-9]{9}|77[0-9]{9}"
)
#: Labels of listings, which are no logins.
LISTED = re.compile(
    r"country|revenue|employees?|prices?|size|access|rows?|records?|lines|format|samples?|contact|date|year|source|type|industry|sector|"
    r"hosts?|domain|website|site|url|title|total|fields|start|step|blitz|privileges|rights|level|os|cpu|ram|av|edr|version|payment|escrow|"
    r"negara|harga|ukuran|jumlah|sumber|tanggal|цена|страна|ревеню|доступ|строк|размер|дата|старт|шаг|блиц|"
    r"pais|precio|tamano|fecha|fuente|preco|tamanho|pays|prix|taille|http|https|btc|xmr|eth|line|time|note|see"
)
