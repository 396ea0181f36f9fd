"""A Tor of Duskwatch's own, for machines where none runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from config.errors import StopError, TorUnavailable
from config.settings import Settings, TorSettings
from crawler.tor.wait import answers

_log = structlog.get_logger()
_ENDS = 3.0  # seconds after which a Tor that does not end by itself is killed; it keeps nothing that matters


class TorMissing(StopError):
    """The program tor is not installed."""


class OwnTor:
    """Sees that a Tor answers at ``tor.socks``: the one that does, or, with ``tor.launch``, one that it starts. A
    context manager; what it started ends with it, or soon after its process is killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def keep(self, settings: Settings) -> None:
        """Start Tor where it is wanted and none answers; to be called again from time to time. Returns before Tor is
        connected. Raises ``TorMissing``, or ``TorUnavailable`` with what Tor said against starting."""
        if not settings.tor.launch:
            self.stop()
            return
        if answers(settings.tor.socks):
            return
        self.stop()
        from stem.process import launch_tor_with_config

        folder = settings.data_dir / "tor"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = folder / "tor.log"
        try:
            self._process = launch_tor_with_config(
                _options(settings.tor, folder, log), completion_percent=0, take_ownership=True, timeout=None
            )
        except OSError as error:
            if shutil.which("tor") is None:
                raise TorMissing(cure="apt-get install tor, or set tor.socks to a Tor elsewhere") from error
            raise TorUnavailable(f"tor does not start: {error}", cure=f"see {log}") from error
        _log.info("tor is started", socks=settings.tor.socks)

    def stop(self) -> None:
        """End what was started."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_ENDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _options(tor: TorSettings, folder: Path, log: Path) -> dict[str, str | list[str]]:
    options: dict[str, str | list[str]] = {
        "SocksPort": f"{tor.socks} IsolateSOCKSAuth ExtendedErrors",
        "DataDirectory": str(folder),
        "ClientOnly": "1",
        "AvoidDiskWrites": "1",
        "Log": ["NOTICE stdout", f"NOTICE file {log}"],
    }
    if tor.control_address:
        options["ControlPort"] = tor.control_address
    if tor.control_password:
        options["HashedControlPassword"] = _hashed(tor.control_password.get_secret_value())
    else:
        options["CookieAuthentication"] = "1"
    if tor.torrc:
        options["%include"] = str(tor.torrc)
    return options


def _hashed(password: str) -> str:
    done = subprocess.run(
        ["tor", "--quiet", "--hash-password", password], capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]
