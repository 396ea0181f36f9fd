"""The demo's forum, changed by a seeded script: new threads, replies, edits, deleted posts and threads.

Its parent says ``change``: one change, told as a line of JSON; ``truth``: every post that stands there. The same seed
($CHURN_SEED) makes the same changes in the same order. A name that is watched stands in every third new thread.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
from datetime import UTC, datetime
from typing import Any

# isort: off
from console.demo.forum import server  # sets Django up, so it stands before all of machina

from django.core.wsgi import get_wsgi_application
from machina.apps.forum.models import Forum
from machina.apps.forum_conversation.models import Topic
from waitress import create_server

from console.demo import content
# isort: on

_SHARES = {"reply": 45, "thread": 25, "edit": 15, "delete post": 8, "delete thread": 7}
_FEWEST = 30  # threads that are left alone
_WATCHED = ("Invented Bank of Nowhere", "Kantor Rekaan Timur", "Fiktiva Northern Telecom")
_WORDS = (
    *(
        "selling",
        "fresh",
        "dump",
        "rows",
        "customers",
        "sample",
        "escrow",
        "price",
        "payment",
        "wallet",
        "telegram",
    ),
    *(
        "contact",
        "database",
        "access",
        "shell",
        "panel",
        "hospital",
        "insurer",
        "records",
        "passport",
        "mail",
    ),
    *("phones", "hashed", "salted", "million", "verified", "partner", "seller", "buyer", "deal"),
)


class Churn:
    """Makes one change after another."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._count = 0

    def change(self) -> dict[str, Any]:
        """One change; what it was, and of which post or thread."""
        self._count += 1
        does = self._chance.choices(list(_SHARES), list(_SHARES.values()))[0]
        if does == "thread":
            return self._thread()
        topics = list(Topic.objects.filter(type=Topic.TOPIC_POST).order_by("pk"))
        topic = self._chance.choice(topics)
        if does == "delete thread" and len(topics) > _FEWEST:
            key = topic.pk
            topic.delete()
            return {"did": does, "thread": key}
        replies = list(topic.posts.order_by("pk"))[1:]
        if does == "delete post" and replies:
            post = self._chance.choice(replies)
            key = post.pk
            post.delete()
            return {"did": does, "post": key}
        if does == "edit":
            post = topic.first_post
            post.content = f"{self._text()}\n\nPrice now: {self._chance.randint(100, 9000)} USD"
            post.updates_count += 1
            post.updated_by = post.poster
            post.save()
            return {"did": does, "post": post.pk}
        server.add_post(topic, self._author(), f"Re: {topic.subject}", self._text(), datetime.now(UTC))
        return {"did": "reply", "thread": topic.pk}

    def _thread(self) -> dict[str, Any]:
        named = self._chance.random() < 1 / 3
        about = self._chance.choice(_WATCHED) if named else "somebody"
        title = f"{self._text(4)} of {about}, number {self._count}"
        replies = tuple(self._text() for _ in range(self._chance.randint(0, 3)))
        board = self._chance.choice(content.BOARDS)
        topic = content.Topic(board, title, self._author(), self._text(), 0, replies)
        server.add_topic(Forum.objects.get(name=board), topic, datetime.now(UTC))
        return {"did": "thread", "title": title}

    def _text(self, count: int = 0) -> str:
        return " ".join(self._chance.choices(_WORDS, k=count or self._chance.randint(15, 90)))

    def _author(self) -> str:
        return self._chance.choice(content.SELLERS)


def main() -> None:
    """Serve on a free port of loopback and answer the parent's words until they end."""
    boards = server.fill(datetime.now(UTC))
    churn = Churn(int(os.environ["CHURN_SEED"]))
    web = create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=web.run, daemon=True).start()
    _say({"port": web.effective_port, "boards": boards})
    for line in sys.stdin:
        _say(churn.change() if json.loads(line)[0] == "change" else server.truth())


def _say(answer: object) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
