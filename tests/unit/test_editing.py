"""Watchlists are changed piece by piece, and never over what somebody else wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.handling import Actor
from config.database import migrate, open_database
from config.errors import InputError
from config.saving import FileChanged, SaveRefused, save
from config.settings import Settings, load_settings
from console.editing import Conflict, PieceUnknown, change, filled, look, there
from console.versions import FIRST, IN_THE_FILE, WATCH, ReasonWanted, versions

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
AYU = Actor("ayu", "console, 127.0.0.1")
FILE = """# all of ours
organisations:
  - id: bank   # since 2024
    name: Invented Bank
    aliases: [InvBank]
  - id: port
    name: Invented Port
"""


@pytest.fixture
def given(tmp_path: Path) -> tuple[Settings, sa.Engine, Path]:
    (tmp_path / "duskwatch.toml").write_text('data_dir = "var"\n')
    loaded = load_settings(tmp_path / "duskwatch.toml")
    loaded.watchlists_dir.mkdir(parents=True)
    file = loaded.watchlists_dir / "a.yaml"
    file.write_text(FILE)
    engine = open_database(loaded.database_url)
    migrate(engine)
    return loaded, engine, file


def test_a_change_keeps_who_and_why_and_every_other_character(
    given: tuple[Settings, sa.Engine, Path],
) -> None:
    loaded, engine, file = given
    file.chmod(0o600)
    before = look(loaded, engine, WATCH, "bank", AT)
    text, lost = filled(before.text, {"aliases": ["InvBank", "Bank Invented"]})
    change(loaded, engine, WATCH, "bank", base=before.text, text=text, by=AYU, why="it is written so", at=AT)
    assert file.read_text() == FILE.replace("[InvBank]", "\n      - InvBank\n      - Bank Invented").replace(
        ": \n", ":\n"
    )
    assert file.stat().st_mode & 0o777 == 0o600
    newest, first = versions(engine, WATCH, "bank")
    assert (newest.who, newest.why, newest.origin) == ("ayu", "it is written so", AYU.origin)
    assert (first.why, first.who, lost) == (FIRST, "", ())
    assert [path.name for path in file.parent.iterdir()] == ["a.yaml"]


def test_a_change_by_hand_is_a_version_and_is_not_written_over(
    given: tuple[Settings, sa.Engine, Path],
) -> None:
    loaded, engine, file = given
    read = look(loaded, engine, WATCH, "bank", AT)
    file.write_text(FILE.replace("name: Invented Bank", "name: Invented Bank plc"))
    mine = read.text.replace("InvBank", "InvBank, IB")
    with pytest.raises(Conflict) as conflict:
        change(loaded, engine, WATCH, "bank", base=read.text, text=mine, by=AYU, why="x", at=AT)
    assert versions(engine, WATCH, "bank")[0].why == IN_THE_FILE
    assert "plc" in conflict.value.theirs
    merged = conflict.value.merged
    assert not merged.clean, "neighbouring lines are shown to a person"
    assert "IB" not in file.read_text()
    # what else changed in the file is no conflict
    file.write_text(FILE.replace("Invented Port", "Invented Harbour"))
    change(loaded, engine, WATCH, "bank", base=read.text, text=mine, by=AYU, why="x", at=AT)
    assert "Harbour" in file.read_text()
    assert "IB" in file.read_text()


def test_faults_are_told_as_the_command_line_tells_them(given: tuple[Settings, sa.Engine, Path]) -> None:
    loaded, engine, file = given
    read = there(loaded, WATCH, "port")
    faulty = read.text + "\ndomain: [x.example]"
    with pytest.raises(InputError) as refused:
        change(loaded, engine, WATCH, "port", base=read.text, text=faulty, by=AYU, why="x", at=AT)
    file.write_text(FILE + "    domain: [x.example]\n")
    from alerts.loading import load_watchlists

    with pytest.raises(InputError) as by_hand:
        load_watchlists(loaded.watchlists_dir)
    [ours], [theirs] = refused.value.problems, by_hand.value.problems
    assert (ours.file, ours.line, ours.fault, ours.cure) == (
        theirs.file,
        theirs.line,
        theirs.fault,
        theirs.cure,
    )
    assert theirs.field.endswith(ours.field)


def test_what_is_refused_changes_nothing(given: tuple[Settings, sa.Engine, Path]) -> None:
    loaded, engine, file = given
    read = there(loaded, WATCH, "port")
    for text, why, error in (
        (read.text.replace("id: port", "id: bank"), "x", InputError),
        (read.text + "\n- id: other\n  name: Other", "x", InputError),
        (read.text.replace("Port", "Quay"), " ", ReasonWanted),
    ):
        with pytest.raises(error):
            change(loaded, engine, WATCH, "port", base=read.text, text=text, by=AYU, why=why, at=AT)
    assert file.read_text() == FILE
    assert len(versions(engine, WATCH, "port")) == 1
    with pytest.raises(FileChanged):
        save(file, "x", "not what stands there")
    with pytest.raises(SaveRefused):
        save(Path("/proc/duskwatch.yaml"), "x", "")


def test_watches_come_and_go(given: tuple[Settings, sa.Engine, Path]) -> None:
    loaded, engine, file = given
    fresh = "id: mill\nname: Invented Mill\n"
    made = change(loaded, engine, WATCH, "mill", base="", text=fresh, by=AYU, why="a new client", at=AT)
    assert made.path.name == "mill.yaml"
    for name in ("mill", "bank", "port"):
        change(
            loaded,
            engine,
            WATCH,
            name,
            base=there(loaded, WATCH, name).text,
            text="",
            by=AYU,
            why="gone",
            at=AT,
        )
        with pytest.raises(PieceUnknown):
            there(loaded, WATCH, name)
        assert versions(engine, WATCH, name)[0].text == ""
    assert list(file.parent.iterdir()) == []
