"""What an alert rests on, as one ZIP that stands for itself on another machine, and the checks of it.

It holds the pages as fetched (WARC), a picture of each, every revision of every post of the alert, what it claims, how
it was matched, the alert with its audit, and the entries of the chain of custody of these pages. ``manifest.json``
names every file with its SHA-256; ``manifest.sig`` is its Ed25519 signature; ``README.txt`` says how to check both with
no program of ours.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from warcio.archiveiterator import ArchiveIterator

from alerts.packed import FAULTS, Packed
from alerts.picture import NoPicture
from config.errors import StopError
from indexer.charset import decoded
from indexer.custody import Custody, Entry, fingerprint, public_pem, sealed_by
from indexer.post import Stored

_FORM = "duskwatch.evidence/1"
_ENTRIES = frozenset({"kept", "removed", "sealed"})
_README = """This package was made by Duskwatch. To check it without Duskwatch:

1. The signature of the manifest:
   base64 -d manifest.sig > sig.bin
   openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json -sigfile sig.bin
   Ask whoever gave you the package for the key's fingerprint over another way; it is, of the raw key:
   openssl pkey -pubin -in public-key.pem -outform DER | tail -c 32 | sha256sum
2. The files: each SHA-256 in manifest.json is that of the file.
3. The pages: pages.warc.gz is WARC 1.0; `warcio check pages.warc.gz` checks its digests. custody.json gives, for each
   page in order, length and SHA-256 of its records, as they were entered when the page was kept.
