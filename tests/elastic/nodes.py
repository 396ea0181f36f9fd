"""Genuine Elasticsearch nodes on 127.0.0.1 for tests, of the server's core as Maven gives it.

They need Maven and a JDK of 21 or newer, found by ``JAVA_HOME`` or in the usual folders. What was fetched and
compiled is kept in ``.cache/``.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from console.demo.tor_network import die_with_parent

_HERE = Path(__file__).parent
_CACHE = _HERE.parents[1] / ".cache"
_MODULE = "transport-netty4"
_LOG = """\
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %-5p %c{1.} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""
_CONFIG = """\
cluster.name: {cluster}
node.name: {name}
path.data: {folder}/data
path.logs: {folder}/logs
network.host: 127.0.0.1
http.port: {http}
transport.port: {transport}
cluster.routing.allocation.disk.threshold_enabled: false
action.destructive_requires_name: false
"""


class NodeMissing(Exception):
    """A genuine node cannot be started here; the message says what is missing."""


def find_jdk() -> Path:
    """The home of a JDK of 21 or newer. Raises ``NodeMissing``."""
    named = os.environ.get("JAVA_HOME")
    homes = [Path(named)] if named else []
    homes += [*Path("/usr/lib/jvm").glob("*"), *Path("/opt").glob("*jdk*"), *Path("/usr/java").glob("*")]
    for home in homes:
        release = home / "release"
        if (home / "bin/javac").exists() and release.exists():
            found = re.search(r'JAVA_VERSION="(\d+)', release.read_text(encoding="utf-8"))
            if found and int(found[1]) >= 21:
                return home
    raise NodeMissing("no JDK of 21 or newer (set JAVA_HOME to one)")


def prepare(jdk: Path) -> Path:
    """The home that nodes share, laid out like the distribution's; made once. Raises ``NodeMissing``."""
    pom = (_HERE / "pom.xml").read_text(encoding="utf-8")
    version = re.findall(r"<elasticsearch>(.+)</elasticsearch>", pom)[0]
    home = _CACHE / f"elasticsearch-{version}"
    if home.exists():
        return home
    maven = shutil.which("mvn")
    if not maven:
        raise NodeMissing("no mvn in the path (install Maven 3.8 or newer)")
    _CACHE.mkdir(exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=_CACHE))
    lib, module, classes = making / "lib", making / "modules" / _MODULE, making / "classes"
    module.mkdir(parents=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={lib}"]
    _run([maven, "-q", "-B", "-f", str(_HERE / "pom.xml"), *goal])
    for jar in [*lib.glob("netty-*.jar"), *lib.glob(f"{_MODULE}-*.jar")]:
        jar.rename(module / jar.name)
    with zipfile.ZipFile(next(module.glob(f"{_MODULE}-*.jar"))) as archive:
        for name in ("plugin-descriptor.properties", "entitlement-policy.yaml"):
            (module / name).write_bytes(archive.read(f"META-INF/es-plugins/{_MODULE}/{name}"))
    modules = ["-p", str(lib), "--add-modules", "ALL-MODULE-PATH"]
    _run([str(jdk / "bin/javac"), *modules, "-d", str(classes), str(_HERE / "Launcher.java")])
    try:
        making.rename(home)
    except OSError:  # another run made it meanwhile
        shutil.rmtree(making)
    return home


@dataclass(slots=True)
class Node:
    """One node and its process."""

    name: str
    folder: Path
    http: int
    transport: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()


@dataclass(slots=True)
class Cluster:
    """So many nodes as one cluster; a context manager. Raises ``NodeMissing`` where none can be started, and
    ``RuntimeError`` or ``TimeoutError`` with what a node said."""

    size: int = 1
    quick: bool = True  # to start; a benchmark wants the compiler's whole work instead
    heap: int = 384  # megabytes
    timeout: float = 120.0
    nodes: list[Node] = field(default_factory=list)
    _folder: Path = field(default_factory=Path)
    _home: Path = field(default_factory=Path)
    _jdk: Path = field(default_factory=Path)

    def __enter__(self) -> Self:
        self._jdk = find_jdk()
        self._home = prepare(self._jdk)
        self._folder = Path(tempfile.mkdtemp(prefix="duskwatch-elastic-"))
        try:
            ports = _free_ports(2 * self.size)
            self.nodes = [
                Node(f"node{at}", self._folder / f"node{at}", ports[2 * at], ports[2 * at + 1])
                for at in range(self.size)
            ]
            for node in self.nodes:
                self._configure(node)
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for node in self.nodes:
            node.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start every node that does not run, and wait until all answer."""
        for node in self.nodes:
            if node.process is None or node.process.poll() is not None:
                self._launch(node)
        self._await()

    @property
    def url(self) -> str:
        """All nodes, as ``store_url`` has them."""
        return "http://" + ",".join(f"127.0.0.1:{node.http}" for node in self.nodes)

    def _configure(self, node: Node) -> None:
        config = node.folder / "config"
        config.mkdir(parents=True)
        (config / "log4j2.properties").write_text(_LOG, encoding="utf-8")
        text = _CONFIG.format(
            cluster=self._folder.name,
            name=node.name,
            folder=node.folder,
            http=node.http,
            transport=node.transport,
        )
        if self.size == 1:
            text += "discovery.type: single-node\n"
        else:
            seeds = ", ".join(f'"127.0.0.1:{each.transport}"' for each in self.nodes)
            names = ", ".join(each.name for each in self.nodes)
            text += f"discovery.seed_hosts: [{seeds}]\ncluster.initial_master_nodes: [{names}]\n"
        (config / "elasticsearch.yml").write_text(text, encoding="utf-8")

    def _launch(self, node: Node) -> None:
        home = self._home
        quick = ["-XX:TieredStopAtLevel=1"] if self.quick else []
        command = [
            str(self._jdk / "bin/java"),
            *(
                f"-Xms{self.heap}m",
                f"-Xmx{self.heap}m",
                "-XX:+UseSerialGC",
                *quick,
                f"-Djava.io.tmpdir={node.folder}",
            ),
            f"-Des.nativelibs.path={home}/lib/platform",
            *("-p", f"{home}/lib"),
            *("--add-modules", "ALL-MODULE-PATH,jdk.incubator.vector,jdk.net,jdk.management.agent"),
            "--enable-native-access=org.elasticsearch.nativeaccess,org.apache.lucene.core",
            *("-cp", f"{home}/classes", "Launcher", str(home), f"{node.folder}/config", node.name),
        ]
        with (node.folder / "out").open("wb") as out:
            node.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )

    def _await(self) -> None:
        deadline = time.monotonic() + self.timeout
        for node in self.nodes:
            asked = f"{node.url}/_cluster/health?wait_for_nodes={self.size}&timeout=1s"
            while not _answers(asked):
                said = (node.folder / "out").read_text(errors="replace")[-2000:]
                if node.process and node.process.poll() is not None:
                    raise RuntimeError(f"{node.name} ended with {node.process.returncode}: {said}")
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{node.name} does not answer: {said}")
                time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _free_ports(count: int) -> list[int]:
    holders = [socket.socket() for _ in range(count)]
    try:
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
        return [int(holder.getsockname()[1]) for holder in holders]
    finally:
        for holder in holders:
            holder.close()


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode:
        raise NodeMissing(f"{Path(command[0]).name} failed: {done.stdout[-800:]}{done.stderr[-800:]}")
