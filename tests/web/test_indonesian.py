"""Indonesian throughout: what pages say is the same in both languages only where it is data, a name or a term."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from selectolax.lexbor import LexborHTMLParser
from worlds import client, made, worlds

from alerts.claim_words import worded
from console.web.app import create_app
from console.web.shown import span_of
from console.web.words import LANGUAGES
from console.web.words_of_acts import acted

#: Terms and names that are the same in both languages, or are written in files and commands.
_TERMS = (
    "duskwatch bahasa indonesia english csv json stix yaml markdown tlp traffic light protocol clear green "
    "amber strict red operator admin alerts posts sources watches figures audit tokens evidence read write "
    "telegram eu gdpr usd utc mybb jsonl data volume format domain url onion cve qq icq wechat whatsapp "
    "discord signal magnet wickr mail md5 sha1 sha256 sha512 threema matrix jabber keybase skype session pgp "
    "tox wallet token forum id file config "
)
#: What parts of the system say of themselves, and how an alert was made, in the log's own words.
_OF_THE_PROGRAM = (".system span", "#audit ~ ul bdi")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    app = create_app(made(tmp_path_factory.mktemp("indonesian")))
    yield app
    app.state.context.close()


def sentences(browser: TestClient, path: str, language: str) -> set[str]:
    """What a page shows as text, or tells screen readers."""
    browser.cookies.set("duskwatch_language", language)
    page = LexborHTMLParser(browser.get(path).text)
    assert page.root is not None
    for each in page.css(", ".join(("script", "style", "code", "pre", "kbd", "datalist", *_OF_THE_PROGRAM))):
        each.decompose()
    texts = (each.text_content or "" for each in page.root.traverse(include_text=True) if each.tag == "-text")
    names = ("title", "aria-label", "placeholder")
    told = (each.attributes.get(name) or "" for name in names for each in page.css(f"[{name}]"))
    return set(chain(texts, told))


def test_what_is_the_same_in_both_languages_is_no_word_of_ours(app: FastAPI) -> None:
    world = worlds(app)["open"]
    paths = [
        *("/", "/search", "/search?q=invented", "/pivot?value=@openseller", "/pivot?value=???", "/sources"),
        *("/coverage", "/watchlists", "/watch/new", "/watch/import", "/source/add", "/routes", "/overview"),
        *(
            f"/alerts/{world.alert}",
            f"/posts/{world.post}",
            f"/sellers?name=Openseller&source={world.source}",
        ),
        *(f"/sources/{world.source}", f"/watchlists/{world.organisation}", "/routes/routes/edit", "/account"),
        *(f"/watchlists/{world.organisation}/{what}" for what in ("edit", "versions")),
        *(f"/routes?alert={world.alert}", "/login", "/nowhere"),
    ]
    browser = client(app, "admin")
    data = "open invented port closedbank of nowhere forum closed bank openseller closedseller all customers dump sale"
    known = {*_TERMS.split(), *data.split()} | {
        "people",
        "million",
        "lines",
        "admin",
        "ayu",
        "test",
        "mapping",
    }
    known |= {path.stem for path in (Path(__file__).parents[2] / "crawler/adapters").glob("*.py")}
    left: dict[str, set[str]] = {}
    for path in paths:
        for text in sentences(browser, path, "en") & sentences(browser, path, "id"):
            odd = {
                word
                for word in re.findall(r"(?<![\w/])[a-z]{3,}(?![\w/])", text.casefold())
                if word not in known
            }
            if odd:
                left.setdefault(path, set()).add(text.strip())
    assert left == {}


def test_lines_made_of_our_words_are_said_in_both() -> None:
    line = "certain match +3, purpose sale +1, 2,000,000 people +2"
    assert set(LANGUAGES) == {"en", "id"}
    assert worded(line, "en") == line
    assert worded(line, "id") == "kecocokan pasti +3, tujuan penjualan +1, 2,000,000 orang +2"
    assert acted("assigned to free", "id") == "ditugaskan kepada free"
    assert acted("breach confirmed: eu-gdpr", "id") == "pelanggaran dikonfirmasi: eu-gdpr"
    assert span_of(7200, "id") == "2 jam", "an h would be read as a day"
