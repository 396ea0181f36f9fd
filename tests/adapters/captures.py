"""The captures of running boards, and what their databases say."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import yaml

from crawler.adapter import Adapter, Page
from crawler.adapters import load_adapter
from crawler.mapping import Mapping

CAPTURES = Path(__file__).parents[3] / "shared" / "data"
MISSING = "the captures of running boards are not here"


def pages(folder: Path) -> dict[str, Page]:
    """A capture's pages by path, as fetched when they were captured."""
    index = json.loads((folder / "index.json").read_text())
    at = datetime.fromtimestamp(index["captured_at"], UTC)
    return {
        each["path"]: Page(
            f"http://board.invalid{each['path']}",
            (folder / each["file"]).read_text().replace("http://__BASE__", "http://board.invalid"),
            at,
        )
        for each in index["pages"]
    }


def plain(text: str) -> str:
    """Without markup, quote marks and line breaks."""
    text = re.sub(r"\[img\].*?\[/img\]|^> ?", " ", text, flags=re.M)
    text = re.sub(r"\[/?quote[^\]]*\]|\[\*\]|\[/?(?:list|code)\]", " ", text)
    return " ".join(re.sub(r"\[/?\w+(=[^\]]*)?\]", "", text).split())


def minute(at: datetime | None) -> int | None:
    """Whole minutes since 1970."""
    return int(at.timestamp()) // 60 if at else None


def mapping_of(path: Path) -> Mapping | None:
    """The mapping that a saved page of a feed is read by, as the expectations beside it give it."""
    beside = path.with_suffix(".yaml")
    stated = yaml.safe_load(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    return Mapping(**stated["mapping"]) if "mapping" in stated else None


def adapter_for(path: Path) -> Adapter:
    """The adapter that reads a saved page: its folder's name."""
    return load_adapter(path.parent.name, mapping_of(path))