"""


class EvidenceBroken(StopError):
    """Evidence does not hold."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What a package holds. ``missing``: what could not be put in, in words."""

    pages: int
    pictures: int
    posts: int
    missing: tuple[str, ...]
    signed_by: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What held when a package or a folder was checked. ``unchained``: files of pages that stand in no chain, so nobody
    can say whether they were changed: versions before the chain kept them, or somebody put them there."""

    entries: int
    pages: int
    seals: int
    signed_by: str
    head: str
    unchained: int = 0


def export(
    target: Path,
    folder: Path,
    key: Ed25519PrivateKey,
    *,
    alert: Mapping[str, Any],
    revisions: Sequence[Stored],
    at: datetime,
    facts: Callable[[Stored], Any],
    picture: Callable[[str], bytes] | None,
) -> Exported:
    """Write an alert's package to ``target``. ``folder``: the evidence; ``alert``: all that is kept of the alert,
    JSON-ready; ``facts``: what a revision claims, JSON-ready; ``picture``: makes a PNG of a page, None for none."""
    custody = Custody(folder)
    references = list(dict.fromkeys(one.post.evidence for one in revisions if one.post.evidence))
    entries = kept_pages(custody, references)
    seal = custody.seal(key, at)
    files: dict[str, bytes] = {"README.txt": _README.encode(), "public-key.pem": public_pem(key.public_key())}
    missing = [
        f"no page is kept of {one.post.id}, revision {one.revision}"
        for one in revisions
        if not one.post.evidence
    ]
    pages = b""
    kept: list[Entry] = []
    pictures = 0
    for reference in references:
        try:
            entry = entries[reference]
            page = _page(folder, entry)
        except (KeyError, OSError, EvidenceBroken) as error:
            missing.append(
                f"page {reference}: {error if not isinstance(error, KeyError) else 'it is in no chain'}"
            )
            continue
        pages += page
        kept.append(entry)
        if picture:
            try:
                files[f"pictures/{len(kept):03d}.png"] = picture(html_of(page))
                pictures += 1
            except NoPicture as error:
                missing.append(f"no picture of page {reference}: {error}")
    files["pages.warc.gz"] = pages
    files["custody.json"] = _json([json.loads(entry.line()) for entry in (*kept, *([seal] if seal else []))])
    files["alert.json"] = _json(alert)
    files["posts.json"] = _json([_post(one) for one in revisions])
    files["facts.json"] = _json(
        [{"post": one.post.id, "revision": one.revision, "facts": facts(one)} for one in revisions]
    )
    manifest = {
        "form": _FORM,
        "alert": alert.get("id"),
        "made_at": at.isoformat(),
        "signed_by": fingerprint(key.public_key()),
        "head": {"number": seal.number, "hash": seal.hash} if seal else None,
        "missing": missing,
        "files": {
            name: {"sha256": hashlib.sha256(files[name]).hexdigest(), "bytes": len(files[name])}
            for name in sorted(files)
        },
    }
    written = _json(manifest)
    files["manifest.json"] = written
    files["manifest.sig"] = base64.b64encode(key.sign(written)) + b"\n"
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as package:
        for name in sorted(files):
            package.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), files[name])
    return Exported(len(kept), pictures, len(revisions), tuple(missing), str(manifest["signed_by"]))


def check_package(path: Path, trusted: Ed25519PublicKey | None = None) -> Checked:
    """Check a package; ``trusted``: the key that must have signed it, else the one that it holds. Raises
    ``EvidenceBroken`` at the first thing that does not hold."""
    try:
        with zipfile.ZipFile(path) as package:
            return _checked(Packed(package), trusted)
    except EvidenceBroken:
        raise
    except FAULTS as error:
        raise EvidenceBroken(f"{path.name} is no whole package: {error}") from error


def _checked(package: Packed, trusted: Ed25519PublicKey | None) -> Checked:
    written = package.read("manifest.json")
    key = trusted or load_pem_public_key(package.read("public-key.pem"))
    if not isinstance(key, Ed25519PublicKey):
        raise EvidenceBroken("public-key.pem holds no Ed25519 key")
    try:
        key.verify(base64.b64decode(package.read("manifest.sig")), written)
    except InvalidSignature:
        raise EvidenceBroken("manifest.json was changed, or another key signed it") from None
    manifest = json.loads(written)
    if manifest["form"] != _FORM:
        raise EvidenceBroken(
            f"the package has form {str(manifest['form'])[:40]}, this version knows {_FORM}",
            cure="check it with a newer duskwatch; README.txt in it says how to check it with none",
        )
    named = set(manifest["files"]) | {"manifest.json", "manifest.sig"}
    if package.names != named:
        raise EvidenceBroken(f"it holds other files than its manifest names: {sorted(package.names ^ named)}")
    for name, told in manifest["files"].items():
        if package.digest(name) != told["sha256"]:
            raise EvidenceBroken(f"{name} was changed")
    entries = [Entry.of(json.dumps(one).encode()) for one in json.loads(package.read("custody.json"))]
    kept = [entry for entry in entries if entry.what == "kept"]
    lengths = [int(entry.fields["length"]) for entry in kept]
    for entry, digest in zip(kept, package.pieces("pages.warc.gz", lengths), strict=True):
        _holds(entry, digest)
    _known(entries)
    for entry in entries:
        if not entry.holds() or (entry.what == "sealed" and not sealed_by(entry, key)):
            raise EvidenceBroken(f"entry {entry.number} of the chain of custody was changed")
    head = (manifest.get("head") or {}).get("hash", "")
    if head not in {"", *(entry.hash for entry in entries)}:
        raise EvidenceBroken("its head is not in the chain of custody")
    return Checked(len(entries), len(kept), len(entries) - len(kept), fingerprint(key), head)


def check_folder(folder: Path, key: Ed25519PublicKey) -> Checked:
    """Check all evidence of this machine: the chain, every seal, and every page that was not removed on purpose. Raises
    ``EvidenceBroken`` or ``CustodyBroken``."""
    removed: set[str] = set()
    kept: list[Entry] = []
    entries = seals = 0
    head = ""
    for entry in Custody(folder).entries():
        _known([entry])
        entries += 1
        head = entry.hash
        if entry.what == "kept":
            kept.append(entry)
        elif entry.what == "removed":
            removed.add(str(entry.fields["file"]))
        elif entry.what == "sealed":
            seals += 1
            if not sealed_by(entry, key):
                raise EvidenceBroken(f"the seal in entry {entry.number} is not of this machine's key")
    standing = [entry for entry in kept if entry.fields["file"] not in removed]
    for entry in standing:
        try:
            _page(folder, entry)
        except OSError as error:
            raise EvidenceBroken(
                f"{entry.fields['file']} is gone and nobody removed it on purpose: {error}"
            ) from error
    chained = {str(entry.fields["file"]) for entry in kept}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.warc.gz")}
    return Checked(entries, len(standing), seals, fingerprint(key), head, len(there - chained))


def removable(folder: Path, before: datetime, held: Iterable[str]) -> list[str]:
    """The WARC files all of whose pages were kept before a time and none of which is held. ``held``: references, as
    posts carry them."""
    holding = {reference.rpartition("#")[0] for reference in held}
    newest: dict[str, datetime] = {}
    removed: set[str] = set()
    for entry in Custody(folder).entries():
        name = str(entry.fields.get("file", ""))
        if entry.what == "kept":
            newest[name] = datetime.fromisoformat(entry.at)
        elif entry.what == "removed":
            removed.add(name)
    gone = {name for name in removed if not _below(folder, name).exists()}
    return sorted(name for name, at in newest.items() if at < before and name not in holding | gone)


def remove(folder: Path, names: Sequence[str], why: str, at: datetime) -> None:
    """Remove WARC files on purpose. First the chain says so, then the file goes: a kill in between leaves a file, which
    the next removal takes."""
    custody = Custody(folder)
    for name in names:
        custody.add("removed", {"file": name, "why": why}, at)
        _below(folder, name).unlink(missing_ok=True)


def html_of(page: bytes) -> str:
    """The HTML of a kept page's records."""
    for record in ArchiveIterator(io.BytesIO(page)):
        if record.rec_type == "response":
            body: bytes = record.content_stream().read()
            kind = record.http_headers.get_header("Content-Type") or ""
            return decoded(body, kind.rpartition("charset=")[2].strip(' "') if "charset=" in kind else "")
    return ""


