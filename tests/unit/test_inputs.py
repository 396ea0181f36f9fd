from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog

from alerts.loading import load_watchlists
from alerts.watchlist import Watchlist
from config.errors import InputError
from config.inputs import read_yaml
from config.log import configure
from config.settings import LogSettings, load_settings
from crawler.source import Source, load_sources


def faults(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_yaml(path, Source)
    return str(caught.value)


def test_every_fault_is_told_at_once_with_line_field_and_cure(tmp_path: Path) -> None:
    said = faults(
        tmp_path / "a.yaml",
        "id: Not Good\nnam: x\nadapter: mybb\naddresses: [http://127.0.0.1/]\nboards:\n  - key: a\n    pathh: /\n",
    )
    assert ":1: id:" in said
    assert ":2: nam: is not known; did you mean 'name'?" in said
    assert ":4: addresses: 127.0.0.1 is a loopback" in said
    assert ":7: boards.0.pathh: is not known; did you mean 'path'?" in said
    assert "name: Field required; add it" in said


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "is empty"),
        ("id: a\nid: b\n", ":2: id: stands twice"),
        ("a: &x [1]\nb: *x\n", "uses the alias *x"),
        ("a: [1\n", "mend the YAML"),
        ("a: !!python/object:os.system x\n", "could not determine a constructor"),
        ("a: " + "[" * 200, "YAML"),
        ("a: " + "[" * 500_000 + "]" * 500_000, "nested deeper than 50"),
    ],
)
def test_hostile_yaml_is_refused(tmp_path: Path, text: str, wanted: str) -> None:
    assert wanted in faults(tmp_path / "a.yaml", text)


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ("facebookcorewwwi.onion", "version 2"),
        ("a" * 56 + ".onion", "version mark"),
        ("2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wie.onion", "version mark"),
        ("3gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion", "checksum"),
        ("localhost", "this machine"),
        ("192.168.1.1", "private"),
        ("intranet", "no dot"),
    ],
)
def test_addresses_that_are_none(tmp_path: Path, host: str, wanted: str) -> None:
    text = f"id: a\nname: a\nadapter: mybb\naddresses: ['http://{host}']\nboards: [{{key: a, path: /}}]\n"
    assert wanted in faults(tmp_path / "a.yaml", text)


def test_settings_precedence_and_unknown_keys(tmp_path: Path) -> None:
    file = tmp_path / "duskwatch.toml"
    file.write_text('data_dir = "d"\n[tor]\nsocks = "127.0.0.1:1"\nwait = 3\n')
    settings = load_settings(file, {"DUSKWATCH_TOR__SOCKS": "127.0.0.1:2"})
    assert (settings.tor.socks, settings.tor.wait, settings.watch.batch) == ("127.0.0.1:2", 3, 500)
    assert settings.data_dir == tmp_path / "d"
    assert settings.database_url == f"sqlite:///{tmp_path}/d/state.db"
    file.write_text("[tor]\nsoks = 1\n")
    with pytest.raises(InputError, match=r"duskwatch.toml:2: tor.soks: is not known; did you mean 'socks'\?"):
        load_settings(file, {})
    with pytest.raises(InputError, match="No such file"):
        load_settings(tmp_path / "none.toml", {})


def test_ids_may_stand_once_over_all_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("organisations: [{id: x, name: Invented}]\n")
    with pytest.raises(InputError, match="stands in another file too"):
        load_watchlists(tmp_path)
    assert load_sources(tmp_path / "none") == {}


def test_secrets_are_never_logged() -> None:
    stream = io.StringIO()
    configure(LogSettings(format="json"), stream=stream)
    structlog.get_logger().info("said", password="hunter2", api_key="k", url="https://u:p@x.example/")
    structlog.reset_defaults()
    line = json.loads(stream.getvalue())
    assert (line["password"], line["api_key"], line["url"]) == ("***", "***", "https://***@x.example/")
    assert "hunter2" not in stream.getvalue()


@pytest.mark.parametrize(
    ("hours", "hour", "quiet"), [((1, 5), 3, True), ((1, 5), 5, False), ((22, 6), 23, True)]
)
def test_quiet_hours_in_the_boards_own_zone(hours: tuple[int, int], hour: int, quiet: bool) -> None:
    source = Source.model_validate(
        {
            "id": "a",
            "name": "a",
            "adapter": "mybb",
            "addresses": ["http://board.example"],
            "boards": [{"key": "a", "path": "/"}],
            "timezone": "Asia/Jakarta",
            "politeness": {"quiet_hours": hours},
        }
    )
    assert source.quiet(datetime(2026, 1, 6, hour, tzinfo=ZoneInfo("Asia/Jakarta"))) is quiet


def test_a_faulty_item_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "organisations:\n  - {id: bank, name: Bank, patterns: ['(']}\n  - {id: b, name: Bb, aliases: ['!!!!']}\n"
    )
    with pytest.raises(InputError) as caught:
        read_yaml(file, Watchlist)
    assert [(problem.line, problem.field) for problem in caught.value.problems] == [
        (2, "organisations.0"),
        (3, "organisations.1"),
    ]
    assert "'(' is no regular expression: missing ): (" in str(caught.value)
    assert "'!!!!' has no letter or digit" in str(caught.value)
