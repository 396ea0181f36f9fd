"""``duskwatch run``: one process that crawls, watches and delivers on schedule.

Each crawl runs in a child process, so that a crash or leak of one hurts nobody else; no source is crawled twice at
once. Faulty files do not stop the service: it says so and goes on with the last good ones.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from alerts.channel import Channel
from alerts.channels import open_channels
from alerts.loading import NEGATIVE_LIST
from alerts.matching import current_matcher
from alerts.watchlist import Organisation
from config.errors import DuskwatchError, InputError
from config.inputs import yaml_files
from config.log import configure
from config.settings import settings_file
from console.copies import compare_copies
from console.editing import noticed
from console.evidence import purge_evidence
from console.freshness import Stamps, stamps
from console.heartbeat import Heart
from console.rewinding import rewind
from console.steady import SteadyClock
from console.versions import SOURCE, WATCH
from console.vitals import Pulses
from console.wiring import (
    Inputs,
    agenda,
    ailing,
    crawl_command,
    crawl_environment,
    crawl_summary,
    database,
    deliver,
    drain,
    go_back,
    pauses,
    purge,
    read_inputs,
    store,
    watch,
)
from crawler.leases import Leases
from crawler.tor.process import OwnTor
from indexer.spool import FULL

if TYPE_CHECKING:
    from console.web.server import Server

_log = structlog.get_logger()
_CRAWLS_END = 5.0  # seconds after which all crawls that have not ended by themselves are killed
_DRAIN = 5.0  # seconds that one run of its job gives to what waits for the store
_CLOCK_EVERY = 1.0  # seconds between two looks at whether the clock was set back
_PURGE_AFTER = timedelta(minutes=10)  # after the start, when what is urgent is under way
_ALL_ENDS = 8.0  # seconds after which a delivery or watch that is still under way is left behind


class Service:
    """The scheduler with its jobs."""

    def __init__(self, config: Path | None) -> None:
        self._config = config
        self._inputs = read_inputs(config)
        self._stopping = threading.Event()
        self._matchers = current_matcher()
        self._watchlist_files = _stamps(self._inputs.settings.watchlists_dir)
        self._reloading = threading.Lock()
        self._files: Stamps = ()  # as they were last read again: the first look reads what changed meanwhile
        self._channel_files: dict[Path, tuple[int, int]] = {}
        self._channels: dict[str, Channel] = {}
        self._purge_clock, self._evidence_clock = SteadyClock(), SteadyClock()  # each asked once a day
        self._open_channels()
        self._tor = OwnTor()
        self._pulses = Pulses()
        self._heart = Heart(lambda: (self._inputs.settings, self._inputs.sources), self._pulses)
        self._ailing: dict[str, str] = {}
        self._copies: dict[str, str] = {}  # sources that are copies, as it was last told
        self._spooling = ""  # why posts wait for the store, as it was last told
        self._delivering = False
        self._web: Server | None = None
        self._pauses: dict[str, timedelta] = {}
        # by lease: a crawl that lost its own may still be there when the next one of its source begins
        self._children: dict[str, subprocess.Popen[str]] = {}
        self._lock = threading.Lock()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(4), "alerts": ThreadPoolExecutor(3)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def run(self) -> bool:
        """Work until SIGTERM or SIGINT, then stop within ten seconds. False when a job did not end in that
        time: the caller must then end the process, as its threads would keep it."""
        configure(self._inputs.settings.log)
        woken, waker = socket.socketpair()
        with woken, waker:
            # Waiting for a lock would lose a signal that comes just before the wait begins: Python runs its
            # handlers only between two steps of the main thread. The interpreter writes to this socket at once.
            waker.setblocking(False)
            signal.set_wakeup_fd(waker.fileno())
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _noted)
            try:
                self._begin()
                self._serve()
                woken.recv(1)
            finally:
                signal.set_wakeup_fd(-1)
        self._stopping.set()
        return self._stop()

    def _begin(self) -> None:
        settings = self._inputs.settings
        now = datetime.now(UTC)
        for name, job, every in (
            ("watch", self._watch, settings.watch.every),
            ("deliver", self._deliver, settings.deliver.every),
        ):
            self._scheduler.add_job(
                job, "interval", seconds=every, id=name, executor="alerts", next_run_time=now
            )
        self._scheduler.add_job(self._reload, "interval", seconds=30, id="reload", executor="alerts")
        self._keep_tor()
        self._scheduler.add_job(self._keep_tor, "interval", seconds=10, id="tor")
        self._scheduler.add_job(self._check_sources, "interval", seconds=30, id="health")
        self._scheduler.add_job(self._purge_evidence, "interval", days=1, id="evidence", next_run_time=now)
        self._scheduler.add_job(self._drain, "interval", seconds=_DRAIN, id="spool", next_run_time=now)
        self._scheduler.add_job(self._compare_copies, "interval", seconds=60, id="copies")
        self._scheduler.add_job(self._keep_agenda, "interval", seconds=5, id="agenda", executor="alerts")
        self._scheduler.add_job(self._begin_crawls, "interval", seconds=1, id="crawl", next_run_time=now)
        self._scheduler.add_job(self._go_back, "interval", seconds=5, id="past")
        self._scheduler.add_job(
            self._purge, "interval", hours=24, id="retention", next_run_time=now + _PURGE_AFTER
        )
        self._scheduler.start()
        self._heart.start()
        threading.Thread(target=self._keep_time, name="time", daemon=True).start()
        _log.info(
            "service runs", sources=len(self._inputs.sources), organisations=len(self._inputs.organisations)
        )

    def _serve(self) -> None:
        if not self._inputs.settings.web.in_service:
            return
        from console.web.server import Server  # the web's libraries, where they are wanted

        self._web = Server(self._config)
        for line in self._web.said():
            _log.info(line)
        self._web.start()

    def _begin_crawls(self) -> None:
        """Begin with every source whose time has come, unless another process does, here or elsewhere."""
        inputs = self._inputs
        now = datetime.now(UTC)
        every = {
            name: self._pauses.get(name, source.schedule.every)
            for name, source in inputs.sources.items()
            if source.schedule.enabled and not source.quiet(now)
        }
        with self._lock:
            free = inputs.settings.crawl.at_once - len(self._children)
        try:
            with database(inputs.settings) as engine:
                taken = Leases(engine, inputs.settings.crawl.lease).due(every, free) if every else {}
        except DuskwatchError as error:
            _log.error("no crawl can begin; it is tried again", reason=str(error))
            return
        self._pulses.beat("crawl")
        for name, lease in taken.items():
            threading.Thread(target=self._crawl, args=(name, lease), daemon=True).start()

    def _reload(self) -> None:
        with self._reloading:  # two jobs do it
            self._read_again()

    def _read_again(self) -> None:
        files = self._stamps()
        if files == self._files:
            return  # to read a hundred thousand terms takes longer than the pause between two looks
        self._files = files
        self._watchlist_files = _stamps(self._inputs.settings.watchlists_dir)
        try:
            fresh = read_inputs(self._config)
        except InputError as error:
            _log.error("files have faults; the last good ones stay in force", faults=str(error))
            return
        if fresh == self._inputs:
            return
        before, self._inputs = self._inputs, fresh
        was, now = before.settings, fresh.settings
        if was.log != now.log:
            configure(now.log)
        for job, old, new in (
            ("watch", was.watch.every, now.watch.every),
            ("deliver", was.deliver.every, now.deliver.every),
        ):
            if old != new:
                self._scheduler.reschedule_job(job, trigger="interval", seconds=new)
        changed = [name for name, source in fresh.sources.items() if before.sources.get(name) != source]
        with database(now) as engine:
            Leases(engine, now.crawl.lease).wake(changed)  # an operator may have mended what stood in the way
            at = datetime.now(UTC)
            noticed(now, engine, _by_id(before), _by_id(fresh), WATCH, at)
            noticed(now, engine, before.sources, fresh.sources, SOURCE, at)
        _log.info("files were changed and are in force")

    def _stamps(self) -> Stamps:
        settings = self._inputs.settings
        places = [settings.sources_dir, settings.watchlists_dir, settings.channels_dir, settings.routes_dir]
        return stamps([*places, settings_file(self._config)])

    def _open_channels(self) -> None:
        """Open the channels anew when their files changed. Only the deliverer's job calls this once the service
        runs: nobody else may close a channel that it is sending through. Raises ``InputError``; the files are
        then not looked at again until they change, and the channels stay as they were."""
        folder = self._inputs.settings.channels_dir
        files = _stamps(folder)
        if files == self._channel_files:
            return
        self._channel_files = files
        fresh = open_channels(folder)
        before, self._channels = self._channels, fresh
        for channel in before.values():
            channel.close()

    def _crawl(self, name: str, lease: str) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            child = subprocess.Popen(
                crawl_command(name, lease),
                env=crawl_environment(self._config),
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            self._children[lease] = child
        try:
            said, _ = child.communicate()
        finally:
            with self._lock:
                del self._children[lease]
        if self._stopping.is_set():
            return  # the lease is left: a crawl that was cut off goes on as soon as somebody can
        try:
            with database(self._inputs.settings) as engine:
                Leases(engine, self._inputs.settings.crawl.lease).ended(name, lease, child.pid)
            summary = crawl_summary(name, subprocess.CompletedProcess(child.args, child.returncode, said))
        except DuskwatchError as error:
            _log.error("crawl broke", source=name, reason=str(error))
            return
        _log.info("crawl ended", **summary)

    def _keep_time(self) -> None:
        """In a thread of its own: all jobs stand still when the clock is set back."""
        while not self._stopping.wait(_CLOCK_EVERY):
            if rewind(self._scheduler, datetime.now(UTC)):
                _log.warning("the clock was set back; the service goes on by the new time")

    def _keep_tor(self) -> None:
        try:
            if not self._stopping.is_set():
                self._tor.keep(self._inputs.settings)
        except DuskwatchError as error:
            _log.error("no Tor; it is tried again", reason=str(error))

    def _check_sources(self) -> None:
        """Log every source that begins or ends to be read badly; silence is how a monitor fails unnoticed."""
        inputs = self._inputs
        try:
            with database(inputs.settings) as engine:
                found = ailing(inputs.sources, engine)
                self._pauses = pauses(inputs.sources, engine)
        except DuskwatchError as error:
            _log.error("sources cannot be checked; it is tried again", reason=str(error))
            return
        for name in self._ailing.keys() - found.keys():
            _log.info("source is read again", source=name)
        for name, why in found.items():
            # what follows the state changes with every crawl, and says nothing new
            if why.partition(":")[0] != self._ailing.get(name, "").partition(":")[0]:
                _log.error("source is not read as it should be", source=name, reason=why)
        self._ailing = found

    def _compare_copies(self) -> None:
        """Log every source that is found to be a copy of another."""
        try:
            found = compare_copies(self._inputs.settings, self._inputs.sources)
        except DuskwatchError as error:
            _log.error("copies of boards cannot be looked for; it is tried again", reason=str(error))
            return
        for name, (verdict, original) in found.items():
            if self._copies.get(name) != verdict:
                _log.warning("source is a copy", source=name, is_=verdict, of=original)
        self._copies = {name: verdict for name, (verdict, _) in found.items()}

    def _drain(self) -> None:
        """Put what waits for the store into it; log when it begins and ends to wait, and when room runs out."""
        try:
            done = drain(self._inputs.settings, _DRAIN)
        except DuskwatchError as error:
            _log.error("the spool cannot be read; it is tried again", reason=str(error))
            return
        why = type(done.away).__name__ if done.away else ""  # its words name another host at every try
        why += FULL if done.spool.alarm else ""
        if why and why != self._spooling:
            _log.error("posts wait for the store", spool=str(done.spool), reason=f"{done.away or FULL}")
        elif self._spooling and not done.spool.waiting:
            _log.info("nothing waits for the store any more")
        self._spooling = why if done.spool.waiting else ""

    def _watch(self) -> None:
        if _stamps(self._inputs.settings.watchlists_dir) != self._watchlist_files:
            self._reload()  # a changed watchlist counts from the next run on
        inputs: Inputs = self._inputs
        try:
            run = watch(
                inputs, tuple(self._channels), self._matchers.of(inputs.organisations, inputs.negative)
            )
        except DuskwatchError as error:
            _log.error("watch failed; it is tried again", reason=str(error))
            return
        self._pulses.beat("watch")
        if run.alerts_new or run.alerts_again or run.failed:
            _log.info(
                "alerts",
                new=run.alerts_new,
                joined=run.alerts_joined,
                again=run.alerts_again,
                unread=run.failed,
            )
            if not self._delivering and not self._stopping.is_set():  # an alert need not wait for its turn
                self._scheduler.modify_job("deliver", next_run_time=datetime.now(UTC))

    def _go_back(self) -> None:
        """Watches that were added or changed against the past, beside the watcher."""
        try:
            ended = go_back(self._inputs, tuple(self._channels), self._stopping.is_set)
        except DuskwatchError as error:
            _log.error("the past could not be looked through; it is tried again", reason=str(error))
            return
        if ended:
            _log.info("watches were held against the past: duskwatch alerts baseline tells what was found")

    def _purge(self) -> None:
        if jump := self._purge_clock.jump():
            _log.error("the clock jumped: nothing is forgotten today", seconds=round(jump.total_seconds()))
            return
        try:
            count = purge(self._inputs.settings)
        except DuskwatchError as error:
            _log.error("old posts could not be forgotten; it is tried again tomorrow", reason=str(error))
            return
        if count:
            _log.info("old posts were forgotten", posts=count, days=self._inputs.settings.retention.days)

    def _deliver(self) -> None:
        try:
            self._open_channels()
        except InputError as error:
            _log.error("channel files have faults; the last good ones stay in force", faults=str(error))
        self._delivering = True
        try:
            deliver(self._inputs.settings, self._channels)
            self._pulses.beat("deliver")
        except DuskwatchError as error:
            _log.error("delivering failed; it is tried again", reason=str(error))
        finally:
            self._delivering = False

    def _purge_evidence(self) -> None:
        settings = self._inputs.settings
        if not settings.evidence.keep_days:
            return
        if jump := self._evidence_clock.jump():
            _log.error("the clock jumped: no evidence is removed today", seconds=round(jump.total_seconds()))
            return
        try:
            with database(settings) as engine, store(settings) as posts:
                purge_evidence(settings, engine, posts, settings.evidence.keep_days)
        except (DuskwatchError, OSError) as error:
            _log.error("old evidence was not removed; it is tried again tomorrow", reason=str(error))

    def _keep_agenda(self) -> None:
        """By itself: a deliverer that waits for a slow peer must not hold up an escalation."""
        try:
            agenda(self._inputs)
        except DuskwatchError as error:
            _log.error("what falls due cannot be looked up; it is tried again", reason=str(error))

    def _stop(self) -> bool:
        begun = time.monotonic()
        self._heart.stop(0)
        with self._lock:
            children = list(self._children.values())
            for child in children:
                child.terminate()
        for child in children:
            try:
                child.wait(max(begun + _CRAWLS_END - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                child.kill()  # a killed crawl loses nothing: the next one goes on where it was
        if self._web:
            self._web.stop(2)
        self._tor.stop()
        closing = threading.Thread(target=self._scheduler.shutdown, daemon=True)  # waits for every job
        closing.start()
        closing.join(max(begun + _ALL_ENDS - time.monotonic(), 0))
        if closing.is_alive():
            _log.warning("service stopped; a job that did not end is left and done again at the next start")
            return False
        for channel in self._channels.values():
            channel.close()
        _log.info("service stopped")
        return True


def _by_id(inputs: Inputs) -> dict[str, Organisation]:
    return {each.id: each for each in inputs.organisations}


def _stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    """When the files of a folder were changed, and their sizes."""
    found = {}
    for path in [folder, folder / NEGATIVE_LIST, *yaml_files(folder)]:
        with suppress(FileNotFoundError):  # it may go at any moment
            found[path] = (path.stat().st_mtime_ns, path.stat().st_size)
    return found


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Nothing more: that it is there keeps the signal from ending the process, and the socket tells of it."""
