"""OpenCTI, by a TAXII push collection (its settings: Data, Ingestion, TAXII push).

The alert is an incident that targets the organisation, the listing a media content that a channel, the board, published
and whose author is the seller. Media content and channel are OpenCTI's own types; their ids are made as OpenCTI makes
them, so that the same listing told by another feed is one object there.
"""

from __future__ import annotations

import json
import uuid
from typing import Annotated, Any

from pydantic import Field

from alerts.channel import Delivery
from alerts.peer import Peer, PeerConfig, secret
from alerts.stix import Objects, named, objects, refanged
from alerts.taxii import Collection
from alerts.wording import claim, headline
from config.errors import ChannelRefused

_OPENCTI = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # the namespace of STIX 2.1's deterministic ids


class Config(PeerConfig):
    """The collection, and the token."""

    url: Annotated[
        str,
        Field(pattern=r"^https?://", description="`https://opencti/taxii2/root/collections/<id>/`"),
    ]
    token_env: Annotated[
        str,
        Field(pattern=r"^[A-Z][A-Z0-9_]*$", description="environment variable that holds the user's token"),
    ]


class OpenCti:
    """Pushes the objects of one delivery at a time."""

    def __init__(self, name: str, peer: Peer) -> None:
        self.name = name
        self._peer = peer
        self._collection = Collection(peer)

    def send(self, delivery: Delivery) -> None:
        try:
            self._collection.add(told(delivery))
        except (KeyError, ValueError) as error:
            raise ChannelRefused(f"the delivery cannot be told in STIX: {error}") from error

    def check(self) -> str:
        return self._collection.check()

    def redacted(self) -> str:
        return self._peer.shown

    def close(self) -> None:
        self._peer.close()


def told(delivery: Delivery) -> Objects:
    """The alert's STIX objects with incident, media content and channel beside them. Raises as ``objects``."""
    payload = delivery.payload
    made = objects(payload, delivery.created_at.isoformat())
    by_type = {one["type"]: one for one in made if one.get("name") != "Duskwatch"}
    report = made[-1]
    shared = {name: report[name] for name in ("spec_version", "created", "modified", "object_marking_refs")}
    shared["created_by_ref"] = report["created_by_ref"]
    incident = {
        **shared,
        "type": "incident",
        "id": named("incident", str(payload["alert"])),
        "name": headline(payload),
        "description": str(payload.get("claims") or ""),
        "incident_type": "data-leak",
        "severity": str(payload.get("severity")),
        "source": "Duskwatch",
        "first_seen": report["created"],
        "external_references": [{"source_name": "duskwatch delivery", "external_id": delivery.key}],
    }
    url = refanged(str(payload.get("url") or ""))
    media = {
        "type": "media-content",
        "id": _known("media-content", url=url),
        "spec_version": "2.1",
        "object_marking_refs": shared["object_marking_refs"],
        "url": url,
        "title": headline(payload),
        "content": claim(payload),
        "media_category": "forum",
        "publication_date": str(payload.get("posted_at") or payload.get("first_seen_at")),
    }
    board = str(payload.get("source"))
    channel = {
        **shared,
        "type": "channel",
        "id": _known("channel", name=board.lower().strip()),
        "name": board,
        "channel_types": ["forum"],
    }
    relations = [
        _relation(shared, "targets", incident, by_type["identity"]),
        _relation(shared, "attributed-to", incident, by_type["threat-actor"]),
        _relation(shared, "publishes", channel, media),
        _relation(shared, "related-to", incident, media),
        _relation(shared, "related-to", by_type["threat-actor"], media),
    ]
    extra = [incident, media, channel, *relations]
    report["object_refs"] = sorted({*report["object_refs"], *(str(one["id"]) for one in extra)})
    return [*made[:-1], *extra, report]


def _relation(
    shared: dict[str, Any], kind: str, source: dict[str, Any], target: dict[str, Any]
) -> dict[str, Any]:
    ends = str(source["id"]), str(target["id"])
    return {
        **shared,
        "type": "relationship",
        "id": named("relationship", kind, *ends),
        "relationship_type": kind,
        "source_ref": ends[0],
        "target_ref": ends[1],
    }


def _known(kind: str, **properties: str) -> str:
    canonical = json.dumps(properties, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{kind}--{uuid.uuid5(_OPENCTI, canonical)}"


def open_channel(name: str, config: Config) -> OpenCti:
    """The channel of that name. ``ChannelRefused`` when the token's variable is not set."""
    token = secret(name, config.token_env)
    return OpenCti(name, Peer(config.url, config, {"Authorization": f"Bearer {token}"}))
