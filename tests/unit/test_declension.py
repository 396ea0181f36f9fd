"""Russian cases of names."""

from __future__ import annotations

import pytest

from alerts.matching.declension import cases_of


@pytest.mark.parametrize(
    ("name", "genitive"),
    [
        ("Министерство здравоохранения Рекании", "Министерства здравоохранения Рекании"),
        ("Федеральная налоговая служба", "Федеральной налоговой службы"),
        ("ВЕЛЬСКПРОМ", "ВЕЛЬСКПРОМА"),
        ("Агентство по данным", "Агентства по данным"),
        ("Клиника Озоренская", "Клиники Озоренской"),
        ("Полиция", "Полиции"),
    ],
)
def test_the_head_of_a_name_is_declined(name: str, genitive: str) -> None:
    assert cases_of(name)[0] == genitive


@pytest.mark.parametrize("name", ["МВД Рекании", "Ministry", "", "Хайюэ", "卫生部"])
def test_what_has_no_cases_stays(name: str) -> None:
    assert cases_of(name) == []
