"""Laws, their clocks, and briefs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from conftest import Workspace
from hypothesis import given
from hypothesis import strategies as st

from alerts.brief import Brief, Section, html, markdown
from alerts.brief_words import WORDS
from alerts.clocks import NoClock, clocks_of, confirm, met, warn
from alerts.handling import Actor
from alerts.laws import Duty, Law, Words, laws_named, load_laws
from alerts.outbox import list_deliveries
from alerts.picture import chromium
from config.errors import InputError

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
ME = Actor("ayu", "test")


def test_the_laws_that_come_along_ask_for_what_they_ask() -> None:
    laws = load_laws()
    ends = {name: law.deadlines(NOON) for name, law in laws.items()}
    assert ends["id-uu-27-2022"] == dict.fromkeys(("authority", "subjects"), NOON + timedelta(hours=3 * 24))
    assert ends["eu-gdpr"] == {"authority": NOON + timedelta(hours=72)}
    assert ends["eu-nis2"] == {
        "early-warning": NOON + timedelta(hours=24),
        "notification": NOON + timedelta(hours=72),
        "final-report": datetime(2026, 2, 9, 12, tzinfo=UTC),
    }
    assert ends["sg-pdpa"] == {"authority": NOON + timedelta(days=3)}
    for law in laws.values():
        assert law.source
        for duty in law.duties:
            assert duty.to.en
            assert duty.to.id
            assert duty.what.en
            assert duty.what.id


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), st.integers(0, 60))
def test_a_month_later_is_never_in_a_third_month(start: datetime, months: int) -> None:
    duty = Duty(id="a", months=months, to=Words(en="x"), what=Words(en="y"))
    end = duty.due(start)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day


def test_faults_of_a_law_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "name: {en: A}\nsource: s\napplies: {en: all}\nduties:\n"
        "  - {id: x, hours: 1, to: {en: a}, what: {en: b}}\n"
        "  - {id: z, huors: 1, to: {en: a}, what: {en: b}}\n"
    )
    with pytest.raises(InputError) as caught:
        load_laws(tmp_path)
    assert "did you mean 'hours'?" in str(caught.value)
    assert "a.yaml:6" in str(caught.value)
    with pytest.raises(InputError, match="did you mean 'eu-gdpr'"):
        laws_named(("eu-gdrp",), load_laws(), "watchlist")


def alert_of(workspace: Workspace) -> str:
    workspace.fill()
    workspace.write("config/watchlists/a.yaml", WATCHLIST)
    workspace.duskwatch("watch", "run")
    (alert,) = workspace.duskwatch("alerts", "list")
    return str(alert["id"])


WATCHLIST = """organisations:
  - id: bank
    name: Invented Bank
    laws: [id-uu-27-2022, eu-nis2]
    contacts:
      - {role: national CSIRT, name: Invented CSIRT, reach: csirt@csirt.example}
"""


def test_clocks_begin_warn_once_and_stop(workspace: Workspace) -> None:
    workspace.write("config/channels/lines.yaml", f"type: jsonl\npath: {workspace.folder}/lines.jsonl\n")
    alert = alert_of(workspace)
    engine = sa.create_engine(f"sqlite:///{workspace.folder}/var/state.db")
    laws = load_laws()
    named: dict[str, Law] = {name: laws[name] for name in ("id-uu-27-2022", "eu-nis2")}
    first = confirm(engine, alert, named, by=ME, at=NOON)
    assert (first[0].law, first[0].duty) == ("eu-nis2", "early-warning")
    later = confirm(engine, alert, named, by=ME, at=NOON + timedelta(hours=5))
    assert later == first, "a clock that runs goes on as it is"
    assert warn(engine, NOON + timedelta(hours=17)) == 0
    assert warn(engine, NOON + timedelta(hours=19)) == 1
    assert warn(engine, NOON + timedelta(hours=19)) == 0
    assert met(engine, alert, "eu-nis2", "notification", by=ME, at=NOON).met_at == NOON
    with pytest.raises(NoClock, match="running: "):
        met(engine, alert, "eu-nis2", "notification", by=ME, at=NOON)
    assert warn(engine, NOON + timedelta(days=40)) == 3, "what was met is not told"
    told = [row for row in list_deliveries(engine) if row["event"] == "deadline"]
    assert len({row["key"] for row in told}) == len(told) == 4
    assert all(clock.warned_at or clock.met_at for clock in clocks_of(engine, alert))
    engine.dispose()


def test_a_brief_says_what_is_claimed_and_what_the_law_asks(workspace: Workspace) -> None:
    alert = alert_of(workspace)
    made = workspace.duskwatch("brief", alert)
    assert made["sections"][0]["heading"] == "What is claimed"
    assert "Invented Bank" in made["title"]
    law = made["sections"][4]
    assert "not confirmed" in law["lines"][0]
    assert len(law["rows"]) == 1 + 5
    assert made["sections"][5]["rows"][1][1] == "Invented CSIRT"
    workspace.duskwatch("law", "confirm", alert, "--why", "a sample was checked")
    again = workspace.duskwatch("brief", alert, "--lang", "id")
    assert "dikonfirmasi; waktu berjalan" in again["sections"][4]["lines"][0]
    assert "sisa" in again["sections"][4]["rows"][1][3]
    assert workspace.duskwatch("alerts", "show", alert)["alert"]["state"] == "escalated"
    assert len(workspace.duskwatch("law", "clocks")) == 5
    clock = workspace.duskwatch("law", "met", alert, "id-uu-27-2022", "authority")
    assert clock[0]["met_at"]


def test_both_languages_say_the_same_things() -> None:
    assert set(WORDS["en"]) == set(WORDS["id"])
    for name, text in WORDS["en"].items():
        holes = [part.split("}")[0] for part in text.split("{")[1:]]
        assert sorted(holes) == sorted(part.split("}")[0] for part in WORDS["id"][name].split("{")[1:]), name


HOSTILE = Brief(
    "en",
    "TLP:AMBER",
    "Brief: <script>alert(1)</script>",
    "made",
    (Section("What", ("# head [x](http://a.example) <img src=x>", "- no"), (("a|b", "c"), ("`d`", "e"))),),
)


def test_nothing_in_a_brief_is_markup_but_its_own() -> None:
    page, text = html(HOSTILE), markdown(HOSTILE)
    assert "<script>" not in page
    assert "<img" not in page
    assert "<script>" not in text.replace("\\<", "")
    assert "\\[x\\]" in text
    assert "a\\|b" in text
    assert page.count("TLP:AMBER") == text.count("TLP:AMBER") == 2


@pytest.mark.slow
@pytest.mark.skipif(chromium() is None, reason="chromium is not installed (Debian: chromium)")
def test_a_brief_is_one_pdf(workspace: Workspace, tmp_path: Path) -> None:
    from alerts.picture import pdf

    alert = alert_of(workspace)
    made = workspace.duskwatch("brief", alert)
    sections = tuple(
        Section(one["heading"], tuple(one["lines"]), tuple(map(tuple, one["rows"])))
        for one in made["sections"]
    )
    written = pdf(html(Brief("en", made["marking"], made["title"], made["made"], sections)))
    assert written.startswith(b"%PDF")
    assert (
        written.count(b"/Type /Page\n") + written.count(b"/Type/Page\n") + written.count(b"/Type /Page ") <= 2
    )
