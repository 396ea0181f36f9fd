"""A hard set of listings that name nobody: organisations that are much alike, and listings that show another view of their
data than their profiles were built from.

An organisation has an imaginary schema: columns of everybody, columns put together of few words as those of its sector are
(a hundred organisations of one country and sector use the same few hundred, the frequent ones more often), and two to five
of its own. Its **profile** is read from a sample as ``watch profile`` reads it: a DDL file of seven tenths of the columns;
its number of people is two years old. A **listing** is made from another seven tenths of the columns, by transformations
that stand below one by one, and comes in five kinds (shares in ``KINDS``):

- ``header``: a line of columns, some of its own among them;
- ``prose``: one or two of its own columns within sentences;
- ``translated``: columns put into English, own ones cut short, its product where it has one;
- ``rows``: no column, but rows whose numbers have its format;
- ``bare``: country and size only. Nothing in it tells who it is: no way can do better than the number of its twins.

``DEVELOPMENT`` and ``HELD_OUT`` have other seeds, other sentences, other words of translation and other cuts. The scoring
was made with the first only. A day's feed is talk, combo lists, services, questions, and offers of data of others who are
made as the watched ones are and are not watched.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.unnamed.profile import DataProfile
from alerts.unnamed.sampling import sample
from alerts.watchlist import Organisation
from quality.unnamed import Listing, word

DEVELOPMENT, HELD_OUT = 20_240_511, 90_817
KINDS = {"header": 0.45, "prose": 0.2, "translated": 0.15, "rows": 0.1, "bare": 0.1}
_COUNTRIES = {"ID": 40, "BR": 14, "US": 12, "IN": 10, "FR": 8, "RU": 8, "MX": 8}
_NAMED = {
    "ID": ("Indonesia", "Indonesian"),
    "BR": ("Brazil", "Brazilian"),
    "US": ("USA", "American"),
    "IN": ("India", "Indian"),
    "FR": ("France", "French"),
    "RU": ("Russia", "Russian"),
    "MX": ("Mexico", "Mexican"),
}
_SECTORS = {
    "health": ("hospital", "pasien dokter faskes kamar rujukan obat poli rawat diagnosa tindakan"),
    "finance": ("bank", "nasabah rekening cabang kartu pinjaman agunan saldo mutasi teller kredit"),
    "insurance": ("insurance", "peserta polis klaim premi agen tertanggung manfaat kelas iuran santunan"),
    "government": ("government", "penduduk kk akta desa pajak izin pegawai dinas berkas layanan"),
    "education": ("university", "mahasiswa dosen prodi nilai kelas semester wali ujian beasiswa jurusan"),
    "telecommunications": (
        "telecom",
        "pelanggan msisdn paket pulsa tagihan sim menara lokasi kuota perangkat",
    ),
    "retail": ("retail", "pembeli pesanan toko gudang kurir voucher poin barang resi keranjang"),
    "transport": ("airline", "penumpang tiket kursi rute bagasi kru jadwal armada muatan pelabuhan"),
}
_HEADS = [
    "no",
    "kd",
    "nm",
    "tgl",
    "jns",
    "sts",
    "id",
    "kode",
    "nomor",
    "tanggal",
    "jenis",
    "status",
    "jml",
    "nilai",
    "flag",
    "tipe",
]
_TAILS = [
    "awal",
    "akhir",
    "lama",
    "baru",
    "utama",
    "aktif",
    "asal",
    "tujuan",
    "bayar",
    "lahir",
    "daftar",
    "cetak",
]
_COMMON = [
    "id",
    "nama",
    "alamat",
    "nik",
    "tgl_lahir",
    "no_hp",
    "email",
    "jenis_kelamin",
    "kota",
    "provinsi",
    "agama",
    "pekerjaan",
    "created_at",
    "updated_at",
    "status",
    "username",
    "password",
    "phone",
    "name",
    "address",
    "dob",
    "gender",
    "no_ktp",
    "kode_pos",
    "tempat_lahir",
]
#: By half: the words that columns are put into, so that one half's are not known from the other.
_ENGLISH = (
    {
        "no": "number",
        "kd": "code",
        "nm": "name",
        "tgl": "date",
        "jns": "kind",
        "sts": "state",
        "kode": "code",
        "nomor": "number",
    },
    {
        "no": "num",
        "kd": "cd",
        "nm": "fullname",
        "tgl": "dt",
        "jns": "type",
        "sts": "stat",
        "kode": "key",
        "nomor": "nr",
    },
)
_SENTENCES = (
    (
        "Selling {who} database, {count} records. Price {price} USD, sample below.",
        "Fresh {who} db for sale: {count} lines, {price}$, escrow ok",
        "Dijual database {who} {count} data, harga {price} USD",
    ),
    (
        "{who} leak {count} rows, asking {price} USD. PM for proof",
        "[SELL] {count} {who} users data, {price}$ in XMR",
        "Jual data {who}, total {count} baris, {price} USD nego",
    ),
)
_PROSE = (
    "each row has {one} and the usual contact fields, {two} is filled in most",
    "keyed by {one}, joined over {two} to the address table",
)
_TALK = (
    "anyone knows if the escrow is back",
    "vouch for this seller, fast and clean",
    "mirror is down again",
    "how do I parse a sql dump with columns nik, nama, alamat",
    "looking for Indonesian data, WTB fresh",
    "what is the best way to sell a bank database",
)


@dataclass(frozen=True, slots=True)
class Known:
    """An organisation with its whole schema. ``own``: columns that are its own; ``number``: how its numbers begin."""

    organisation: Organisation
    own: tuple[str, ...]
    shared: tuple[str, ...]
    product: str
    number: str
    people: int


def _shared(chance: random.Random, sector: str) -> str:
    """A column as the sector's are put together; frequent words more often."""
    things = _SECTORS[sector][1].split()
    head = _HEADS[min(int(chance.expovariate(0.35)), len(_HEADS) - 1)]
    thing = things[min(int(chance.expovariate(0.5)), len(things) - 1)]
    tail = chance.choice(_TAILS) if chance.random() < 0.45 else ""
    return "_".join(filter(None, (head, thing, tail)))


