"""Reads a board that no adapter knows: finds what repeats on its pages and tells by evidence what each part is.

Pure: pages in, a profile out. Only words of many languages, forms of dates and of addresses are known beforehand; no
engine is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crawler.adapter import Page
from crawler.adapters.profile import ByProfile, read_board
from crawler.induction.boards import induce_board
from crawler.induction.threads import Hint, induce_thread
from crawler.profile import BoardLayout, Profile

__all__ = ["Hint", "complete", "induce_board", "induce_thread"]
_MOST_THREADS = 3


def complete(
    board: BoardLayout,
    boards: Sequence[Page],
    threads: Sequence[tuple[Page, Hint]],
    forced: Mapping[str, str] | None = None,
) -> Profile | None:
    """A profile from a board's layout and pages of its threads, of which the longest are looked at; None when they hold
    nothing that looks like posts. May raise ``PageUnreadable``."""
    longest = sorted(threads, key=lambda each: -len(each[0].text))[:_MOST_THREADS]
    found = induce_thread([page for page, _ in longest], [hint for _, hint in longest], forced)
    if found is None:
        return None
    profile = Profile(board=board, thread=found.layout)
    return profile.model_copy(update={"board": _settled(profile, boards, [page for page, _ in threads])})


def _settled(profile: Profile, boards: Sequence[Page], threads: Sequence[Page]) -> BoardLayout:
    """Where a board page states one time a thread: whether the thread's first post was written then."""
    board = profile.board
    if board.created is not None or board.last_activity is None:
        return board
    adapter = ByProfile(profile)
    times = {row.key: row.last_activity.at for page in boards for row in read_board(board, page).threads}
    began = total = 0
    for page in threads:
        thread = adapter.thread(page)
        first, last = thread.posts[0].posted.at, thread.posts[-1].posted.at
        stated = times.get(thread.key)
        if thread.page == 1 and first and last and stated and first != last:
            total += 1
            began += abs((stated - first).total_seconds()) < 90
    if total and began > 0.6 * total:
        return board.model_copy(update={"created": board.last_activity, "last_activity": None})
    return board
