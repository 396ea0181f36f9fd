#!/usr/bin/env bash
# Writes requirements.lock anew: every dependency pinned with its hashes, and no registry's address.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pip-tools
"$work/venv/bin/pip-compile" --quiet --generate-hashes --strip-extras --allow-unsafe --all-build-deps --all-extras \
  --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-annotate \
  --output-file requirements.lock pyproject.toml
