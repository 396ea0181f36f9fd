#!/usr/bin/env bash
# Makes the project's own environment in .venv and sees that tor is there. Does nothing when all is done.
# With the argument "test" it also sees that the programs are there that only tests talk to.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv/.stamp-$(cat requirements.lock pyproject.toml | sha256sum | cut -c1-16)

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo "$@"
  else return 1
  fi
}

need() { # PACKAGE...: system packages that are missing
  echo "duskwatch: installing $* from the system's packages" >&2
  if ! command -v apt-get >/dev/null || ! as_root true; then
    echo "duskwatch: $* missing and this user may not install it; type: sudo apt-get install $*" >&2
    exit 1
  fi
  local quiet=(-qq -o Dpkg::Use-Pty=0 -o Dpkg::Lock::Timeout=300)
  as_root apt-get "${quiet[@]}" update >/dev/null
  # policy-rc.d 101: the package's own tor service is not started; Duskwatch attaches to a running Tor
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"; made=1
  fi
  local done=0
  as_root env DEBIAN_FRONTEND=noninteractive apt-get "${quiet[@]}" install -y --no-install-recommends "$@" >/dev/null || done=$?
  [ -z "$made" ] || as_root rm -f "$policy"
  [ "$done" = 0 ] || { echo "duskwatch: $* could not be installed; type: sudo apt-get install $*" >&2; exit 1; }
}

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "duskwatch: Python 3.11 or newer is needed; set PYTHON to it" >&2
  exit 1
fi
command -v tor >/dev/null && command -v tor-gencert >/dev/null || need tor
if [ "${1:-}" = test ]; then
  missing=()
  compgen -G '/usr/lib/*/rsyslog/lmnsd_gtls.so' >/dev/null || missing+=(rsyslog rsyslog-gnutls)
  command -v gpg >/dev/null || missing+=(gnupg)
  command -v ip >/dev/null && command -v tcpdump >/dev/null || missing+=(iproute2 tcpdump)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v docker-compose >/dev/null || docker compose version >/dev/null 2>&1 || missing+=(docker-compose)
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
  [ ${#missing[@]} = 0 ] || need "${missing[@]}"
fi
[ -e "$stamp" ] && exit 0
"$python" -c 'import ensurepip' 2>/dev/null || need python3-venv
echo "duskwatch: making .venv (a minute or two, once)" >&2
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
rm -f .venv/.stamp-*
touch "$stamp"
