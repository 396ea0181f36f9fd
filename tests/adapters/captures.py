"""The captures of running boards, and what their databases say."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from crawler.adapter import Page

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
