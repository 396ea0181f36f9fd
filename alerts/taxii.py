"""A TAXII 2.1 collection that objects are added to. Source: TAXII 2.1 OASIS standard, sections 3 and 5."""

from __future__ import annotations

from typing import Any

from alerts.peer import Peer, as_json
from config.errors import ChannelRefused

_MEDIA = "application/taxii+json;version=2.1"


class Collection:
    """One collection, at ``<api root>/collections/<id>/``. Raises as channels do."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def add(self, made: list[dict[str, Any]]) -> None:
        """Add objects; those that are there already in the same version count as added. ``ChannelRefused`` when the
        server failed another: it will fail again."""
        headers = {"Content-Type": _MEDIA, "Accept": _MEDIA}
        answer = self._peer.ask(
            "POST", "/objects/", content=as_json({"objects": made}), headers=headers, read=True
        )
        status = answer.value if isinstance(answer.value, dict) else {}
        failed = {str(one.get("id")): str(one.get("message")) for one in status.get("failures") or ()}
        versions = {str(one["id"]): one.get("modified") for one in made}
        lost = [name for name in failed if not self._there(name, versions.get(name))]
        if lost or (status.get("failure_count") and not failed):
            said = failed[lost[0]][:200] if lost else "it does not say which"
            raise ChannelRefused(
                f"{self._peer.shown} failed {len(lost) or status['failure_count']} objects: {said}"
            )

    def _there(self, name: str, modified: str | None) -> bool:
        """Whether the collection has an object in this version: some servers tell the second time as a failure."""
        missing = frozenset({404})
        answer = self._peer.ask(
            "GET", f"/objects/{name}/", headers={"Accept": _MEDIA}, accept=missing, read=True
        )
        found = answer.value.get("objects") if isinstance(answer.value, dict) else None
        return any(one.get("modified") == modified for one in found or () if isinstance(one, dict))

    def check(self) -> str:
        """The collection's title; ``ChannelRefused`` when nothing can be added to it."""
        answer = self._peer.ask("GET", "/", headers={"Accept": _MEDIA}, read=True)
        told = answer.value if isinstance(answer.value, dict) else {}
        if not told.get("can_write"):
            raise ChannelRefused(f"{self._peer.shown} lets nobody with this key add to the collection")
        return f"{self._peer.shown} takes objects for {str(told.get('title'))[:80]!r}"
