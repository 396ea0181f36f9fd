"""Every error that Duskwatch raises on purpose, under one root.

An error tells its caller what to do, not only what happened:

* ``RetryError``  the same call may succeed later; nothing was lost; wait and try again.
* ``SkipError``   this item can never succeed; set it aside with its reason and go on with the next.
* ``StopError``   nothing of this kind can succeed until a person mends something; stop and say what.

Each leaf's docstring is its default message. ``exit_code`` is what the command line returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Action = Literal["retry", "skip", "stop"]


class DuskwatchError(Exception):
    """Something went wrong in Duskwatch."""

    action: ClassVar[Action] = "stop"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str | None = None, *, cure: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.cure = cure
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} ({self.cure})" if self.cure else self.message


class RetryError(DuskwatchError):
    """It did not work this time; the same call may work later."""

    action = "retry"
    exit_code = 75


class SkipError(DuskwatchError):
    """This item can never succeed; the rest can."""

    action = "skip"
    exit_code = 65


class StopError(DuskwatchError):
    """Nothing of this kind works until somebody mends it."""

    action = "stop"
    exit_code = 78


# --- what people write -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in one file that a person wrote: where it is and how to mend it."""

    file: str
    line: int | None
    field: str
    fault: str
    cure: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.field}: {self.fault}; {self.cure}"


class InputError(StopError):
    """A settings or YAML file has faults."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class QueryError(StopError):
    """The search query cannot be read."""

    exit_code = 2

    def __init__(self, message: str, *, query: str, position: int, cure: str | None = None) -> None:
        self.query = query
        self.position = position
        super().__init__(message, cure=cure)

    def pointed(self) -> str:
        """The query with a caret under the character at fault, then the message."""
        return f"{self.query}\n{' ' * self.position}^ {self}"


# --- Tor and fetching --------------------------------------------------------------------------


class TorUnavailable(RetryError):
    """Tor does not answer; nothing is fetched until it does."""


class OnionDescriptorMissing(RetryError):
    """The onion service has published no descriptor: it is down, or was never there."""


class OnionUnreachable(RetryError):
    """The onion service is known but did not answer through Tor."""


class BadOnionAddress(StopError):
    """The onion address is not valid: its checksum or version is wrong."""


class ClientAuthorisationMissing(StopError):
    """The onion service wants a client key that this Tor does not have, or has wrong."""


class RequestRefused(SkipError):
    """The request would leave the source's own addresses, or read what is never read."""


# --- reading pages -----------------------------------------------------------------------------


class PageUnreadable(SkipError):
    """The page does not have the structure that its adapter expects."""


# --- storing -----------------------------------------------------------------------------------


class StoreUnavailable(RetryError):
    """The store does not answer."""


class StoreRefused(StopError):
    """The store answers, but will not work as it is: wrong version, schema or credentials."""


class StoreOutdated(StoreRefused):
    """The store was laid out by an older version and has to be upgraded."""


class PostRefused(SkipError):
    """The store can never hold a post."""

    def __init__(self, reason: str, *, post: str) -> None:
        self.post, self.reason = post, reason
        super().__init__(f"post {post[:200]}: {reason}")


class SpoolFull(RetryError):
    """The store is away, and what waits for it leaves no room for more."""


class CursorUnknown(StopError):
    """The feed cursor was not made by this store."""


# --- delivering --------------------------------------------------------------------------------


class ChannelBusy(RetryError):
    """The channel did not take the delivery this time."""

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ChannelRefused(SkipError):
    """The channel will never take this delivery."""
