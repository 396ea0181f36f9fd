"""Which posts an organisation is looked for in: decided after matching, where the post is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.matching.port import Match
from alerts.watchlist import Organisation
from indexer.post import Post


def in_scope(matches: Iterable[Match], post: Post, organisations: Mapping[str, Organisation]) -> list[Match]:
    """Those matches whose organisation is looked for in such a post."""
    return [match for match in matches if not out_of_scope(organisations[match.organisation], post)]


def out_of_scope(organisation: Organisation, post: Post) -> str:
    """Why a post is none in which this organisation is looked for; "" when it is one."""
    scope = organisation.scope
    if scope.sources and post.key.source not in scope.sources:
        return f"its scope has sources {', '.join(scope.sources)}; the post is of {post.key.source}"
    if scope.kinds and post.kind not in scope.kinds:
        return f"its scope has kinds {', '.join(scope.kinds)}; the post is a {post.kind.value}"
    if scope.languages and post.language and post.language not in scope.languages:
        return f"its scope has languages {', '.join(scope.languages)}; the post is in {post.language}"
    return ""
