"""The packs: what institutions and countries are called in ten languages. One YAML file each, in ``packs/``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from config.inputs import read_yaml

Language = Literal["en", "id", "ru", "zh", "ar", "es", "pt", "fr", "de", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "id", "ru", "zh", "ar", "es", "pt", "fr", "de", "ja")
Words = Annotated[tuple[str, ...], Field(min_length=1)]
_FOLDER = Path(__file__).parent / "packs"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Country(_Strict):
    """A country; ``countries.yaml`` says what stands in each line."""

    languages: tuple[Language, ...]
    code: str
    government: Words
    en: tuple[str, str, str]
    id: Words
    ru: tuple[str, str]
    zh: Words
    ar: tuple[str, str, str]
    es: tuple[str, str]
    pt: tuple[str, str]
    fr: tuple[str, str, str, str]
    de: tuple[str, str, str]
    ja: Words
    also: tuple[str, ...] = ()  # other names, recognised and not proposed


class Institution(_Strict):
    """A public institution that stands beside a country."""

    names: dict[Language, Words]
    short: dict[Language, Words] = {}
    labels: dict[Language, Words] = {}
    gender: dict[Language, Literal["m", "f", "n"]] = {}


Forms = dict[Language, Words]


class _Countries(RootModel[dict[str, Country]]):
    pass


class _Institutions(RootModel[dict[str, Institution]]):
    pass


class _Heads(RootModel[dict[str, Forms]]):
    pass


@cache
def countries() -> dict[str, Country]:
    """Every country by its key."""
    return read_yaml(_FOLDER / "countries.yaml", _Countries).root


@cache
def institutions() -> dict[str, Institution]:
    """Every institution by its key."""
    return read_yaml(_FOLDER / "institutions.yaml", _Institutions).root


@cache
def heads() -> dict[str, Forms]:
    """Words that stand beside a name of its own, as forms with ``{}`` for it, by their key."""
    return read_yaml(_FOLDER / "heads.yaml", _Heads).root
