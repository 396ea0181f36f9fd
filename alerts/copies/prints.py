"""What of a thread is compared between sources: three prints of its opening post, each a signed 64-bit number. Pure.

Titles alone tell little: sellers post the same offer on many boards. Who wrote it in which minute, and under which
number it stands, is the same only where one board's content was copied.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from indexer.post import Kind, Post, Precision
from indexer.text import fold

_EXACT = (Precision.SECOND, Precision.MINUTE)


@dataclass(frozen=True, slots=True)
class Prints:
    """``title``: what it is called. ``place``: its board's own key and the title; None where the key is made of the
    title, as any board would make it. ``act``: who posted that title in which minute; None where none is told."""

    title: int | None
    place: int | None
    act: int | None


def prints_of(post: Post) -> Prints | None:
    """The prints of a thread, by its opening post; None of a reply."""
    if post.kind is Kind.REPLY:
        return None
    title = fold(post.title).strip()
    if not title:
        return Prints(None, None, None)
    listed = prints_listed(post.key.thread, post.title)
    author = fold(post.author).strip()
    exact = post.posted_at is not None and post.precision in _EXACT
    minute = f"{post.posted_at:%Y-%m-%dT%H:%M}" if exact else ""
    return Prints(
        title=listed.title,
        place=listed.place,
        act=number("act", author, minute, title) if author and minute else None,
    )


def prints_listed(thread: str, title: str) -> Prints:
    """The prints of a thread as a page of its board lists it."""
    folded = fold(title).strip()
    if not folded:
        return Prints(None, None, None)
    place = None if _of_title(thread, folded) else number("place", thread, folded)
    return Prints(number("title", folded), place, None)


def number(*parts: str) -> int:
    """Text as a number that two of different text share by no accident."""
    digest = hashlib.blake2b("\0".join(parts).encode("utf-8", "backslashreplace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _of_title(key: str, title: str) -> bool:
    """Whether a key says nothing but the title: ``invented-bank`` of "Invented Bank"."""
    letters = "".join(char for char in fold(key) if char.isalnum())
    return not letters.isdecimal() and letters in "".join(char for char in title if char.isalnum())
