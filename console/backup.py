"""A copy of an installation, made while it runs, and put back elsewhere.

The order makes the copy whole without stopping anybody. The state database comes first: what it has written down as
read was handed over before, and stands in the spool or in the store, which are copied after it in the way that posts
go. What the store gained meanwhile is read again by the watcher from the older cursor, under the same ids of alerts
and the same keys of deliveries. Evidence comes last, so that the pages that posts name are there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from alerts.evidence import check_folder
from config.errors import StopError
from config.settings import Settings
from console.evidence import evidence_folder, keys_folder
from console.wiring import database, readers, store
from indexer.custody import FILE as CUSTODY
from indexer.custody import Custody, signing_key

MANIFEST = "manifest.json"
_FORMAT = 1
_SQLITE = b"SQLite format 3\x00"
_OWN_TOR = "tor"  # its guards and consensus: Tor gets them anew, and a copy would have the guards of another
_TRIES = 3


class BackupBroken(StopError):
    """A backup is not whole, or not one that this version can put back."""


class TargetNotEmpty(StopError):
    """Something is there already that a backup or its putting back would replace."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup, by its path within; ``bytes`` and ``sha256`` are of the file as it lies there."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup. ``posts`` and ``alerts`` are what it holds, None where they are kept elsewhere. ``elsewhere``: what is
    not in it, and what to do about that."""

    format: int
    version: str
    made_at: str
    posts: int | None
    alerts: int | None
    elsewhere: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. ``left``: files of people that were there already and stayed as they are."""

    backup: Backup
    pages: int
    left: tuple[str, ...]


def back_up(settings: Settings, target: Path) -> Backup:
    """Copy everything to a new folder. Raises ``TargetNotEmpty``, ``OSError``, and what databases raise."""
    if target.exists() and any(target.iterdir()):
        raise TargetNotEmpty(f"{target} is there already", cure="name a folder that is not there yet")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = target / "data"
    data.mkdir(mode=0o700)
    own = _databases(settings)
    for name in ("state.db", "spool.db", "posts.db"):
        if name in own and own[name].exists():
            _copy_database(own[name], data / name)
    _copy_files(settings, data, own)
    _copy_evidence(evidence_folder(settings), data / "evidence")
    for name, folder in _folders(settings).items():
        if folder.is_dir():
            shutil.copytree(folder, target / "config" / name, dirs_exist_ok=True)
    parts = tuple(_parts(target))
    backup = Backup(
        format=_FORMAT,
        version=version("duskwatch"),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        posts=_count(data / "posts.db", "post"),
        alerts=_count(data / "state.db", "alert"),
        elsewhere=tuple(_elsewhere(settings)),
        parts=parts,
    )
    written = target / f"{MANIFEST}.new"
    written.write_text(json.dumps(asdict(backup), indent=1), encoding="utf-8")
    written.rename(target / MANIFEST)  # last: a backup without it was cut off
    return backup


