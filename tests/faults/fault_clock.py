"""A clock that can be set wrong for the product alone."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path


class ClockMissing(Exception):
    """The clock cannot be set here; the message says what is missing."""


def compiler() -> str | None:
    """What builds the clock; None where there is nothing."""
    return shutil.which("cc") or shutil.which("gcc")


class Clock:
    """The time of day of every process that has its ``environment``, ahead of the machine's by what is set. Other
    clocks stay as they are. Raises ``ClockMissing``."""

    def __init__(self, folder: Path) -> None:
        builder = compiler()
        if not builder:
            raise ClockMissing("no C compiler (cc) to build the clock with")
        library, self._file = folder / "clock.so", folder / "clock"
        source = Path(__file__).with_name("fault_clock.c")
        words = [builder, "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ClockMissing(f"the clock does not build: {done.stderr.strip()}")
        self._file.write_bytes(struct.pack("q", 0))
        self.environment = {"LD_PRELOAD": str(library), "FAULT_CLOCK": str(self._file)}

    def set(self, seconds: int) -> None:
        """Set it so far ahead of the machine's clock; behind, where negative."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("q", seconds))
