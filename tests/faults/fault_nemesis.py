"""Does the faults of a plan, one after another, and mends each before the next. Every kind is a function that strikes,
waits and mends, and says whether it hit anything. A fault lasts for its ``length`` of real time: nothing happens
meanwhile that could be waited for."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fault_ledger import Ledger
from fault_peers import Peers
from fault_plan import Fault
from fault_system import Product, pause, strike, wait

from console.demo.tor_network import PrivateTor

Service = subprocess.Popen[bytes]
#: Strikes, waits, mends; whether it hit.
Strike = Callable[[Fault], bool]
_UNDER_WAY = 8.0  # seconds to wait for something that can be hit


@dataclass
class Nemesis:
    """``more``: further kinds, of stores and of the network, by name."""

    product: Product
    ledger: Ledger
    peers: Peers
    tor: PrivateTor
    client: str
    more: Mapping[str, Strike] = field(default_factory=dict)
    say: Callable[[str], object] = lambda _words: None

    def run(self, faults: Sequence[Fault], start: float) -> int:
        """Do all at their seconds after ``start`` (monotonic); how many hit. What could not be mended raises."""
        hits = 0
        for number, fault in enumerate(faults, 1):
            time.sleep(max(start + fault.at - time.monotonic(), 0))
            begun = time.time()
            hit = self._kinds()[fault.kind](fault)
            ended = time.time()
            hits += hit
            self.ledger.write(kind="fault", fault=fault.kind, begun=begun, ended=ended, hit=hit)
            self.say(
                f"{number}/{len(faults)} {fault.kind}: {'hit' if hit else 'missed'}, {ended - begun:.1f} s"
            )
        return hits

    def _kinds(self) -> dict[str, Strike]:
        return {
            "kill crawl": self._kill_crawl,
            "kill service": self._kill_service,
            "kill machine": self._kill_machine,
            "kill deliverer": self._kill_deliverer,
            "kill tor": self._kill_tor,
            "pause crawl": self._pause_crawl,
            "pause service": self._pause_service,
            "pause tor": self._pause_tor,
            **self.more,
        }

    def kinds(self) -> list[str]:
        """Everything that it can do here."""
        return list(self._kinds())

    def _one_service(self, fault: Fault) -> Service:
        running = self._alive()
        return running[int(fault.chance * len(running))]

    def _alive(self) -> list[Service]:
        return [each for each in self.product.running if each is not None and each.poll() is None]

    def _crawl_under_way(self, fault: Fault) -> int | None:
        """A crawl, some time after it was found: begun, or in the middle."""
        if not wait(lambda: bool(self.product.crawls()), _UNDER_WAY):
            return None
        time.sleep(fault.chance * 2.5)
        crawls = self.product.crawls()
        if not crawls:  # it was sooner done
            if not wait(lambda: bool(self.product.crawls()), _UNDER_WAY):
                return None
            crawls = self.product.crawls()
        return crawls[0]

    def _kill_crawl(self, fault: Fault) -> bool:
        pid = self._crawl_under_way(fault)
        return pid is not None and strike(pid, signal.SIGKILL)

    def _kill_service(self, fault: Fault) -> bool:
        _kill(self._one_service(fault))
        self.product.start()
        return True

    def _kill_machine(self, fault: Fault) -> bool:
        """A service and every crawl, as when the power goes."""
        self._crawl_under_way(fault)
        _kill(self._one_service(fault))
        self.product.kill_crawls()
        self.product.start()
        return True

    def _kill_deliverer(self, fault: Fault) -> bool:
        """The service, after a receiver has a message and before it says so."""
        struck, over = threading.Event(), threading.Event()
        deciding = threading.Lock()

        def kill() -> None:
            with deciding:
                if over.is_set():
                    return  # the message came too late: nobody would start the service again
                for each in self._alive():
                    _kill(each)
                struck.set()

        self.peers.next_time(kill)
        struck.wait(_UNDER_WAY)
        self.peers.next_time(None)
        with deciding:
            over.set()
        self.product.start()
        return struck.is_set()

    def _kill_tor(self, _fault: Fault) -> bool:
        self.tor.kill(self.client)
        self.tor.restart(self.client)
        return True

    def _pause_crawl(self, fault: Fault) -> bool:
        pid = self._crawl_under_way(fault)
        return pid is not None and pause(pid, fault.length)

    def _pause_service(self, fault: Fault) -> bool:
        return pause(self._one_service(fault).pid, fault.length)

    def _pause_tor(self, fault: Fault) -> bool:
        return pause(self.tor.process(self.client).pid, fault.length)


def _kill(process: Service) -> None:
    process.kill()
    process.wait()
