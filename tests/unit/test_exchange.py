"""Alerts for other programs: STIX, TAXII, MISP, TheHive, OpenCTI, chat rooms, syslog, CloudEvents."""

from __future__ import annotations

import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from channel_kit import hook
from mail_server import self_signed
from peers import Asked, recorded, syslog_server, taxii_objects, taxii_server, wait_until
from stix2validator import ValidationOptions, validate_instance

from alerts.channel import Delivery
from alerts.channels import open_channels
from alerts.channels.mattermost import message as mattermost
from alerts.channels.misp import event
from alerts.channels.opencti import told
from alerts.channels.slack import message as slack
from alerts.channels.syslog import cef
from alerts.channels.teams import message as teams
from alerts.channels.thehive import alert as hive
from alerts.stix import bundle, objects
from config.errors import ChannelBusy, ChannelRefused

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
ONION = "zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd.onion"


def payload(**more: Any) -> dict[str, Any]:
    facts = [
        {"kind": "telegram", "value": "pale_otter", "unit": ""},
        {"kind": "wallet", "value": "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "unit": "BTC"},
        {"kind": "mail", "value": "otter@mail.example", "unit": ""},
        {"kind": "sha256", "value": "ab" * 32, "unit": ""},
        {"kind": "domain", "value": "leak.example", "unit": ""},
        {"kind": "ip", "value": "192.0.2.7", "unit": ""},
        {"kind": "quantity", "value": 6_000_000, "unit": "people"},
    ]
    return {
        "schema": "duskwatch.alert/1",
        "event": "new",
        "alert": "a1",
        "organisation": "bank",
        "severity": "high",
        "tlp": "amber",
        "title": "offer | of = [everything](http://x.example) @all",
        "claim": "all of it\nnow",
        "claims": "6,000,000 people",
        "facts": facts,
        "source": "forum",
        "board": "sale",
        "author": "pale_otter",
        "url": f"hxxp://{ONION.replace('.', '[.]')}/t/1",
        "kind": "listing",
        "posted_at": NOON.isoformat(),
        "first_seen_at": NOON.isoformat(),
        "matched_at": NOON.isoformat(),
        "matches": [],
        **more,
    }


def delivery(at: datetime = NOON, key: str = "key-1", **more: Any) -> Delivery:
    return Delivery(key, "c", 1, at, payload(**more))


@pytest.mark.parametrize("tlp", ["clear", "green", "amber", "amber+strict", "red"])
def test_a_bundle_is_valid_stix(tlp: str) -> None:
    made = bundle("a1", objects(payload(tlp=tlp), NOON.isoformat()))
    found = validate_instance(made, ValidationOptions(version="2.1"))
    assert [str(error) for error in found.errors] == []


def test_a_later_delivery_updates_the_same_objects() -> None:
    first = objects(payload(), NOON.isoformat())
    later = objects(payload(event="raised", severity="critical"), (NOON + timedelta(hours=1)).isoformat())
    assert [one["id"] for one in first] == [one["id"] for one in later]
    assert later[-1]["modified"] > first[-1]["modified"]
    assert later[-1]["created"] == first[-1]["created"]
    kinds = {one["type"] for one in first}
    assert {"report", "identity", "threat-actor", "observed-data", "indicator", "note"} <= kinds
    assert len({one["id"] for one in first}) == len(first)


def test_another_alert_shares_organisation_and_seller_only() -> None:
    ids = [{one["id"] for one in objects(payload(alert=name), NOON.isoformat())} for name in ("a1", "a2")]
    shared = {name.partition("--")[0] for name in ids[0] & ids[1]}
    assert not shared & {"report", "note", "indicator", "observed-data"}
    assert {"identity", "threat-actor", "marking-definition"} <= shared


def test_what_cannot_be_marked_is_not_told() -> None:
    with pytest.raises(ValueError, match="TLP"):
        objects(payload(tlp=None), NOON.isoformat())


def test_a_taxii_server_holds_both_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T0KEN", "t0ken")
    with taxii_server(tmp_path) as collection:
        folder = tmp_path / "channels"
        folder.mkdir()
        text = f"type: taxii\nurl: {collection}\nusername: duskwatch\nsecret_env: T0KEN\n"
        (folder / "c.yaml").write_text(f"{text}private: true\n")
        (folder / "d.yaml").write_text(text)
        channels = open_channels(folder)
        channels["c"].send(delivery())
        channels["c"].send(delivery(NOON + timedelta(hours=1), "key-2", event="raised"))
        with pytest.raises(ChannelRefused, match="private: true"):
            channels["d"].send(delivery())
        reports = [one for one in taxii_objects(collection) if one["type"] == "report"]
        for channel in channels.values():
            channel.close()
    assert {one["id"] for one in reports} == {objects(payload(), NOON.isoformat())[-1]["id"]}
    assert any("key-2" in json.dumps(one) for one in reports)


def test_a_collection_that_nobody_may_add_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T0KEN", "t0ken")
    with taxii_server(tmp_path, writable=False) as collection:
        folder = tmp_path / "channels"
        folder.mkdir()
        text = f"type: taxii\nurl: {collection}\nusername: duskwatch\nsecret_env: T0KEN\nprivate: true\n"
        (folder / "c.yaml").write_text(text)
        channel = open_channels(folder)["c"]
        with pytest.raises(ChannelRefused, match="lets nobody"):
            channel.check()
        channel.close()


def test_opencti_gets_incident_channel_and_media_content() -> None:
    made = told(delivery())
    by_type = {one["type"]: one for one in made}
    assert by_type["media-content"]["url"] == f"http://{ONION}/t/1"
    assert by_type["channel"]["name"] == "forum"
    ends = {
        (one["relationship_type"], one["source_ref"].partition("--")[0], one["target_ref"].partition("--")[0])
        for one in made
        if one["type"] == "relationship"
    }
    assert {
        ("publishes", "channel", "media-content"),
        ("targets", "incident", "identity"),
        ("attributed-to", "incident", "threat-actor"),
    } <= ends
    named = {one["id"] for one in made}
    assert set(made[-1]["object_refs"]) <= named
    core = [one for one in made if one["type"] not in ("media-content", "channel")]
    core[-1] = {
        **core[-1],
        "object_refs": [ref for ref in core[-1]["object_refs"] if not ref.startswith(("media", "channel"))],
    }
    core = [one for one in core if one["type"] != "relationship"]
    own = ("incident_type", "severity", "source")  # OpenCTI's; STIX 2.1 leaves incidents' properties to come
    core = [{name: value for name, value in one.items() if name not in own} for one in core]
    found = validate_instance(bundle("a1", core), ValidationOptions(version="2.1"))
    assert [str(error) for error in found.errors] == []


def test_misp_edits_the_event_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T0KEN", "t0ken")
    there: set[str] = set()

    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.path == "/events/add":
            there.add(asked.value["uuid"])
        if asked.path.startswith("/events/view/"):
            return (200, {}) if asked.path[13:] in there else (404, {"message": "Invalid event"})
        return 200, {}

    with recorded(answer) as server:
        (tmp_path / "c.yaml").write_text(f"type: misp\nurl: {server.url}\nkey_env: T0KEN\nprivate: true\n")
        channel = open_channels(tmp_path)["c"]
        channel.send(delivery())
        channel.send(delivery(key="key-2", event="raised"))
        channel.close()
    paths = [(asked.method, asked.path.rsplit("/", 1)[0]) for asked in server.asked]
    assert paths == [
        ("GET", "/events/view"),
        ("POST", "/events"),
        ("GET", "/events/view"),
        ("POST", "/events/edit"),
    ]
    assert all(asked.headers["Authorization"] == "t0ken" for asked in server.asked)


def test_a_misp_event_keeps_to_misps_own_templates() -> None:
    made, again = event(delivery(), 0), event(delivery(), 0)
    assert made.uuid == again.uuid
    assert {one.name for one in made.objects} >= {
        "report",
        "victim",
        "person",
        "telegram-account",
        "coin-address",
    }
    assert {tag.name for tag in made.tags} >= {
        "tlp:amber",
        'dark-web:motivation="forum"',
        'admiralty-scale:information-credibility="6"',
    }
    first, second = (json.loads(one.to_json()) for one in (made, again))
    for each in (first, second):
        assert len({one["uuid"] for one in each["Object"]}) == len(each["Object"])
    assert [one["uuid"] for one in first["Object"]] == [one["uuid"] for one in second["Object"]]
    assert any(one["type"] == "sha256" for one in first["Attribute"])


@pytest.mark.parametrize(
    ("kind", "data", "tags"),
    [
        (
            "product",
            "payment/cards",
            {'motivation="marketplace-for-sale"', 'structure="leaks"', 'topic="credit-card"'},
        ),
        (
            "listing",
            "identity/NIK",
            {'motivation="forum"', 'structure="leaks"', 'topic="identification-credentials"'},
        ),
        ("victim", "health", {'topic="ransomware-group"', 'structure="ransomware-post"'}),
        (
            "paste",
            "credentials",
            {'motivation="file-sharing"', 'structure="leaks"', 'topic="identification-credentials"'},
        ),
    ],
)
def test_a_misp_event_has_tags_of_misps_taxonomies_and_galaxies(kind: str, data: str, tags: set[str]) -> None:
    """As they stand in misp-taxonomies: dark-web version 11, admiralty-scale version 5, tlp version 10."""
    facts = [{"kind": "data", "value": data, "unit": ""}]
    galaxies = {"Pale_Otter": 'threat-actor="Invented Otter"', "forum": 'ransomware="Invented Group"'}
    made = event(delivery(kind=kind, facts=facts, reliability="C", tlp="amber+strict"), 0, galaxies)
    assert {tag.name for tag in made.tags} == {
        "duskwatch",
        "tlp:amber+strict",
        'admiralty-scale:source-reliability="c"',
        'admiralty-scale:information-credibility="6"',
        'misp-galaxy:threat-actor="Invented Otter"',
        'misp-galaxy:ransomware="Invented Group"',
        *(f"dark-web:{tag}" for tag in tags),
    }


def test_thehive_gets_one_alert_and_then_a_comment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T0KEN", "t0ken")
    comments: list[Any] = []
    there: list[Any] = []

    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.path == "/api/v1/alert":
            if there:
                return 400, {"type": "CreateError", "message": "Alert already exists"}
            there.append(asked.value)
            return 201, {"_id": "~4104"}
        if asked.path == "/api/v1/query":
            return 200, [{"_id": "~4104"}] if asked.value["query"][0]["_name"] == "listAlert" else comments
        if asked.path.endswith("/comment"):
            comments.append(asked.value)
        return 200, {}

    with recorded(answer) as server:
        (tmp_path / "c.yaml").write_text(f"type: thehive\nurl: {server.url}\nkey_env: T0KEN\nprivate: true\n")
        channel = open_channels(tmp_path)["c"]
        for each in (delivery(), delivery(), *(delivery(key="key-2", event="raised") for _ in range(2))):
            channel.send(each)
        channel.close()
    assert len(there) == 1
    assert (there[0]["severity"], there[0]["tlp"]) == (3, 2)
    assert len(comments) == 1
    assert "key-2" in comments[0]["message"]


def test_thehive_that_refuses_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T0KEN", "t0ken")
    refused = {"type": "BadRequest", "message": "no such type"}
    with recorded(lambda asked: (400, refused) if asked.path.endswith("alert") else (200, [])) as server:
        (tmp_path / "c.yaml").write_text(f"type: thehive\nurl: {server.url}\nkey_env: T0KEN\nprivate: true\n")
        channel = open_channels(tmp_path)["c"]
        with pytest.raises(ChannelRefused, match="no such type"):
            channel.send(delivery())
        channel.close()


def test_what_a_board_writes_is_no_markup() -> None:
    rooms = {layout: json.dumps(layout(delivery())) for layout in (slack, teams, mattermost)}
    for said in rooms.values():
        assert "http://x.example" not in said
        assert "key-1" in said
    for layout in (teams, mattermost):
        assert "](" not in rooms[layout]
    assert "\\\\[everything" in rooms[teams]
    assert "@all" not in rooms[mattermost]
    for block in slack(delivery())["blocks"]:
        assert "mrkdwn" not in json.dumps(block)
    assert hive(delivery(claim="``` # head"))["description"].count("```") == 2


def test_cef_escapes_what_separates() -> None:
    said = cef(delivery(author="a=b\\c\nd"))
    head, extension = said.split("|ALERT", 1)[0], said.rpartition("|")[2]
    assert head.count("|") == 4
    assert said.startswith("CEF:0|Duskwatch|Duskwatch|")
    assert "offer \\| of = " in said
    assert "suser=a\\=b\\\\c\\nd " in extension
    assert "\n" not in said


def test_syslog_refuses_a_server_that_is_not_trusted(tmp_path: Path) -> None:
    from alerts.channels.syslog import Config, Syslog

    certificate = self_signed(tmp_path)
    with syslog_server(tmp_path, certificate) as (port, written):
        config = Config(host="localhost", port=port)
        with pytest.raises(ChannelBusy, match="certificate"):
            Syslog("s", config, ssl.create_default_context()).send(delivery())
        trusted = Syslog("s", config, ssl.create_default_context(cafile=certificate))
        trusted.send(delivery(key="f" * 32))
        wait_until(lambda: written.exists() and "f" * 32 in written.read_text("utf-8"))
    assert written.read_text("utf-8").startswith("107 ")  # log audit, error


def test_a_cloud_event_carries_the_key_as_its_id() -> None:
    with recorded(lambda _: (202, {})) as server:
        channel = hook(server.url, b"secret", form="cloudevents")
        channel.send(delivery())
        channel.close()
    (asked,) = server.asked
    assert asked.headers["Content-Type"] == "application/cloudevents+json"
    assert asked.value["id"] == "key-1"
    assert (asked.value["specversion"], asked.value["type"]) == ("1.0", "duskwatch.alert.new")
    assert asked.value["data"]["alert"] == "a1"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.0.0.8", "169.254.1.1", "localhost"])
def test_a_private_address_is_refused_unless_allowed(host: str) -> None:
    channel = hook(f"http://{host}:9/", private=False)
    with pytest.raises(ChannelRefused, match="private: true"):
        channel.send(delivery())
    channel.close()
