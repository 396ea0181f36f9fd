"""What a release consists of: SBOM, audit of what is installed, packages that are built alike twice."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from dist import build

ROOT = Path(__file__).parents[2]


def tool(name: str, *words: str, status: int = 0) -> str:
    command = [sys.executable, str(ROOT / "tools" / name), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == status, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_the_sbom_names_all_that_is_needed_and_nothing_of_this_machine(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    for path in (one, other):  # valid by the schema of CycloneDX 1.6 and as the lock has it, else status 1
        tool("sbom.py", "--to", str(path), "--extra", "postgresql")
    assert one.read_bytes() == other.read_bytes()
    told = json.loads(one.read_text(encoding="utf-8"))
    parts = {each["name"]: each for each in told["components"]}
    assert {"scrapy", "twisted", "lxml", "psycopg"} <= set(parts)
    assert "pytest" not in parts, "tools of the tests are no part of it"
    for name, part in parts.items():
        assert part["purl"] == f"pkg:pypi/{name}@{part['version']}"
        assert part["hashes"], name
        assert part["licenses"], name
    refs = {told["metadata"]["component"]["bom-ref"], *(each["bom-ref"] for each in parts.values())}
    assert {each["ref"] for each in told["dependencies"]} == refs
    del told["$schema"]
    for each in parts.values():
        each.pop("description", None)
    written = json.dumps(told)
    assert "://" not in written
    assert str(Path.home()) not in written
    assert not re.search(r"[\w.]+@\w+\.[a-z]", written), "no address of anybody"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with two invented packages, as pip leaves them, and a lock that has them."""
    folder = tmp_path / "packages"
    install(folder, "inventedlib", "1.4.0", {"inventedlib.py": "x = 1\n"}, "License-Expression: MIT\n")
    install(
        folder,
        "other-one",
        "2.0",
        {"other_one/__init__.py": ""},
        "License: BSD\nRequires-Dist: inventedlib>=1\n",
    )
    pin = "{}=={} \\\n    --hash=sha256:" + "0" * 64 + "\n"
    (tmp_path / "lock").write_text(pin.format("inventedlib", "1.4.0") + pin.format("other-one", "2.0"))
    return folder


def install(folder: Path, name: str, version: str, files: dict[str, str], more: str) -> None:
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    files = files | {f"{info}/METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{more}"}
    lines = []
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{file},sha256={digest},{len(text)}\n")
    (folder / info / "RECORD").write_text("".join([*lines, f"{info}/RECORD,,\n"]))


def audit(packages: Path, *more: str, status: int) -> list[str]:
    words = ["--folder", str(packages), "--lock", str(packages.parent / "lock"), *more]
    return tool("audit.py", *words, status=status).splitlines()


def test_the_audit_tells_what_is_not_as_it_was_installed(packages: Path) -> None:
    assert audit(packages, status=0) == [
        "2 packages held against 2 pins, no advisories: none were given (--advisories): 0 faults"
    ]
    (packages / "inventedlib.py").write_text("x = 2\n")
    (packages / "other_one" / "__init__.py").unlink()
    (packages / "planted.pth").write_text("import planted\n")
    install(packages, "third", "1.0", {}, "Requires-Dist: inventedlib>=2\nRequires-Dist: absent\n")
    told = audit(packages, status=1)
    assert told[:-1] == [
        "lock     third: 1.0 is installed, the lock has none",
        "needs    third: needs inventedlib>=2, 1.4.0 is installed",
        "needs    third: needs absent, which is not installed",
        "files    inventedlib: inventedlib.py was changed",
        "files    other-one: other_one/__init__.py is gone",
        "licence  third: 1.0 names no licence",
        "unlisted planted.pth",
    ]


def osv(folder: Path, number: str, **affected: Any) -> None:
    record = {"id": number, "summary": f"what {number} says", "aliases": [f"CVE-{number}"],
              "affected": [{"package": {"ecosystem": "PyPI", "name": "Inventedlib"}, **affected}]}  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / f"{number}.json").write_text(json.dumps(record))


def test_advisories_at_hand_are_held_against_what_is_installed(packages: Path, tmp_path: Path) -> None:
    folder = tmp_path / "osv"
    osv(folder, "IN", ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.4.1"}]}])
    osv(
        folder,
        "LAST",
        ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "1.4"}, {"last_affected": "1.4.0"}]}],
    )
    osv(folder, "LISTED", versions=["1.3", "1.4.0"])
    osv(folder, "MENDED", ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.4"}]}])
    osv(folder, "LATER", ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "1.10"}]}])
    osv(folder, "GIT", ranges=[{"type": "GIT", "events": [{"introduced": "0"}]}])
    osv(folder, "NPM", package={"ecosystem": "npm", "name": "inventedlib"}, versions=["1.4.0"])
    told = audit(packages, "--advisories", str(folder), status=1)
    assert told == [
        "advisory inventedlib: 1.4.0: IN, CVE-IN: what IN says (mended in 1.4.1)",
        "advisory inventedlib: 1.4.0: LAST, CVE-LAST: what LAST says (no version mends it yet)",
        "advisory inventedlib: 1.4.0: LISTED, CVE-LISTED: what LISTED says (no version mends it yet)",
        "2 packages held against 2 pins, 7 advisories: 3 faults",
    ]
    (folder / "broken.json").write_text("[]")
    audit(packages, "--advisories", str(folder), status=2)


@pytest.mark.slow
def test_two_builds_are_equal_and_hold_what_is_committed(tmp_path: Path) -> None:
    listing = ["git", "ls-files", "config", "crawler", "indexer", "alerts", "console"]
    try:
        committed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout")
    one, other = (build(tmp_path / name) for name in ("one", "other"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
    wheel, sdist = one
    head = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True
    )
    kinds = (".py", ".sql", ".yaml", ".html", ".css", ".js")
    wanted = {name for name in committed.split() if name.endswith(kinds) and name in head.stdout.split()}
    assert wanted - set(zipfile.ZipFile(wheel).namelist()) == set()
    with tarfile.open(sdist) as archive:
        assert {(member.uid, member.uname) for member in archive} == {(0, "")}
