"""Areas that are never entered: on by default, and not to be switched off by a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import InputError
from crawler.deny import denied, denied_url
from crawler.source import Schedule, Source, load_sources


@pytest.mark.parametrize(
    "text",
    [
        "Child Porn",
        "kids-porn",
        "hurtcore",
        "pedo forum",
        "CP videos",
        "preteen models",
        "детское порно",
        "педофилы",
        "儿童色情专区",
        "児童ポルノ",
        "아동 성착취물",
        "pornografía infantil",
        "pédopornographie",
        "Kinderpornografie",
        "pedopornografia",
        "bokep bocil",
        "khiêu dâm trẻ em",
    ],
)
def test_an_area_of_abuse_is_known_in_its_language(text: str) -> None:
    assert denied(text)
    assert denied_url(f"http://board.invalid/f/{text.replace(' ', '-')}")


@pytest.mark.parametrize(
    "text",
    [
        "Children's hospital, 40,000 patient records",
        "Database of a kindergarten, parents and kids",
        "Pedoman pelayanan - dokumen internal",  # guidelines, in Indonesian
        "School district leak: minors' addresses",
        "cPanel and CP accounts",
        "Toy shop for kids, full dump",
        "Pediatric clinic 120 GB",
        "Базы детских садов",
        "儿童医院数据库",
        "Lolita Fashion Store customer table",
        "Adult dating site: nudes and mails",
    ],
)
def test_a_leak_about_children_is_none(text: str) -> None:
    assert not denied(text)


def test_no_source_may_lead_there(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "id: a\nname: A\nadapter: mybb\naddresses: [http://board.example]\n"
        "boards: [{key: x, path: /forum/child-porn}]\n"
    )
    with pytest.raises(InputError, match="deny list"):
        load_sources(tmp_path)
    assert not [name for model in (Source, Schedule) for name in model.model_fields if "deny" in name]
