"""From markup to visible text, also when it was written to hurt."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from config.errors import PageUnreadable
from crawler.markup import absolute, parse, visible


def text_of(html: str, *skip: str) -> str:
    body = parse(html).body
    assert body is not None
    return visible(body, skip)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("one<br>two<br/><br/>three", "one\ntwo\n\nthree"),
        ("<p>one</p><p>t<b>w</b>o</p>", "one\ntwo"),
        ("a <b>bold </b> word", "a bold word"),
        ("<ul><li>199 GB</li><li>479 GB</li></ul>end", "199 GB\n479 GB\nend"),
        (
            "<blockquote>old<blockquote>older</blockquote>line</blockquote>new",
            "> old\n> > older\n> line\nnew",
        ),
        ("<pre>a  b\n   c</pre>", "    a  b\n       c"),
        ("run <code>a  b</code> now<p><code>x  y</code></p>", "run a  b now\n    x  y"),
        ("<blockquote><pre>a</pre></blockquote>b", ">     a\nb"),
        ("x<script>alert(1)</script><style>p{}</style><!-- no -->y", "xy"),
        ("non\u00a0breaking", "non breaking"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("虚构<wbr>公司", "虚构公司"),
    ],
)
def test_visible(html: str, text: str) -> None:
    assert text_of(html) == text


def test_parts_that_are_not_the_author_s_are_left_out() -> None:
    assert text_of("<div class=code><div class=title>Code:</div>x = 1</div>", ".code > .title") == "x = 1"


def test_two_thousand_nested_tags_are_read() -> None:
    assert text_of("<br>" * 10_000 + "<div>" * 2_000 + "deep").strip() == "deep"


def test_nested_quotes_do_not_multiply() -> None:
    assert len(text_of("<blockquote>x" * 2_000)) < 200_000


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("<div>" * 100_000, "deep"),
        ("<x-y>" * 10_000 + "</x-y>" * 10_000, "deep"),
        ("<div " + " ".join(f"a{n}" for n in range(30_000)) + ">", "attributes"),
        ("<div " + "a='>' " * 30_000 + ">", "attributes"),
        ("<a b='<a b=\"" * 30_000, "attributes"),
    ],
)
def test_a_page_that_would_take_minutes_is_refused(page: str, says: str) -> None:
    with pytest.raises(PageUnreadable, match=says):
        parse(page)


def test_a_large_page_of_ordinary_tags_is_read() -> None:
    post = "<tr><td><p>x<br><img src='a.png' alt='b'><li>y<b>z</b><a href='?a=1&b=2'>w"
    assert text_of(f"<table>{post * 5_000}</table>").count("w") == 5_000


def test_a_long_line_of_small_pieces_is_read_once() -> None:
    assert len(text_of(("<i>" + "x" * 100 + "</i>") * 30_000)) == 3_000_000


@pytest.mark.parametrize("base", ["http://board.invalid/a/b.php?c", "https://other.invalid"])
@pytest.mark.parametrize(
    "link",
    [
        "http://board.invalid/index.php?topic=1.0;x=2#new",
        "http://board.invalid/a/../b",
        "http://board.invalid/?",
        "?",
        "http://board.invalid",
        "http://board.invalid/a;",
        "b.php?d",
        "/e",
        "//f/g",
        "#h",
        "http:/i",
        "HTTP://J/K",
    ],
)
def test_links_lead_where_the_standard_says(base: str, link: str) -> None:
    node = parse(f'<a href="{link}">x</a>').css_first("a")
    assert absolute(base, node) == urljoin(base, link)
