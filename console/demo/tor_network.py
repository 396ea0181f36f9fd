"""A private Tor network on 127.0.0.1: three authorities, two relays, a client and an onion service.

Genuine tor processes in a test network of their own (``TestingTorNetwork``): nothing leaves this machine.
It needs ``tor`` and ``tor-gencert``. The first page of an onion service comes after about 20 seconds.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from stem.control import Controller

from crawler.tor.wait import answers

_VOTING, _DELAY = 10, 2  # seconds between consensuses, and for votes and signatures to travel
_AUTHORITIES, _RELAYS = 3, 2
# Circuits on loopback are built in milliseconds: a Tor that learnt from that would give up on a busy machine
_NETWORK = """\
TestingTorNetwork 1
LearnCircuitBuildTimeout 0
AssumeReachable 1
EnforceDistinctSubnets 0
PathsNeededToBuildCircuits 0.67
"""
_COMMON = """\
RunAsDaemon 0
DataDirectory {folder}
Log notice file {folder}/notice.log
Address 127.0.0.1
HashedControlPassword {password}
ControlPort 127.0.0.1:{control}
ShutdownWaitLength 0
AvoidDiskWrites 1
"""
_RELAY = """\
SocksPort 0
Nickname {name}
ORPort 127.0.0.1:{onion_router} IPv4Only
ExitRelay 1
ExitPolicyRejectPrivate 0
ExitPolicyRejectLocalInterfaces 0
ExitPolicy accept 127.0.0.1:*
ExitPolicy reject *:*
ServerDNSDetectHijacking 0
ServerDNSAllowBrokenConfig 1
ServerDNSTestAddresses
ServerDNSResolvConfFile {folder}/resolv.conf
ContactInfo nobody@example.invalid
"""
_SOCKS = "SocksPort 127.0.0.1:{port} IsolateSOCKSAuth ExtendedErrors\n"
_AUTHORITY = f"""\
DirPort 127.0.0.1:{{directory}} IPv4Only
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
TestingV3AuthInitialVotingInterval {_VOTING}
TestingV3AuthInitialVoteDelay {_DELAY}
TestingV3AuthInitialDistDelay {_DELAY}
V3AuthVotingInterval {_VOTING}
V3AuthVoteDelay {_DELAY}
V3AuthDistDelay {_DELAY}
V3AuthNIntervalsValid 30
TestingDirAuthVoteExit *
TestingDirAuthVoteGuard *
TestingDirAuthVoteHSDir *
TestingMinExitFlagThreshold 0
TestingAuthDirTimeToLearnReachability 0
AuthDirMaxServersPerAddr 0
"""


@dataclass(slots=True)
class _Node:
    name: str
    folder: Path
    kind: str  # authority, relay, client
    control: int = 0
    onion_router: int = 0
    directory: int = 0
    identity: str = ""
    fingerprint: str = ""
    extra: str = "SocksPort 0\n"
    process: subprocess.Popen[bytes] | None = None


@dataclass(slots=True)
class PrivateTor:
    """The network; a context manager. ``socks_port`` isolates by user name and tells extended errors.

    ``progress`` is called with a few words at every step. Raises ``TimeoutError`` or ``RuntimeError`` with
    what the failing tor said.
    """

    progress: Callable[[str], object] = lambda _step: None
    timeout: float = 120.0
    control_password: str = "private-network"
    socks_port: int = 0
    control_port: int = 0
    directories: str = ""  # torrc lines that make a tor one of this network's
    _folder: Path = field(default_factory=Path)
    _nodes: list[_Node] = field(default_factory=list)
    _controllers: list[Any] = field(default_factory=list)
    _hashed: str = ""

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="duskwatch-tor-"))
        try:
            self._start(time.monotonic() + self.timeout)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for controller in self._controllers:
            controller.close()
        for node in self._nodes:
            if node.process:
                node.process.kill()  # tor sometimes hangs in a clean exit; nothing of it is kept
                node.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add_onion(self, port: int) -> str:
        """Publish ``127.0.0.1:port`` as port 80 of a new v3 onion service; its address, ending in .onion."""
        self.progress("publishing the onion service")
        controller = self.controller("service")
        uploaded = threading.Semaphore(0)

        def heard(event: Any) -> None:
            if event.action == "UPLOADED":
                uploaded.release()

        controller.add_event_listener(heard, "HS_DESC")
        service = controller.create_ephemeral_hidden_service(
            {80: f"127.0.0.1:{port}"}, key_content="ED25519-V3"
        )
        for _ in range(2):  # one copy may go to a relay that the client does not ask
            if not uploaded.acquire(timeout=self.timeout):
                raise TimeoutError("the onion service's descriptor was not published")
        controller.remove_event_listener(heard)
        return f"{service.service_id}.onion"

    def controller(self, name: str = "client") -> Any:
        """An authenticated stem controller of a node: client, service, relay0, authority0 ..."""
        node = next(node for node in self._nodes if node.name == name)
        controller = Controller.from_port("127.0.0.1", node.control)
        controller.authenticate(self.control_password)
        self._controllers.append(controller)
        return controller

    def kill(self, name: str) -> None:
        """End a node at once, as a crash would."""
        process = self.process(name)
        process.kill()
        process.wait()

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """The process of a node."""
        process = next(node.process for node in self._nodes if node.name == name)
        assert process
        return process

    @property
    def relay_ports(self) -> tuple[int, ...]:
        """Where the relays take connections: all of Tor's own traffic goes there."""
        return tuple(node.onion_router for node in self._nodes if node.kind != "client")

    def restart(self, name: str) -> None:
        """Start a client that was ended, with the directory as it is now, and wait until it is connected."""
        node = next(node for node in self._nodes if node.name == name)
        _hand_over(self._folder / "authority0", node.folder)
        _launch(node)
        self._await_bootstrap(node, time.monotonic() + self.timeout)

    def add_client(self, name: str) -> tuple[int, int]:
        """Another client, which a test may kill and restart; its SOCKS and control ports."""
        node = self._node(name, "client")
        node.control, socks = free_ports(2)
        node.extra = _SOCKS.format(port=socks)
        (node.folder / "torrc").write_text(_torrc(node, self._hashed) + self.directories)
        self.restart(name)
        return socks, node.control

    # --- starting

    def _start(self, deadline: float) -> None:
        self.progress("making keys")
        hashed = _run(["tor", "--quiet", "--hash-password", self.control_password]).splitlines()[-1]
        self._hashed = hashed
        authorities = [self._node(f"authority{n}", "authority") for n in range(_AUTHORITIES)]
        relays = [self._node(f"relay{n}", "relay") for n in range(_RELAYS)]
        client, service = self._node("client", "client"), self._node("service", "client")
        ports = iter(free_ports(3 * len(self._nodes) + 1))
        for node in self._nodes:
            node.control, node.onion_router, node.directory = next(ports), next(ports), next(ports)
        self.socks_port, self.control_port = next(ports), client.control
        client.extra = _SOCKS.format(port=self.socks_port)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda node: self._keys(node, hashed), authorities))
        self.directories = _NETWORK + "".join(
            f"DirAuthority {a.name} orport={a.onion_router} no-v2 v3ident={a.identity}"
            f" 127.0.0.1:{a.directory} {a.fingerprint}\n"
            for a in authorities
        )
        for node in self._nodes:
            (node.folder / "torrc").write_text(_torrc(node, hashed) + self.directories)
        self._await_interval()
        for node in (*authorities, *relays):
            _launch(node)
        self.progress("waiting for the authorities' consensus")
        self._await_consensus(authorities, len(authorities) + len(relays), deadline)
        self.progress("starting client and service")
        for node in (client, service):
            _hand_over(authorities[0].folder, node.folder)
            _launch(node)
        self._await_bootstrap(client, deadline)
        self._await_bootstrap(service, deadline)

    def _node(self, name: str, kind: str) -> _Node:
        node = _Node(name, self._folder / name, kind)
        node.folder.mkdir(mode=0o700)
        self._nodes.append(node)
        return node

    def _keys(self, node: _Node, hashed: str) -> None:
        keys = node.folder / "keys"
        keys.mkdir(mode=0o700)
        read, write = os.pipe()
        os.write(write, b"passphrase\n")
        os.close(write)
        try:
            command = [
                "tor-gencert",
                "--create-identity-key",
                "-m",
                "12",
                "-a",
                f"127.0.0.1:{node.directory}",
            ]
            for flag, name in (("-i", "identity_key"), ("-s", "signing_key"), ("-c", "certificate")):
                command += [flag, str(keys / f"authority_{name}")]
            _run([*command, "--passphrase-fd", str(read)], pass_fds=(read,))
        finally:
            os.close(read)
        certificate = (keys / "authority_certificate").read_text()
        node.identity = _find(r"^fingerprint (\w+)", certificate)
        # listing the fingerprint makes the relay's keys; it wants some authority to be named
        anyone = f"{_NETWORK}DirAuthority x orport=1 no-v2 v3ident={'F' * 40} 127.0.0.1:1 {'F' * 40}\n"
        torrc = node.folder / "torrc.keys"
        torrc.write_text(_torrc(node, hashed) + anyone)
        said = _run(
            ["tor", "--quiet", "-f", str(torrc), "--defaults-torrc", "/dev/null", "--list-fingerprint"]
        )
        node.fingerprint = _find(r"^\S+ ((?:[0-9A-F]{4} ?){10})$", said).replace(" ", "")

    @staticmethod
    def _await_interval() -> None:
        """Authorities that start late in a voting interval vote before they know one another, and an interval
        is lost: so begin right after a boundary. The clock is the only event to wait for here."""
        room = _VOTING - 2 * _DELAY - 2.5
        phase = time.time() % _VOTING
        if phase > room:
            time.sleep(_VOTING - phase + 0.02)

    def _await_consensus(self, authorities: list[_Node], relays: int, deadline: float) -> None:
        def complete(node: _Node) -> bool:
            listed = _count(r"^r ", node.folder.glob("cached-microdesc-consensus"))
            return listed >= relays

        self._poll(lambda: all(map(complete, authorities)), deadline, "no complete consensus")
        folder = authorities[0].folder
        self._poll(
            lambda: _count(r"^ntor-onion-key ", folder.glob("cached-microdescs*")) >= relays,
            deadline,
            "no descriptors of the relays",
        )

    def _await_bootstrap(self, node: _Node, deadline: float) -> None:
        def connected() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", node.control)) == 0

        self._poll(connected, deadline, f"{node.name} does not answer")
        controller = self.controller(node.name)
        self._poll(
            lambda: "PROGRESS=100" in controller.get_info("status/bootstrap-phase"),
            deadline,
            f"{node.name} does not bootstrap",
        )
        if node.name == "client":
            address = f"127.0.0.1:{self.socks_port}"
            self._poll(lambda: answers(address), deadline, "the SOCKS port does not answer")

    def _poll(self, ready: Callable[[], bool], deadline: float, otherwise: str) -> None:
        while not ready():
            for node in self._nodes:
                if node.process and node.process.poll() is not None:
                    log = (node.folder / "notice.log").read_text(errors="replace")
                    raise RuntimeError(f"{node.name} ended with {node.process.returncode}: {log[-800:]}")
            if time.monotonic() > deadline:
                raise TimeoutError(otherwise)
            time.sleep(0.05)


