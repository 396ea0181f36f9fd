"""Builds sdist, wheel, SBOM and their SHA-256 from what is committed: whoever builds the same commit with the same
setuptools gets the same bytes. No network is used.

Only committed files are taken: what an operator wrote below ``config/`` never gets into a package.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BUILD = "import sys, setuptools.build_meta as m; m.build_{kind}(sys.argv[1])"


def build(target: Path, commit: str = "HEAD") -> list[Path]:
    """Build a commit into a folder; the files, by name."""
    target.mkdir(parents=True, exist_ok=True)
    stamp = _git("log", "-1", "--format=%ct", commit).decode().strip()
    with tempfile.TemporaryDirectory() as work:
        tree, out = Path(work, "tree"), Path(work, "out")
        tree.mkdir()
        out.mkdir()
        with tarfile.open(fileobj=io.BytesIO(_git("archive", commit))) as committed:
            committed.extractall(tree, filter="data")
        environment = {**os.environ, "SOURCE_DATE_EPOCH": stamp, "PYTHONHASHSEED": "0", "TZ": "UTC"}
        for kind in ("sdist", "wheel"):
            command = [sys.executable, "-c", _BUILD.format(kind=kind), str(out)]
            done = subprocess.run(
                command, cwd=tree, env=environment, capture_output=True, check=False, text=True
            )
            if done.returncode:
                raise RuntimeError(f"{kind} could not be built:\n{done.stderr[-2000:]}")
            for left in ("build", "duskwatch.egg-info"):
                shutil.rmtree(tree / left, ignore_errors=True)
        made = []
        for file in sorted(out.iterdir()):
            if file.suffix == ".gz":
                _settle(file, int(stamp))
            made.append(Path(shutil.copy(file, target / file.name)))
    return made


def _settle(sdist: Path, stamp: int) -> None:
    """Write an archive anew without its owner, its order and the times of this build."""
    raw = io.BytesIO()
    with tarfile.open(sdist) as old, tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old.getmembers(), key=lambda one: one.name):
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, stamp
            plain.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            new.addfile(plain, old.extractfile(member) if member.isreg() else None)
    with sdist.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=stamp) as packed:
        packed.write(raw.getvalue())


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--to", type=Path, default=Path("dist"), help="folder to write into")
    asked.add_argument("--commit", default="HEAD", help="what to build, such as a tag")
    given = asked.parse_args()
    made = build(given.to, given.commit)
    version = next(file.name.split("-")[1] for file in made if file.suffix == ".whl")
    sbom = given.to / f"duskwatch-{version}.cdx.json"
    told = subprocess.run([sys.executable, str(ROOT / "tools/sbom.py"), "--to", str(sbom)], check=False)
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted([*made, sbom])
    ]
    (given.to / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    print("".join(lines), end="")
    return told.returncode


if __name__ == "__main__":
    sys.exit(main())
