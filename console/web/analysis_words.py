"""Words of the pages on which analysts work, in Indonesian."""

from __future__ import annotations

from typing import Final

INDONESIAN: Final = {
    # pivots and sellers
    "Indicator": "Indikator",
    "Kind": "Jenis",
    "Value": "Nilai",
    "find out": "cari tahu",
    "Look": "Lihat",
    "Wallet, handle, mail, domain, onion, hash, CVE, fingerprint …": "Dompet, akun, surel, domain, onion, hash, CVE, sidik jari …",
    "It may also be": "Mungkin juga",
    "No indicator can be read from this.": "Tidak ada indikator yang terbaca dari ini.",
    "Choose its kind, or search for its words.": "Pilih jenisnya, atau cari kata-katanya.",
    "No stored post names it.": "Tidak ada kiriman tersimpan yang menyebutnya.",
    "All posts were looked through by its spellings, also those that made no alert.": "Semua kiriman diperiksa menurut "
    "ejaannya, termasuk yang tidak menimbulkan peringatan.",
    "listings": "tawaran",
    "handles": "akun",
    "alerts": "peringatan",
    "sources": "sumber",
    "first": "pertama",
    "last": "terakhir",
    "first seen": "pertama terlihat",
    "Only the newest posts that have its words were read": "Hanya kiriman terbaru dengan kata-katanya yang dibaca",
    "not read": "tidak dibaca",
    "Read further back": "Baca lebih jauh ke belakang",
    "Alert": "Peringatan",
    "Alerts": "Peringatan",
    "Handle": "Akun",
    "Handles": "Akun",
    "none": "tidak ada",
    "common": "umum",
    "No stored post is by this handle.": "Tidak ada kiriman tersimpan dari akun ini.",
    "A handle without a letter or digit cannot be looked for.": "Akun tanpa huruf atau angka tidak dapat dicari.",
    "The newest posts are read": "Kiriman terbaru yang dibaca",
    "Several sources have this handle; it may be of several people.": "Beberapa sumber memiliki akun ini; mungkin milik "
    "beberapa orang.",
    "Replies in": "Balasan di",
    "Contacts and wallets": "Kontak dan dompet",
    "Named by too many handles to tell whose it is: a market's or an escrow's. Not followed.": "Disebut terlalu banyak akun "
    "sehingga tidak jelas miliknya: milik pasar atau escrow. Tidak ditelusuri.",
    "Aliases that share contacts": "Alias yang berbagi kontak",
    "shares": "berbagi",
    "with": "dengan",
    "their post": "kiriman mereka",
    "the other's": "kiriman yang lain",
    "steps": "langkah",
    "There are more than are looked at here.": "Masih ada lebih banyak daripada yang dilihat di sini.",
    "Follow further": "Telusuri lebih jauh",
    "No other handle names a contact of theirs.": "Tidak ada akun lain yang menyebut kontaknya.",
    "The same name elsewhere, perhaps somebody else's": "Nama yang sama di tempat lain, mungkin milik orang lain",
}
