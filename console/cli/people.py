"""Who is typing."""

from __future__ import annotations

import getpass
import os
import socket

from alerts.handling import Actor


def me() -> Actor:
    """The user of this machine, for an audit."""
    try:
        who = getpass.getuser()
    except (KeyError, OSError):  # containers often have no name for their user
        who = f"uid {os.getuid()}"
    return Actor(who, f"command line on {socket.gethostname()}")
