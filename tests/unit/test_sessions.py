"""Secrets that an operator lends to a source are read when they are needed, and are never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from crawler.sessions import SecretMissing, client_key, lent_cookies, lent_header
from crawler.source import Source

SECRET = "s3cret-of-the-operator"


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


def test_cookies_from_the_environment_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert lent_cookies(source()) == {}
    monkeypatch.setenv("FORUM", f"mybbuser={SECRET}; sid=a=b")
    found = lent_cookies(source(session={"cookie_env": "FORUM"}))
    assert found == {"mybbuser": SECRET, "sid": "a=b"}
    file = tmp_path / "cookies.txt"
    file.write_text(
        "# Netscape HTTP Cookie File\n"
        f"board.example\tFALSE\t/\tFALSE\t0\tmybbuser\t{SECRET}\n"
        "other.example\tFALSE\t/\tFALSE\t0\tother\tx\n"
    )
    assert lent_cookies(source(session={"cookie_file": str(file)})) == {"mybbuser": SECRET}
    file.write_text(f"a={SECRET}\n")
    assert lent_cookies(source(session={"cookie_file": str(file)})) == {"a": SECRET}


def test_a_header(monkeypatch: pytest.MonkeyPatch) -> None:
    lent = source(session={"header": "Authorization", "header_env": "TOKEN"})
    monkeypatch.setenv("TOKEN", f"Bearer {SECRET}")
    assert lent_header(lent) == ("Authorization", f"Bearer {SECRET}")
    assert lent_header(source()) is None
    monkeypatch.setenv("TOKEN", f"{SECRET}\nX-Other: 1")
    with pytest.raises(SecretMissing) as caught:
        lent_header(lent)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "session",
    [
        {},
        {"header": "Authorization"},
        {"header_env": "X"},
        {"cookie_env": "A", "cookie_file": "b"},
        {"header": "Bad Header", "header_env": "X"},
    ],
)
def test_a_session_that_names_no_secret_is_refused(session: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        source(session=session)


def test_what_is_missing_is_named_and_nothing_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FORUM", raising=False)
    with pytest.raises(SecretMissing, match=r"\$FORUM is not set"):
        lent_cookies(source(session={"cookie_env": "FORUM"}))
    with pytest.raises(SecretMissing, match="No such file"):
        lent_cookies(source(session={"cookie_file": str(tmp_path / "none")}))
    monkeypatch.setenv("FORUM", SECRET)
    with pytest.raises(SecretMissing) as caught:
        lent_cookies(source(session={"cookie_env": "FORUM"}))
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(source(session={"cookie_env": "FORUM"}))
    assert client_key(source(client_auth_env="FORUM")) == SECRET
