"""Invented organisations for the generated posts, the sentences around them, and a crowd that no post names."""

from __future__ import annotations

import random

from alerts.watchlist import Organisation

SEED = 20220106
SENTENCES = {
    "en": ("Selling the full database of {} with customer records, contact me", "Fresh leak: {} employees, 2 million rows",
           "WTS {} access, domain admin, $3k, escrow ok", "[2026] {} dump\nRows: 64k\nPrice: 0.05 BTC, negotiable"),
    "id": ("Jual database lengkap {} berisi data pelanggan, hubungi saya", "Data pegawai {} bocor, dua juta baris",
           "ada yang punya {} gan? minat pm", "Judul: {} 2026\nIsi: nama | nik | alamat\nHarga: nego, rekber"),
    "ru": ("Продаю полную базу {} с данными клиентов, пишите", "Свежая утечка: {} и два миллиона строк",
           "куплю доступ к {} , оплата через гаранта", "База: {} \nСтрок: 600к\nЦена: договорная"),
    "zh": ("出售 {} 的完整数据库，联系我", "最新泄露： {} 员工数据", "一手 {} 后台权限，价格面议", "标题：{}\n数量：600万\n只收XMR"),
    "ar": ("للبيع قاعدة بيانات {} كاملة مع سجلات العملاء", "تسريب جديد: {} مليونا سجل",
           "وصول الى {} السعر قابل للتفاوض", "الشركة: {}\nالسجلات: 6 ملايين\nتواصل تيليجرام"),
    "es": ("Vendo la base completa de {} con datos de clientes", "Nueva filtración: {} y dos millones de filas",
           "busco acceso vpn a {} , pago bien", "Empresa: {}\nFilas: 64.000\nPrecio: 300 USD"),
    "pt": ("Vendo o banco de dados completo de {} com clientes", "Novo vazamento: {} e dois milhões de linhas",
           "quem tem {} chama no privado", "Empresa: {}\nLinhas: 1,2 milhão\nAceito XMR"),
    "fr": ("Vends la base complète de {} avec les clients", "Nouvelle fuite : {} et deux millions de lignes",
           "cherche accès rdp chez {} , bon prix", "Société : {}\nVolume : 2 To\nPrix : faire offre"),
    "de": ("Verkaufe die ganze Datenbank von {} mit Kundendaten", "Neues Leck: {} und zwei Millionen Zeilen",
           "suche Zugang zu {} , zahle gut", "Firma: {}\nZeilen: 64.000\nPreis: VB, Treuhand"),
    "ja": ("販売： {} の完全なデータベース", "新しい流出： {} 社員情報", "{} の管理画面、応相談", "会社：{}\n件数：6万4千\n価格：応相談"),
    "tr": ("{} veritabanının tamamı satılık, müşteri kayıtları", "Yeni sızıntı: {} ve iki milyon satır"),
}  # fmt: skip
_LATIN = ("Kemvarano", "Bank Torvelia", "Nusapratik Energi", "Dortmeria Versicherung", "Sulvanta Health Group",
          "Rumah Sakit Melvanti", "Universitas Belandira", "Grupo Valdenora", "Ostrevik Logistics", "Pelabuhan Tirtalaga",
          "Yildorana Denizcilik", "Companhia Bravetinha")  # fmt: skip
#: Names that were never looked at while the matcher was tuned.
_HELD_OUT = ("Zarmintola", "Banco Feralduna", "Wirakanta Tambang", "Klinik Osterwede", "Perusda Airlindung", "Trevossa Pharma Group",
             "Institut Melgarine", "Norvald Shipping", "Asuransi Kirtabuana", "Fundação Larimbeira")  # fmt: skip
_OWN = {
    "ru": ("Мирналогбанк", "Завод Ковралин"),
    "zh": ("瀚澜银行", "东穗科技集团"),
    "ja": ("みなと架空銀行", "カラヴィータ"),
    "ar": ("مصرف السرحدان", "شركة نجدوان"),
}
_OWN_HELD_OUT = {
    "ru": ("Дальневекторснаб", "Клиника Озоренская"),
    "zh": ("凌霄港务集团", "沐川医院"),
    "ja": ("さくらば電鉄", "トリメノーラ"),
    "ar": ("مستشفى الوردانة", "هيئة سرمدان"),
}


def core(organisation: Organisation) -> str:
    """The name without its legal form."""
    return organisation.name.removeprefix("PT ").removesuffix(" Tbk")


def latin(held_out: bool = False) -> list[Organisation]:
    """Organisations with Latin names."""
    names = _HELD_OUT if held_out else _LATIN
    found = []
    for number, name in enumerate(names):
        domain = "".join(char for char in name.lower() if char.isascii() and char.isalnum())
        found.append(
            Organisation(
                id=f"{'held' if held_out else 'own'}-{number}",
                name=f"PT {name} Tbk" if number % 3 == 0 else name,
                aliases=(name,) if number % 4 == 0 else (),
                acronyms=(name[0] + "VWXYZQKJGBTMX"[number] + "DKRLMNPSTVHX"[number % 12] + "Z",),
                context=("bank", "rekening") if number == 1 else (),
                domains=(f"{domain}.{('co.id', 'com', 'go.id')[number % 3]}",),
                exclusions=(f"{name} Fan Club",),
            )
        )
    return found


def own_script(held_out: bool = False) -> dict[str, list[Organisation]]:
    """Organisations with names in the language's own script, by language."""
    table = _OWN_HELD_OUT if held_out else _OWN
    before = "held-" if held_out else ""
    return {
        language: [
            Organisation(id=f"{before}{language}-{number}", name=name) for number, name in enumerate(names)
        ]
        for language, names in table.items()
    }


def organisations() -> list[Organisation]:
    """All that the generated posts are about."""
    return [
        one
        for held_out in (False, True)
        for one in (*latin(held_out), *(each for row in own_script(held_out).values() for each in row))
    ]


def crowd(count: int) -> list[Organisation]:
    """Other organisations, which no post names."""
    chance = random.Random(SEED)
    starts = [a + b for a in "bcdfghjklmnprstvwz" for b in "aeiou"]

    def word(least: int, most: int) -> str:
        made = "".join(chance.choices(starts, k=chance.randint(least, most)))
        return (made + chance.choice(["", "n", "r", "s", "x"])).title()

    kinds = (
        "{0} Group",
        "Bank {0}",
        "{0} {1}",
        "PT {0} {1} Tbk",
        "{0} {1} Hospital",
        "Universitas {0}",
        "{0} Insurance Ltd",
    )
    return [
        Organisation(
            id=f"crowd-{number}",
            name=chance.choice(kinds).format(word(3, 5), word(2, 4)),
            domains=(f"{word(3, 5).lower()}.{chance.choice(['com', 'co.id', 'net'])}",)
            if number % 3 == 0
            else (),
        )
        for number in range(count)
    ]
