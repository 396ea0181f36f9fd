"""Posts that a search found, as one STIX 2.1 bundle: each observed, with what it names, under its source's marking.

They name no victim and accuse nobody: nothing but an alert says whom a post concerns. Ids depend on the post and its
revision alone. Source: STIX 2.1 OASIS standard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, get_args

from alerts.channel import Tlp
from alerts.message import defang, facts_json, plain
from alerts.stix import Objects, bundle, marking, named, observables, stix_time, system
from indexer.fact import facts
from indexer.post import Stored

_EXCERPT = 2000


def posts_bundle(
    posts: Iterable[Stored], markings: Mapping[str, str], query: str, at: datetime
) -> dict[str, Any]:
    """The bundle. ``markings``: the TLP of each source, red where none is known; ``at``: when it is made."""
    made: dict[str, dict[str, Any]] = {}
    seen: list[str] = []
    tlps: set[str] = set()
    for stored in posts:
        tlp = markings.get(stored.post.key.source, "red")
        tlps.add(tlp)
        objects = _of_post(stored, tlp)
        made |= {str(one["id"]): one for one in objects}
        seen += [str(one["id"]) for one in objects if one["type"] in ("observed-data", "note")]
    if seen:
        gravest = max(tlps, key=get_args(Tlp).index)
        grouping = {
            "type": "grouping",
            "spec_version": "2.1",
            "id": named("grouping", query, at.isoformat()),
            "created": stix_time(at.isoformat()),
            "modified": stix_time(at.isoformat()),
            "created_by_ref": system(gravest)["id"],
            "object_marking_refs": [marking(gravest)["id"]],
            "name": f"Search: {plain(query)[:200] or 'everything'}",
            "context": "suspicious-activity",
            "object_refs": sorted(set(seen)),
        }
        made |= {str(one["id"]): one for one in (marking(gravest), system(gravest), grouping)}
    return bundle(f"search {query} {at.isoformat()}", list(made.values()))


def _of_post(stored: Stored, tlp: str) -> Objects:
    post = stored.post
    payload = {
        "url": defang(plain(post.url)),
        "author": plain(post.author) or "unknown",
        "source": post.key.source,
        "facts": facts_json(facts(post.title, post.text)),
    }
    found = observables(payload)
    first = stix_time(stored.first_seen_at.isoformat())
    common = {
        "spec_version": "2.1",
        "object_marking_refs": [marking(tlp)["id"]],
        "created_by_ref": system(tlp)["id"],
        "created": first,
        "modified": max(first, stix_time(post.seen_at.isoformat())),
    }
    observed = {
        **common,
        "type": "observed-data",
        "id": named("observed-data", post.id),
        "number_observed": 1,
        "first_observed": first,
        "last_observed": max(first, stix_time((stored.last_seen_at or post.seen_at).isoformat())),
        "object_refs": [one["id"] for one in found],
    }
    note = {
        **common,
        "type": "note",
        "id": named("note", post.id),
        "abstract": plain(post.title)[:200] or post.id,
        "content": plain(post.text)[:_EXCERPT] or "no text",
        "object_refs": [observed["id"]],
    }
    return [marking(tlp), system(tlp), *found, observed, note]
