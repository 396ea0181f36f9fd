"""Any of the hundred services that Apprise knows (PagerDuty, Opsgenie, Telegram, Matrix, ntfy and so on), by one URL.

Apprise says only whether a service took a message, so every failure is tried again. The idempotency key stands in
the last line of the text: Apprise has no field for it.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from alerts.channel import ChannelConfig, Delivery
from alerts.peer import secret
from alerts.wording import SEVERITIES, headline, text
from config.errors import ChannelBusy, ChannelRefused


class Config(ChannelConfig):
    """The service."""

    url_env: Annotated[
        str,
        Field(
            pattern=r"^[A-Z][A-Z0-9_]*$",
            description="environment variable that holds the service's Apprise URL, which has its key in it",
        ),
    ]


class Service:
    """One service."""

    def __init__(self, name: str, service: Any) -> None:
        self.name = name
        self._service = service

    def send(self, delivery: Delivery) -> None:
        payload = delivery.payload
        grave = str(payload.get("severity")) in SEVERITIES[3:]
        self._notify(
            headline(payload),
            f"{text(payload)}\n\ndelivery {delivery.key}",
            "failure" if grave else "warning",
        )

    def check(self) -> str:
        self._notify("Duskwatch test", "This is a test; no alert was raised.", "info")
        return f"{self.redacted()} took a test message"

    def redacted(self) -> str:
        # host and path of many services' URLs are keys, so only the service is named
        return (
            f"{self._service.service_name} ({str(self._service.url(privacy=True)).partition(':')[0]}://...)"
        )

    def close(self) -> None:
        """Nothing is held."""

    def _notify(self, title: str, body: str, kind: str) -> None:
        try:
            taken = self._service.notify(title=title, body=body, notify_type=kind)
        except Exception as error:
            raise ChannelBusy(f"{self.redacted()}: {type(error).__name__}") from error
        if not taken:
            raise ChannelBusy(f"{self.redacted()} did not take the message")


def open_channel(name: str, config: Config) -> Service:
    """The channel of that name. ``ChannelRefused`` when its variable is not set or no service reads its URL."""
    import apprise  # half a second, only where it is used

    url = secret(name, config.url_env) or ""
    asset = apprise.AppriseAsset(
        app_id="Duskwatch", app_desc="Duskwatch", plugin_paths=[], secure_logging=True
    )
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        raise ChannelRefused(f"channel {name}: {config.url_env} holds no URL that Apprise knows")
    return Service(name, service)
