"""The documentation says what the code does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from alerts.channels import channel_types, open_channels
from alerts.loading import load_watchlists
from alerts.routes import load_routes
from config.settings import load_settings
from console.cli.main import app
from console.reference import reference
from crawler.adapters import adapter_names
from crawler.source import load_sources

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs").glob("*.md"),
]


def test_the_reference_is_written_from_this_code() -> None:
    assert (ROOT / "docs/reference.md").read_text(encoding="utf-8") == reference(), "make docs writes it anew"


def test_every_row_of_the_reference_has_a_meaning() -> None:
    for line in reference().splitlines():
        if line.startswith("| `"):
            assert line.rstrip("| ").count("|") >= 2, line
            assert not line.endswith("|  |"), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_points_at_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`([a-z]+(?:/[\w.*-]+)+/?|[A-Z]+\.md)`", text)
    named += re.findall(r"\]\((?!http)([^)#]+)\)", text)
    for name in named:
        if name.startswith(
            (
                "config/sources",
                "config/channels",
                "config/routes",
                "config/watchlists/example",
                "application/",
                "text/",
            )
        ):
            continue  # an operator's own
        assert list(ROOT.glob(name.rstrip("/"))) or list(page.parent.glob(name)), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_a_page_shows_exist(page: Path) -> None:
    root = typer.main.get_command(app)
    for line in re.findall(
        r"^(?:\$ )?duskwatch ([a-z][^\n]*)", page.read_text(encoding="utf-8"), re.MULTILINE
    ):
        command = root
        for word in line.split():
            inner = getattr(command, "commands", None)
            if inner is None:
                break
            assert word in inner, line
            command = inner[word]


def test_the_files_that_the_readme_shows_are_in_order(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"```yaml\n# (config/\S+)\n(.*?)```", readme, re.DOTALL))
    assert sorted(name.split("/")[1] for name in shown) == ["channels", "routes", "sources", "watchlists"]
    onion = "zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd.onion"
    for name, text in shown.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text(text.replace("<56 characters>.onion", onion), encoding="utf-8")
    assert list(load_sources(tmp_path / "config/sources")) == ["example"]
    assert [each.id for each in load_watchlists(tmp_path / "config/watchlists")] == ["example-bank"]
    assert list(open_channels(tmp_path / "config/channels")) == ["soc"]
    assert [way.channels for way in load_routes(tmp_path / "config/routes", ["soc"])] == [("soc",), ("soc",)]
    for number, text in enumerate(re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)):
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        load_settings(file, {})


def test_every_engine_and_channel_is_told_of() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").lower()
    assert [name for name in adapter_names() if name not in changelog] == []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in channel_types() if name not in readme] == []


def test_the_shell_completes_commands() -> None:
    asked = {"_DUSKWATCH_COMPLETE": "complete_bash", "COMP_WORDS": "duskwatch al", "COMP_CWORD": "1"}
    program = Path(sys.executable).with_name("duskwatch")
    done = subprocess.run([program], env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["alerts"]


def test_each_threat_has_tests_that_exist() -> None:
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    threats = [row for row in rows if row[1].strip() not in ("threat", "---")]
    assert len(threats) > 20
    there = set(
        re.findall(
            r"^\s*(?:async )?def (test_\w+)", "\n".join(map(_read, (ROOT / "tests").rglob("test_*.py"))), re.M
        )
    )
    for row in threats:
        named = re.findall(r"`(test_\w+)`", row[3])
        assert named, row[1]
        assert set(named) <= there, row[1]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
