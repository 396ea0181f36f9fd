"""Secrets that an operator lends to one source: cookies, a header, a key. They are read when a crawl begins, and no
error or log line ever holds one."""

from __future__ import annotations

import os
from http.cookiejar import LoadError, MozillaCookieJar
from pathlib import Path
from urllib.parse import urlsplit

from config.errors import StopError
from crawler.source import Source


class SecretMissing(StopError):
    """A secret that a source names is not there, or cannot be read."""


def secret(source: Source, what: str, variable: str | None, file: Path | None) -> str | None:
    """The secret of a variable or file; None when neither is named. Raises ``SecretMissing``, which tells where it was
    looked for and nothing of what stands there."""
    if variable:
        value = os.environ.get(variable, "").strip()
        if not value:
            raise SecretMissing(
                f"{source.id}: {what}: ${variable} is not set", cure="set it for this process"
            )
        return value
    if file:
        try:
            value = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise SecretMissing(
                f"{source.id}: {what}: {file}: {reason}", cure="check path and owner"
            ) from None
        if not value:
            raise SecretMissing(f"{source.id}: {what}: {file} is empty", cure="put the secret there")
        return value
    return None


def lent_cookies(source: Source) -> dict[str, str]:
    """The cookies that an operator lends to a source, by name; none without a session. Raises ``SecretMissing``."""
    session = source.session
    if session is None:
        return {}
    text = secret(source, "session", session.cookie_env, session.cookie_file)
    if text is None:
        return {}
    if "\t" in text and session.cookie_file:
        return _from_browser(source, session.cookie_file)
    found = {}
    for pair in text.replace("\n", ";").removeprefix("Cookie:").split(";"):
        name, mark, value = pair.strip().partition("=")
        if name and mark:
            found[name] = value
    if not found:
        raise SecretMissing(
            f"{source.id}: session: no cookie such as a=1 in it", cure="copy it from the browser"
        )
    return found


def _from_browser(source: Source, file: Path) -> dict[str, str]:
    jar = MozillaCookieJar()
    try:
        jar.load(str(file), ignore_discard=True, ignore_expires=True)
    except (LoadError, OSError):
        raise SecretMissing(
            f"{source.id}: session: {file} is no cookies.txt", cure="export it anew"
        ) from None
    hosts = {urlsplit(address).hostname for address in source.addresses}
    found = {each.name: each.value or "" for each in jar if each.domain.lstrip(".") in hosts}
    if not found:
        raise SecretMissing(
            f"{source.id}: session: {file} has no cookie of this source", cure="export it anew"
        )
    return found


def lent_header(source: Source) -> tuple[str, str] | None:
    """Name and value of the header that an operator lends to a source. Raises ``SecretMissing``."""
    session = source.session
    if session is None or session.header is None:
        return None
    value = secret(source, "session", session.header_env, session.header_file)
    if value is None or "\n" in value or "\r" in value:
        raise SecretMissing(f"{source.id}: session: its header is not one line", cure="put one line there")
    return session.header, value


def client_key(source: Source) -> str | None:
    """The onion client authorisation key of a source, as it was written. Raises ``SecretMissing``."""
    return secret(source, "client_auth", source.client_auth_env, source.client_auth_file)
