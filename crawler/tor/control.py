"""Asking a running Tor how it is, and for new circuits, by its control port."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

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