def read_backup(folder: Path) -> Backup:
    """The manifest of a backup whose files are all as they were. Raises ``BackupBroken``."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        parts = tuple(_part(**each) for each in told.pop("parts"))
        backup = Backup(**told | {"parts": parts, "elsewhere": tuple(map(str, told["elsewhere"]))})
        later = backup.format > _FORMAT
        if not re.fullmatch(r"[\w.+-]{1,40}", backup.version):
            raise ValueError("its version is none")
    except FileNotFoundError:
        raise BackupBroken(
            f"{folder} has no {MANIFEST}",
            cure="name the folder that duskwatch backup made; one cut off has none",
        ) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BackupBroken(
            f"{folder / MANIFEST} cannot be read: {error}", cure="take another backup"
        ) from error
    if later:
        raise BackupBroken(
            f"{folder} was made by duskwatch {backup.version}, whose backups this version does not know",
            cure="update duskwatch",
        )
    for part in parts:
        path = _below(folder, part.path)
        if not path.is_file() or path.stat().st_size != part.bytes or _sha256(path) != part.sha256:
            raise BackupBroken(f"{path} is missing or was changed", cure="take another backup")
    _nothing_else(folder, {part.path for part in parts})
    return backup


def restore(settings: Settings, folder: Path) -> Restored:
    """Put a backup into the data folder that the settings name, and check that it holds together. Nothing that is there
    is replaced. Raises ``BackupBroken``, ``TargetNotEmpty``, and what databases and evidence raise; then nothing was
    put back."""
    backup = read_backup(folder)
    data = settings.data_dir
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = _databases(settings)
    there = [
        str(path)
        for path in (*own.values(), evidence_folder(settings), keys_folder(settings))
        if path.exists()
    ]
    if there:
        cure = "set data_dir to a new folder, or move these away"
        raise TargetNotEmpty(f"{', '.join(there)} would be replaced", cure=cure)
    aside = data / ".restoring"
    shutil.rmtree(aside, ignore_errors=True)  # of a restore that was cut off
    shutil.copytree(folder / "data", aside)
    pages = _check(settings, backup, aside)
    for path in sorted(aside.iterdir()):
        place = own.get(path.name, data / path.name)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(path, place)
    aside.rmdir()
    left = []
    for name, place in _folders(settings).items():
        kept = folder / "config" / name
        if not kept.is_dir():
            continue
        if place.is_dir() and any(place.iterdir()):
            left.append(str(place))
        else:
            shutil.copytree(kept, place, dirs_exist_ok=True)
    return Restored(backup, pages, tuple(left))


def _check(settings: Settings, backup: Backup, data: Path) -> int:
    """Whether what lies in ``data`` holds together; how many pages of evidence were checked."""
    for path in sorted(data.glob("*.db")):
        loose: list[object] = []
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
                said = db.execute("PRAGMA integrity_check").fetchone()[0]
                loose = db.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.DatabaseError as error:
            said = str(error)
        if said != "ok" or loose:
            what = f"{len(loose)} rows belong to none" if loose else said
            raise BackupBroken(f"{path.name} is damaged: {what}", cure="take another backup")
    if backup.alerts != (alerts := _count(data / "state.db", "alert")):
        raise BackupBroken(f"{alerts} of {backup.alerts} alerts are there", cure="take another backup")
    there = settings.model_copy(
        update={
            "data_dir": data,
            **({"database_url": f"sqlite:///{data / 'state.db'}"} if (data / "state.db").exists() else {}),
            **({"store_url": f"sqlite:///{data / 'posts.db'}"} if (data / "posts.db").exists() else {}),
        }
    )
    if backup.posts is not None and backup.alerts is not None:
        with store(there) as posts:  # raises for a store of a newer version
            found = posts.stats().posts
            lost = [reader.name for reader in readers(there, posts) if reader.lost]
        if found != backup.posts or lost:
            raise BackupBroken(
                f"{found:,} of {backup.posts:,} posts are there, and {len(lost)} readers lost their place",
                cure="take another backup",
            )
    elif backup.alerts is not None:
        with database(there):
            pass  # raises for one of a newer version
    if not (data / "evidence" / CUSTODY).exists():
        return 0
    return check_folder(data / "evidence", signing_key(data / "keys").public_key()).pages


def _databases(settings: Settings) -> dict[str, Path]:
    """Every database that is a file, by its name in a backup."""
    found = {"spool.db": settings.data_dir / "spool.db"}
    for name, url in (("state.db", settings.database_url), ("posts.db", settings.store_url)):
        if url.startswith("sqlite:///"):
            found[name] = Path(url.removeprefix("sqlite:///"))
    return found


def _elsewhere(settings: Settings) -> Iterator[str]:
    if not settings.database_url.startswith("sqlite:"):
        yield "the state database is on a server: back it up with pg_dump, before this command"
    if not settings.store_url.startswith("sqlite:"):
        yield "posts are in Elasticsearch: take a snapshot of its indices after this command"


def _folders(settings: Settings) -> dict[str, Path]:
    """What people write, by the name of its folder in a backup."""
    return {
        "sources": settings.sources_dir,
        "watchlists": settings.watchlists_dir,
        "channels": settings.channels_dir,
        "routes": settings.routes_dir,
        "laws": settings.laws_dir,
    }


def _copy_database(path: Path, target: Path) -> None:
    """A snapshot of a database as of one moment, while others write to it."""
    with closing(sqlite3.connect(path, timeout=30)) as db, closing(sqlite3.connect(target)) as copy:
        db.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file that is all of it
    os.chmod(target, 0o600)


def _copy_files(settings: Settings, data: Path, own: dict[str, Path]) -> None:
    """What else lies in the data folder: keys, cookies, what an operator put there."""
    taken = {path.resolve() for path in own.values()}
    for path in sorted(settings.data_dir.rglob("*")):
        inner = path.relative_to(settings.data_dir)
        if inner.parts[0] in (_OWN_TOR, "evidence", ".restoring") or path.is_symlink() or not path.is_file():
            continue
        if path.resolve() in taken or path.name.endswith(("-wal", "-shm", ".migrating", ".new")):
            continue
        place = data / inner
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("rb") as file:
            is_database = file.read(len(_SQLITE)) == _SQLITE
        if is_database:
            _copy_database(path, place)
        else:
            shutil.copy2(path, place)


def _copy_evidence(folder: Path, target: Path) -> None:
    """Evidence grows at its end only, so a chain that is copied first speaks of pages that are there afterwards, unless
    what it names is removed on purpose meanwhile: then again."""
    if not folder.is_dir():
        return
    for _ in range(_TRIES):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(mode=0o700)
        if (folder / CUSTODY).exists():  # versions before the chain kept pages too
            shutil.copy2(folder / CUSTODY, target / CUSTODY)
        for path in sorted(folder.rglob("*.warc.gz")):
            place = target / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                shutil.copy2(path, place)
            except FileNotFoundError:
                break  # removed on purpose; the chain says so by now
        else:
            known = sum(1 for _ in Custody(target).entries())
            since = [entry for entry in Custody(folder).entries() if entry.number > known]
            if not any(entry.what == "removed" for entry in since):
                return
    raise BackupBroken("evidence is being removed all the time", cure="try again when that is done")


def _parts(folder: Path) -> Iterator[Part]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield Part(path.relative_to(folder).as_posix(), path.stat().st_size, _sha256(path))


def _part(path: str, bytes: int, sha256: str) -> Part:
    """A part as a manifest names it; ``ValueError`` for values of other kinds."""
    if not isinstance(path, str) or "\0" in path or type(bytes) is not int or not isinstance(sha256, str):
        raise ValueError("a part is not named by path, bytes and sha256")
    return Part(path, bytes, sha256)


def _nothing_else(folder: Path, named: set[str]) -> None:
    """A backup consists of plain files that its manifest names: a link leads out of it when it is put back, and a file
    that was added would be obeyed."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        inner = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file():
            raise BackupBroken(f"{inner!r} is no plain file", cure="take another backup")
        if inner not in named and inner != MANIFEST:
            raise BackupBroken(f"{inner!r} is in no list of the backup", cure="take another backup")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _below(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise BackupBroken(f"{name} leads out of the backup", cure="take another backup")
    return path


def _count(path: Path, table: str) -> int | None:
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        there = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) if there else 0
