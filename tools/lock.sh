#!/usr/bin/env bash
# Writes requirements.lock anew: every dependency pinned with its hashes, and no registry's address. What is pinned
# already stays as it is where it still fits; with --upgrade everything is the newest that fits.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uv
cat > "$work/build.in" <<'BUILD'
setuptools>=80
BUILD
"$work/venv/bin/uv" pip compile --quiet --generate-hashes --all-extras --python-version 3.11 --python-platform linux \
  --no-header --no-emit-index-url --no-emit-find-links --no-annotate --output-file requirements.lock "$@" \
  pyproject.toml "$work/build.in"
