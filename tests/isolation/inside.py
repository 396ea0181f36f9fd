"""The first process of a namespace: makes its interfaces, records every packet, and hands listening sockets out.

``python inside.py CONTROL RECORD PORT...`` is run by ``namespace.py``, by ``unshare`` in namespaces of its own.
CONTROL is the number of a socket: through it goes one line of JSON with the sockets of the ports, then each line that
comes is a mark to be sent. It ends, and the namespace with it, when that socket is closed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

#: Everything that is not of the namespace goes out here. Its other end is nobody's: what is sent is seen, and lost.
OUT, LOST = "out0", "lost0"
MARK_TO = ("192.0.2.1", 9)  # of a net that is for documentation only
RESOLVER = Path("/run/systemd/resolve/io.systemd.Resolve")
_SETUP = f"""\
link set lo up
link add {OUT} type veth peer name {LOST}
link set {OUT} arp off addrgenmode none up
link set {LOST} arp off addrgenmode none up
addr add 10.0.0.2/32 dev {OUT}
route add default dev {OUT}
"""
_SIX = f"""\
-6 addr add fd00::2/128 dev {OUT} nodad
-6 route add default dev {OUT}
"""
#: Where other programs of the machine take questions that they would ask in our stead.
_ERRANDS = ("/run/systemd", "/run/dbus", "/run/nscd", "/run/avahi-daemon")


def main() -> None:
    """Set up, hand out, and stay until the other side is gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    record, ports = Path(sys.argv[2]), [int(port) for port in sys.argv[3:]]
    for line in _SETUP.splitlines():
        subprocess.run(["ip", *line.split()], check=True)
    with contextlib.suppress(subprocess.CalledProcessError):  # a kernel without IPv6 sends none
        for line in _SIX.splitlines():
            subprocess.run(["ip", *line.split()], check=True, stderr=subprocess.DEVNULL)
    _hide(record.parent)
    asked = _resolver(record.with_suffix(".resolver"))
    watcher = _watch(record)
    listening = [socket.create_server(("127.0.0.1", port), backlog=128) for port in ports]
    names = dict(socket.if_nameindex())
    told = {"interfaces": names, "watcher": watcher.pid, "resolver": asked}
    handed = [each.fileno() for each in listening] or [control.fileno()]
    socket.send_fds(control, [json.dumps(told).encode() + b"\n"], handed)
    for each in listening:
        each.close()
    for mark in control.makefile("rb"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(mark.strip(), MARK_TO)
    watcher.send_signal(signal.SIGINT)
    watcher.wait()


def _hide(folder: Path) -> None:
    """Names are looked up by packets that can be seen, and by nobody else of the machine."""
    names = folder / "resolv.conf"
    names.write_text("nameserver 192.0.2.53\noptions timeout:1 attempts:1\n")
    _mount("--bind", str(names), os.path.realpath("/etc/resolv.conf"))
    for errand in _ERRANDS:
        if os.path.isdir(errand):
            _mount("-t", "tmpfs", "none", errand)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def _resolver(record: Path) -> bool:
    """Stands where systemd's resolver does, and writes down who asks; whether there is a place to stand."""
    if not RESOLVER.parents[1].is_mount():
        return False
    RESOLVER.parent.mkdir()
    record.touch()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(RESOLVER))
    listening.listen()

    def take() -> None:
        while True:
            with listening.accept()[0], record.open("a", encoding="ascii") as file:
                file.write("asked\n")

    threading.Thread(target=take, daemon=True).start()
    return True


def _watch(record: Path) -> subprocess.Popen[bytes]:
    said = record.with_suffix(".said").open("wb")
    words = ["tcpdump", "-i", "any", "-n", "-U", "-s", "512", "-B", "32768", "--immediate-mode"]
    user = ["-Z", "root"]  # it would become a user who may not write here
    return subprocess.Popen([*words, *user, "-w", str(record)], stderr=said, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
