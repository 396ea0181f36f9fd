"""What the product stands on and what can be taken from it: a network of the run's own, a small disk, Elasticsearch and
PostgreSQL. As root only, but for the stores: all of it happens in namespaces that end with the run, so nobody else on
the machine notices.

The disk is a small tmpfs that a file fills up: ``ENOSPC`` then comes from the kernel, at whatever write it happens to
be, where an injected error comes where its author thought of it. The network is cut by routing rules by port, in which
packets of standing connections vanish, and slowed by a token bucket on the loopback.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from databases import Postgres
from elastic.nodes import Cluster
from fault_clock import Clock
from fault_nemesis import Strike
from fault_plan import Fault
from fault_system import pause, strike

_INSIDE = "FAULTS_INSIDE"
_DISK = 256  # megabytes
_LONGEST_JUMP = 30 * 3600  # seconds: more than a day, so that whatever is done daily falls due


def enter_namespaces() -> str:
    """Begin again in a network and a file tree of the run's own, where that is allowed; else why it is not."""
    if os.environ.get(_INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        # before the table of local addresses, else no rule would ever be asked
        for words in ("add pref 100 lookup local", "del pref 0"):
            subprocess.run(["ip", "rule", *words.split()], check=True)
        return ""
    if os.geteuid():
        return "not root"
    words = ["unshare", "--net", "--mount", "--propagation", "private"]
    try:
        subprocess.run([*words, "ip", "link", "set", "lo", "up"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no namespaces can be made: {error}"
    os.environ[_INSIDE] = "1"
    os.execvp("unshare", [*words, sys.executable, *sys.argv])
    raise AssertionError  # never reached: this program is another now


def clock_kinds(clock: Clock) -> dict[str, Strike]:
    """The clock set wrong and right again."""

    def jump(fault: Fault, sign: int) -> bool:
        clock.set(sign * (60 + int(fault.chance * _LONGEST_JUMP)))
        time.sleep(fault.length)
        clock.set(0)
        return True

    return {
        "clock ahead": lambda fault: jump(fault, 1),
        "clock back": lambda fault: jump(fault, -1),
    }


@contextmanager
def small_disk(folder: Path) -> Iterator[dict[str, Strike]]:
    """A small file system at ``folder``, whose content is there afterwards too; what fills it up."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_DISK}m,mode=700", "faults", str(folder)], check=True
    )
    ballast = folder.with_name("ballast")  # a name outside: within, the product would see a foreign file
    inside = folder / ".ballast"

    def fill(fault: Fault) -> bool:
        with inside.open("wb", buffering=0) as file:
            size = 1 << 20
            while size:  # to the last page, which a megabyte at once would leave
                try:
                    file.write(b"\0" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 16
        time.sleep(fault.length)
        inside.unlink()
        return True

    try:
        yield {"disk full": fill}
    finally:
        inside.unlink(missing_ok=True)
        subprocess.run(["cp", "-a", f"{folder}/.", f"{ballast}-copy"], check=False)
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        if Path(f"{ballast}-copy").exists():
            folder.rmdir()
            Path(f"{ballast}-copy").rename(folder)


def network_kinds(uplinks: dict[str, Sequence[int]]) -> dict[str, Strike]:
    """A cut for each of these by their ports, and all of the network slowed."""

    def cut(fault: Fault, ports: Sequence[int]) -> bool:
        rules = [f"pref 5 ipproto tcp {way} {port} blackhole" for port in ports for way in ("dport", "sport")]
        for rule in rules:
            subprocess.run(["ip", "rule", "add", *rule.split()], check=True)
        try:
            time.sleep(fault.length)
        finally:
            for rule in rules:
                subprocess.run(["ip", "rule", "del", *rule.split()], check=True)
        return True

    def slow(fault: Fault) -> bool:
        rate = f"{int(128 + 512 * fault.chance)}kbit"
        begin = f"tc qdisc replace dev lo root tbf rate {rate} burst 16kb latency 1s"
        subprocess.run(begin.split(), check=True)
        try:
            time.sleep(fault.length)
        finally:
            subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"], check=True)
        return True

    def cut_off(ports: Sequence[int]) -> Strike:
        return lambda fault: cut(fault, ports)

    return {"slow": slow, **{f"cut {name}": cut_off(ports) for name, ports in uplinks.items()}}


def store_kinds(cluster: Cluster, postgres: Postgres) -> dict[str, Strike]:
    """The servers that a run on several machines stands on, killed and paused."""

    def kill_node(_fault: Fault) -> bool:
        cluster.nodes[0].kill()
        cluster.start()
        return True

    def pause_node(fault: Fault) -> bool:
        process = cluster.nodes[0].process
        assert process
        return pause(process.pid, fault.length)

    def kill_postgresql(_fault: Fault) -> bool:
        pid = postgres.pid()
        hit = strike(pid, signal.SIGKILL)
        _gone(pid)
        for _ in range(50):  # its children end by themselves, and hold its memory until then
            with suppress(subprocess.CalledProcessError):
                postgres.start()
                return hit
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not start again")

    return {"kill node": kill_node, "pause node": pause_node, "kill postgresql": kill_postgresql}


def _gone(pid: int) -> None:
    while Path(f"/proc/{pid}").exists():
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
