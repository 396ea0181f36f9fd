"""A listing: a post with what it claims, its thread, and the history of both side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from config.errors import QueryError
from console.web.context import Context
from console.web.guard import Here, Someone
from console.web.pages.pivot import visible_at
from console.web.rendering import page
from console.web.shown import differences, marked
from console.wiring import stored_post
from indexer.fact import Fact, facts
from indexer.highlight import highlight
from indexer.post import Stored
from indexer.query import parse
from indexer.relevance import terms

router = APIRouter(include_in_schema=False)
_LONGEST, _LONGEST_REPLY = 50_000, 5_000
_MOST_POSTS, _MOST_CHANGED = 200, 40


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a post: it was seen first, changed, or found removed. ``changed``: how it differs from
    the text before, where there was one."""

    at: datetime
    what: str
    stored: Stored
    changed: Markup | None
    title_before: str = ""


@router.get("/posts/{name:path}")
def post_page(
    request: Request,
    here: Here,
    who: Someone,
    name: str,
    q: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """A post with its thread and history. ``q``: a query whose words are marked instead of the facts."""
    stored = stored_post(here.store, name)
    post, key = stored.post, stored.post.key
    claimed = facts(post.title, post.text)
    thread = here.store.thread(key.source, key.thread)
    place = (key.source, key.thread)
    return page(
        request,
        here,
        who,
        "post.html",
        stored=stored,
        q=q,
        title=_marked(post.title, "title", claimed, q),
        text=_marked(post.text[:_LONGEST], "text", claimed, q),
        cut=len(post.text) > _LONGEST,
        claimed=claimed,
        thread=[_shown(one) for one in thread[:_MOST_POSTS]],
        posts=len(thread),
        history=history(here, [stored, *(one for one in thread if one.post.key != key)]),
        alerts=visible_at(here, who.user, [place]).get(place, []),
    )


def history(here: Context, posts: list[Stored]) -> list[Step]:
    """Everything that happened to posts of which more is known than that they are there, the newest first. Of the first
    of them all is told."""
    steps: list[Step] = []
    changed = [one for at, one in enumerate(posts) if at == 0 or one.revision > 1 or one.removed_at]
    for at, newest in enumerate(changed[:_MOST_CHANGED]):
        revisions = here.store.revisions(newest.post.key) if newest.revision > 1 else [newest]
        steps += of_revisions(revisions, newest, whole=at == 0)
    return sorted(steps, key=lambda step: (step.at, step.stored.revision), reverse=True)


def of_revisions(revisions: list[Stored], newest: Stored, *, whole: bool = True) -> list[Step]:
    """What happened to one post. ``whole``: that it was seen first, too."""
    steps = []
    before: Stored | None = None
    for one in revisions:
        if before is None:
            if whole:
                steps.append(Step(one.first_seen_at, "seen", one, None))
        else:
            title = before.post.title if before.post.title != one.post.title else ""
            difference = differences(before.post.text, one.post.text)
            steps.append(Step(one.post.seen_at, "changed", one, difference, title))
        before = one
    if newest.removed_at:
        steps.append(Step(newest.removed_at, "removed", newest, None))
    return steps


def _shown(stored: Stored) -> dict[str, Any]:
    text = stored.post.text
    return {"stored": stored, "text": marked(text[:_LONGEST_REPLY], ()), "cut": len(text) > _LONGEST_REPLY}


def _marked(text: str, field: str, claimed: tuple[Fact, ...], query: str) -> Markup:
    if query:
        try:
            return marked(text, highlight(field, text, terms(parse(query))))
        except QueryError:
            return marked(text, ())
    return marked(text, [span for fact in claimed if fact.field == field for span in fact.spans])
