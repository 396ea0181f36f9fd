"""Addresses that a board names are read from what it signed, and proposed only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pysequoia import SignatureMode, Tsk, sign

from crawler.mirrors import KeyUnreadable, Proposed, SignatureWrong, announced, read_key, signed
from crawler.source import Source

ONE = "zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd.onion"
BAD = ONE.replace("4ufh", "5ufh")
KEY = Tsk.generate("Invented Board <board@invented.example>")
LIST = f"Our mirrors:\n- http://{ONE}/\n- http://{BAD}/ is no address\n- http://board.example/\n"


def source(**more: Any) -> Source:
    return Source.model_validate(
        {
            "id": "forum",
            "name": "Forum",
            "adapter": "mybb",
            "addresses": ["http://board.example"],
            "boards": [{"key": "a", "path": "/"}],
            **more,
        }
    )


def written(text: str = LIST, key: Tsk = KEY) -> str:
    return bytes(sign(key.signer(), text.encode(), mode=SignatureMode.CLEAR)).decode()


def test_a_signed_list_proposes_its_onions() -> None:
    cert = KEY.extract_certificate()
    for page in (written(), f"<html><h1>Mirrors</h1><pre>{written()}</pre></html>"):
        assert signed(source(), page, cert) == [Proposed(f"http://{ONE}", "signed list")]
    assert signed(source(addresses=[f"http://{ONE}"]), written(), cert) == []


@pytest.mark.parametrize(
    "page",
    [
        LIST,
        written().replace("mirrors", "Mirrors"),
        written(key=Tsk.generate("Somebody else <else@invented.example>")),
        "",
        "-----BEGIN PGP SIGNED MESSAGE-----\n-----BEGIN PGP SIGNATURE-----\n-----END PGP SIGNATURE-----",
    ],
)
def test_what_the_board_s_key_did_not_sign_proposes_nothing(page: str) -> None:
    with pytest.raises(SignatureWrong):
        signed(source(), page, KEY.extract_certificate())


def test_an_onion_location_is_read_from_header_and_page() -> None:
    expected = [Proposed(f"http://{ONE}", "Onion-Location")]
    assert announced(source(), {b"Onion-Location": [f"http://{ONE}/f?a=1".encode()]}, "") == expected
    meta = f'<meta http-equiv="onion-location" content="http://{ONE}/" />'
    assert announced(source(), {}, meta) == expected
    for other in (BAD, "board.invalid", "127.0.0.1"):
        assert announced(source(), {b"Onion-Location": [f"http://{other}/".encode()]}, "") == []
    assert announced(source(), {}, "<p>onion-location") == []


def test_the_key_is_read_from_its_file(tmp_path: Path) -> None:
    assert read_key(source()) is None
    file = tmp_path / "board.asc"
    with pytest.raises(KeyUnreadable, match="No such file"):
        read_key(source(pgp_key=str(file)))
    file.write_text("no key")
    with pytest.raises(KeyUnreadable, match="no public key"):
        read_key(source(pgp_key=str(file)))
    file.write_text(str(KEY.extract_certificate()))
    assert read_key(source(pgp_key=str(file))) is not None
    with pytest.raises(ValidationError, match="needs pgp_key"):
        source(mirrors_path="/mirrors.txt")
