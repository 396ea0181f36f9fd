"""An alert as STIX 2.1 objects whose ids depend on the alert alone, so that a later delivery updates them.

Made of a report, the identities of Duskwatch and of the organisation named, the seller as threat actor, what was
observed (the listing's address, contacts, hashes), an indicator of it, and a note with the claim's words. All but the
marking definitions carry the TLP 2.0 marking of the alert. Source: STIX 2.1 OASIS standard; TLP 2.0 marking definitions
of the OASIS common object repository.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from alerts.indicators import Indicator, indicators
from alerts.wording import claim, facts_of, headline

Objects = list[dict[str, Any]]

_NAMESPACE: Final = uuid.UUID("6f1d6e0a-6a0c-5a55-9c9b-5f9d1f0c3b7e")  # made for Duskwatch; never changed
_TLP: Final = {
    "clear": "94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_TLP_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_MADE: Final = "2022-01-07T00:00:00.000Z"  # when what belongs to no alert is said to have been made
_HASHES: Final = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}
_ACCOUNTS: Final = frozenset({"telegram", "tox", "session", "jabber", "wickr"})


def named(kind: str, *parts: str) -> str:
    """``kind--<uuid>``: the same id for the same parts, wherever it is computed."""
    return f"{kind}--{uuid.uuid5(_NAMESPACE, chr(0).join((kind, *parts)))}"


def objects(payload: Mapping[str, Any], modified: str) -> Objects:
    """The objects of an alert, the marking first and the report last. ``modified``: when this delivery was made, ISO
    8601 in UTC. Raises ``ValueError`` for a payload without a known TLP."""
    tlp = str(payload.get("tlp"))
    if tlp not in _TLP:
        raise ValueError(f"TLP {tlp!r} is none of TLP 2.0")
    alert = str(payload["alert"])
    marked = {"spec_version": "2.1", "object_marking_refs": [marking(tlp)["id"]]}
    maker = system(tlp)
    of_alert = {
        **marked,
        "created": stix_time(str(payload.get("matched_at") or modified)),
        "modified": stix_time(modified),
        "created_by_ref": maker["id"],
    }
    victim = _victim(payload, marked, str(maker["id"]))
    actor = _actor(payload, of_alert)
    seen = observables(payload)
    first = stix_time(str(payload.get("first_seen_at") or modified))
    observed = {
        **of_alert,
        "type": "observed-data",
        "id": named("observed-data", alert),
        "number_observed": 1,
        "first_observed": first,
        "last_observed": max(first, stix_time(modified)),
        "object_refs": [one["id"] for one in seen],
    }
    content = [
        victim,
        actor,
        *seen,
        observed,
        *_indicator(payload, of_alert),
        _targets(actor, victim, of_alert),
    ]
    note = {
        **of_alert,
        "type": "note",
        "id": named("note", alert),
        "abstract": headline(payload),
        "content": "\n".join(
            [*(f"{label}: {said}" for label, said in facts_of(payload)), "", claim(payload)]
        ).strip(),
        "object_refs": [victim["id"], actor["id"]],
    }
    report = {
        **of_alert,
        "type": "report",
        "id": named("report", alert),
        "name": headline(payload),
        "report_types": ["threat-actor", "observed-data"],
        "published": of_alert["created"],
        "labels": sorted({str(payload.get("severity") or "unknown"), str(payload.get("event") or "new")}),
        "object_refs": sorted(str(one["id"]) for one in (*content, note)),
    }
    return [marking(tlp), maker, *content, note, report]


def bundle(alert: str, made: Objects) -> dict[str, Any]:
    """The objects in a bundle."""
    return {"type": "bundle", "id": named("bundle", alert), "objects": made}


def marking(tlp: str) -> dict[str, Any]:
    """The TLP 2.0 marking definition."""
    extension = {"extension_type": "property-extension", "tlp_2_0": tlp}
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{_TLP[tlp]}",
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp.upper()}",
        "extensions": {_TLP_EXTENSION: extension},
    }


def system(tlp: str) -> dict[str, Any]:
    """The identity of Duskwatch, under a marking."""
    return {
        "spec_version": "2.1",
        "object_marking_refs": [marking(tlp)["id"]],
        "type": "identity",
        "id": named("identity", "duskwatch"),
        "created": _MADE,
        "modified": _MADE,
        "name": "Duskwatch",
        "identity_class": "system",
    }


def refanged(url: str) -> str:
    """The address behind a defanged one."""
    return re.sub(r"^hxxp", "http", url).replace("[.]", ".")


def _victim(payload: Mapping[str, Any], marked: dict[str, Any], system: str) -> dict[str, Any]:
    organisation = str(payload["organisation"])
    return {
        **marked,
        "type": "identity",
        "id": named("identity", organisation),
        "created": _MADE,
        "modified": _MADE,
        "created_by_ref": system,
        "identity_class": "organization",
        "name": str(payload.get("organisation_name") or organisation),
    }


def _actor(payload: Mapping[str, Any], of_alert: dict[str, Any]) -> dict[str, Any]:
    author, source = str(payload.get("author") or "unknown"), str(payload.get("source") or "")
    return {
        **of_alert,
        "type": "threat-actor",
        "id": named("threat-actor", source, author),
        "name": author,
        "created": _MADE,
        "threat_actor_types": ["criminal"],
        "description": f"Handle {author} on {source}, as its board shows it.",
    }


def _targets(actor: dict[str, Any], victim: dict[str, Any], of_alert: dict[str, Any]) -> dict[str, Any]:
    ends = str(actor["id"]), str(victim["id"])
    return {
        **of_alert,
        "type": "relationship",
        "id": named("relationship", "targets", *ends),
        "relationship_type": "targets",
        "created": _MADE,
        "source_ref": ends[0],
        "target_ref": ends[1],
    }


def _indicator(payload: Mapping[str, Any], of_alert: dict[str, Any]) -> Objects:
    url = refanged(str(payload.get("url") or ""))
    if not url:
        return []
    quoted = url.replace("\\", "\\\\").replace("'", "\\'")
    return [
        {
            **of_alert,
            "type": "indicator",
            "id": named("indicator", str(payload["alert"])),
            "name": "The listing's address",
            "indicator_types": ["compromised"],
            "pattern": f"[url:value = '{quoted}']",
            "pattern_type": "stix",
            "valid_from": of_alert["created"],
        }
    ]


def observables(payload: Mapping[str, Any]) -> Objects:
    """Observables with the deterministic ids that STIX 2.1 asks for. What it knows no type for (wallets, onion
    services without an address, CVEs) stands in the note."""
    found = [_url(refanged(str(payload.get("url") or "about:blank")))]
    author = str(payload.get("author") or "unknown")
    found.append(_observable("user-account", account_type=f"board {payload.get('source')}", user_id=author))
    for one in indicators(payload):
        found += _of_indicator(one)
    return list({one["id"]: one for one in found}.values())


def _of_indicator(one: Indicator) -> Objects:
    if one.kind in _ACCOUNTS:
        return [_observable("user-account", account_type=one.kind, user_id=one.value)]
    if one.kind in ("onion", "domain"):
        return [_observable("domain-name", value=one.value)]
    if one.kind == "ip":
        return [_observable("ipv6-addr" if ":" in one.value else "ipv4-addr", value=one.value)]
    if one.kind == "mail":
        return [_observable("email-addr", value=one.value)]
    if one.kind == "url":
        return [_url(one.value)]
    if one.kind in _HASHES:
        return [_observable("file", hashes={_HASHES[one.kind]: one.value})]
    return []


def _url(address: str) -> dict[str, Any]:
    """An address, with what may not stand in one written as its code."""
    return _observable("url", value=quote(address, safe="%:/?#[]@!$&'()*+,;=~"))


def _observable(kind: str, **properties: Any) -> dict[str, Any]:
    import stix2.v21 as v21  # a second, only where alerts leave as STIX

    classes = {
        "url": v21.URL,
        "user-account": v21.UserAccount,
        "domain-name": v21.DomainName,
        "ipv4-addr": v21.IPv4Address,
        "ipv6-addr": v21.IPv6Address,
        "email-addr": v21.EmailAddress,
        "file": v21.File,
    }
    made: dict[str, Any] = dict(classes[kind](**properties))
    return {name: dict(value) if name == "hashes" else value for name, value in made.items()}


def stix_time(text: str) -> str:
    """A time as STIX writes it: UTC to the millisecond."""
    from datetime import UTC, datetime

    return (
        datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
