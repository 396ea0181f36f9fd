"""The files for running it elsewhere say what the code knows."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
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


def compose() -> list[str]:
    """The compose that is installed: Docker's own plugin, or Debian's docker-compose."""
    for program in (["docker", "compose"], ["docker-compose"]):
        there = shutil.which(program[0]) and subprocess.run(
            [*program, "version"], capture_output=True, check=False
        )
        if there and not there.returncode:
            return program
    pytest.skip("neither docker compose nor docker-compose is installed")


def test_compose_reads_the_file() -> None:
    program = compose()
    secrets = {"ELASTIC_PASSWORD": "a", "POSTGRES_PASSWORD": "b", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    command = [*program, "-f", str(COMPOSE), "config", "-q"]
    done = subprocess.run(command, env=secrets, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bare = subprocess.run(command, env={"PATH": secrets["PATH"]}, capture_output=True, text=True, check=False)
    assert "write it into .env" in bare.stderr, "without its secrets nothing starts"


def test_the_image_is_made_by_the_rules_and_of_the_code_only() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    files = [str(path) for path in sorted((ROOT / "deploy/container").glob("*Dockerfile"))]
    done = subprocess.run([hadolint, "--no-color", *files], capture_output=True, text=True, check=False)
    assert len(files) == 2
    assert done.returncode == 0, done.stdout
    for file in files:
        users = re.findall(r"^USER (\S+)", Path(file).read_text(encoding="utf-8"), re.MULTILINE)
        assert users, f"{file} would run as root"
        assert users[-1] not in ("root", "0"), file
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored, "what is not named stays out: .env, data_dir, .git"
    for written in ("sources", "watchlists", "channels", "routes"):
        assert ignored.index(f"config/{written}") > ignored.index("!config"), "what people wrote is mounted"


def test_containers_can_write_to_their_volumes_only(services: dict[str, Any]) -> None:
    built = {name: service for name, service in services.items() if "build" in service}
    assert sorted(built) == ["tor", "worker-1", "worker-2"]
    for name, service in built.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        written = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
        assert written == [{"tor": "tor:/var/lib/tor"}.get(name, "data:/var/lib/duskwatch")]


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
