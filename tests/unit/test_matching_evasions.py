"""How names are hidden, what gives a match its strength, and what holds for every text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.loading import load_watchlists
from alerts.matching import build_matcher
from alerts.matching.folding import base, fold
from alerts.matching.legal import without_legal_form
from alerts.watchlist import Organisation
from config.errors import InputError

SHOP = Organisation(
    id="shop",
    name="PT Rekaan Sejahtera Tbk",
    aliases=("Tokorandu", "Сбертехлаб", "リソー", "مصرف الروفان"),
    acronyms=("TKR",),
    context=("toko",),
    patterns=(r"TKR-\d{6}",),
    domains=("tokorandu.co.id", "rekaan-sentosa.example"),
    brands=("Melvantira",),
)
MAIL = Organisation(id="mail", name="San Torvelia", mail_domains=("surat-kandoril.example",))
HEALTH = Organisation(id="health", name="Ministry of Public Health of Rekania")
MATCHER = build_matcher([SHOP, HEALTH, MAIL])


def found(text: str) -> set[str]:
    return {text[span.start : span.end] for match in MATCHER.match("", text) for span in match.spans}


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("T0k0r4ndu", "digits for letters"),
        ("Tоkоrаndu", "look-alikes"),
        ("Tokkkoraandu", "repeated letters"),
        ("t o k o r a n d u", "spread"),
        ("t.o.k.o.r.a.n.d.u", "spread"),
        ("t💀o💀k💀o💀r💀a💀n💀d💀u", "spread"),
        ("toko[b]randu", "markup"),
        ("rekaansejahtera", "joined"),
        ("Rekaan Sejahtera", "legal form"),
        ("Токоранду", "transliteration"),
        ("sbertekhlab", "transliteration"),
        ("Tokornadu", "typos"),
        ("Rejaan Sejahtwra", "typos"),
        ("Melvantria", "typos"),
        ("Melbamtira", "typos"),
        ("Tokorandu", "alias"),
        ("tokorannu.co.id", "look-alike domain"),
        ("rekaan-sentisa.example", "look-alike domain"),
        ("xn--tokornd-8fg5i.co.id", "punycode"),
        ("TKR-123456", "pattern"),
        ("Rekania Public Health Ministry", "order"),
        ("Rekania's Public Health Ministry", "order"),
        ("لمصرف الروفان", "prefix"),
        ("Сбертехлабом", "declension"),
    ],
)
def test_finds_a_hidden_name_and_says_how_it_was_hidden(written: str, part: str) -> None:
    if part == "punycode":
        written = "tokorаndu.co.id".encode("idna").decode()
    end = "[/b]" if part == "markup" else ""
    text = f"2 {written}{end} 2"
    hits = [match for match in MATCHER.match("", text) if part in match.parts]
    assert hits
    span = hits[0].spans[0]
    assert text[span.start : span.end] == written.removeprefix("ل")
    product = 1.0
    for value in hits[0].parts.values():
        product *= value
    assert hits[0].strength == pytest.approx(product, abs=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        "data TKR for sale",  # no word of its context
        "toko tkr",
        "リソース",
        "tokorandu.co.id.evil.com",
        "xtokorandu.co.id.evil.com",
        "tokorandu.co.id.nine-signs.shop",  # the name is as long as the registered label
        "tokorandu-login.com",
        "t o k o r a n d u m",
        "ab1tokorandu2cd",
        "Rekaan. Sejahtera negara",
        "Sao Torvelia",  # a word of three letters
        "rekaan-sentosa.exemple",
    ],
)
def test_does_not_fire(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize("dot", [" dot ", "[point]"])
def test_spelt_dots_are_read_where_only_mail_is_watched(dot: str) -> None:
    text = f"budi@surat-kandoril{dot}example"
    [match] = build_matcher([MAIL]).match("", text)
    assert [text[span.start : span.end] for span in match.spans] == [f"surat-kandoril{dot}example"]


def test_a_name_across_title_and_text_is_none() -> None:
    assert MATCHER.match("Rekaan", "Sejahtera") == []
    assert [span.field for match in MATCHER.match("Tokorandu", "") for span in match.spans] == ["title"]


def test_a_faulty_pattern_is_told_when_the_watchlist_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("organisations:\n  - {id: a, name: Invented, patterns: ['(x']}\n")
    with pytest.raises(InputError, match="no regular expression"):
        load_watchlists(tmp_path)


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("PT Rekaan Tbk", "Rekaan"),
        ("Muster GmbH & Co. KG", "Muster"),
        ("ООО Вымысел", "Вымысел"),
        ("Tbk", "Tbk"),
    ],
)
def test_legal_forms_are_left_out(name: str, core: str) -> None:
    assert without_legal_form(name) == core


@given(st.characters())
def test_folding_what_is_folded_changes_nothing(char: str) -> None:
    once = base(char)
    assert "".join(base(letter) for letter in once) == once


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    folded = fold(text)
    if folded.origin is not None:
        assert len(folded.origin) == len(folded.classes)
        assert sorted(folded.origin) == list(folded.origin)
    else:
        assert len(folded.classes) == len(text)


@given(st.text(), st.text(alphabet="tokrandu.-0 🔥ТоК[b]/|!", max_size=60))
def test_no_text_raises_and_spans_lie_in_the_original(title: str, text: str) -> None:
    for match in MATCHER.match(title, text + " Tokorandu"):
        for span in match.spans:
            length = len(title) if span.field == "title" else len(text) + 10
            assert 0 <= span.start < span.end <= length


def test_half_characters_are_read_over() -> None:
    assert found("\ud800 Tokorandu TKR-123456 \udfff") == {"Tokorandu", "TKR-123456"}


@given(st.text(alphabet="tokrandu. ", max_size=40), st.text(alphabet="xyzvw", min_size=6, max_size=12))
def test_an_unrelated_organisation_removes_no_match(text: str, name: str) -> None:
    text += " tokornadu t0korandu"
    more = build_matcher([SHOP, Organisation(id="other", name=name)])
    kept = [match for match in more.match("", text) if match.organisation == "shop"]
    assert kept == [match for match in build_matcher([SHOP]).match("", text) if match.organisation == "shop"]


WORLD = build_matcher(
    [
        Organisation(id="zh", name="瀚澜医药集团"),
        Organisation(id="ja", name="ミナトヤデンキ"),
        Organisation(id="ru", name="Миграционная служба Рекании", aliases=("Клиника Озоренская",)),
        Organisation(id="de", name="Zortmeria Versicherung"),
        Organisation(id="pt", name="Fundação Larimbeira"),
        Organisation(id="a", name="Alvantora", domains=("alvantora.example",)),
    ]
)


@pytest.mark.parametrize(
    ("text", "organisation"),
    [
        ("瀚瀾醫藥集團的數據", "zh"),
        ("瀚澜[b]医药[/b]集团", "zh"),
        ("工場 ﾐﾅﾄﾔﾃﾞﾝｷ VPN", "ja"),
        ("данные Миграционной службы Рекании", "ru"),
        ("пишу о Клинике Озоренской", "ru"),
        ("дамп цортмериа версихерунг", "de"),
        ("база фундасао ларимбейра", "pt"),
        ("x@alvantora.example", "a"),
        ("x@@alvantora", "a"),
        ("x@alvantora.example----secret1", "a"),
    ],
)
def test_finds_names_of_many_scripts_and_their_cases(text: str, organisation: str) -> None:
    assert {match.organisation for match in WORLD.match("", text)} == {organisation}


@pytest.mark.parametrize(
    "text", ["alvantora[.]example[.]evil[.]com", "alvantora (dot) evil (dot) com", "evil--alvantora.example"]
)
def test_a_defanged_domain_of_somebody_else_is_none(text: str) -> None:
    assert WORLD.match("", text) == []
