"""A page in the charset that it names, where that is one of the web."""

from __future__ import annotations

from scrapy.http import TextResponse

from indexer.charset import guessed, is_of_the_web


def in_its_charset(response: TextResponse) -> TextResponse:
    """The response as it is, or one whose text can be read where it names a charset that is none."""
    try:
        known = is_of_the_web(response.encoding)
    except (LookupError, ValueError):  # the page's own words name it
        known = False
    return response if known else response.replace(encoding=guessed(response.body))
