"""The adapters: one file an engine, found by its name."""

from __future__ import annotations

import difflib
import pkgutil
from importlib import import_module

from crawler.adapter import Adapter


def adapter_names() -> list[str]:
    """The names of all adapters."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load_adapter(name: str) -> Adapter:
    """The adapter of an engine. ``ValueError`` names the nearest when there is none of that name."""
    names = adapter_names()
    if name not in names:
        close = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(names)}"
        raise ValueError(f"no adapter {name!r}; {hint}")
    adapter: Adapter = import_module(f"{__name__}.{name}").ADAPTER
    return adapter
