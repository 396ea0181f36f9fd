"""A deliverer as a process of its own that is quick to start: the state database, a folder of channels, and by how many
minutes its clock runs ahead."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.channels import open_channels
from alerts.deliverer import Deliverer
from config.database import open_database
from config.settings import DeliverSettings


def main() -> None:
    url, folder, minutes = sys.argv[1:]
    ahead = timedelta(minutes=float(minutes))
    channels = open_channels(Path(folder))
    Deliverer(
        open_database(url), channels, DeliverSettings(backoff=1), lambda: datetime.now(UTC) + ahead
    ).run_once()