def kept_pages(custody: Custody, references: Iterable[str]) -> dict[str, Entry]:
    """The entries of a chain by the references of the pages that they keep; a page in no chain is left out."""
    wanted = set(references)
    found = {}
    for entry in custody.entries():
        reference = f"{entry.fields.get('file')}#{entry.fields.get('offset')}"
        if entry.what == "kept" and reference in wanted:
            found[reference] = entry
    return found


def _known(entries: Iterable[Entry]) -> None:
    """A newer version may enter what this one would pass over in its check."""
    for entry in entries:
        if entry.what not in _ENTRIES:
            raise EvidenceBroken(
                f"entry {entry.number} of the chain says {entry.what[:40]!r}, which this version does not know",
                cure="check it with the version that wrote it, or a newer one",
            )


def _page(folder: Path, entry: Entry) -> bytes:
    with _below(folder, str(entry.fields["file"])).open("rb") as file:
        file.seek(int(entry.fields["offset"]))
        page = file.read(int(entry.fields["length"]))
    _holds(entry, hashlib.sha256(page).hexdigest())
    return page


def _holds(entry: Entry, digest: str) -> None:
    if digest != entry.fields["sha256"]:
        raise EvidenceBroken(f"the page of entry {entry.number} ({entry.fields['file']!r}) was changed")


def _below(folder: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts:
        raise EvidenceBroken(f"{name!r} is no file of the evidence")
    return folder.joinpath(*parts)


def _post(stored: Stored) -> dict[str, Any]:
    post = stored.post
    said = (
        "board",
        "position",
        "title",
        "author",
        "text",
        "url",
        "language",
        "locked",
        "content_hash",
        "evidence",
    )
    times = {
        "posted_at": post.posted_at,
        "edited_at": post.edited_at,
        "seen_at": post.seen_at,
        "first_seen_at": stored.first_seen_at,
        "removed_at": stored.removed_at,
    }
    return {
        "post": post.id,
        "revision": stored.revision,
        "kind": post.kind.value,
        "precision": post.precision.value,
        **{name: getattr(post, name) for name in said},
        **{name: time.isoformat() if time else None for name, time in times.items()},
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, indent=1, sort_keys=True, default=str).encode() + b"\n"
