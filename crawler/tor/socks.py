"""A SOCKS5 endpoint for Twisted: host names resolved by Tor, always with a name, so that Tor isolates.

Tor's extended error codes (proposal 304, ``ExtendedErrors`` on the SocksPort) become errors that say whether
to retry or stop.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from twisted.internet import defer, endpoints, protocol
from twisted.internet.interfaces import IStreamClientEndpoint
from zope.interface import implementer

from config.errors import (
    BadOnionAddress,
    ClientAuthorisationMissing,
    DuskwatchError,
    OnionDescriptorMissing,
    OnionUnreachable,
    TorUnavailable,
)

_MEANING: dict[int, tuple[type[DuskwatchError], str]] = {
    0x01: (OnionUnreachable, "general failure"),
    0x02: (OnionUnreachable, "not allowed by Tor's rules"),
    0x03: (OnionUnreachable, "network unreachable"),
    0x04: (OnionUnreachable, "host unreachable"),
    0x05: (OnionUnreachable, "connection refused"),
    0x06: (OnionUnreachable, "the circuit timed out"),
    0x07: (OnionUnreachable, "command not supported"),
    0x08: (OnionUnreachable, "address type not supported"),
    0xF0: (OnionDescriptorMissing, "no descriptor is published"),
    0xF1: (OnionDescriptorMissing, "the descriptor is not valid"),
    0xF2: (OnionUnreachable, "introduction failed: the service is gone"),
    0xF3: (OnionUnreachable, "rendezvous failed"),
    0xF4: (ClientAuthorisationMissing, "client authorisation is missing"),
    0xF5: (ClientAuthorisationMissing, "client authorisation is wrong"),
    0xF6: (BadOnionAddress, "the address is not valid"),
    0xF7: (OnionUnreachable, "introduction timed out"),
}
_ADDRESS_LENGTH = {1: 4, 4: 16}


def error_of(code: int, host: str) -> DuskwatchError:
    """The error that a SOCKS reply code stands for."""
    kind, meaning = _MEANING.get(code, (OnionUnreachable, "unknown reply"))
    return kind(f"{host}: {meaning} (SOCKS reply 0x{code:02X})")


@dataclass(frozen=True, slots=True)
class Isolation:
    """What keeps one source's circuits apart from every other's: Tor shares a circuit only between connections
    with the same user name (the source's id) and password. A new ``generation`` gets new circuits."""

    name: str
    generation: int = 0

    def fields(self) -> tuple[bytes, bytes]:
        """User name and password."""
        return self.name.encode(), str(self.generation).encode()


@implementer(IStreamClientEndpoint)
class Socks5Endpoint:
    """Connects to ``host:port`` through the SOCKS5 server ``proxy``."""

    def __init__(
        self,
        reactor: Any,
        proxy: tuple[str, int],
        host: bytes,
        port: int,
        isolation: Isolation,
        timeout: float,
    ) -> None:
        for field in (host, *isolation.fields()):
            if not 1 <= len(field) <= 255:
                raise ValueError(f"a SOCKS field has 1 to 255 bytes, not {len(field)}")
        self._reactor = reactor
        self._proxy = endpoints.TCP4ClientEndpoint(reactor, *proxy, timeout=timeout)
        self._target = (host, port, isolation)
        self._timeout = timeout

    def connect(self, factory: Any) -> Any:
        """A Deferred of the factory's protocol, connected to the target. Fails with a ``DuskwatchError``."""
        handshake = _Handshake(*self._target, factory)
        connecting = endpoints.connectProtocol(self._proxy, handshake)
        connecting.addErrback(_no_tor)
        connecting.addCallback(lambda _: handshake.done)
        connecting.addTimeout(self._timeout, self._reactor, onTimeoutCancel=_timed_out)
        return connecting


def _no_tor(failure: Any) -> Any:
    if failure.check(defer.CancelledError):
        return failure
    raise TorUnavailable(f"Tor's SOCKS port does not answer: {failure.getErrorMessage()}")


def _timed_out(_result: Any, timeout: float) -> Any:
    raise OnionUnreachable(f"no connection through Tor within {timeout:.0f} s")


class _Handshake(protocol.Protocol):
    """Greets, gives the names, asks for the connection, then hands the socket to the real protocol."""

    def __init__(self, host: bytes, port: int, isolation: Isolation, factory: Any) -> None:
        self._host, self._port, self._isolation, self._factory = host, port, isolation, factory
        self._buffer = b""
        self._step = self._method
        self.done: Any = defer.Deferred(lambda _: self.transport and self.transport.abortConnection())

    def connectionMade(self) -> None:
        # 0x02 only: without a user name Tor might share a circuit between sources
        self.transport.write(b"\x05\x01\x02")

    def connectionLost(self, reason: Any = protocol.connectionDone) -> None:
        self._fail(TorUnavailable(f"Tor closed the connection: {reason.getErrorMessage()}"))

    def dataReceived(self, data: bytes) -> None:
        self._buffer += data  # at most one socket read before a step takes it or the handshake fails
        while not self.done.called and self._step():
            pass

    def _method(self) -> bool:
        if len(self._buffer) < 2:
            return False
        if self._take(2) != b"\x05\x02":
            self._fail(TorUnavailable("this SOCKS port takes no user names: it is not Tor's"))
            return False
        self._step = self._login
        user, password = self._isolation.fields()
        self.transport.write(b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password)
        return True

    def _login(self) -> bool:
        if len(self._buffer) < 2:
            return False
        if self._take(2)[1]:
            self._fail(TorUnavailable("Tor refuses the user name"))
            return False
        self._step = self._reply
        request = b"\x05\x01\x00\x03" + bytes([len(self._host)]) + self._host
        self.transport.write(request + struct.pack("!H", self._port))
        return True

    def _reply(self) -> bool:
        if len(self._buffer) < 5:
            return False
        if self._buffer[1]:
            self._fail(error_of(self._buffer[1], self._host.decode("ascii", "replace")))
            return False
        needed = 6 + _ADDRESS_LENGTH.get(self._buffer[3], 1 + self._buffer[4])
        if len(self._buffer) < needed:
            return False
        self._take(needed)
        self._hand_over()
        return False

    def _hand_over(self) -> None:
        inner = self._factory.buildProtocol(self.transport.getPeer())
        transport, rest = self.transport, self._buffer
        transport.protocol = inner
        inner.makeConnection(transport)
        self.done.callback(inner)
        if rest:
            inner.dataReceived(rest)

    def _take(self, count: int) -> bytes:
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _fail(self, error: DuskwatchError) -> None:
        if not self.done.called:
            self.done.errback(error)
            if self.transport:
                self.transport.abortConnection()
