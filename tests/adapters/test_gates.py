"""Gates are told by their pages, in nine languages, and content is never one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from captures import CAPTURES, MISSING, adapter_for, pages
from hypothesis import given
from hypothesis import strategies as st

from config.errors import PageUnreadable
from crawler.adapter import Gate, GateKind, Page
from crawler.adapters import adapter_names, load_adapter
from crawler.gates import find_gate, may_be_queue, reaction, read_gate

FOLDER = Path(__file__).parent
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GATES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "gates" / "gates.yaml").read_text(encoding="utf-8"))
SAVED = sorted(path for path in FOLDER.glob("*/*.*") if path.suffix in (".html", ".json", ".xml"))
TALK = (
    "This site has been seized? They say you are banned if you fail the captcha. Please wait 30 seconds in the"
    " queue, log in, the forum is under maintenance, exit scam, the topic does not exist."
)


def page(html: str, status: int = 200) -> Page:
    return Page("http://board.invalid/showthread.php?tid=5", html, NOW, status=status)


@pytest.mark.parametrize("gate", GATES, ids=[f"{n}-{gate['kind']}" for n, gate in enumerate(GATES)])
def test_a_gate_is_told_by_its_page(gate: dict[str, Any]) -> None:
    stated = page(gate["html"], gate.get("status", 200))
    for name in adapter_names():
        found = find_gate(stated, load_adapter(name))
        assert found is not None, name
        assert (found.kind, found.wait) == (GateKind(gate["kind"]), gate.get("wait")), found
        assert found.says
        assert 0.5 <= found.confidence <= 1


@pytest.mark.parametrize("path", SAVED, ids=[f"{path.parent.name}/{path.name}" for path in SAVED])
def test_content_is_never_a_gate_whatever_its_posts_say(path: Path) -> None:
    adapter = adapter_for(path)
    text = path.read_text(encoding="utf-8").replace("Toko Rekaan", TALK)
    url = {"mybb": "/showthread.php?tid=502", "machina": "/forum/databases-1/topic/topic-502/"}.get(
        path.parent.name
    ) or yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))["url"]
    assert find_gate(Page("http://board.invalid" + url, text, NOW), adapter) is None


@pytest.mark.parametrize("gate", [gate for gate in GATES if gate["kind"] == "wait"])
def test_a_queue_is_never_taken_for_a_page_of_content_at_a_glance(gate: dict[str, Any]) -> None:
    long = "<p>words of a long page</p>" * 400
    status = gate.get("status", 200)
    assert may_be_queue(page(gate["html"], status))
    assert may_be_queue(page(gate["html"] + "<script>" + "var a = 1;" * 2_000 + "</script>", status))
    told = find_gate(page(gate["html"] + long, status), load_adapter("mybb"))
    assert may_be_queue(page(gate["html"] + long, status)) or not (told and told.kind is GateKind.WAIT)
    assert not may_be_queue(page("<title>Databases</title>" + long))
    assert may_be_queue(page(long, 429))


def test_a_long_page_that_no_adapter_reads_is_no_gate_for_what_it_talks_about() -> None:
    posts = "".join(
        f"<div class=unknown><p>post {n}: {TALK if n % 40 == 7 else 'harga nego'}</p></div>"
        for n in range(400)
    )
    assert read_gate(page(f"<title>A new layout</title>{posts}")) is None


@pytest.mark.skipif(not CAPTURES.is_dir(), reason=MISSING)
@pytest.mark.parametrize("name", ["mybb", "mybb-later", "smf"])
def test_of_captured_pages_only_the_gates_are_gates(name: str) -> None:
    adapter = load_adapter(name.partition("-")[0])
    gates = {
        path: gate.kind for path, each in pages(CAPTURES / name).items() if (gate := find_gate(each, adapter))
    }
    assert gates == (
        {
            "/index.php?topic=99999.0": GateKind.MISSING,
            "/index.php?action=pm": GateKind.LOGIN,
            "/index.php?action=login": GateKind.LOGIN,
        }
        if name == "smf"
        else {
            "/showthread.php?tid=99999": GateKind.MISSING,
            "/private.php": GateKind.FORBIDDEN,
            "/member.php?action=login": GateKind.LOGIN,
            "/forumdisplay.php?fid=2": GateKind.EMPTY,
        }
    )


def test_a_status_speaks_when_the_page_does_not() -> None:
    adapter = load_adapter("mybb")
    assert find_gate(page("<p>x", 404), adapter) == Gate(GateKind.MISSING, "status 404")
    assert find_gate(page("<p>x", 403), adapter) == Gate(GateKind.FORBIDDEN, "status 403")
    assert find_gate(page("<div>" * 100_000, 503), adapter) == Gate(GateKind.MAINTENANCE, "status 503")
    assert find_gate(page("<p>x"), adapter) is None


def test_a_named_wait_is_kept_and_what_is_not_named_grows() -> None:
    assert reaction(Gate(GateKind.WAIT, wait=35)).pause == timedelta(seconds=35)
    pauses = [reaction(Gate(GateKind.MAINTENANCE), times).pause for times in range(1, 60)]
    assert pauses[:3] == [timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(days=1)
    assert all(reaction(Gate(kind)).operator for kind in (GateKind.CAPTCHA, GateKind.LOGIN, GateKind.SEIZED))


@given(
    st.text(max_size=300),
    st.sampled_from(["<title>{}</title>", "<p>{}", "{}", "<meta http-equiv=refresh content='{}'>"]),
)
def test_no_page_raises_anything_else(text: str, form: str) -> None:
    stated = page(form.format(text))
    try:
        found = read_gate(stated)
    except PageUnreadable:
        return
    assert found is None or found.confidence >= 0.5
    find_gate(replace(stated, status=503), load_adapter("mybb"))
