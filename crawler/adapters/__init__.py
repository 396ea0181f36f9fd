"""The adapters: one file an engine, found by its name."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from config.errors import StopError
from config.inputs import nearest
from crawler.adapter import Adapter
from crawler.adapters.profile import ByProfile
from crawler.mapping import Mapping
from crawler.source import Source


def adapter_names() -> list[str]:
    """The names of all adapters."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


class AdapterUnknown(StopError, ValueError):
    """There is no adapter of that name."""


def load_adapter(name: str, mapping: Mapping | None = None) -> Adapter:
    """The adapter of an engine, with a source's mapping where it takes one. ``AdapterUnknown`` names the nearest when
    there is none of that name."""
    names = adapter_names()
    if name not in names:
        raise AdapterUnknown(f"no adapter {name!r}", cure=nearest(name, names))
    module = import_module(f"{__name__}.{name}")
    adapter: Adapter = module.open_adapter(mapping) if mapping else module.ADAPTER
    return adapter


def adapter_of(source: Source) -> Adapter:
    """The adapter that reads a source, with its profile where it has one. May raise ``AdapterUnknown``."""
    return ByProfile(source.profile) if source.profile else load_adapter(source.adapter, source.mapping)
