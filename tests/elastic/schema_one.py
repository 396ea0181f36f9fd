"""The Elasticsearch store as its first schema was, for tests of upgrades: what this process then writes, and reads, is
of that version. For a process of its own."""

from __future__ import annotations

import json
from typing import Any

from indexer.stores import elasticsearch_documents as documents
from indexer.stores import elasticsearch_mapping as mapping

_LATER = ("listing", "stored", "forgotten")


def turn_back() -> None:
    """Make this process one of the first schema."""
    head_line = documents.Entry.head_line
    template = mapping.template

    def first_head(entry: documents.Entry) -> bytes:
        values = {name: value for name, value in json.loads(head_line(entry)).items() if name not in _LATER}
        return json.dumps(values, ensure_ascii=False).encode()

    def first_template(part: str, *aliases: str, **meta: Any) -> dict[str, Any]:
        made = template(part, *aliases, **meta)
        del made["mappings"]["_meta"]["folding"]
        return made

    for name in _LATER:
        del mapping._MAPPINGS["posts"]["properties"][name]
    mapping.SCHEMA = 1
    mapping.template = first_template
    mapping.Names.posts_write = property(lambda names: f"{names.prefix}-posts-write")  # type: ignore[assignment,method-assign]
    mapping.Names.changes_write = property(lambda names: f"{names.prefix}-changes-write")  # type: ignore[assignment,method-assign]
    documents.Entry.head_line = first_head  # type: ignore[method-assign]
