"""TheHive 5: an alert there for each alert here; what follows is a comment on it. Source: TheHive 5 API, v1."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from alerts.channel import Delivery
from alerts.indicators import Indicator, indicators
from alerts.peer import Peer, PeerConfig, secret
from alerts.stix import refanged
from alerts.wording import headline, text
from config.errors import ChannelRefused

_SEVERITIES = {"informational": 1, "low": 1, "medium": 2, "high": 3, "critical": 4}
_TLPS = {"clear": 0, "green": 1, "amber": 2, "amber+strict": 3, "red": 4}
_TYPES = {
    "mail": "mail",
    "ip": "ip",
    "url": "url",
    "domain": "domain",
    "onion": "domain",
    **dict.fromkeys(("md5", "sha1", "sha256", "sha512"), "hash"),
}


class Config(PeerConfig):
    """The server, and the key."""

    url: Annotated[str, Field(pattern=r"^https?://", description="the server, as `https://thehive.example`")]
    key_env: Annotated[
        str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", description="environment variable that holds the API key")
    ]
    organisation: Annotated[
        str | None,
        Field(pattern=r"^[\w .-]+$", description="the organisation there, where the user has several"),
    ] = None


class TheHive:
    """Makes the alert, or comments on it where it is there. ``sourceRef`` is the alert's id, so it cannot be twice."""

    def __init__(self, name: str, peer: Peer) -> None:
        self.name = name
        self._peer = peer

    def send(self, delivery: Delivery) -> None:
        made = alert(delivery)
        answer = self._peer.post("/api/v1/alert", made, accept=frozenset({400}), read=True)
        if answer.status != 400:
            return
        there = self._find(str(made["sourceRef"]))
        if there is None:
            said = answer.value.get("message") if isinstance(answer.value, dict) else None
            raise ChannelRefused(f"{self._peer.shown} does not take the alert: {str(said)[:200]}")
        if delivery.payload.get("event") == "new":
            return  # a deliverer was killed after it was taken
        changed = {name: made[name] for name in ("title", "severity", "tlp")}
        self._peer.post(f"/api/v1/alert/{there}", changed, method="PATCH")
        if not self._commented(there, delivery.key):
            self._peer.post(f"/api/v1/alert/{there}/comment", {"message": made["description"]})

    def check(self) -> str:
        answer = self._peer.ask("GET", "/api/v1/user/current", read=True)
        login = answer.value.get("login") if isinstance(answer.value, dict) else None
        return f"{self._peer.shown} knows us as {str(login)[:80]}"

    def redacted(self) -> str:
        return self._peer.shown

    def close(self) -> None:
        self._peer.close()

    def _find(self, reference: str) -> str | None:
        query = [{"_name": "listAlert"}, {"_name": "filter", "_field": "sourceRef", "_value": reference}]
        found = self._peer.post("/api/v1/query", {"query": query}, read=True).value
        first = found[0] if isinstance(found, list) and found else None
        name = str(first.get("_id", "")) if isinstance(first, dict) else ""
        return name if name.startswith("~") and name[1:].isdecimal() else None

    def _commented(self, there: str, key: str) -> bool:
        query = [{"_name": "getAlert", "idOrName": there}, {"_name": "comments"}]
        found = self._peer.post("/api/v1/query", {"query": query}, read=True).value
        return isinstance(found, list) and any(key in str(comment) for comment in found)


def alert(delivery: Delivery) -> dict[str, Any]:
    """The alert in TheHive's form."""
    payload = delivery.payload
    fields = {
        "type": "dark-web listing",
        "source": "Duskwatch",
        "sourceRef": str(payload.get("alert") or delivery.key),
        "title": headline(payload),
        "description": _fenced(f"{text(payload)}\n\ndelivery {delivery.key}"),
        "severity": _SEVERITIES.get(str(payload.get("severity")), 2),
        "tags": [
            "duskwatch",
            f"organisation:{payload.get('organisation')}",
            f"source:{payload.get('source')}",
        ],
        "observables": _observables(payload),
    }
    tlp = _TLPS.get(str(payload.get("tlp")))
    return fields if tlp is None else {**fields, "tlp": tlp}


def _fenced(words: str) -> str:
    """Words as a block of code: TheHive reads Markdown, and a board must not write in it."""
    return "```\n" + words.replace("```", "'''") + "\n```"


def _observables(payload: dict[str, Any]) -> list[dict[str, Any]]:
    found = [Indicator("url", refanged(str(payload["url"])))] if payload.get("url") else []
    return [
        {
            "dataType": _TYPES.get(one.kind, "other"),
            "data": one.value,
            "message": f"{one.kind} {one.unit}".strip(),
        }
        for one in (*found, *indicators(payload))
    ]


def open_channel(name: str, config: Config) -> TheHive:
    """The channel of that name. ``ChannelRefused`` when the key's variable is not set."""
    headers = {"Authorization": f"Bearer {secret(name, config.key_env)}"}
    if config.organisation:
        headers["X-Organisation"] = config.organisation
    return TheHive(name, Peer(config.url, config, headers))
