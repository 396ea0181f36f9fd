"""``make faults``: the whole product under fire, and whether it kept what is promised.

A seeded script changes a real forum, ``duskwatch run`` watches it through genuine Tor, and a seeded nemesis kills,
pauses and starves whatever stands in between. Afterwards what the product holds is compared with what was true.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

if __name__ == "__main__":  # as a program it has not pytest's paths
    _TESTS = Path(__file__).parents[1]
    sys.path[:0] = [str(_TESTS.parent), str(_TESTS), str(Path(__file__).parent)]

from databases import Postgres
from elastic.nodes import Cluster
from fault_checker import Holdings, Verdict, check
from fault_clock import Clock, compiler
from fault_forum import BusyForum
from fault_gather import as_json, history, holdings, struck_in
from fault_ground import clock_kinds, enter_namespaces, network_kinds, small_disk, store_kinds
from fault_ledger import Ledger, lines
from fault_nemesis import Nemesis
from fault_peers import Peers
from fault_plan import KILLS, Plan, make_plan
from fault_system import SOURCE, Product, wait

from console.demo.tor_network import PrivateTor

_SETTLE = 420.0  # seconds after which a product that has not come to rest is judged as it is
_CRAWL_LEASE = 15  # seconds: shorter than a pause may last, longer than a crawl takes to start
#: Seconds by which the clock is set ahead at the end, so that what killed deliverers held is free.
_LEASES = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    verdict: Verdict
    figures: dict[str, int]
    struck: dict[str, int]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a run stands on. ``cluster`` and ``postgres``: both or none; ``own``: it has namespaces of its own."""

    tor: PrivateTor
    own: bool = False
    cluster: Cluster | None = None
    postgres: Postgres | None = None


def run(plan: Plan, folder: Path, ground: Ground, say: Callable[[str], object]) -> Outcome:
    """Carry a plan out in an empty folder and judge it; everything is left there."""
    tor = ground.tor
    client = f"fire{random.randrange(10**9)}"  # a name in a network that may be another run's as well
    with ExitStack() as stack:
        ledger = Ledger(folder / "ledger.jsonl")
        stack.callback(ledger.close)
        ledger.write(kind="plan", seed=plan.seed, digest=plan.digest())
        forum = stack.enter_context(BusyForum(folder / "forum", ledger))
        peers = stack.enter_context(Peers(folder))
        more = stack.enter_context(small_disk(folder / "var")) if ground.own else {}
        socks, _ = tor.add_client(client)
        stack.callback(tor.kill, client)
        settings = _settings(socks, ground)
        clock = Clock(folder) if compiler() else None
        product = Product(
            folder,
            settings,
            services=2 if ground.postgres else 1,
            environment=clock.environment if clock else {},
        )
        product.configure(tor.add_onion(forum.port), forum.boards, peers.url, peers.mail_port)
        if clock:
            more |= clock_kinds(clock)
        if ground.own:
            uplinks = {"tor": tor.relay_ports, "receivers": peers.ports}
            if ground.cluster:
                uplinks["elasticsearch"] = (ground.cluster.nodes[0].http,)
            more |= network_kinds(uplinks)
        if ground.cluster and ground.postgres:
            more |= store_kinds(ground.cluster, ground.postgres)
        for change in plan.changes:
            if not change.at:
                forum.apply(change)
        stack.callback(product.stop)
        product.start()
        ledger.write(kind="begun")
        forum.begin([change for change in plan.changes if change.at])
        Nemesis(product, ledger, peers, tor, client, more, say).run(plan.faults, time.monotonic())
        forum.join()
        ledger.write(kind="ended")
        say("the forum stands still; waiting until the product has come to rest")
        if clock:
            clock.set(_LEASES)
        rested = _settle(product, say)
        statuses = product.stop()
        true = history(folder, product, forum.served(), rested)
        held = holdings(product, peers.arrived(), statuses)
        verdict = check(true, held)
        struck = Counter(each.kind for each in struck_in(lines(folder / "ledger.jsonl")) if each.hit)
        figures = _figures(held, true.passes, verdict)
        (folder / "true.json").write_text(as_json(asdict(true)), encoding="utf-8")
        (folder / "held.json").write_text(as_json(asdict(held)), encoding="utf-8")
        (folder / "verdict.json").write_text(as_json(asdict(verdict)), encoding="utf-8")
    return Outcome(verdict, figures, dict(struck))


def _settings(socks: int, ground: Ground) -> str:
    text = 'data_dir = "var"\n'
    if ground.postgres and ground.cluster:
        text += f'database_url = "{ground.postgres.url}"\nstore_url = "{ground.cluster.url}/fire"\n'
    return text + (
        f'[tor]\nsocks = "127.0.0.1:{socks}"\nwait = 20\n[crawl]\nlease = {_CRAWL_LEASE}\n'
        '[watch]\nevery = 1\nhistory = "alert"\n[deliver]\nevery = 1\nbackoff = 1\nbackoff_limit = 5\n'
        '[log]\nlevel = "info"\n'
    )