def _own(chance: random.Random, sector: str, mark: str) -> str:
    """A column of one organisation: its own mark with a common word, or a word of its own."""
    thing = chance.choice(_SECTORS[sector][1].split())
    return chance.choice(
        (f"{mark}_{thing}", f"{mark}{chance.choice(_HEADS)}", f"{word(chance, 2, 3)}_{thing[:4]}")
    )


def known(count: int, seed: int) -> list[Known]:
    chance, found = random.Random(seed), []
    for number in range(count):
        country = chance.choices(list(_COUNTRIES), list(_COUNTRIES.values()))[0]
        sector = chance.choice(list(_SECTORS))
        mark = word(chance, 1, 2) + chance.choice("bdkmnprst")
        own = tuple(dict.fromkeys(_own(chance, sector, mark) for _ in range(chance.randint(2, 5))))
        shared = tuple(dict.fromkeys(_shared(chance, sector) for _ in range(24)))
        product = word(chance, 3, 4) if chance.random() < 0.5 else ""
        begins = f"{chance.randint(10, 9999)}" if chance.random() < 0.4 else ""
        people = int(10 ** chance.uniform(4, 8))
        seen = [each for each in (*own, *shared, *chance.sample(_COMMON, 12)) if chance.random() < 0.7]
        seen = seen if any(each in own for each in seen) else [*seen, own[0]]
        ddl = f"CREATE TABLE t_{sector[:4]} (" + ", ".join(f"{each} varchar(40)" for each in seen) + ");"
        columns = sample(ddl).names
        profile = DataProfile(
            countries=(country,),
            sectors=(sector,),
            people=max(int(people * chance.uniform(0.75, 1.2)), 1),
            columns=columns,
            products=(product,) if product and chance.random() < 0.8 else (),
            identifiers=(rf"\b{begins}\d{{9}}\b",) if begins and chance.random() < 0.8 else (),
        )
        name = f"{word(chance, 4, 5)} {word(chance, 4, 5)}".title()
        organisation = Organisation(id=f"h{seed % 97}-{number}", name=name, profile=profile)
        found.append(Known(organisation, own, shared, product, begins, people))
    return found


def _spelt(chance: random.Random, column: str) -> str:
    """The same name as another export has it: other joints, case, a table before it, cut off behind twelve letters."""
    made = column.replace("_", chance.choice(("_", "_", "", " ", "-")))
    made = chance.choice((str.lower, str.lower, str.upper, str.title))(made)
    if chance.random() < 0.1:
        made = f"{chance.choice(('t1', 'm', 'tbl'))}.{made}"
    return made[:12] if chance.random() < 0.15 else made


def _translated(chance: random.Random, column: str, half: int) -> str:
    """The same name in English, as far as this half has words for it."""
    return "_".join(_ENGLISH[half].get(part, part) for part in column.split("_"))


