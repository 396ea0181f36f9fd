"""What a person makes of a possible alert, for the command line, the console and the API alike."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from alerts.cases import Alert, find_alert
from alerts.dispatch import Dispatch
from alerts.handling import Actor
from alerts.unnamed import tier
from config.database import transaction
from config.inputs import yaml_files
from console.wiring import Inputs


def confirm_possible(
    inputs: Inputs,
    database: sa.Engine | sa.Connection,
    name: str,
    *,
    by: Actor,
    at: datetime,
    why: str = "",
) -> Alert:
    """The data are the organisation's. Raises ``AlertUnknown`` and ``NotPossible``."""
    channels = tuple(path.stem for path in yaml_files(inputs.settings.channels_dir))
    own = {one.id: one.channels for one in inputs.organisations}
    with transaction(database) as connection:
        organisation = find_alert(connection, name).organisation
        dispatch = Dispatch(inputs.ways, channels)
        return tier.confirm(connection, dispatch, name, own.get(organisation, ()), by=by, at=at, why=why)


def reject_possible(
    database: sa.Engine | sa.Connection, name: str, *, by: Actor, at: datetime, why: str = ""
) -> Alert:
    """The data are not the organisation's. Raises ``AlertUnknown`` and ``NotPossible``."""
    with transaction(database) as connection:
        return tier.reject(connection, name, by=by, at=at, why=why)


def judge_possible(
    inputs: Inputs,
    database: sa.Engine | sa.Connection,
    name: str,
    *,
    ours: bool,
    by: Actor,
    at: datetime,
    why: str = "",
) -> Alert:
    """Either of both. Raises ``AlertUnknown`` and ``NotPossible``."""
    if ours:
        return confirm_possible(inputs, database, name, by=by, at=at, why=why)
    return reject_possible(database, name, by=by, at=at, why=why)