def _torrc(node: _Node, hashed: str) -> str:
    text = _COMMON.format(folder=node.folder, password=hashed, control=node.control)
    if node.kind == "client":
        return text + node.extra
    (node.folder / "resolv.conf").write_text("nameserver 127.0.0.1:9\n")
    text += _RELAY.format(name=node.name, onion_router=node.onion_router, folder=node.folder)
    return text + (_AUTHORITY.format(directory=node.directory) if node.kind == "authority" else "")


def die_with_parent() -> None:
    """For ``preexec_fn``: the kernel kills the child when its parent ends, however it ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _launch(node: _Node) -> None:
    with (node.folder / "out").open("ab") as out:
        node.process = subprocess.Popen(
            ["tor", "-f", str(node.folder / "torrc"), "--defaults-torrc", "/dev/null", "--quiet"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )


def _hand_over(source: Path, target: Path) -> None:
    """Give a fresh client the directory: it would ask caches that are still empty, and retry after 10 s."""
    for path in source.glob("cached-*"):
        shutil.copy(path, target / path.name)


def _run(command: list[str], pass_fds: tuple[int, ...] = ()) -> str:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, pass_fds=pass_fds
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    if not found:
        raise RuntimeError(f"{pattern} is not in: {text[-500:]}")
    return found[1]


def _count(pattern: str, paths: Any) -> int:
    return sum(len(re.findall(pattern, path.read_text(errors="replace"), re.MULTILINE)) for path in paths)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listened at a moment ago."""
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports
