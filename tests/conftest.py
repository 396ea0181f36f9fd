"""Parts that are slow to start stand once for the whole run: a private Tor network and a machina forum."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from elastic.nodes import Cluster, NodeMissing
from hypothesis import settings

from config.settings import ElasticsearchSettings
from console.cli.main import main
from console.demo.board import Forum
from console.demo.tor_network import PrivateTor
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.stores.elasticsearch_client import connect, read_url

pytest_plugins = ["browsing", "databases"]

#: The suite is repeatable; ``pytest --hypothesis-profile=explore`` looks where nobody looked.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile("repeatable")


COMMAND = "console.cli.main"
#: What is slow to start and stands once: everything that needs it is run by the same process.
_ONCE = {"private_tor": "tor", "elasticsearch": "elastic", "three_nodes": "elastic", "cluster": "elastic"}
_ASKS_WHEN_RUN = {"test_store.py": "elastic"}  # which fixture it needs, its parameters tell


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file, and those that share a slow part, stay together when several processes run the suite."""
    for item in items:
        name = item.path.name
        shared = [_ONCE[each] for each in getattr(item, "fixturenames", ()) if each in _ONCE]
        item.add_marker(pytest.mark.xdist_group(shared[0] if shared else _ASKS_WHEN_RUN.get(name, name)))


def _process(words: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _command(words: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """``duskwatch`` with these words, within this process: to start one takes a second, and the suite does it often."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    argv = ["duskwatch", *words]
    with (
        pytest.MonkeyPatch.context() as patched,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patched.setattr(sys, "argv", argv)
        for name in os.environ.keys() - environment.keys():
            patched.delenv(name)
        for name, value in environment.items():
            patched.setenv(name, value)
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            structlog.reset_defaults()  # it wrote to what is no more
    return subprocess.CompletedProcess(argv, status, out.getvalue(), err.getvalue())


class Workspace:
    """A folder as an operator has it, and ``duskwatch`` run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("duskwatch.toml", 'data_dir = "var"\n')

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DUSKWATCH_")}
        return kept | {"DUSKWATCH_CONFIG": str(self.folder / "duskwatch.toml")}

    def run(self, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = (
            _command(words[1:], self.environment)
            if words[0] == COMMAND
            else _process(words, self.environment)
        )
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def duskwatch(self, *words: str, status: int = 0) -> Any:
        return json.loads(self.run(COMMAND, "--json", *words, status=status).stdout)

    def crawl(self, source: str, *words: str, status: int = 0) -> dict[str, Any]:
        return json.loads(self.run("crawler.run", source, *words, status=status).stdout.splitlines()[-1])

    def onion(self, network: PrivateTor, *more: str, control: bool = True) -> None:
        asked = (
            f'control = "127.0.0.1:{network.control_port}"\ncontrol_password = "{network.control_password}"\n'
        )
        self.write(
            "duskwatch.toml",
            f'data_dir = "var"\n[tor]\nsocks = "127.0.0.1:{network.socks_port}"\n{asked if control else ""}'
            f'wait = 5\n[log]\nlevel = "warning"\n' + "\n".join(more),
        )

    def fill(self, author: str = "ann") -> None:
        """One listing in the store that a watchlist knows."""
        self.write("config/watchlists/a.yaml", "organisations: [{id: bank, name: Invented Bank}]\n")
        store = open_store(f"sqlite:///{self.folder}/var/posts.db")
        store.put(
            [
                Post(
                    key=PostKey("forum", "1", "1"),
                    board="sale",
                    position=1,
                    title="dump of Invented Bank",
                    author=author,
                    text="rows",
                    url="http://board.invalid/1",
                    seen_at=datetime(2026, 1, 6, tzinfo=UTC),
                    kind=Kind.LISTING,
                )
            ]
        )
        store.close()

    def source(self, name: str, adapter: str, address: str, boards: dict[str, str], *more: str) -> None:
        self.write(
            f"config/sources/{name}.yaml",
            f"id: {name}\nname: {name}\nadapter: {adapter}\naddresses: [{address}]\nboards:\n"
            + "".join(f"  - {{key: {key}, path: '{path}'}}\n" for key, path in boards.items())
            + "politeness: {delay: 0, connections: 4, timeout: 30}\n"
            + "\n".join(more),
        )


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def private_tor() -> Iterator[PrivateTor]:
    with PrivateTor() as network:
        yield network


@pytest.fixture
def forum(tmp_path: Path) -> Iterator[Forum]:
    with Forum(tmp_path / "forum") as running:
        yield running


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[str]:
    """A genuine server without a prefix: ``$ELASTICSEARCH_URL``, or a node of its own."""
    named = os.environ.get("ELASTICSEARCH_URL")
    if named:
        yield named.rstrip("/")
        return
    try:
        with Cluster() as cluster:
            yield cluster.url
    except NodeMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Elasticsearch: {error}; or set ELASTICSEARCH_URL")


@pytest.fixture(scope="session")
def three_nodes() -> Iterator[str]:
    """A cluster of three genuine nodes, without a prefix."""
    try:
        with Cluster(3) as cluster:
            yield cluster.url
    except NodeMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Elasticsearch: {error}")


@pytest.fixture
def prefixes(elasticsearch: str) -> Iterator[Callable[[], str]]:
    """Makes URLs of stores that are removed after the test."""
    yield from _prefixes(elasticsearch)


@pytest.fixture
def prefixes_on_three(three_nodes: str) -> Iterator[Callable[[], str]]:
    """The same on three nodes."""
    yield from _prefixes(three_nodes)


def _prefixes(server: str) -> Iterator[Callable[[], str]]:
    made: list[str] = []

    def make() -> str:
        made.append(f"test-{secrets.token_hex(6)}")
        return f"{server}/{made[-1]}"

    yield make
    with closing(connect(read_url(server), ElasticsearchSettings())) as client:
        for prefix in made:
            client.indices.delete(index=f"{prefix}-*", expand_wildcards="all")
            client.options(ignore_status=404).indices.delete_index_template(name=f"{prefix}-*")
