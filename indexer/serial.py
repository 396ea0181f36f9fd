"""Posts as plain values that JSON can hold, and back: the form in which every store keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from config.errors import PostRefused
from indexer.post import Kind, Post, PostKey, Precision

_NAMES = tuple(field.name for field in fields(Post))
_MOST = 2**63
_TIMES = ("seen_at", "posted_at", "edited_at")


def check(post: Post) -> None:
    """Raises ``PostRefused`` for a post that no store can hold."""
    if not -_MOST <= post.position < _MOST:
        raise PostRefused(f"position {str(post.position)[:40]} is no 64-bit number", post=post.id)


def to_values(post: Post) -> dict[str, Any]:
    """The whole post. Raises ``PostRefused``."""
    check(post)
    return unchecked_values(post)


def unchecked_values(post: Post) -> dict[str, Any]:
    """The whole post, also one that no store can hold."""
    values = {name: getattr(post, name) for name in _NAMES}
    values["key"] = [post.key.source, post.key.thread, post.key.post]
    for name in _TIMES:
        values[name] = values[name].isoformat() if values[name] else None
    return values


def from_values(values: Mapping[str, Any]) -> Post:
    """The post that ``to_values`` took apart."""
    made = dict(values)
    made["key"] = PostKey(*made["key"])
    made["kind"], made["precision"] = Kind(made["kind"]), Precision(made["precision"])
    for name in _TIMES:
        if made[name]:
            made[name] = datetime.fromisoformat(made[name])
        else:
            made[name] = None
    return Post(**made)
