from __future__ import annotations

import pytest

from crawler.cards import find_cards, is_list, key_of, next_page, page_number
from crawler.json_pages import at, with_parameters
from crawler.markup import abbreviated, parameter, parse
from crawler.victims import domain_in, evidence

URL = "http://site.invalid/list"


@pytest.mark.parametrize(
    ("html", "following"),
    [
        ('<a rel=next href="/list?page=2">x</a>', "http://site.invalid/list?page=2"),
        (
            '<div class=pager><a href="/list">1</a><a href="/list?p=2">2</a></div>',
            "http://site.invalid/list?p=2",
        ),
        ('<a href="/list?p=2">»</a>', "http://site.invalid/list?p=2"),
        ('<a href="/older">Older posts</a>', "http://site.invalid/older"),
        ('<a href="http://other.invalid/2">Next</a>', None),
        ('<p>2 <a href="/two">2</a> TB', None),
        ('<a href="/list#2">Next</a>', None),
        ("", None),
    ],
)
def test_the_next_page(html: str, following: str | None) -> None:
    assert next_page(parse(html), URL, 1) == following


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("/a?page=3", 3),
        ("/a/page/4/", 4),
        ("/a?x=1&p=2", 2),
        ("/page5", 5),
        ("/a", 1),
        ("/page", 1),
        ("/a?page=0", 1),
    ],
)
def test_the_number_of_a_page(url: str, number: int) -> None:
    assert page_number(f"http://site.invalid{url}") == number


def test_menus_and_words_are_no_records() -> None:
    menu = "<nav>" + "".join(f"<li><a href=/{n}>Page {n}</a></li>" for n in range(20)) + "</nav>"
    text = "<p>We hacked nobody, and 42 GB of nothing is the proof.</p>" * 3
    assert find_cards(parse(f"<body>{menu}{text}</body>"), URL, evidence) == []


def test_a_page_about_one_victim_with_others_beside_it_is_no_list() -> None:
    card = "<div class=card><h4>Firm {0}</h4><p>firm-{0}.example</p><p>{0}0 GB</p></div>"
    others = "".join(card.format(n) for n in range(1, 5))
    about = (
        "<main><h1>Toko Rekaan</h1>"
        + "<p>They sell furniture that nobody has seen so far.</p>" * 20
        + "</main>"
    )
    alone, beside = parse(f"<body>{others}</body>"), parse(f"<body>{about}{others}</body>")
    assert len(find_cards(alone, URL, evidence)) == len(find_cards(beside, URL, evidence)) == 4
    assert is_list(alone, find_cards(alone, URL, evidence))
    assert not is_list(beside, find_cards(beside, URL, evidence))


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("see https://www.toko-rekaan.example/about now", "toko-rekaan.example"),
        ("dump.zip and passports.pdf", None),
        ("mail x@toko-rekaan.example", None),
        ("write to zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd.onion", None),
        ("1.2 TB of 10.0.0.1", None),
        ("a.co.example, b.example", "a.co.example"),
    ],
)
def test_domains(text: str, domain: str | None) -> None:
    assert domain_in(text) == domain


def test_small_readers() -> None:
    assert [abbreviated(text) for text in ("84K", "1.2k views", "3M", "1,204", "-")] == [
        84_000,
        1_200,
        3_000_000,
        1_204,
        None,
    ]
    assert parameter("/a?t=1&t=22#t=3", "t") == "22"
    assert parameter("/a?st=1&t=x", "t") is None
    assert parameter(None, "t") is None
    assert key_of("http://site.invalid/p/1/?a=2#x") == "p/1?a=2"
    assert at({"a": [{"b": 0}]}, "a.0.b") == 0
    assert at({"a": []}, "a.0.b") is None
    same = "http://site.invalid/index.php?action=.xml;type=rss"
    assert with_parameters(same, {"page": None}) == same
    assert with_parameters("http://a/?x=1&page=3", {"page": None}) == "http://a/?x=1"
