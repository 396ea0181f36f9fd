"""Writes the SBOM of duskwatch (CycloneDX 1.6, JSON): what an installation with these extras consists of.

It is made from what is installed and from ``requirements.lock``, with no network, and says nothing of this machine:
two runs on one environment write the same bytes. A component's hashes are those of every file that the lock admits for
it. Ends with status 1 when something is installed in another version than the lock's.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import uuid
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import ExpressionError, get_spdx_licensing
from locked import LOCK, Pin, closure, installed, licence, of_project, pins
from packageurl import PackageURL
from packaging.utils import canonicalize_name


def document(
    there: dict[str, Distribution], locked: dict[str, Pin], extras: frozenset[str]
) -> tuple[dict[str, Any], list[str]]:
    """The SBOM, and what is wrong with it."""
    project, version, wanted = of_project(extras)
    tree = closure(there, wanted)
    direct = sorted({name for each in wanted if (name := canonicalize_name(each.name)) in tree})
    faults = [f"{each.name} is not installed" for each in wanted if canonicalize_name(each.name) not in there]
    for name in sorted(tree):
        pin = locked.get(name)
        if pin is None or pin.version != there[name].version:
            has = pin.version if pin else "none"
            faults.append(f"{name} {there[name].version} is installed, the lock has {has}")
    own = PackageURL("pypi", None, project, version).to_string()
    root = {"type": "application", "bom-ref": own, "name": project, "version": version, "purl": own}
    below = {own: direct} | {_ref(there[name]): tree[name] for name in sorted(tree)}
    content = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root | {"licenses": [{"expression": "Apache-2.0"}]}},
        "components": [_component(name, there[name], locked.get(name)) for name in sorted(tree)],
        "dependencies": [
            {"ref": ref, "dependsOn": [_ref(there[each]) for each in needed]} for ref, needed in below.items()
        ],
    }
    number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(content, sort_keys=True))
    return {**content, "serialNumber": f"urn:uuid:{number}"}, faults


def _component(name: str, package: Distribution, pin: Pin | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": _ref(package),
        "name": name,
        "version": package.version,
        "purl": _ref(package),
    }
    if summary := package.metadata.get("Summary"):
        made["description"] = summary
    if said := licence(package):
        made["licenses"] = [_licence(said)]
    if pin:
        made["hashes"] = [{"alg": "SHA-256", "content": each} for each in sorted(pin.sha256)]
    return made


def _licence(said: str) -> dict[str, Any]:
    """An SPDX expression where it is one, else the words as they are."""
    try:
        expression = _spdx().parse(said, validate=True, strict=True)
    except ExpressionError:
        return {"license": {"name": said}}
    return {"expression": str(expression)}


_spdx = functools.cache(get_spdx_licensing)  # a tenth of a second each time


def _ref(package: Distribution) -> str:
    return PackageURL("pypi", None, canonicalize_name(package.metadata["Name"]), package.version).to_string()


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--to", type=Path, default=Path("build/duskwatch.cdx.json"), help="the file to write")
    asked.add_argument("--lock", type=Path, default=LOCK)
    asked.add_argument("--extra", action="append", default=[], help="with an extra of duskwatch; repeatable")
    given = asked.parse_args()
    made, faults = document(installed(), pins(given.lock), frozenset(given.extra))
    written = json.dumps(made, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(written)
    if wrong:
        faults.append(f"it does not fit the schema: {wrong}")
    given.to.parent.mkdir(parents=True, exist_ok=True)
    given.to.write_text(written, encoding="utf-8")
    print(f"{given.to}: {len(made['components'])} components, {len(faults)} faults")
    for each in faults:
        print(f"  {each}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
