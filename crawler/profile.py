"""A profile: how the pages of a board that no adapter knows are read, as data. It stands in the source's file.

Selectors are CSS and are looked up inside one record, first match first. A profile holds no code and no address of a
host, so that it can be carried from one source to another that runs the same software.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from crawler.links import form_is_valid


def _selects(css: str) -> str:
    try:
        LexborHTMLParser("<p></p>").css(css)
    except SelectolaxError:
        raise ValueError(f"{css!r} is not a CSS selector") from None
    return css


def _names_a_key(form: str) -> str:
    if not form_is_valid(form):
        raise ValueError(f"{form!r} is no form of a link: it wants {{number}} or {{key}} once")
    return form


Css = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_selects)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(_Strict):
    """One field of a record. Without ``attr`` it is the element's text, of it what stands ``after`` the first and
    ``before`` the last of these words."""

    css: Css
    own: Annotated[
        bool, Field(description="only the text that stands in the element itself, none of those in it")
    ] = False
    day_first: Annotated[
        bool | None, Field(description="of a time: whether 3/4/2026 is in April (true) or in March (false)")
    ] = None
    attr: Annotated[str | None, Field(max_length=60, description="attribute to read instead of the text")] = (
        None
    )
    after: Annotated[str, Field(max_length=60, description="words that stand before it")] = ""
    before: Annotated[str, Field(max_length=60, description="words that stand behind it")] = ""


class Records(_Strict):
    """Where the records of a page are. ``whole``: each match is a record; ``starts``: a match and its siblings up to
    the next one; ``parted``: what stands between two matches."""

    css: Css
    each: Literal["whole", "starts", "parted"] = "whole"


class Paging(_Strict):
    """How the address of a later page differs from the first one's: ``query NAME``, a number in the query; ``value
    NAME``, a number behind the dot in a query's value; ``path FORM``, a suffix of the path such as ``/page-{n}``;
    ``digits N``, the Nth number of the path from its end. Page ``n`` has the number ``first + (n - 1) * step``."""

    where: Annotated[
        str, Field(pattern=r"^(query|value) [\w\[\]-]{1,40}$|^digits [1-9]$|^path [^\s{}?#]{0,40}\{n\}/?$")
    ]
    first: Annotated[int, Field(ge=0, le=1)] = 1
    step: Annotated[int, Field(ge=1, le=1000)] = 1


class BoardLayout(_Strict):
    """A board page: its threads."""

    records: Records
    link: Annotated[Part, Field(description="the link to the thread; its text is the title")]
    thread: Annotated[
        str,
        Field(min_length=1, max_length=300, description="form of a thread's address"),
        AfterValidator(_names_a_key),
    ]
    author: Part | None = None
    created: Part | None = None
    last_activity: Part | None = None
    last_author: Part | None = None
    replies: Part | None = None
    views: Part | None = None
    paging: Paging | None = None


class ThreadLayout(_Strict):
    """A thread page: its posts. ``opening`` is where the first post stands on boards that set it apart."""

    records: Records
    text: Part
    skip: Annotated[
        tuple[Css, ...], Field(max_length=20, description="parts of it that are not the author's")
    ] = ()
    author: Part | None = None
    posted: Part | None = None
    edited: Part | None = None
    signature: Part | None = None
    key: Annotated[Part | None, Field(description="attribute that holds the post's number")] = None
    title: Annotated[Part | None, Field(description="the thread's title, on the page")] = None
    paging: Paging | None = None


class Profile(_Strict):
    """How one board's pages are read."""

    version: Literal[1] = 1
    board: BoardLayout
    thread: ThreadLayout
    boards: Annotated[
        str | None, Field(max_length=300, description="form of a board's address on the start page")
    ] = None
