"""Personal data in samples is masked before it is stored, and nothing else is."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.matching import build_matcher
from alerts.watchlist import Organisation
from config.errors import InputError
from config.settings import PrivacySettings
from indexer.fact import facts
from indexer.ingest import Ingest
from indexer.masking import Masking, masking_key, open_masking
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.spool import Spool

if TYPE_CHECKING:
    from conftest import Workspace

KEY = bytes(range(32))
MASKING = Masking(KEY)
NIK = "3174011203900001"


# Each: a text, what must not be in it any more, and what must.
@pytest.mark.parametrize(
    ("text", "hidden", "kept"),
    [
        # mail addresses of victims: the domain stays, because watches look for it
        ("budi@victim.example:rahasia123", ["budi", "rahasia123"], ["@victim.example:"]),
        (
            "1 | Budi | budi.s@victim.example | 081234567890",
            ["budi.s", "081234567890"],
            ["@victim.example", "7890", "Budi"],
        ),
        ("1,Siti,siti@victim.example,Jakarta", ["siti@"], ["Siti", "@victim.example", "Jakarta"]),
        (
            "(17,'siti','siti@victim.example','$2y$10$abcdefghijklmnopqrstuv','08123456789')",
            ["siti@", "$2y$10", "08123456789"],
            ["@victim.example", "6789"],
        ),
        (
            "Name: Budi\nEmail: budi@victim.example\nPhone: +62 812-3456-7890",
            ["budi@", "3456"],
            ["@victim.example", "7890"],
        ),
        (
            '{"name": "Budi", "email": "budi@victim.example", "password": "rahasia1"}',
            ["budi@", "rahasia1"],
            ["@victim.example"],
        ),
        # phones
        ("x | +44 7700 900123 | y", ["7700"], ["0123"]),
        ("a;6281234567890;b;budi@victim.example", ["6281234567890"], ["7890"]),
        ("phone: 0812-3456-7890, 27 years", ["3456"], ["7890", "27 years"]),
        ("телефон: +7 916 123-45-67", ["916", "123-45"], ["4567"]),
        ("手机号：13800138000", ["13800138000"], ["8000"]),
        # numbers of identity
        (f"NIK {NIK}", [NIK], ["0001"]),
        ("3174 0112 0390 0001 Budi", ["3174"], ["0001"]),
        ("SSN 123-45-6789", ["123-45"], ["6789"]),
        ("ssn: 123456789", ["123456789"], ["6789"]),
        ("Passport No: A1234567", ["A1234567"], ["567"]),
        ("паспорт: 45 10 123456", ["123456"], ["456"]),
        ("paspor X123456 dan lain", ["X123456"], ["dan lain"]),
        ("name | passport | dob\nBudi | B7654321 | 1990-03-12", ["B7654321", "03-12"], ["321", "1990"]),
        ("DNI: 30123456", ["30123456"], ["3456"]),
        # cards and accounts
        ("4111 1111 1111 1111|12/25|123|Budi", ["4111 1111"], ["1111"]),
        ("card 5500005555555559 exp", ["5500005555555559"], ["5559"]),
        ("amex 3782 822463 10005", ["822463"], ["0005"]),
        ("IBAN: DE89 3704 0044 0532 0130 00", ["3704 0044"], ["000"]),
        ("send GB82WEST12345698765432 now", ["WEST1234"], ["432"]),
        # births
        ("Budi | 1990-03-12 | budi@victim.example", ["03-12"], ["1990"]),
        ("DOB: 12/03/1990", ["12/03"], ["1990"]),
        ("tanggal lahir: 12 Maret 1990", ["Maret"], ["1990"]),
        ("дата рождения: 12.03.1985", ["12.03"], ["1985"]),
        ("出生日期：1985-03-12", ["03-12"], ["1985"]),
        # combo lists and what stealers write
        ("mary:letmein99\nadam:qwerty77\neve:dragon55", ["letmein99", "adam", "dragon55"], []),
        ("budi@victim.example;5f4dcc3b5aa765d61d8327deb882cf99", ["budi", "5f4dcc3b"], ["@victim.example"]),
        (
            "https://portal.victim.example/login:budi:rahasia123",
            ["budi", "rahasia123"],
            ["https://portal.victim.example/login"],
        ),
        (
            "portal.victim.example/login:budi@mail.example:rahasia1",
            ["budi", "rahasia1"],
            ["portal.victim.example/login", "@mail.example"],
        ),
        ("budi@victim.example | rahasia123", ["budi", "rahasia123"], ["@victim.example"]),
        (
            "one of them: contact@victim.example:rahasia123 works",
            ["contact@", "rahasia123"],
            ["@victim.example", "works"],
        ),
        (
            "URL: https://portal.victim.example/\nUsername: budi@victim.example\nPassword: rahasia1",
            ["budi@", "rahasia1"],
            ["https://portal.victim.example/"],
        ),
        ("Login: admin\nPassword: rahasia1", ["rahasia1"], ["admin"]),
        (
            "id,nama,nik,tgl_lahir,no_hp\n1,Budi,3174-01-120390-0001,12-03-1990,0812 3456 789",
            ["120390", "3456", "12-03"],
            ["Budi", "0001", "6789", "1990"],
        ),
        (
            "username | email | password\nbudi99 | budi@victim.example | rahasia1",
            ["rahasia1", "budi@"],
            ["@victim.example"],
        ),
        (
            "Nama: Budi\nTempat: Jakarta\nNIK: 3174011203900001\nHP: 081234567890",
            ["31740112", "0812345"],
            ["Budi", "0001", "7890"],
        ),
        # whatever the digits are written in
        ("NIK ３１７４０１１２０３９００００１", ["３１７４"], ["0001"]),
    ],
)
def test_every_claimed_shape_is_masked(text: str, hidden: list[str], kept: list[str]) -> None:
    masked = MASKING.mask(text)
    assert not [each for each in hidden if each in masked], masked
    assert not [each for each in kept if each not in masked], masked
    assert "xq" in masked or "*" in masked
    assert MASKING.mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "Selling 6,000,000 patients, 720 GB = 199 + 479 + 42, price $4,000",
        "Harga Rp 15.000.000.000, 1234567890123456 bytes",
        "Contact: seller@mail.example or telegram @velvet_crane",
        "Telegram: @velvet_crane | Email: seller@mail.example | Jabber: velvet@jabber.example",
        "Email: seller@mail.example\nTelegram: @velvet_crane\nUsername: velvet_crane",
        "Call me on Signal +1 555 010 0123",
        "WhatsApp: +62 812 3456 7890",
        "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion",
        "BTC: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed | ETH | escrow",
        "XMR 44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
        "posted on 2021-12-28, breach date: 28.12.2021, database of 2019-03-04",
        "CVE-2021-44228, sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "PGP fingerprint: 1234 5678 90AB CDEF 1234 5678 90AB CDEF 1234 5678",
        "Total: 1.234.567.890.123 rows; 64 000 строк",
        "name | email | phone | password | dob",
        "Fields: nik, name, phone: yes, email: yes, dob: yes",
        "time: 12:30:45\nline: 5:6\nsee https://board.example/t/1:2",
        "http://example.com:8080/path",
        "from 10:30 to 11:45 we talk; note: nothing",
        "tox 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF000000000000",
        "archive password: hunter2000",
        "seller@mail.example:telegram",
        "velvet@mail.example | @velvet_crane",
        "velvet@mail.example | escrow",
        "write to seller@mail.example: fast answers",
        "Country:Indonesia\nRevenue:$5M\nEmployees:1000\nAccess:RDP1234\nPrice:2000usd",
        "Name: database.sql\nHash: d41d8cd98f00b204e9800998ecf8427e\nSize: 3 GB",
        "10.0.0.1:22:open\n10.0.0.2:443:open\n10.0.0.3:80:open",
        "| 2021-12-28 | 640000 rows | 500 USD |",
        "Rows: 640000 | Price: 500 | Size: 3 GB | Year: 2021",
        "Indonesia | 64000000 | CSV | 2021 | 500 USD | 12345678",
        "EBN-12345678 and account 0012345678",
    ],
)
def test_nothing_else_is_masked(text: str) -> None:
    assert MASKING.mask(text) == text


def test_the_same_value_is_found_again_however_it_is_written() -> None:
    masked = MASKING.mask(f"a | {NIK} | b\nc | 3174 0112 0390 0001 | d")
    [token] = {word.partition("*")[0] for word in masked.split() if word.startswith("xq")}
    assert token in MASKING.tokens(NIK)
    phones = MASKING.mask("a | +62 812-3456-7890 | b\nc | 081234567890 | d")
    [token] = {word.partition("*")[0] for word in phones.split() if word.startswith("xq")}
    assert token in MASKING.tokens("0812 3456 7890")
    mail = MASKING.mask("Budi@Victim.example:rahasia")
    assert mail.partition("@")[0] in MASKING.tokens("budi@victim.example")
    assert mail.partition(":")[2].rstrip("*") in MASKING.tokens("rahasia")


def test_another_key_gives_other_letters() -> None:
    assert Masking(b"another key of ours").mask(f"NIK {NIK}") != MASKING.mask(f"NIK {NIK}")


def test_what_a_pattern_keeps_is_not_masked() -> None:
    keeping = Masking(KEY, keep=[r"4111\d{12}"])
    text = "4111111111111111 and 5500005555555559"
    assert keeping.mask(text).startswith("4111111111111111 and xq")


def test_masked_posts_are_matched_found_again_and_known(tmp_path: Path) -> None:
    text = f"Sample:\n1 | B | budi@victim-bank.example | {NIK}\n2 | S | siti@victim-bank.example | 3174011203900002"
    post = Post(
        key=PostKey("forum", "1", "1"),
        board="databases",
        position=1,
        title="Victim Bank customers",
        author="velvet_crane",
        text=text,
        url="http://board.example/1",
        seen_at=datetime(2026, 1, 2, tzinfo=UTC),
        kind=Kind.LISTING,
    )
    store = open_store(f"sqlite:///{tmp_path / 'posts.db'}")
    ingest = Ingest(lambda: store, Spool(tmp_path, 1), masking=MASKING)
    assert ingest.put([post], source="forum").new == 1
    again = ingest.put([post], source="forum")
    assert (again.new, again.changed) == (0, 0)
    [hit] = store.search(" OR ".join(MASKING.tokens(NIK))).hits
    stored = hit.stored.post
    assert NIK not in stored.text
    assert stored.language == "en"
    matcher = build_matcher(
        [Organisation(id="victim-bank", name="Victim Bank", domains=("victim-bank.example",))]
    )
    found = {match.kind for match in matcher.match("", stored.text)}
    assert "domain" in found
    assert {fact.kind for fact in facts(stored.title, stored.text)} & {"mail", "quantity", "price"} == set()
    ingest.close()


def test_search_finds_a_masked_value_again(workspace: Workspace) -> None:
    masking = open_masking(PrivacySettings(), workspace.folder / "var")
    assert masking is not None
    text = masking.mask("Sample:\n1 | B | budi@victim.example | +62 812-3456-7890")
    seen = datetime(2026, 1, 2, tzinfo=UTC)
    key = PostKey("forum", "1", "1")
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    store.put([Post(key, "databases", 1, "customers", "velvet_crane", text, "http://board.example/1", seen)])
    store.close()
    assert workspace.duskwatch("search", "--personal", "0812 3456 7890")["total"] == 1
    assert workspace.duskwatch("search", "--personal", "budi@victim.example")["total"] == 1
    assert workspace.duskwatch("search", "--personal", "0812 3456 7891")["total"] == 0
    assert workspace.duskwatch("search", "victim", "--personal", "0812 3456 7890")["total"] == 1


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "var" / "masking.key"
    key = masking_key(file)
    assert masking_key(file) == key
    assert len(key) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["masking.key"]
    file.write_text("abc")
    with pytest.raises(InputError):
        masking_key(file)


def test_masking_is_on_unless_the_settings_say_otherwise(tmp_path: Path) -> None:
    assert open_masking(PrivacySettings(mask=False), tmp_path) is None
    own = open_masking(PrivacySettings(key="00" * 16), tmp_path)  # type: ignore[arg-type]
    assert own is not None
    assert not list(tmp_path.iterdir())
    assert open_masking(PrivacySettings(), tmp_path) is not None
    with pytest.raises(ValueError, match="hex digits"):
        PrivacySettings(key="abc")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="regular expression"):
        PrivacySettings(keep=("(",))


_PIECES = st.sampled_from(
    [
        "a@b.cc",
        ":",
        "|",
        ";",
        ",",
        "\t",
        "\n",
        "x",
        "1234",
        "3174011203900001",
        "password: ",
        "DOB: ",
        "1990-01-02",
        " ",
        "人",
        "phone: +62812345678",
    ]
)


@given(st.text() | st.lists(_PIECES, max_size=40).map("".join))
def test_no_text_raises_and_masking_twice_changes_nothing(text: str) -> None:
    once = MASKING.mask(text)
    assert MASKING.mask(once) == once