def _figures(held: Holdings, passes: Sequence[object], verdict: Verdict) -> dict[str, int]:
    return {
        "crawls that ended well": len(passes),
        "posts": len({each.post for each in held.kept}),
        "alerts": len(held.alerts),
        "messages that arrived": len(held.arrived),
        **verdict.checked,
    }


def _settle(product: Product, say: Callable[[str], object]) -> bool:
    """Whether in time two crawls in a row found nothing new and nothing is left to be watched or delivered."""

    def still(since: float) -> bool:
        ended = [
            line
            for line in product.heard()
            if line["heard"] > since and line.get("event") == "crawl ended" and line.get("source") == SOURCE
        ]
        calm = [
            line["state"] == "ok"
            and not (line["new"] or line["changed"] or line["removed"] or line["spooled"])
            for line in ended[-2:]
        ]
        if len(calm) < 2 or not all(calm):
            return False
        done = product.duskwatch("--json", "deliver", "list", "--state", "waiting")
        return done.returncode == 0 and done.stdout.strip() == "[]"

    since = time.time()
    if not wait(lambda: still(since), _SETTLE, 0.5):
        say(f"it has not come to rest in {_SETTLE:.0f} s: what it had still to do is not asked for")
        return False
    return True


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counted.items())


def kinds_here(store: str, own: bool) -> list[str]:
    """Every kind of fault that can be done here."""
    kinds = ["kill crawl", "kill service", "kill machine", "kill deliverer", "kill tor"]
    kinds += ["pause crawl", "pause service", "pause tor"]
    if compiler():
        kinds += ["clock ahead", "clock back"]
    if own:
        kinds += ["disk full", "slow", "cut tor", "cut receivers"]
    if store == "elasticsearch":
        kinds += ["kill node", "pause node", "kill postgresql", *(["cut elasticsearch"] if own else [])]
    return kinds


def main() -> None:
    """The command; exit status 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=None, help="of the script and of the faults; none: a new one"
    )
    parser.add_argument("--kills", type=int, default=30, help="kills, beside half as many other faults")
    parser.add_argument("--minutes", type=float, default=6.0, help="how long they go on")
    parser.add_argument(
        "--store", choices=("sqlite", "elasticsearch"), default="sqlite", help="and PostgreSQL"
    )
    parser.add_argument(
        "--changes", type=int, default=None, help="changes of the forum; one in three seconds"
    )
    parser.add_argument(
        "--kinds", default="", help="kinds of faults, separated by commas; none: all that can be had"
    )
    parser.add_argument("--keep", action="store_true", help="keep the folder also when all is well")
    asked = parser.parse_args()
    lacking = enter_namespaces()
    seed = random.randrange(10**6) if asked.seed is None else asked.seed
    kinds = [each.strip() for each in asked.kinds.split(",") if each.strip()] or kinds_here(
        asked.store, not lacking
    )
    changes = int(asked.minutes * 20) if asked.changes is None else asked.changes
    plan = make_plan(seed, asked.minutes * 60, changes, asked.kills, kinds)
    folder = Path(tempfile.mkdtemp(prefix=f"duskwatch-faults-{seed}-"))
    begun = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - begun:7.1f} s  {words}", flush=True)

    many = (
        f"{len(plan.changes)} changes and {len(plan.faults)} faults in {asked.minutes:g} min on {asked.store}"
    )
    say(f"seed {seed}, plan {plan.digest()}: {many}")
    if lacking:
        say(f"the disk is not filled and the network not cut: {lacking}")
    planned = Counter(fault.kind for fault in plan.faults)
    say(f"faults planned: {_counts(planned)}")
    with ExitStack() as stack:
        tor = stack.enter_context(PrivateTor(progress=lambda step: say(f"private Tor network: {step}")))
        cluster = postgres = None
        if asked.store == "elasticsearch":
            postgres = stack.enter_context(Postgres())
            cluster = stack.enter_context(Cluster())
            say(f"Elasticsearch at {cluster.url}, PostgreSQL at {postgres.url}")
        done = run(plan, folder, Ground(tor, not lacking, cluster, postgres), say)
    kills = sum(count for kind, count in done.struck.items() if kind in KILLS)
    say(f"faults that hit: {sum(done.struck.values())}, of these {kills} kills: {_counts(done.struck)}")
    say(_counts(done.figures))
    for violation in done.verdict.violations:
        say(f"BROKEN  {violation}")
    if done.verdict.violations:
        say(f"{len(done.verdict.violations)} violations; everything is kept in {folder}")
        again = f"--seed {seed} --kills {asked.kills} --minutes {asked.minutes:g} --changes {changes}"
        again += f" --store {asked.store} --kinds '{','.join(kinds)}'"
        say(f'the same again: make faults ARGS="{again}"')
        sys.exit(1)
    say("every promise held")
    if asked.keep:
        say(f"kept: {folder}")
    else:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
