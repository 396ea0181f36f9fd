"""What is proposed for a name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alerts.loading import load_watchlists
from alerts.matching import build_matcher
from alerts.suggest import suggest
from alerts.suggest.packs import LANGUAGES, countries, heads, institutions

EXPECTED = yaml.safe_load(
    (Path(__file__).parents[1] / "quality" / "suggestions.yaml").read_text(encoding="utf-8")
)


def missing(name: str, wanted: list[str]) -> list[str]:
    there = {proposal.text for proposal in suggest(name).proposals} | {name}
    return [each for each in wanted if each not in there]


@pytest.mark.parametrize("name", EXPECTED["seen"])
def test_every_proposal_that_must_be_there_is(name: str) -> None:
    assert missing(name, EXPECTED["seen"][name]) == []


def test_most_proposals_for_names_never_looked_at_are_there() -> None:
    lost = [each for name, wanted in EXPECTED["held_out"].items() for each in missing(name, wanted)]
    total = sum(map(len, EXPECTED["held_out"].values()))
    assert total > 90
    assert len(lost) / total <= 0.05


def test_what_is_printed_is_a_watchlist(tmp_path: Path) -> None:
    for number, name in enumerate([*EXPECTED["seen"], "Sample: a 'strange' # name", "中国银行"]):
        (tmp_path / f"{number}.yaml").write_text(suggest(name).as_yaml(), encoding="utf-8")
        (organisation,) = load_watchlists(tmp_path)
        assert organisation.name == name
        (tmp_path / f"{number}.yaml").unlink()


def test_the_public_case_is_found_by_what_is_proposed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        suggest("Kementerian Kesehatan Republik Indonesia").as_yaml(), encoding="utf-8"
    )
    matcher = build_matcher(load_watchlists(tmp_path))
    for text in (
        "Centralized Server of Ministry of Health of Indonesia",
        "server pusat Kementerian Kesehatan Indonesia",
        "слив из Минздрава Индонезии",
        "印度尼西亞衛生部",
    ):
        assert matcher.match("", text), text


def test_a_country_can_be_given() -> None:
    assert "Ministry of Health of Kenya" in suggest("Ministry of Health", "kenya").of("aliases")
    assert "Ministry of Health of Kenya" not in suggest("Ministry of Health").of("aliases")


def test_every_pack_speaks_every_language() -> None:
    assert len(countries()) >= 40
    for pack in (institutions(), heads()):
        for key, entry in pack.items():
            names = entry if isinstance(entry, dict) else entry.names
            assert set(names) == set(LANGUAGES), key


@given(st.text(min_size=2, max_size=60).filter(lambda text: any(map(str.isalnum, text))))
def test_no_name_raises(name: str) -> None:
    suggest(name)
