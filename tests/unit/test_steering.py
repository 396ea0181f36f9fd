"""Sources are paused, hastened and lent a session, in their files and without a secret shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.handling import Actor
from config.database import migrate, open_database
from config.settings import Settings, load_settings
from console.steering import (
    SourcePaused,
    lend_cookies,
    name_cookies,
    run_now,
    set_enabled,
    take_session_back,
)
from console.versions import SOURCE, versions
from crawler.leases import Leases
from crawler.sessions import SecretMissing, lent_cookies
from crawler.source import SourceUnknown, load_source

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
SARI = Actor("sari", "console, 127.0.0.1")
ONION = "zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd"
FILE = f"""# a board of ours
id: forum
name: Forum   # its own name
adapter: machina
addresses: [http://{ONION}.onion]
boards:
  - {{key: sale, path: /sale/}}
schedule:
  every: PT5M   # it is busy
"""


@pytest.fixture
def given(tmp_path: Path) -> tuple[Settings, sa.Engine, Path]:
    (tmp_path / "duskwatch.toml").write_text('data_dir = "var"\n')
    loaded = load_settings(tmp_path / "duskwatch.toml")
    loaded.sources_dir.mkdir(parents=True)
    file = loaded.sources_dir / "any.yaml"
    file.write_text(FILE)
    engine = open_database(loaded.database_url)
    migrate(engine)
    return loaded, engine, file


def test_a_source_is_paused_and_resumed_in_its_file(given: tuple[Settings, sa.Engine, Path]) -> None:
    loaded, engine, file = given
    assert set_enabled(loaded, engine, "forum", False, by=SARI, why="they asked", at=AT) == ()
    assert file.read_text() == FILE + "  enabled: false\n"
    with pytest.raises(SourcePaused):
        run_now(loaded, engine, "forum")
    set_enabled(loaded, engine, "forum", True, by=SARI, why="again", at=AT)
    assert load_source(loaded.sources_dir, "forum").schedule.enabled
    assert [each.why for each in versions(engine, SOURCE, "forum")][:2] == ["again", "they asked"]
    with pytest.raises(SourceUnknown):
        set_enabled(loaded, engine, "other", False, by=SARI, why="x", at=AT)


def test_a_source_is_hastened_unless_it_is_crawled(given: tuple[Settings, sa.Engine, Path]) -> None:
    loaded, engine, _ = given
    leases, every = Leases(engine, 60), {"forum": timedelta(hours=1)}
    token = leases.due(every, 1)["forum"]
    assert not run_now(loaded, engine, "forum")
    assert leases.stands(["forum"])["forum"].crawled
    leases.release("forum", token, rest=900)
    stand, now = leases.stands(["forum"])["forum"], datetime.now(UTC)
    assert stand.next_run(timedelta(minutes=1), now) == stand.rests_until
    assert leases.due(every, 1) == {}
    assert run_now(loaded, engine, "forum")
    assert "forum" in leases.due(every, 1)


def test_a_session_is_lent_and_shown_nowhere(given: tuple[Settings, sa.Engine, Path]) -> None:
    loaded, engine, file = given
    by = {"by": SARI, "why": "a login stands before it", "at": AT}
    with pytest.raises(SecretMissing):
        lend_cookies(loaded, engine, "forum", "no cookie", **by)
    assert file.read_text() == FILE
    assert list((loaded.data_dir / "sessions").iterdir()) == []
    path = lend_cookies(loaded, engine, "forum", "sid=very-secret; a=1", **by)
    assert path.stat().st_mode & 0o777 == 0o600
    assert lent_cookies(load_source(loaded.sources_dir, "forum")) == {"sid": "very-secret", "a": "1"}
    assert "very-secret" not in file.read_text()
    assert all("very-secret" not in each.text for each in versions(engine, SOURCE, "forum"))
    name_cookies(loaded, engine, "forum", "FORUM_COOKIES", **by)
    assert not path.exists()
    session = load_source(loaded.sources_dir, "forum").session
    assert session is not None
    assert (session.cookie_env, session.cookie_file) == ("FORUM_COOKIES", None)
    take_session_back(loaded, engine, "forum", **by)
    assert file.read_text() == FILE
