"""MISP: one event for each alert, under a UUID that the alert gives, so that what follows updates the same event.

Objects: the listing (``report``), the organisation (``victim``), the seller (``person``), accounts and wallets
(``telegram-account``, ``coin-address``); attributes for addresses, hashes and CVEs. Tags: TLP, admiralty-scale,
dark-web, and the galaxy clusters that the operator names for sellers and sources. The idempotency key stands in the
event's attribute of type ``other``. Objects are checked against MISP's own templates by PyMISP when they are made;
requests are Duskwatch's own (PyMISP's client asks for more).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from alerts.channel import Delivery
from alerts.indicators import indicators
from alerts.peer import Peer, PeerConfig, secret
from alerts.stix import refanged
from alerts.wording import claim, headline
from config.errors import ChannelRefused

if TYPE_CHECKING:
    from pymisp import MISPEvent, MISPObject

_NAMESPACE: Final = uuid.UUID("0b7a5a0e-6e0e-5a4f-8e65-9c7c0d6e7f21")  # made for Duskwatch; never changed
_LEVELS: Final = {"critical": 1, "high": 1, "medium": 2, "low": 3, "informational": 4}
_ATTRIBUTES: Final = {
    "mail": "email",
    "ip": "ip-dst",
    "domain": "domain",
    "onion": "domain",
    "cve": "vulnerability",
    "url": "url",
    "md5": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
    "sha512": "sha512",
    "jabber": "jabber-id",
    "pgp": "pgp-public-key",
}
#: Machine tags of MISP's taxonomy dark-web, by the kind of post and the kind of data that it claims.
_DARK_WEB: Final = {
    "product": ('motivation="marketplace-for-sale"', 'structure="leaks"'),
    "listing": ('motivation="forum"', 'structure="leaks"'),
    "reply": ('motivation="forum"', 'structure="leaks"'),
    "victim": ('topic="ransomware-group"', 'structure="ransomware-post"'),
    "paste": ('motivation="file-sharing"', 'structure="leaks"'),
}
_TOPICS: Final = {
    "payment": "credit-card",
    "identity": "identification-credentials",
    "credentials": "identification-credentials",
}


class Config(PeerConfig):
    """The server, the key, and who sees the event."""

    url: Annotated[str, Field(pattern=r"^https?://", description="the server, as `https://misp.example`")]
    key_env: Annotated[
        str,
        Field(pattern=r"^[A-Z][A-Z0-9_]*$", description="environment variable that holds the automation key"),
    ]
    distribution: Annotated[
        int,
        Field(
            ge=0, le=3, description="0 your organisation, 1 this community, 2 connected communities, 3 all"
        ),
    ] = 0
    publish: Annotated[bool, Field(description="whether the event is published at once")] = False
    galaxies: Annotated[
        dict[str, Annotated[str, Field(pattern=r'^[a-z0-9-]+="[^"\r\n]{1,200}"$')]],
        Field(
            default_factory=dict,
            description="for a seller's handle or a source's id a cluster of MISP's galaxies: "
            '`ransomware="..."`, `threat-actor="..."`',
        ),
    ]


class Misp:
    """Adds the event, or edits it where it is there."""

    def __init__(self, name: str, peer: Peer, config: Config) -> None:
        self.name = name
        self._peer = peer
        self._config = config

    def send(self, delivery: Delivery) -> None:
        made = event(delivery, self._config.distribution, self._config.galaxies)
        body = json.loads(made.to_json())
        there = self._peer.ask("GET", f"/events/view/{made.uuid}", accept=frozenset({404}), read=True)
        if there.status == 404:
            self._peer.post("/events/add", body, read=True)
        else:
            self._peer.post(f"/events/edit/{made.uuid}", body, read=True)
        if self._config.publish:
            self._peer.post(f"/events/publish/{made.uuid}", {})

    def check(self) -> str:
        answer = self._peer.ask("GET", "/servers/getVersion", read=True)
        told = answer.value if isinstance(answer.value, dict) else {}
        if not told.get("version"):
            raise ChannelRefused(f"{self._peer.shown} is no MISP")
        return f"{self._peer.shown} is MISP {str(told['version'])[:20]}"

    def redacted(self) -> str:
        return self._peer.shown

    def close(self) -> None:
        self._peer.close()


def event(delivery: Delivery, distribution: int, galaxies: Mapping[str, str] | None = None) -> MISPEvent:
    """The event of a delivery. ``galaxies``: clusters by sellers and sources."""
    from pymisp import MISPEvent  # half a second, only where it is used

    payload = delivery.payload
    alert = str(payload.get("alert") or delivery.key)
    made = MISPEvent()
    made.uuid = _uuid(alert, "event")
    made.info = headline(payload)
    made.distribution = distribution
    made.analysis = 1
    made.threat_level_id = _LEVELS.get(str(payload.get("severity")), 4)
    made.set_date(str(payload.get("first_seen_at") or delivery.created_at.isoformat())[:10])
    for tag in (*_tags(payload), *_clusters(payload, galaxies or {})):
        made.add_tag(tag)
    url = refanged(str(payload.get("url") or ""))
    listing = {"title": headline(payload), "summary": claim(payload), "link": url, "type": "Online"}
    victim = {"name": payload.get("organisation_name") or payload.get("organisation")}
    seller = {
        "handle": payload.get("author"),
        "role": "Suspect",
        "text": f"seller on {payload.get('source')}",
    }
    for template, values in (("report", listing), ("victim", victim), ("person", seller)):
        made.add_object(_object(alert, template, template, values))
    for one in indicators(payload):
        if one.kind == "telegram":
            made.add_object(_object(alert, "telegram-account", one.value, {"username": one.value}))
        elif one.kind == "wallet":
            field = {"BTC": "address", "XMR": "address-xmr"}.get(one.unit, "address-crypto")
            made.add_object(_object(alert, "coin-address", one.value, {field: one.value, "symbol": one.unit}))
        else:
            kind = _ATTRIBUTES.get(one.kind, "other")
            note = {"comment": one.kind, "to_ids": False, "distribution": 5}
            made.add_attribute(kind, one.value, uuid=_uuid(alert, one.kind, one.value), **note)
    made.add_attribute(
        "other",
        f"delivery {delivery.key}",
        uuid=_uuid(alert, delivery.key),
        comment="Duskwatch",
        distribution=5,
    )
    return made


def _object(alert: str, template: str, name: str, values: dict[str, Any]) -> MISPObject:
    from pymisp import MISPObject

    made = MISPObject(template, strict=True)
    made.uuid = _uuid(alert, template, name)
    made.distribution = 5
    for relation, value in values.items():
        if value:
            made.add_attribute(
                relation,
                str(value),
                uuid=_uuid(alert, template, name, relation),
                distribution=5,
                to_ids=False,
            )
    return made


def _tags(payload: dict[str, Any]) -> list[str]:
    tags = ["duskwatch"]
    if payload.get("tlp"):
        tags.append(f"tlp:{payload['tlp']}")
    if payload.get("reliability"):
        tags.append(f'admiralty-scale:source-reliability="{str(payload["reliability"]).lower()}"')
    tags.append(
        'admiralty-scale:information-credibility="6"'
    )  # it cannot be judged: nobody has verified the claim
    tags += [f"dark-web:{tag}" for tag in _DARK_WEB.get(str(payload.get("kind")), ())]
    claimed = {
        str(fact["value"]).partition("/")[0] for fact in payload.get("facts", ()) if fact["kind"] == "data"
    }
    tags += [
        f'dark-web:topic="{topic}"' for topic in sorted({_TOPICS[kind] for kind in claimed & set(_TOPICS)})
    ]
    if payload.get("event") == "retracted":
        tags.append('workflow:state="rejected"')
    return tags


def _clusters(payload: dict[str, Any], galaxies: Mapping[str, str]) -> list[str]:
    folded = {name.casefold(): cluster for name, cluster in galaxies.items()}
    named = (folded.get(str(payload.get(field)).casefold()) for field in ("author", "source"))
    return [f"misp-galaxy:{cluster}" for cluster in dict.fromkeys(named) if cluster]


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\0".join(parts)))


def open_channel(name: str, config: Config) -> Misp:
    """The channel of that name. ``ChannelRefused`` when the key's variable is not set."""
    headers = {"Authorization": secret(name, config.key_env) or "", "Accept": "application/json"}
    return Misp(name, Peer(config.url, config, headers), config)
