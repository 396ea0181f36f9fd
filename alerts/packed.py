"""A ZIP from another machine, read without trust: its names are plain paths, each stands once, nothing is unpacked
that is out of all proportion to the file, and large files are read piece by piece."""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from cryptography.exceptions import UnsupportedAlgorithm

#: What reading one may raise, whatever its bytes are. ``RuntimeError``: also for ways of packing that the library does
#: not know, and for what is nested too deeply.
FAULTS = (
    *(OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, TypeError, AttributeError),
    *(OverflowError, RuntimeError, UnsupportedAlgorithm),
)
_MOST_FILES = 20_000
_MOST_TEXT = 64_000_000  # bytes of a file that is read as a whole
# more bytes than this are at most so many times the ZIP: text packs to a tenth
_SMALL, _RATIO = 200_000_000, 200
_PIECE = 1 << 20


class Packed:
    """An open ZIP. Everything may raise ``FAULTS``; a name or size that is not sound is a ``ValueError``."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        infos = package.infolist()
        if len(infos) > _MOST_FILES:
            raise ValueError(f"it holds {len(infos):,} files")
        for info in infos:
            _sound(info)
        self.names = frozenset(info.filename for info in infos)
        if len(self.names) != len(infos):
            raise ValueError("it holds two files of one name")
        whole = sum(info.file_size for info in infos)
        size = os.path.getsize(package.filename or "")
        if whole > max(_SMALL, _RATIO * size):
            raise ValueError(f"{size:,} bytes would unpack to {whole:,}")

    def read(self, name: str) -> bytes:
        """A file that is read as a whole."""
        if self._package.getinfo(name).file_size > _MOST_TEXT:
            raise ValueError(f"{name!r} is larger than any such file")
        return self._package.read(name)

    def digest(self, name: str) -> str:
        """The SHA-256 of a file, in hexadecimal."""
        whole = hashlib.sha256()
        with self._package.open(name) as file:
            while piece := file.read(_PIECE):
                whole.update(piece)
        return whole.hexdigest()

    def pieces(self, name: str, lengths: list[int]) -> Iterator[str]:
        """The SHA-256 of each of the pieces that a file consists of, by their lengths. ``ValueError`` where it does not
        consist of them."""
        with self._package.open(name) as file:
            for length in lengths:
                if length < 1:
                    raise ValueError(f"{name!r} has a piece of {length} bytes")
                piece = hashlib.sha256()
                while length and (read := file.read(min(length, _PIECE))):
                    piece.update(read)
                    length -= len(read)
                yield piece.hexdigest()
            if file.read(1):
                raise ValueError(f"{name!r} holds more than the chain of custody names")


def _sound(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    path = PurePosixPath(name)
    if (
        path.is_absolute()
        or ".." in path.parts
        or name != str(path)
        or not name.isprintable()
        or any(char in name for char in '\\:*?"<>|')
    ):
        raise ValueError(f"{name[:200]!r} is no name of a file in a package")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise ValueError(f"{name!r} is no plain file")
    if info.flag_bits & 1:
        raise ValueError(f"{name!r} is encrypted")