def _short(chance: random.Random, column: str, half: int) -> str:
    """An own name cut short: without its vowels, or its first word only."""
    if half:
        return column.split("_")[0] if chance.random() < 0.5 else column
    return (
        column[:1] + "".join(char for char in column[1:] if char not in "aiueo")
        if chance.random() < 0.5
        else column
    )


def _listing(chance: random.Random, one: Known, half: int, kind: str, watched: bool) -> Listing:
    profile = one.organisation.profile
    assert profile is not None
    where, whose = _NAMED[profile.countries[0]]
    sector = _SECTORS[profile.sectors[0]][0]
    who = " ".join(
        filter(
            None,
            (
                chance.choice((where, whose)) if chance.random() < 0.8 else "",
                sector * (chance.random() < 0.5),
            ),
        )
    )
    count = max(int(one.people * chance.choice((0.4, 0.9, 1.0, 1.0, 1.05, 2.5))), 1000)
    counted = (
        f"{count:,}"
        if chance.random() < 0.5
        else f"{count / 1e6:.1f}M"
        if count >= 10**6
        else f"{count // 1000}k"
    )
    text = chance.choice(_SENTENCES[half]).format(
        who=who or "full", count=counted, price=chance.randint(1, 90) * 100
    )
    own = [each for each in one.own if chance.random() < 0.7] or [one.own[-1]]
    shared = chance.sample(one.shared, min(len(one.shared), chance.randint(2, 6)))
    noise = [f"{word(chance, 1, 2)}_{chance.choice(_HEADS)}" for _ in range(chance.randint(0, 3))]
    shown: list[str] = []
    if kind == "header":
        shown = [_spelt(chance, each) for each in (*own[:3], *shared, *noise)]
    elif kind == "prose":
        two = chance.choice((*own[1:2], *shared[:1]))
        text += " " + _PROSE[half].format(one=_spelt(chance, own[0]), two=_spelt(chance, two))
        shown = chance.sample(_COMMON, 3)
    elif kind == "translated":
        shown = [_spelt(chance, _short(chance, each, half)) for each in own[:2]]
        shown += [_translated(chance, each, half) for each in (*shared, *noise)]
        text += f" From the {one.product} system." if one.product and chance.random() < 0.6 else ""
    elif kind == "rows":
        begins = one.number or str(chance.randint(10, 9999))
        text += "\n" + "\n".join(
            f"{begins}{chance.randint(10**8, 10**9 - 1)}|{word(chance).title()} {word(chance).title()}|19{chance.randint(50, 99)}-01-0{chance.randint(1, 9)}"
            for _ in range(3)
        )
    if shown:
        shown += chance.sample(_COMMON, chance.randint(2, 6))
        chance.shuffle(shown)
        text += "\n\n" + chance.choice((", ", " | ", ";", ",")).join(dict.fromkeys(shown))
    return Listing(f"{who or 'fresh'} database".strip(), text, one.organisation.id if watched else "")


def asked(every: Sequence[Known], count: int, seed: int) -> dict[str, list[Listing]]:
    """Listings of watched organisations that name nobody, by kind, in the shares of ``KINDS``."""
    chance, half = random.Random(seed + 1), int(seed == HELD_OUT)
    return {
        kind: [_listing(chance, one, half, kind, True) for one in chance.sample(every, int(count * share))]
        for kind, share in KINDS.items()
    }


def feed(count: int, seed: int) -> Iterator[Listing]:
    """A day's posts, none of them of whom is watched."""
    chance, half = random.Random(seed + 2), int(seed % 2)
    others = known(count // 10, seed + 3)
    for number in range(count):
        draw = chance.random()
        if draw < 0.1:
            one = others[number % len(others)]
            yield _listing(chance, one, half, chance.choices(list(KINDS), list(KINDS.values()))[0], False)
        elif draw < 0.3:
            rows = "\n".join(
                f"{word(chance)}@mail.example:{word(chance)}{chance.randint(1, 99)}" for _ in range(5)
            )
            where = chance.choice(list(_NAMED.values()))[0]
            yield Listing("combo", f"{chance.randint(1, 900)}k {where} combo list mail:pass, fresh\n{rows}")
        elif draw < 0.4:
            columns = chance.sample(_COMMON, 6)
            where = chance.choice(list(_NAMED.values()))[1]
            yield Listing(
                f"{where} leads", f"Selling {chance.randint(1, 90)}M {where} people, {', '.join(columns)}"
            )
        else:
            yield Listing("talk", f"{chance.choice(_TALK)} {' '.join(word(chance) for _ in range(12))}")
