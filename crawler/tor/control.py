"""Asking a running Tor how it is, and for new circuits, by its control port."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from config.errors import StopError, TorUnavailable
from config.settings import TorSettings

if TYPE_CHECKING:
    from stem.control import Controller


class ControlRefused(StopError):
    """Tor's control port refuses the password."""


def connection(tor: TorSettings) -> Callable[[], int] | None:
    """How to ask Tor how far it is connected, percent; None where no control port is set."""
    address, password = tor.control_address, tor.control_password
    if address is None:
        return None
    return lambda: bootstrap(address, password.get_secret_value() if password else None)


def bootstrap(address: str, password: str | None) -> int:
    """How far Tor has come in connecting, percent. ``address``: host:port of the control port. Raises
    ``TorUnavailable`` when it does not answer and ``ControlRefused`` for a wrong password."""
    with _controller(address, password) as controller:
        phase = controller.get_info("status/bootstrap-phase")
    found = re.search(r"PROGRESS=(\d+)", phase)
    return int(found[1]) if found else 0


def close_circuits(tor: TorSettings, source: str) -> int | None:
    """Close the circuits of one source, so that a crawl under way builds others; how many there were. None where no
    control port is set. Raises as ``bootstrap``."""
    from stem import InvalidArguments

    if tor.control_address is None:
        return None
    password = tor.control_password.get_secret_value() if tor.control_password else None
    closed = 0
    with _controller(tor.control_address, password) as controller:
        for circuit in controller.get_circuits([]):
            if circuit.socks_username == source:
                with suppress(InvalidArguments):  # it ended by itself meanwhile
                    controller.close_circuit(circuit.id)
                    closed += 1
    return closed


class ClientKeyRefused(StopError):
    """An onion client authorisation key cannot be used."""


def add_client_key(tor: TorSettings, addresses: Sequence[str], key: str) -> None:
    """Give Tor the key with which it may read the descriptors of these onion addresses, as long as that Tor runs.
    ``key``: x25519, base32 or base64, or a line of Tor's .auth_private. Raises ``ClientKeyRefused``, which never holds
    the key, or as ``bootstrap``."""
    if tor.control_address is None:
        raise ClientKeyRefused(
            "a client authorisation key is given to Tor by its control port", cure="set tor.control"
        )
    encoded = client_key_base64(key)
    password = tor.control_password.get_secret_value() if tor.control_password else None
    with _controller(tor.control_address, password) as controller:
        for address in addresses:
            label = (urlsplit(address).hostname or "").removesuffix(".onion").rpartition(".")[2]
            if len(label) != 56:
                continue  # a public host has no descriptor
            answer = controller.msg(f"ONION_CLIENT_AUTH_ADD {label} x25519:{encoded}")
            # 250 new, 251 put in the place of another, 252 new and a waiting descriptor was opened with it
            if not all(code in ("250", "251", "252") for code, _, _ in answer.content()):
                raise ClientKeyRefused(
                    f"Tor refuses the key for {label}.onion", cure="check that it is x25519"
                )


def client_key_base64(key: str) -> str:
    """A key as Tor's control port wants it. Raises ``ClientKeyRefused``."""
    bare = key.strip().rpartition(":")[2].strip()
    try:
        raw = base64.b32decode(bare.upper() + "=" * (-len(bare) % 8)) if len(bare.rstrip("=")) == 52 else b""
        raw = raw or base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise ClientKeyRefused("the key is no x25519 key of 32 bytes", cure="write it in base32 or base64")
    return base64.b64encode(raw).decode()


@contextmanager
def _controller(address: str, password: str | None) -> Iterator[Controller]:
    from stem import ControllerError  # a tenth of a second, for commands that ask Tor nothing
    from stem.connection import AuthenticationFailure
    from stem.control import Controller

    host, _, port = address.rpartition(":")
    try:
        with Controller.from_port(host, int(port)) as controller:
            controller.authenticate(password)
            yield controller
    except AuthenticationFailure as error:
        raise ControlRefused(f"{address}: {error}", cure="set tor.control_password to Tor's") from error
    except ControllerError as error:
        raise TorUnavailable(f"no control port at {address}: {error}", cure="set tor.control") from error
