"""The forum's process: fills the database through machina's own models, serves it, and obeys its parent.

A line of JSON in, a word with what it is about (``["change"]``), a line of JSON out; it ends when its input ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.demo.forum.settings")
django.setup()

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from machina.apps.forum.models import Forum
from machina.apps.forum_conversation.models import Post, Topic
from machina.apps.forum_permission.models import ForumPermission, UserForumPermission
from waitress import create_server

from console.demo import content

_READ = ("can_see_forum", "can_read_forum")


def fill(now: datetime) -> dict[str, str]:
    """Make boards and topics; the path of each board by its name."""
    call_command("migrate", verbosity=0, run_syncdb=True)
    boards = {name: Forum.objects.create(name=name, type=Forum.FORUM_POST) for name in content.BOARDS}
    for permission in ForumPermission.objects.filter(codename__in=_READ):
        for board in boards.values():
            UserForumPermission.objects.create(
                forum=board, permission=permission, anonymous_user=True, has_perm=True
            )
    for topic in content.topics():
        add_topic(boards[topic.board], topic, now)
    return {name: f"/forum/{board.slug}-{board.pk}/" for name, board in boards.items()}


def add_topic(board: Any, topic: content.Topic, now: datetime) -> Any:
    """One topic with its replies, at its own times; what the engine made of it."""
    at = now - timedelta(minutes=topic.minutes_ago)
    made = Topic.objects.create(
        forum=board,
        poster=_user(topic.author),
        subject=topic.title,
        type=Topic.TOPIC_STICKY if topic.sticky else Topic.TOPIC_POST,
        status=Topic.TOPIC_LOCKED if topic.locked else Topic.TOPIC_UNLOCKED,
        approved=True,
    )
    add_post(made, topic.author, topic.title, topic.text, at)
    for number, text in enumerate(topic.replies):
        seller = content.SELLERS[(len(topic.title) + number) % len(content.SELLERS)]
        add_post(made, seller, f"Re: {topic.title}", text, at + timedelta(minutes=number + 1))
    Topic.objects.filter(pk=made.pk).update(created=at)
    return made


def add_post(topic: Any, author: str, subject: str, text: str, at: datetime) -> Any:
    """One post at a given time; machina's counters follow by its own signals."""
    post = Post.objects.create(
        topic=topic, poster=_user(author), subject=subject, content=text, approved=True
    )
    Post.objects.filter(pk=post.pk).update(created=at, updated=at)
    Topic.objects.filter(pk=topic.pk).update(last_post_on=at)
    topic.refresh_from_db()
    return post


def _user(name: str) -> Any:
    return get_user_model().objects.get_or_create(username=name)[0]


def change() -> str:
    """A reply, an edited price, a new topic under another alias, a deleted topic."""
    now = datetime.now(UTC)
    long = Topic.objects.filter(posts_count__gt=30).order_by("pk").first()
    add_post(long, "q_heron", f"Re: {long.subject}", content.REPLY_TEXT, now)
    ministry = Topic.objects.get(subject=content.MINISTRY_TITLE).first_post
    ministry.content = content.MINISTRY_TEXT.format(price=content.PRICE_AFTER)
    ministry.updates_count += 1
    ministry.updated_by = ministry.poster
    ministry.save()
    alias = content.Topic("Marketplace", content.ALIAS_TITLE, "velvet_crane", content.ALIAS_TEXT, 0)
    add_topic(Forum.objects.get(name="Marketplace"), alias, now)
    doomed = Topic.objects.filter(forum__name="Databases", type=Topic.TOPIC_POST).order_by("-last_post_on")
    doomed[2].delete()
    return "changed"


def list_topic(said: dict[str, Any]) -> str:
    """A new topic, as ``content.Topic`` has it; its key."""
    topic = content.Topic(**said | {"replies": tuple(said.get("replies", ()))})
    return str(add_topic(Forum.objects.get(name=topic.board), topic, datetime.now(UTC)).pk)


def reply(topic: str, author: str, text: str) -> str:
    """A new post in a topic; its key."""
    found = Topic.objects.get(pk=topic)
    return str(add_post(found, author, f"Re: {found.subject}", text, datetime.now(UTC)).pk)


def truth() -> list[dict[str, Any]]:
    """Every post as the engine's database has it."""
    return [
        {
            "thread": str(post.topic_id),
            "post": str(post.pk),
            "board": post.topic.forum.name,
            "title": post.topic.subject,
            "author": post.poster.username,
            "created": post.created.timestamp(),
            "text": post.content.raw,
            "edited": bool(post.updates_count),
            "locked": post.topic.status == Topic.TOPIC_LOCKED,
            "sticky": post.topic.type == Topic.TOPIC_STICKY,
        }
        for post in Post.objects.select_related("topic__forum", "poster").order_by("pk")
    ]


def main() -> None:
    """Serve on a free port of loopback and answer the parent's words until they end."""
    boards = fill(datetime.now(UTC))
    opened = threading.Event()
    opened.set()
    pages = get_wsgi_application()

    def served(environ: Any, start_response: Any) -> Any:
        opened.wait()
        return pages(environ, start_response)

    server = create_server(served, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    _say({"port": server.effective_port, "boards": boards})
    words = {each.__name__: each for each in (change, list_topic, reply, truth, opened.clear, opened.set)}
    for line in sys.stdin:
        word, *about = json.loads(line)
        _say(words[word](*about))


def _say(answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
