"""Reads the watchlists of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from alerts.watchlist import Organisation, Watchlist
from config.errors import InputError, Problem
from config.inputs import NOTHING, Instead, read_folder, read_yaml
from indexer.text import words

NEGATIVE_LIST = "negative.txt"  #: phrases inside which no organisation is meant


def load_watchlists(folder: Path, instead: Instead = NOTHING) -> tuple[Organisation, ...]:
    """Every organisation of every file. ``instead``: what files would say. Raises ``InputError`` with all faults, and
    for an id in two files."""
    return _joined(folder, read_folder(folder, Watchlist, instead))


def load_watchlist(path: Path, text: str | None = None) -> tuple[Organisation, ...]:
    """Every organisation of one file, or of what it would say; its rules are looked for beside it. Raises
    ``InputError`` with all faults."""
    return _joined(path.parent, {path: read_yaml(path, Watchlist, text=text)})


def _joined(folder: Path, watchlists: Mapping[Path, Watchlist]) -> tuple[Organisation, ...]:
    organisations: dict[str, Organisation] = {}
    files: dict[str, Path] = {}
    problems = []
    for path, watchlist in watchlists.items():
        for number, organisation in enumerate(watchlist.organisations):
            if organisation.id in organisations:
                field = f"organisations.{number}.id"
                fault = f"{organisation.id!r} stands in another file too: {files[organisation.id].name}"
                problems.append(Problem(str(path), None, field, fault, "join the two, or choose another id"))
            resolved, faults = _with_rules(folder, path, number, organisation)
            problems += faults
            organisations[organisation.id] = resolved
            files.setdefault(organisation.id, path)
    if problems:
        raise InputError(problems)
    return tuple(organisations.values())


def _with_rules(
    folder: Path, path: Path, number: int, organisation: Organisation
) -> tuple[Organisation, list[Problem]]:
    """The organisation with the text of its YARA rules in the place of their files' names; what is wrong with them."""
    if not organisation.rules:
        return organisation, []
    from alerts.matching.rules import YaraMissing, faults_of  # most watchlists have none

    sources: list[str] = []
    problems: list[Problem] = []
    for at, rule in enumerate(organisation.rules):
        field = f"organisations.{number}.rules.{at}"
        inline = "{" in rule
        file = folder / "rules" / rule
        if not inline and (Path(rule).name != rule or not file.is_file()):
            there = (
                ", ".join(sorted(each.name for each in (folder / "rules").glob("*.y*"))) or "none is there"
            )
            fault = f"{rule!r} is no file in {folder / 'rules'}"
            problems.append(Problem(str(path), None, field, fault, f"files there: {there}"))
            continue
        try:
            source = rule if inline else file.read_text(encoding="utf-8")
            faults = faults_of(source)
        except UnicodeDecodeError as error:
            problems.append(
                Problem(str(file), None, "rules", f"is not UTF-8 at byte {error.start}", "save it as UTF-8")
            )
            continue
        except YaraMissing as missing:
            problems.append(Problem(str(path), None, field, missing.message, missing.cure or ""))
            break
        for each in faults:
            if inline:
                fault = f"line {each.line} of the rule: {each.fault}"
                problems.append(Problem(str(path), None, field, fault, "mend the rule"))
            else:
                problems.append(Problem(str(file), each.line, "rules", each.fault, "mend the rule"))
        sources.append(source)
    return organisation.model_copy(update={"rules": tuple(sources)}), problems


def load_negative(folder: Path) -> tuple[str, ...]:
    """The phrases of the folder's negative list, one a line; what follows a # at the beginning of a line is for
    people. None without such a file. Raises ``InputError``."""
    path = folder / NEGATIVE_LIST
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError as error:
        fault = f"is not UTF-8 at byte {error.start}"
        raise InputError([Problem(str(path), None, "file", fault, "save it as UTF-8")]) from None
    except OSError as error:
        fault = error.strerror or str(error)
        raise InputError([Problem(str(path), None, "file", fault, "check path and permissions")]) from None
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    phrases = [(number, line) for number, line in lines if line and not line.startswith("#")]
    problems = [
        Problem(
            str(path), number, "phrase", f"{line!r} says nothing to look for", "write words, or leave it out"
        )
        for number, line in phrases
        if len(line) < 3 or not words(line)
    ]
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(line for _, line in phrases))
