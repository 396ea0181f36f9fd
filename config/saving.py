"""Writes files that people write too: whole or not at all, and never over a change that the writer has not seen."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from config.errors import StopError


class FileChanged(StopError):
    """The file was changed since it was read."""


class SaveRefused(StopError):
    """The file cannot be written."""


def digest(text: str) -> str:
    """What tells two texts apart: SHA-256 in hex; "" for no text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if text else ""


def read_text(path: Path) -> str:
    """A file's text with its own line ends; "" where there is none. Raises ``SaveRefused`` for one that is not UTF-8 or
    cannot be read."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise SaveRefused(f"{path}: is not UTF-8 at byte {error.start}", cure="save it as UTF-8") from None
    except OSError as error:
        raise SaveRefused(f"{path}: {error.strerror}", cure="check path and permissions") from None


def save(path: Path, text: str, before: str) -> None:
    """Put ``text`` in the place of what the file held when it was read, ``before`` ("": there was none); with "" the
    file goes. Its mode stays. Raises ``FileChanged``, ``SaveRefused``."""
    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target.parent):
            if read_text(target) != before:
                raise FileChanged(
                    f"{path} was changed since it was read", cure="look at both, and save again"
                )
            if not text:
                target.unlink(missing_ok=True)
            else:
                _swap(target, text.encode("utf-8"))
    except OSError as error:
        cure = f"let the user of this process write in {target.parent}, or change the file by hand"
        raise SaveRefused(f"{path} cannot be written: {error.strerror}", cure=cure) from None


def _swap(target: Path, data: bytes) -> None:
    number, name = tempfile.mkstemp(prefix=".saving-", dir=target.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), target.stat().st_mode & 0o777 if target.exists() else 0o640)
        os.replace(name, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process writes here at a time; editors of people know nothing of it, and are noticed by ``before``."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
        os.fsync(number)
    finally:
        os.close(number)
