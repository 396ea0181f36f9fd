"""Asking a running Tor how it is, by its control port."""

from __future__ import annotations

import re
from collections.abc import Callable

from stem import SocketError
from stem.connection import AuthenticationFailure
from stem.control import Controller

from config.errors import StopError, TorUnavailable
from config.settings import TorSettings


class ControlRefused(StopError):
    """Tor's control port refuses the password."""


def connection(tor: TorSettings) -> Callable[[], int] | None:
    """How to ask Tor how far it is connected, percent; None where no control port is set."""
    if tor.control is None:
        return None
    address, password = tor.control, tor.control_password
    return lambda: bootstrap(address, password.get_secret_value() if password else None)


def bootstrap(address: str, password: str | None) -> int:
    """How far Tor has come in connecting, percent. ``address``: host:port of the control port. Raises
    ``TorUnavailable`` when it does not answer and ``ControlRefused`` for a wrong password."""
    host, _, port = address.rpartition(":")
    try:
        with Controller.from_port(host, int(port)) as controller:
            controller.authenticate(password)
            phase = controller.get_info("status/bootstrap-phase")
    except AuthenticationFailure as error:
        raise ControlRefused(f"{address}: {error}", cure="set tor.control_password to Tor's") from error
    except SocketError as error:
        raise TorUnavailable(f"no control port at {address}: {error}", cure="set tor.control") from error
    found = re.search(r"PROGRESS=(\d+)", phase)
    return int(found[1]) if found else 0
