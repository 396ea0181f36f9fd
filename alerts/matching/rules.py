"""YARA rules of a watchlist, for those who bring them. They need the package yara-x (the extra ``yara``)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from alerts.matching.found import Found
from alerts.matching.terms import Term
from alerts.watchlist import Organisation
from config.errors import StopError

_SECONDS = 5  # for all rules in one text
_MOST_PLACES = 200  # of one pattern in one text
_log = structlog.get_logger()


class YaraMissing(StopError):
    """Watchlists have YARA rules, and the package yara-x is not installed."""


class RulesFaulty(StopError):
    """YARA rules cannot be compiled."""


@dataclass(frozen=True, slots=True)
class RuleFault:
    """What is wrong with rules: the line (from 1) in their source, and the fault."""

    line: int
    fault: str


def faults_of(source: str) -> list[RuleFault]:
    """Every fault of rules. Raises ``YaraMissing``."""
    yara_x = _yara()
    compiler = yara_x.Compiler(includes_enabled=False)
    try:
        compiler.add_source(source)
    except yara_x.CompileError as error:
        told = [RuleFault(int(each["line"]), _said(each)) for each in compiler.errors()]
        return told or [RuleFault(1, str(error).splitlines()[0])]
    return []


def _said(error: dict[str, Any]) -> str:
    labels = "; ".join(label["text"] for label in error["labels"] if label["text"])
    return f"{error['title']}: {labels}" if labels else str(error["title"])


def _yara() -> Any:
    try:
        import yara_x
    except ImportError:
        raise YaraMissing(cure="pip install 'duskwatch[yara]', or remove the rules") from None
    return yara_x


class RuleFinder:
    """Finds what the rules of all organisations ask for. Safe in threads."""

    def __init__(self, organisations: Sequence[Organisation]) -> None:
        """``rules`` of organisations: their text. Raises ``YaraMissing`` or ``RulesFaulty``."""
        self._rules: Any = None
        self._own = threading.local()
        chosen = [one for one in organisations if one.rules]
        if not chosen:
            return
        yara_x = _yara()
        compiler = yara_x.Compiler(includes_enabled=False)
        for one in chosen:
            for number, source in enumerate(one.rules):
                compiler.new_namespace(f"{one.id}:{number}")
                try:
                    compiler.add_source(source)
                except yara_x.CompileError as error:
                    raise RulesFaulty(f"{one.id}: rules.{number}: {str(error).splitlines()[0]}") from None
        self._rules = compiler.build()

    def __bool__(self) -> bool:
        return self._rules is not None

    def find(self, text: str) -> Iterator[Found]:
        """Every place of every pattern of each rule that is fulfilled; of a rule without places, the whole text."""
        if self._rules is None or not text.strip():
            return
        data = text.encode("utf-8", "replace")
        try:
            fulfilled = list(self._scanner().scan(data).matching_rules)
        except _yara().TimeoutError:
            _log.error("YARA rules took too long and were left out", seconds=_SECONDS, bytes=len(data))
            return
        for rule in fulfilled:
            term = Term(rule.namespace.rpartition(":")[0], rule.identifier, "rule")
            spans = {
                (_char(data, place.offset), _char(data, place.offset + place.length))
                for pattern in rule.patterns
                for place in pattern.matches
            }
            begun = len(text) - len(text.lstrip())
            for start, end in sorted(spans) or [(begun, len(text))]:
                if start < end:
                    yield Found(term, "rule", start, end, {})

    def _scanner(self) -> Any:
        """One a thread: a scanner must not be shared."""
        scanner = getattr(self._own, "scanner", None)
        if scanner is None:
            scanner = _yara().Scanner(self._rules)
            scanner.set_timeout(_SECONDS)
            scanner.max_matches_per_pattern(_MOST_PLACES)
            self._own.scanner = scanner
        return scanner


def _char(data: bytes, offset: int) -> int:
    """The character in which this byte stands."""
    return len(data[:offset].decode("utf-8", "ignore"))
