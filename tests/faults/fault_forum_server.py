"""The forum's process in a run of faults: machina's own models and pages, changed by what its parent says, a line of
JSON each, and a line in ``served.jsonl`` for every page that it gave.

A page is made and sent while no change is under way: what it shows is what was true at one moment.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.demo.forum import server  # it sets Django up, before what follows is imported

# isort: split
from django.core.wsgi import get_wsgi_application
from fault_words import marks
from machina.apps.forum.models import Forum
from machina.apps.forum_conversation.models import Post, Topic
from waitress import create_server

_lock = threading.Lock()


def _served(application: Callable[..., Iterable[bytes]], path: Path) -> Callable[..., Iterable[bytes]]:
    written = path.open("a", encoding="utf-8")

    def serve(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        with _lock:
            body = b"".join(application(environ, start))
            asked = environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else "")
            line = {"at": time.time(), "path": asked, "marks": sorted(set(marks(body.decode())))}
            written.write(json.dumps(line) + "\n")
            written.flush()
        return [body]

    return serve


def _change(asked: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC)
    what = asked["what"]
    if what in ("open", "relist"):
        board = Forum.objects.get(name=asked["board"])
        topic = Topic.objects.create(
            forum=board,
            poster=server._user(asked["author"]),
            subject=asked["title"],
            type=Topic.TOPIC_POST,
            status=Topic.TOPIC_UNLOCKED,
            approved=True,
        )
        server.add_post(topic, asked["author"], asked["title"], asked["text"], now)
        return {"thread": str(topic.pk), "post": str(topic.first_post.pk)}
    topic = Topic.objects.get(pk=asked["thread"])
    if what == "reply":
        server.add_post(topic, asked["author"], f"Re: {topic.subject}", asked["text"], now)
        return {"post": str(topic.posts.order_by("pk").last().pk)}
    if what == "edit":
        post = Post.objects.get(pk=asked["post"])
        post.content = asked["text"]
        post.updates_count += 1
        post.updated_by = post.poster
        post.save()
    elif what == "delete post":
        Post.objects.get(pk=asked["post"]).delete()
    elif what == "delete thread":
        topic.delete()
    elif what == "move":
        topic.forum = Forum.objects.get(name=asked["board"])
        topic.save()
    return {}


def main() -> None:
    """Serve until the parent's words end."""
    server.content.topics = list  # it begins empty
    boards = server.fill(datetime.now(UTC))
    served = Path(os.environ["DEMO_FORUM_FOLDER"]) / "served.jsonl"
    running = create_server(_served(get_wsgi_application(), served), host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=running.run, daemon=True).start()
    _say({"port": running.effective_port, "boards": boards})
    for line in sys.stdin:
        with _lock:
            sent = time.time()
            _, asked = json.loads(line)
            answer = _change(asked)
            _say(answer | {"begun": sent, "done": time.time()})


def _say(answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
