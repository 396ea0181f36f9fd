"""What a crawl does at a gate: it stands in a queue, and stops before everything else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from socks_server import CONNECTED, Connection, SocksServer, Target

if TYPE_CHECKING:
    from conftest import Workspace

BOARD = (Path(__file__).parents[1] / "adapters" / "mybb" / "board.html").read_text(encoding="utf-8")
EMPTY = BOARD[: BOARD.index('<tr class="inline_row">')] + "</table></div></div></body></html>"
QUEUE = "<title>Queue</title><meta http-equiv=refresh content=0><p>You are in the queue. About 1 second to go.</p>"


class Behind:
    """A board behind gates: the n-th page asked for is the n-th of ``pages``, then ever the last."""

    def __init__(self, *pages: str) -> None:
        self.pages, self.asked = list(pages), 0

    def __call__(self, connection: Connection, _target: Target) -> None:
        connection.wfile.write(CONNECTED)
        connection.read_head()
        body = self.pages[min(self.asked, len(self.pages) - 1)].encode()
        self.asked += 1
        head = f"Content-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close"
        connection.wfile.write(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body)


def crawl(workspace: Workspace, board: Behind, status: int) -> dict[str, object]:
    with SocksServer(board) as server:
        workspace.write("duskwatch.toml", f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\nwait = 1\n')
        workspace.source("board", "mybb", "http://board.example", {"a": "/forumdisplay.php?fid=9"})
        return workspace.crawl("board", status=status)


def test_a_queue_is_waited_in_and_then_the_board_is_read(workspace: Workspace) -> None:
    board = Behind(QUEUE, QUEUE, EMPTY)
    summary = crawl(workspace, board, 0)
    assert (summary["state"], summary["pause"], board.asked) == ("ok", 0, 3)


@pytest.mark.parametrize(
    ("page", "pause"),
    [
        ("<h1>Prove you are human</h1><img src=/captcha.png><form><input name=captcha></form>", 6 * 3600),
        (
            "<title>Maintenance</title><p>We will be back soon, down for maintenance, about 20 minutes.</p>",
            1200,
        ),
        ("<h1>This website has been seized</h1><p>by the invented police</p>", 24 * 3600),
    ],
)
def test_a_gate_is_the_source_s_state_with_its_page_as_evidence(
    workspace: Workspace, page: str, pause: int
) -> None:
    board = Behind(page)
    summary = crawl(workspace, board, 75)
    assert (summary["state"], summary["pause"], board.asked) == ("gated", pause, 1)
    kept = str(summary["detail"]).partition("page kept as ")[2].partition("#")[0]
    assert (workspace.folder / "var" / "evidence" / kept).is_file()
    shown = workspace.duskwatch("source", "list")
    assert [each["state"] for each in shown] == ["gated"]
