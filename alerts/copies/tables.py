"""The tables of copies in the state database."""

from __future__ import annotations

import sqlalchemy as sa

from config.database import UtcDateTime, metadata

#: One thread of a source by its opening post: its prints (``prints.py``), None where it has none.
thread_table = sa.Table(
    "copy_thread",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("thread", sa.Text, primary_key=True),
    sa.Column("post", sa.Text, nullable=False),  # the opening post's key
    sa.Column("title", sa.BigInteger),
    sa.Column("place", sa.BigInteger),
    sa.Column("act", sa.BigInteger),
)

#: How many threads of a source have each print, and when its first one was stored.
source_table = sa.Table(
    "copy_source",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("threads", sa.Integer, nullable=False),
    sa.Column("placed", sa.Integer, nullable=False),
    sa.Column("acted", sa.Integer, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
)

#: How many threads two sources have in common by each print (``one`` < ``other``). ``compared``: of these the texts of
#: so many were held against one another, and ``named`` of them named contacts on both sides.
pair_table = sa.Table(
    "copy_pair",
    metadata,
    sa.Column("one", sa.Text, primary_key=True),
    sa.Column("other", sa.Text, primary_key=True),
    sa.Column("titles", sa.Integer, nullable=False),
    sa.Column("places", sa.Integer, nullable=False),
    sa.Column("acts", sa.Integer, nullable=False),
    sa.Column("compared", sa.Integer, nullable=False),
    sa.Column("named", sa.Integer, nullable=False),
)

#: A contact that stands otherwise in the same thread of two sources.
swap_table = sa.Table(
    "copy_swap",
    metadata,
    sa.Column("one", sa.Text, primary_key=True),
    sa.Column("other", sa.Text, primary_key=True),
    sa.Column("thread", sa.Text, primary_key=True),  # of ``one``
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("mine", sa.Text, nullable=False),  # on ``one``
    sa.Column("theirs", sa.Text, nullable=False),
)

#: What people decided that a source is to another; an empty verdict: to be judged automatically again.
override_table = sa.Table(
    "copy_override",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("original", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
