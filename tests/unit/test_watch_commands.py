"""``duskwatch watch`` as an operator uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from conftest import Workspace


def test_suggest_prints_a_watchlist_to_paste(workspace: Workspace) -> None:
    printed = workspace.run(
        "console.cli.main", "watch", "suggest", "Ministry of Health", "--country", "kenya"
    ).stdout
    (organisation,) = yaml.safe_load(printed)["organisations"]
    assert "肯尼亚卫生部" in organisation["aliases"]
    assert "moh.go.ke" in organisation["domains"]
    workspace.write("config/watchlists/a.yaml", printed)
    assert workspace.duskwatch("watch", "check") == {"organisations": [organisation["id"]]}
    wrong = workspace.run(
        "console.cli.main", "watch", "suggest", "Ministry of Health", "--country", "kenia", status=78
    )
    assert "did you mean 'kenya'?" in wrong.stderr
