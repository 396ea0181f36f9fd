"""Every route of the console, with the path at which it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute


def routes_of(app: FastAPI) -> list[tuple[str, APIRoute]]:
    return list(_routes(app.routes, ""))


def _routes(routes: Any, prefix: str) -> Iterator[tuple[str, APIRoute]]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield prefix + route.path, route
        elif inner := getattr(route, "original_router", None):
            yield from _routes(inner.routes, prefix + route.include_context.prefix)


def checks_of(route: APIRoute) -> list[Any]:
    """The functions that a route depends on, and those that these depend on."""
    found, waiting = [], list(route.dependant.dependencies)
    while waiting:
        one = waiting.pop()
        found.append(one.call)
        waiting += one.dependencies
    return found
