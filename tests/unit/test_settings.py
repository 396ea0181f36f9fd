from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import InputError
from config.settings import load_settings


def faults(file: Path, text: str, environ: dict[str, str]) -> list[str]:
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_settings(file, environ)
    return [str(problem) for problem in caught.value.problems]


def test_environment_beats_file_beats_defaults(tmp_path: Path) -> None:
    file = tmp_path / "duskwatch.toml"
    file.write_text("[watch]\nbatch = 7\nevery = 3\n")
    settings = load_settings(file, {"DUSKWATCH_WATCH__BATCH": "8", "DUSKWATCH_SOURCES_DIR": "s"})
    assert (settings.watch.batch, settings.watch.every, settings.deliver.attempts) == (8, 3, 60)
    assert settings.sources_dir == tmp_path / "s"
    assert load_settings(None, {"DUSKWATCH_CONFIG": str(file)}).watch.batch == 7


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("DUSKWATCH_DATADIR", "did you mean 'DUSKWATCH_DATA_DIR'?"),
        ("DUSKWATCH_TOR_SOCKS", "did you mean 'DUSKWATCH_TOR__SOCKS'?"),
        ("DUSKWATCH_TORR__SOCKS", "did you mean 'tor'?"),
        ("DUSKWATCH_TOR__SOKS", "did you mean 'socks'?"),
    ],
)
def test_misspelt_variables_are_refused_by_their_name(tmp_path: Path, name: str, cure: str) -> None:
    said = faults(tmp_path / "duskwatch.toml", "", {name: "127.0.0.1:1"})
    assert said == [f"environment: {name}: is not known; {cure}"]


def test_a_wrong_value_in_the_environment_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    said = faults(tmp_path / "duskwatch.toml", "[watch]\nbatch = 5\n", {"DUSKWATCH_WATCH__BATCH": "many"})
    assert len(said) == 1
    assert said[0].startswith("environment: DUSKWATCH_WATCH__BATCH: ")


def test_other_variables_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "duskwatch.toml"
    file.write_text("")
    assert load_settings(file, {"DUSKWATCH_HOOK_SECRET": "x"}).watch.batch == 500


def test_a_section_that_is_no_table_is_told_with_every_other_fault(tmp_path: Path) -> None:
    said = faults(
        tmp_path / "duskwatch.toml", 'nope = 1\ntor = "x"\n', {"DUSKWATCH_TOR__SOCKS": "127.0.0.1:1"}
    )
    assert len(said) == 2
    assert any("duskwatch.toml:1: nope: is not known" in each for each in said)
    assert any("duskwatch.toml:2: tor: " in each for each in said)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a = 1\nb = \n", "duskwatch.toml:2: file: "),
        ("[tor]\nwait = 1\nwait = 2\n", "duskwatch.toml:3: file: "),
        ("\ntor.soks = 1\n", "duskwatch.toml:2: tor.soks: is not known; did you mean 'socks'?"),
    ],
)
def test_faults_carry_their_line(tmp_path: Path, text: str, wanted: str) -> None:
    (said,) = faults(tmp_path / "duskwatch.toml", text, {})
    assert wanted in said


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "duskwatch.toml"
    file.write_text('[tor]\ncontrol_password = "hunter2"\n')
    assert "hunter2" not in repr(load_settings(file, {}))
    assert "hunter2" not in " ".join(faults(file, '[tor]\npassword = "hunter2"\n', {}))


def test_a_relative_database_stands_beside_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "duskwatch.toml"
    file.write_text('database_url = "sqlite:///mine/state.db"\nstore_url = "sqlite:////srv/posts.db"\n')
    settings = load_settings(file, {})
    assert settings.database_url == f"sqlite:///{tmp_path}/mine/state.db"
    assert settings.store_url == "sqlite:////srv/posts.db"
