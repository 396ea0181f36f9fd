"""Listings that name nobody, scored against what an organisation's data look like."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.loading import load_watchlist
from alerts.unnamed.index import Profiles
from alerts.unnamed.profile import DataProfile
from alerts.unnamed.rarity import TELLS, worth
from alerts.unnamed.scoring import Possible
from alerts.watchlist import Organisation
from config.errors import InputError
from indexer.fact import facts

INSURER = Organisation(
    id="nusa-care",
    name="Nusa Care Fund",
    profile=DataProfile(
        countries=("ID",),
        sectors=("health", "insurance"),
        people=220_000_000,
        data=("identity", "contact"),
        columns=("PSNOKA", "noka", "nik", "tgl_lahir", "kd_faskes", "参保号码"),
        identifiers=(r"\b000\d{10}\b",),
        products=("Kartu Nusa Mobile",),
        serves=("peserta",),
    ),
)
REGISTRY = Organisation(
    id="civil-registry",
    name="Civil Registry of Nowhere",
    profile=DataProfile(
        countries=("ID",), sectors=("government",), people=270_000_000, columns=("NIK", "NO_KKX", "nama_lgkp")
    ),
)
TITLE = "Indonesian full citizen 200M NIK"
OFFER = "Selling, sample of 1 million free. Columns: PSNOKA, no_ka, NIK, nama, TGL-LAHIR, kdFaskes. Price 0.15 BTC"


def possible(text: str, title: str = TITLE, *organisations: Organisation) -> list[Possible]:
    profiles = Profiles(organisations or (INSURER, REGISTRY))
    return profiles.possible(title, text, lambda: facts(title, text))


def test_a_listing_is_told_by_its_columns_and_says_why() -> None:
    (found,) = possible(OFFER)
    assert found.organisation == "nusa-care"
    shown = found.json()
    assert [what for what, _ in shown["for"]][:3] == ["column PSNOKA", "column kd_faskes", "column noka"]
    assert any("200,000,000 identity numbers of about 220,000,000 people" in what for what, _ in shown["for"])
    assert any(what == "country ID" for what, _ in shown["for"])
    assert found.score == pytest.approx(sum(bits for _, bits in shown["for"] + shown["against"]))
    assert possible(OFFER) == [found]


def test_words_are_marked_in_whatever_spelling_they_stand() -> None:
    text = "Sélling: ＰＳＮＯＫＡ | no-ka | [b]Tgl Lahir[/b] | 数据 参保号码 | kartu   nusa mobile, 5 BTC"
    (found,) = possible(text)
    marked = {
        match.term: [text[span.start : span.end] for span in match.spans if span.field == "text"]
        for match in found.matches
    }
    assert marked == {
        "PSNOKA": ["ＰＳＮＯＫＡ"],
        "noka": ["no-ka"],
        "tgl_lahir": ["Tgl Lahir"],
        "参保号码": ["参保号码"],
        "Kartu Nusa Mobile": ["kartu   nusa mobile"],
        "nik": [],
    }


def test_what_everybody_has_tells_nobody() -> None:
    assert not possible(
        "Selling database of Indonesian health insurance. nik, nama, tgl_lahir, email, peserta"
    )
    assert worth("columns", "E-Mail", 0, 0) < worth("columns", "branch", 0, 0) < TELLS
    assert worth("columns", "kd_faskes", 0, 0) > worth("columns", "kd_faskes", 900, 9_999)


def test_what_is_put_together_of_what_many_have_tells_less_than_a_part_of_its_own() -> None:
    many = [
        Organisation(
            id=f"m{number}",
            name=f"Nowhere {number}",
            profile=DataProfile(columns=(f"tgl_x{number}", f"y{number}_pinjaman")),
        )
        for number in range(6)
    ]
    one = Organisation(id="one", name="One", profile=DataProfile(columns=("tgl_pinjaman", "tgl_zmb")))
    bits = {each.word: each.bits for each in Profiles([*many, one]).weights("one")}
    assert TELLS < bits["tgl_pinjaman"] < bits["tgl_zmb"]


@pytest.mark.parametrize(
    ("title", "text", "against"),
    [
        ("Brazilian citizens", OFFER, "names BR, not ID"),
        ("WTB, looking for Indonesian data", "who has PSNOKA, kd_faskes? I will buy", "offers no data"),
        ("Indonesian 900M people", OFFER, "too many"),
    ],
)
def test_what_speaks_against_an_organisation_is_told_and_counts(title: str, text: str, against: str) -> None:
    profiles = Profiles([INSURER, REGISTRY], threshold=0)
    (found, *_) = profiles.possible(title, text, lambda: facts(title, text))
    assert any(against in what and bits < 0 for what, bits in found.json()["against"])


def test_who_fits_as_well_is_named() -> None:
    twin = INSURER.model_copy(update={"id": "twin"})
    found = possible(OFFER, TITLE, INSURER, twin)
    assert [(each.organisation, each.others) for each in found] == [
        ("nusa-care", ("twin",)),
        ("twin", ("nusa-care",)),
    ]


def test_of_many_listings_each_is_scored_by_itself() -> None:
    profiles = Profiles([INSURER, REGISTRY])
    listings = [("", "nothing here"), (TITLE, OFFER), ("", "kd_faskes"), ("", ""), (TITLE, OFFER)]
    readers = [(lambda pair=pair: facts(*pair)) for pair in listings]
    many = profiles.possible_many(listings, readers)
    assert [[each.organisation for each in found] for found in many] == [
        [],
        ["nusa-care"],
        [],
        [],
        ["nusa-care"],
    ]
    assert many[1] == many[4] == possible(OFFER)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("{countries: [ID]}", "without a word of its own"),
        ("{columns: [noka], countries: [Indonesia]}", "such as ID, SG or US"),
        ("{columns: [noka], sectors: [helth]}", "did you mean 'health'?"),
        ("{columns: ['--']}", "has no letter or digit"),
        ("{columns: [noka], identifiers: ['(']}", "is no regular expression"),
        ("{columns: [noka], identifiers: ['x*']}", "matches where nothing stands"),
        ("{columns: [noka], people: 0}", "greater than or equal to 1"),
        ("{columns: [noka], colums: [x]}", "did you mean 'columns'?"),
    ],
)
def test_a_bad_profile_is_told_with_file_line_and_field(tmp_path: Path, profile: str, said: str) -> None:
    file = tmp_path / "list.yaml"
    file.write_text(
        f"organisations:\n  - id: one\n    name: One Nowhere\n    profile: {profile}\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        load_watchlist(file)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(file), 4)
    assert problem.field.startswith("organisations.0.profile")
    assert said in f"{problem.fault} {problem.cure}"
