"""The files for running it elsewhere say what the code knows."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import load_settings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "compose.yaml"


@pytest.fixture
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found


def test_the_workers_settings_are_known(services: dict[str, Any], tmp_path: Path) -> None:
    for name in ("worker-1", "worker-2"):
        given = {
            key: re.sub(r"\$\{(\w+):\?[^}]*\}", r"\1", value)
            for key, value in services[name]["environment"].items()
        }
        (tmp_path / "duskwatch.toml").touch()
        settings = load_settings(tmp_path / "duskwatch.toml", given)
        assert settings.store_url == "https://elasticsearch:9200/duskwatch"
        assert settings.tor.socks == "tor:9050"


def test_no_secret_stands_in_the_file_and_no_port_is_published(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert "ports" not in service, name
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key or key.endswith("URL"):
                assert "PASSWORD" not in key or re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), key
                assert not re.search(r"//\w+:(?!\$\{)[^@/]*@", value), key
    assert "/.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_every_service_that_stays_says_how_it_is(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert ("healthcheck" in service) == (service.get("restart") == "unless-stopped"), name
        for file in (service.get("build", {}).get("dockerfile"),):
            assert file is None or (ROOT / file).is_file()


@pytest.mark.parametrize("program", [["docker", "compose"], ["docker-compose"]], ids=" ".join)
def test_compose_reads_the_file(program: list[str]) -> None:
    there = shutil.which(program[0]) and subprocess.run(
        [*program, "version"], capture_output=True, check=False
    )
    if not there or there.returncode:
        pytest.skip(f"{' '.join(program)} is not installed")
    secrets = {"ELASTIC_PASSWORD": "a", "POSTGRES_PASSWORD": "b", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    command = [*program, "-f", str(COMPOSE), "config", "-q"]
    done = subprocess.run(command, env=secrets, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bare = subprocess.run(command, env={"PATH": secrets["PATH"]}, capture_output=True, text=True, check=False)
    assert "write it into .env" in bare.stderr, "without its secrets nothing starts"


def test_the_unit_leaves_little_to_take() -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd-analyze is not here")
    rated = subprocess.run(
        [
            program,
            "security",
            "--offline=yes",
            "--no-pager",
            "--threshold=12",
            str(ROOT / "deploy/duskwatch.service"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout[-2000:] + rated.stderr
