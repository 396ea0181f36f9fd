"""The API does what its document says; ``make conformance`` asks for longer."""

from __future__ import annotations

from pathlib import Path

import pytest
from conformance import asked
from worlds import made

from console.accounts import Role
from console.web.app import create_app


def test_the_document_is_kept(tmp_path: Path) -> None:
    failures: dict[str, str] = {}
    config = made(tmp_path)
    for role, answers in (
        (Role.ADMIN, {200, 202, 400, 401, 404, 422}),
        (Role.VIEWER, {200, 401, 403, 404, 422}),
    ):
        app = create_app(config)
        statuses = asked(app, role, 3, failures)
        app.state.context.close()
        assert answers <= set(statuses), "hardly anything was asked"
    if failures:
        pytest.fail("\n\n".join(f"{where}\n{what}" for where, what in failures.items()))
