"""The dead man's heartbeat: a sign while the whole pipe is well, and what is wrong where it is not.

It runs in a thread of its own, beside the scheduler of the pipe's jobs. A watcher outside that expects the sign also
notices when nobody is left to send one. Signs go straight to their address, not through the outbox, which may be what
is broken. The address is outside of Tor: this is no crawl.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from alerts.channel import Delivery
from alerts.channels import open_channels
from alerts.message import SCHEMA
from alerts.peer import Peer, PeerConfig
from config.errors import ChannelBusy, ChannelRefused, DuskwatchError, InputError
from config.settings import HeartbeatSettings, Settings
from console.vitals import Pulses, Vital, vitals
from crawler.source import Source

_log = structlog.get_logger(__name__)
_FIRST = 1.0  # seconds after the start
_TIMEOUT = 10.0  # seconds for one sign

#: Settings and sources as they are in force.
Now = Callable[[], tuple[Settings, dict[str, Source]]]


def report(found: Sequence[Vital]) -> str:
    """What a sign says: a line a part, the faults first. Fixed words and numbers only."""
    ordered = sorted(found, key=lambda vital: vital.well)
    lines = [
        f"{vital.part}: {vital.fault or 'well'}{f' ({vital.says})' if vital.says else ''}"
        for vital in ordered
    ]
    return "\n".join(lines)


def ping(settings: HeartbeatSettings, found: Sequence[Vital]) -> None:
    """Send one sign to the address: POST to it where all is well, to ``/fail`` below it where something is not, with
    the report as plain text, as healthchecks.io and its kin take them. Raises ``ChannelBusy`` or ``ChannelRefused``."""
    if settings.url is None:
        return
    config = PeerConfig(timeout=_TIMEOUT, private=settings.private)
    peer = Peer(settings.url.get_secret_value(), config)
    try:
        path = "" if all(vital.well for vital in found) else "/fail"
        peer.ask("POST", path, content=report(found).encode(), headers={"Content-Type": "text/plain"})
    finally:
        peer.close()


def tell(settings: HeartbeatSettings, folder: Path, found: Sequence[Vital], at: datetime) -> None:
    """Send a message to the channel that the settings name. Raises ``ChannelBusy``, ``ChannelRefused`` or
    ``InputError``."""
    if settings.channel is None:
        return
    opened = open_channels(folder)
    try:
        channel = opened.get(settings.channel)
        if channel is None:
            raise ChannelRefused(f"heartbeat.channel: there is no channel {settings.channel!r}")
        payload = notice(found, at)
        channel.send(Delivery(payload["alert"], settings.channel, 1, at, payload))
    finally:
        for each in opened.values():
            each.close()


def notice(found: Sequence[Vital], at: datetime) -> dict[str, Any]:
    """A message about Duskwatch itself, in the form of an alert's, as every channel shows it."""
    faults = [vital.part for vital in found if not vital.well]
    said = f"Duskwatch is not well: {', '.join(faults)}" if faults else "Duskwatch is well again"
    name = "h" + hashlib.sha256(f"{at.isoformat()}\0{said}".encode()).hexdigest()[:15]
    return {
        "schema": SCHEMA,
        "event": "heartbeat",
        "alert": name,
        "organisation": "duskwatch",
        "severity": "critical" if faults else "informational",
        "tlp": "amber",
        "title": said,
        "headline": said,
        "claim": report(found),
        "claims": "",
        "facts": [],
        "source": "duskwatch",
        "board": "",
        "author": "",
        "url": "",
        "kind": "",
        "posted_at": at.isoformat(),
        "first_seen_at": at.isoformat(),
        "stored_at": at.isoformat(),
        "matched_at": at.isoformat(),
        "evidence": None,
        "matches": [],
    }


class Heart:
    """Sends the signs of a service, every ``heartbeat.every`` seconds, from its own thread."""

    def __init__(self, now: Now, pulses: Pulses) -> None:
        self._now = now
        self._pulses = pulses
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._told: frozenset[str] = frozenset()  # parts that the channel knows to be ill
        self._logged = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Send no further sign; wait so long for one under way."""
        self._over.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        pause = _FIRST
        while not self._over.wait(pause):
            settings, sources = self._now()
            beat = settings.heartbeat
            pause = beat.every
            if beat.url is None and beat.channel is None:
                continue
            found = vitals(settings, sources, self._pulses)
            if self._over.is_set():
                return
            self._log(found)
            try:
                ping(beat, found)
            except (ChannelBusy, ChannelRefused) as error:
                _log.error("heartbeat: the sign did not arrive; it is sent again", reason=str(error))
                pause = min(pause, 30.0)
            self._tell(settings, found)

    def _log(self, found: Sequence[Vital]) -> None:
        faults = ", ".join(vital.part for vital in found if not vital.well)
        if faults and faults != self._logged:
            _log.error("heartbeat: not well", reason=report([vital for vital in found if not vital.well]))
        elif self._logged and not faults:
            _log.info("heartbeat: well again")
        self._logged = faults

    def _tell(self, settings: Settings, found: Sequence[Vital]) -> None:
        """Tell the channel when what is not well has changed. What it did not take is told at the next look."""
        ill = frozenset(vital.part for vital in found if not vital.well)
        if ill == self._told:
            return
        try:
            tell(settings.heartbeat, settings.channels_dir, found, datetime.now(UTC))
        except (ChannelBusy, ChannelRefused, InputError, DuskwatchError, OSError) as error:
            _log.error("heartbeat: the channel did not take it; it is told again", reason=str(error))
            return
        self._told = ill
