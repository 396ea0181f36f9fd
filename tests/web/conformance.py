"""Whether the API does what its document says: ``python tests/web/conformance.py --examples 200``.

Schemathesis makes requests by the document, right ones and wrong ones, with a token of each role. Whatever comes back
must have a documented status, content type and schema, and be no server's error; wrong ones must be refused, unknown
methods too, and nothing may be had without the token.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

if __name__ == "__main__":
    sys.path[:0] = [
        str(Path(__file__).parent),
        str(Path(__file__).parents[1]),
        str(Path(__file__).parents[2]),
    ]
from worlds import made, token, worlds

from console.accounts import Role
from console.web.app import create_app

#: A schema cannot say what a query's words or a page's mark must be; what is wrong with them is a 400 or 422, and a tag
#: that was made up a 412. Everything else that fits the document must be taken.
_TAKEN = ["2xx", "3xx", "400", "401", "403", "404", "412", "422"]


def asked(app: FastAPI, role: Role, examples: int, failures: dict[str, str]) -> Counter[int]:
    """Ask everything as a role; how often each status came back. ``failures``: what was found, by operation."""
    load_all_checks()
    taken = {"checks": {"positive_data_acceptance": {"expected-statuses": _TAKEN}}}
    schema = schemathesis.openapi.from_asgi(
        "/api/v1/openapi.json", app, config=SchemathesisConfig.from_dict(taken)
    )
    headers = {"Authorization": f"Bearer {token(app, role.value, role)}"}
    statuses: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            run = _run(operation, mode, headers, _real(app), statuses, examples)
            try:
                run()
            except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - told below, all of them together
                failures[f"{role.value}: {operation.label}, {mode.value} data"] = str(error)
    return statuses


def _run(
    operation: Any,
    mode: GenerationMode,
    headers: dict[str, str],
    real: Iterator[dict[str, str]],
    statuses: Counter[int],
    examples: int,
) -> Any:
    # what cannot be wrong is asked rightly only
    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        names = next(real)
        if mode is GenerationMode.POSITIVE and names and case.path_parameters:
            kind = case.path.split("/")[3]
            for name in case.path_parameters:
                case.path_parameters[name] = names.get(f"{kind}/{name}", case.path_parameters[name])
        response = case.call(headers=headers)
        statuses[response.status_code] += 1
        case.validate_response(response, headers=headers)

    return run


def _real(app: FastAPI) -> Iterator[dict[str, str]]:
    """Every second time the names of what is there: made-up ones are never found."""
    world = worlds(app)["open"]
    names = {
        "alerts/name": world.alert,
        "posts/name": world.post,
        "sources/name": world.source,
        "organisations/name": world.organisation,
        "listings/source": world.source,
        "listings/thread": "1",
    }
    while True:
        yield names
        yield {}


def main() -> int:
    """Ask, and tell what was found."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument(
        "--examples", type=int, default=100, help="of each operation, role, and right or wrong data"
    )
    arguments = wanted.parse_args()
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        config = made(Path(folder))
        for role in Role:
            app = create_app(config)
            begun = time.monotonic()
            statuses = asked(app, role, arguments.examples, failures)
            app.state.context.close()
            counts = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
            print(
                f"{role.value}: {statuses.total():,} requests in {time.monotonic() - begun:.0f} s; {counts}"
            )
    for where, what in failures.items():
        print(f"\n{where}\n{what}")
    print(f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
