"""A place whose only ways out are the ports that are named, such as Tor's SOCKS port; every packet in it is recorded.

Linux only: network and mount namespaces of the kernel, made by ``unshare`` (as root, or in a user namespace where the
system permits it), and tcpdump within them. Nothing but loopback and a wire that ends nowhere is in there; a named port
is handed through from 127.0.0.1 inside to the same port of 127.0.0.1 outside.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from isolation.inside import LOST, MARK_TO
from isolation.packets import Packet, Traffic, judge, read_packets

from console.demo.tor_network import die_with_parent

_INSIDE = Path(__file__).with_name("inside.py")
_PROGRAMS = ("unshare", "nsenter", "ip", "tcpdump", "mount")
_PATIENCE = 20.0  # seconds


class NotPermitted(Exception):
    """This machine lets nobody make such a place; the message says why."""


class NotWatched(Exception):
    """What was recorded is not whole, so that nothing can be said."""


class Namespace:
    """A context manager. ``ways``: ports of 127.0.0.1 by name that lead out; ``within``: ports by name that programs
    inside listen at themselves. Raises ``NotPermitted``."""

    def __init__(self, ways: Mapping[str, int], within: Mapping[str, int] | None = None) -> None:
        self.endpoints = {**ways, **(within or {})}
        self._ways = dict(ways)
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._started: list[subprocess.Popen[Any]] = []

    def __enter__(self) -> Self:
        _permitted()
        self._folder = Path(tempfile.mkdtemp(prefix="duskwatch-namespace-"))
        self._record = self._folder / "packets.pcap"
        ours, theirs = socket.socketpair()
        self._control = ours
        words = [*_unshare(), sys.executable, "-P", str(_INSIDE), str(theirs.fileno()), str(self._record)]
        with theirs:
            self._holder = subprocess.Popen(
                [*words, *map(str, self._ways.values())],
                pass_fds=(theirs.fileno(),),
                preexec_fn=die_with_parent,
                stderr=subprocess.PIPE,
            )
        try:
            self._take_over()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _take_over(self) -> None:
        self._control.settimeout(_PATIENCE)
        told, handed, _flags, _from = socket.recv_fds(self._control, 65_536, len(self._ways) + 1)
        if not told:
            assert self._holder.stderr
            raise NotWatched(self._holder.stderr.read().decode(errors="replace"))
        facts = json.loads(told)
        self._interfaces = {int(index): name for index, name in facts["interfaces"].items()}
        self._watcher, self._resolver = int(facts["watcher"]), bool(facts["resolver"])
        sockets = [socket.socket(fileno=number) for number in handed]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        for port, listening in zip(self._ways.values(), sockets, strict=False):
            self._servers.append(self._do(_hand_through(listening, port)))
        self._mark()  # from here on every packet is seen

    def _do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(_PATIENCE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.wait()
        self._control.close()
        try:
            self._holder.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._holder.kill()
            self._holder.wait()
        if self._holder.stderr:
            self._holder.stderr.close()
        if self._loop.is_running():
            self._do(_end_all(self._servers))
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def words(self, command: Sequence[str], folder: Path | None = None) -> list[str]:
        """A command that runs another within; ``folder``: where."""
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        inside = ["nsenter", "--target", str(self._holder.pid), *user, "--net", "--mount", "--"]
        return [*inside, "env", "-C", str(folder or Path.cwd()), *command]

    def start(self, command: Sequence[str], folder: Path | None = None, **options: Any) -> Any:
        """``Popen`` within; ended with the namespace at the latest."""
        process = subprocess.Popen(self.words(command, folder), preexec_fn=die_with_parent, **options)
        self._started.append(process)
        return process

    def run(
        self, command: Sequence[str], folder: Path | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """``subprocess.run`` within; what it prints is kept."""
        return subprocess.run(
            self.words(command, folder), capture_output=True, text=True, check=False, **options
        )

    def traffic(self) -> Traffic:
        """Every packet until now. Raises ``NotWatched`` when one may have been missed."""
        packets = self._mark()
        resolver = self._record.with_suffix(".resolver")
        asked = len(resolver.read_text().splitlines()) if self._resolver else None
        # what leaves by the wire is seen at both of its ends
        return judge((each for each in packets if each.interface != LOST), self.endpoints, asked)

    def _mark(self) -> list[Packet]:
        """Send a packet out, and wait for it: all before it are recorded then. The packets but for marks."""
        token = f"mark {secrets.token_hex(8)}".encode()
        deadline = time.monotonic() + _PATIENCE
        again = 0.0
        while True:
            if time.monotonic() >= again:  # the watcher may not have begun yet
                self._control.sendall(token + b"\n")
                again = time.monotonic() + 1
            seen = self._packets()
            if any(token in each.data for each in seen):
                break
            if time.monotonic() > deadline or self._holder.poll() is not None:
                said = self._record.with_suffix(".said").read_text(errors="replace")
                raise NotWatched(f"a packet that was sent out was not recorded: {said}")
            time.sleep(0.05)  # another program writes the file
        self._nothing_dropped(deadline)
        return [each for each in seen if (each.target, each.target_port) != MARK_TO]

    def _packets(self) -> list[Packet]:
        if not self._record.exists():
            return []
        return list(read_packets(self._record.read_bytes(), self._interfaces))

    def _nothing_dropped(self, deadline: float) -> None:
        said = self._record.with_suffix(".said")
        before = said.read_text().count("dropped by kernel")
        os.kill(self._watcher, signal.SIGUSR1)  # tcpdump tells its counts
        while (text := said.read_text()).count("dropped by kernel") == before:
            if time.monotonic() > deadline:
                raise NotWatched(f"tcpdump does not tell how many packets it missed: {text}")
            time.sleep(0.02)
        if (
            "0 packets dropped by kernel"
            not in text.rpartition("captured")[2].replace(", ", "\n").splitlines()
        ):
            raise NotWatched(text)


def _unshare() -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "--propagation", "private", "--"]


def _permitted() -> None:
    missing = [name for name in _PROGRAMS if not shutil.which(name)]
    if missing:
        raise NotPermitted(f"not installed: {', '.join(missing)}")
    tried = subprocess.run([*_unshare(), "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise NotPermitted(tried.stderr.strip() or f"unshare ended with {tried.returncode}")


async def _hand_through(listening: socket.socket, port: int) -> asyncio.Server:
    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            out_reader, out_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.gather(_pump(reader, out_writer), _pump(out_reader, writer))
        finally:
            for each in (writer, out_writer):
                each.close()

    return await asyncio.start_server(taken, sock=listening)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.transport.abort()  # a side that is gone is gone for both


async def _end_all(servers: Sequence[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)  # transports are closed by the loop
