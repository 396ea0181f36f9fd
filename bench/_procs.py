"""What processes hold, read from /proc: the kernel's own figures, without anything of the process's help."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Held:
    """Of one process: memory in megabytes (``peak``: the most so far), processor time in seconds."""

    memory: float
    peak: float
    files: int
    sockets: int
    threads: int
    spent: float


def held(pid: int) -> Held | None:
    """What a process holds now; None when it has ended."""
    folder = _PROC / str(pid)
    try:
        told = dict(
            line.split(":", 1) for line in (folder / "status").read_text(encoding="ascii").splitlines()
        )
        links = list(_links(folder / "fd"))
        fields = _stat(folder)
    except (FileNotFoundError, ProcessLookupError):
        return None
    if "VmRSS" not in told:
        return None  # it has ended, and nobody has asked for its status yet
    return Held(
        memory=int(told["VmRSS"].split()[0]) / 1024,
        peak=int(told["VmHWM"].split()[0]) / 1024,
        files=len(links),
        sockets=sum(link.startswith("socket:") for link in links),
        threads=int(told["Threads"]),
        spent=(int(fields[11]) + int(fields[12])) / _TICK,
    )


def _stat(folder: Path) -> list[str]:
    """What stands behind a process's name, which may hold anything."""
    return (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _links(folder: Path) -> Iterator[str]:
    """What open files are, of those that are still open when they are looked at."""
    for each in folder.iterdir():
        with suppress(FileNotFoundError):
            yield os.readlink(each)


def children(pid: int) -> list[int]:
    """The processes that a process started and that have not ended."""
    found = []
    for folder in _PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            fields = _stat(folder)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(folder.name))
    return found


def size(path: Path) -> int:
    """Bytes of a file or of all files of a folder; 0 where there is none."""
    return sum(_bytes(each) for each in path.rglob("*")) if path.is_dir() else _bytes(path)


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # gone meanwhile
