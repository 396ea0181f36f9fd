"""The console's own words, in English and Indonesian. What is in neither is shown as it is."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = {"en": "English", "id": "Bahasa Indonesia"}

_INDONESIAN: Final = {
    "Inbox": "Kotak masuk",
    "Search": "Cari",
    "Sources": "Sumber",
    "Watchlists": "Daftar pantau",
    "Overview": "Ikhtisar",
    "Account": "Akun",
    "Log in": "Masuk",
    "Log out": "Keluar",
    "User": "Pengguna",
    "Password": "Kata sandi",
    "Code (if you use one)": "Kode (bila dipakai)",
    "Skip to content": "Langsung ke isi",
    "Severity": "Tingkat",
    "State": "Status",
    "Organisation": "Organisasi",
    "Source": "Sumber",
    "Title": "Judul",
    "Claims": "Klaim",
    "Age": "Umur",
    "Assignee": "Penanggung jawab",
    "Due": "Batas waktu",
    "Filter": "Saring",
    "any": "semua",
    "open": "terbuka",
    "No alerts.": "Tidak ada peringatan.",
    "Acknowledge": "Terima",
    "Escalate": "Eskalasi",
    "Resolve": "Selesaikan",
    "False positive": "Positif palsu",
    "Assign": "Tugaskan",
    "Assign to": "Tugaskan kepada",
    "Note": "Catatan",
    "Add note": "Tambah catatan",
    "Reason": "Alasan",
    "Selected alerts": "Peringatan terpilih",
    "Apply": "Terapkan",
    "Action": "Tindakan",
    "What is claimed": "Apa yang diklaim",
    "Why it matched": "Mengapa cocok",
    "Where it stands": "Di mana berada",
    "Listings": "Tawaran",
    "Timeline": "Linimasa",
    "Deliveries": "Pengiriman",
    "Evidence": "Bukti",
    "Deadlines": "Tenggat hukum",
    "Detection clock": "Jam deteksi",
    "Confirm the breach": "Konfirmasi pelanggaran",
    "Brief": "Ringkasan",
    "Export evidence": "Ekspor bukti",
    "Audit": "Jejak audit",
    "Actions": "Tindakan",
    "Query": "Kueri",
    "Newest first": "Terbaru dulu",
    "Oldest first": "Terlama dulu",
    "Relevance": "Relevansi",
    "One hit a listing": "Satu hasil per tawaran",
    "posts": "kiriman",
    "Next page": "Halaman berikut",
    "Nothing found.": "Tidak ada yang ditemukan.",
    "Thread": "Utas",
    "History": "Riwayat",
    "Seller": "Penjual",
    "Revision": "Revisi",
    "Last read": "Terakhir dibaca",
    "Pages": "Halaman",
    "Posts": "Kiriman",
    "Detail": "Rincian",
    "New circuits": "Sirkuit baru",
    "New alerts": "Peringatan baru",
    "Language": "Bahasa",
    "Not found": "Tidak ditemukan",
    "Not allowed": "Tidak diizinkan",
    "Print": "Cetak",
    "removed": "dihapus",
    "new": "baru",
    "acknowledged": "diterima",
    "escalated": "dieskalasi",
    "resolved": "selesai",
    "false positive": "positif palsu",
    "critical": "kritis",
    "high": "tinggi",
    "medium": "sedang",
    "low": "rendah",
    "informational": "informasi",
}


def said(text: str, language: str) -> str:
    """A word or sentence of the console in a language."""
    return _INDONESIAN.get(text, text) if language == "id" else text


def known() -> frozenset[str]:
    """All that has a translation."""
    return frozenset(_INDONESIAN)
