"""What was done, by whom and when, in Indonesian: lines of the audit, events of deliveries, refusals."""

from __future__ import annotations

from typing import Final

ACTS: Final = {
    # of an alert
    "alert": "peringatan",
    "note": "catatan",
    "muted": "dibisukan",
    "not told": "tidak diberitahukan",
    "named": "disebut",
    "became": "menjadi",
    "was possible": "semula mungkin",
    "over the limit": "melampaui batas",
    "the same offer elsewhere": "tawaran yang sama di tempat lain",
    "deadline near": "tenggat dekat",
    "evidence held": "bukti ditahan",
    "evidence no longer held": "bukti tidak lagi ditahan",
    "breach confirmed": "pelanggaran dikonfirmasi",
    "duty met": "kewajiban dipenuhi",
    "assigned to nobody": "tidak ditugaskan kepada siapa pun",
    "assigned to": "ditugaskan kepada",
    "no longer due": "tanpa batas waktu lagi",
    "due": "batas waktu",
    "post new": "kiriman baru",
    "post changed": "kiriman berubah",
    "post removed": "kiriman dihapus",
    # of a delivery
    "retracted": "ditarik kembali",
    "reinstated": "dipulihkan",
    "copied": "disalin",
    "digest": "ringkasan berkala",
    "test": "uji coba",
    # of the law
    "authority": "otoritas",
    "subjects": "subjek data",
    "early-warning": "peringatan dini",
    "notification": "pemberitahuan",
    "final-report": "laporan akhir",
    # roles
    "viewer": "pembaca",
    "analyst": "analis",
    "operator": "operator",
    "admin": "admin",
    # in the console
    "address dropped": "alamat dibatalkan",
    "address looked at": "alamat diperiksa",
    "channel tried": "saluran dicoba",
    "crawl now": "rayapi sekarang",
    "new circuits": "sirkuit baru",
    "dismissed a proposal": "usulan ditolak",
    "exported a search": "pencarian diekspor",
    "exported alerts": "peringatan diekspor",
    "exported evidence": "bukti diekspor",
    "first admin made": "admin pertama dibuat",
    "log-in refused": "gagal masuk",
    "logged in": "masuk",
    "logged out": "keluar",
    "other sessions ended": "sesi lain diakhiri",
    "password changed": "kata sandi diganti",
    "password not changed": "kata sandi tidak diganti",
    "password set": "kata sandi ditetapkan",
    "previewed a watchlist": "daftar pantau dipratinjau",
    "routes changed": "rute diubah",
    "saved a search": "pencarian disimpan",
    "searched": "mencari",
    "second factor set": "faktor kedua dipasang",
    "second factor taken away": "faktor kedua dilepas",
    "source added": "sumber ditambah",
    "token made": "token dibuat",
    "token revoked": "token dicabut",
    "user changed": "pengguna diubah",
    "user kept out": "pengguna diblokir",
    "user let in again": "pengguna diizinkan lagi",
    "user made": "pengguna dibuat",
    "watchlist changed": "daftar pantau diubah",
    "watchlist retired": "daftar pantau dipensiunkan",
    "watchlists imported": "daftar pantau diimpor",
    # what is answered
    "user, password or code is not right, or the user is locked for 15 minutes": "pengguna, kata sandi, atau kode "
    "salah, atau pengguna dikunci selama 15 menit",
    "the password is not right, or the user is locked for 15 minutes": "kata sandi salah, atau pengguna dikunci selama "
    "15 menit",
    "the code is not right": "kodenya salah",
    "the password is shorter than 12 characters": "kata sandi kurang dari 12 karakter",
    "this is no secret of an authenticator": "ini bukan rahasia autentikator",
    "The password was changed; other sessions and tokens ended.": "Kata sandi diganti; sesi dan token lain diakhiri.",
    "Other sessions ended.": "Sesi lain diakhiri.",
    "this form is not of this session; load the page again": "formulir ini bukan dari sesi ini; muat ulang halaman",
    "this needs the role analyst": "ini memerlukan peran analis",
    "this needs the role operator": "ini memerlukan peran operator",
    "this needs the role admin": "ini memerlukan peran admin",
    "too many log-ins from your address; wait five minutes": "terlalu banyak percobaan masuk dari alamat Anda; tunggu "
    "lima menit",
    "there is no such page": "halaman itu tidak ada",
    "no identity provider is set": "tidak ada penyedia identitas yang diatur",
    "First admin": "Admin pertama",
    "There is no user yet. The one made here may do everything; others are made by the command": "Belum ada pengguna. "
    "Yang dibuat di sini boleh melakukan segalanya; yang lain dibuat dengan perintah",
    # where a source is not seen
    "start duskwatch run, or duskwatch crawl it": "mulai duskwatch run, atau rayapi dengan duskwatch crawl",
    "set schedule.enabled to have it read": "atur schedule.enabled agar dibaca",
    "is duskwatch run running?": "apakah duskwatch run berjalan?",
    "look at it with duskwatch source test": "periksa dengan duskwatch source test",
    "read its log; the next crawl goes on where it was": "baca lognya; perayapan berikut melanjutkan dari situ",
    "see its detail; raise politeness.pages if the page budget ended first": "lihat rinciannya; naikkan "
    "politeness.pages bila jatah halaman habis lebih dulu",
    "mend its adapter, or make a new profile with duskwatch source add; then duskwatch source reparse": "perbaiki "
    "adaptornya, atau buat profil baru dengan duskwatch source add; lalu duskwatch source reparse",
    "its layout changed, or another engine runs there: compare a kept page with its adapter": "tata letaknya berubah, "
    "atau mesin lain berjalan di sana: bandingkan halaman tersimpan dengan adaptornya",
    "see its detail for what stands in the way": "lihat rinciannya untuk mengetahui penghalangnya",
    "try duskwatch source new-circuits, or another address": "coba duskwatch source new-circuits, atau alamat lain",
    "start tor, or set tor.launch": "jalankan tor, atau atur tor.launch",
    "duskwatch doctor says what the store lacks; or raise spool.megabytes": "duskwatch doctor mengatakan apa yang "
    "kurang pada penyimpanan; atau naikkan spool.megabytes",
    "Crawl": "Rayapi",
    "empty": "kosong",
}
_UNITS: Final = {"d": "hari", "h": "jam", "min": "mnt", "s": "dtk"}


def acted(what: str, language: str) -> str:
    """What an audit says was done, ``assigned to ana`` or ``new -> resolved``, but for what of it is a name."""
    if language != "id":
        return what
    for at in (
        len(what),
        what.find(": "),
        *sorted((at for at, char in enumerate(what) if char == " "), reverse=True),
    ):
        if at > 0 and what[:at] in ACTS:
            return ACTS[what[:at]] + what[at:]
    return what


def unit(name: str, language: str) -> str:
    """A unit of time: in Indonesian "h" would be read as a day."""
    return _UNITS[name] if language == "id" else name
