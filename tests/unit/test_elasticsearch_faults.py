"""What the Elasticsearch store makes of servers that refuse, are full, or are none."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from elastic.proxy import Proxy
from elasticsearch import Elasticsearch
from pydantic import SecretStr, ValidationError

from config.errors import StoreRefused, StoreUnavailable
from config.settings import ElasticsearchSettings
from indexer.opening import open_store
from indexer.stores import elasticsearch_bulk as bulk
from indexer.stores.elasticsearch_bulk import Operation, send
from indexer.stores.elasticsearch_client import Address, read_url
from indexer.stores.elasticsearch_scan import next_size

ERROR = {"error": {"type": "some_exception", "reason": "no reason"}}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://a:9201/acme", Address(("https://a:9201",), "acme")),
        ("https://a,b:9201", Address(("https://a:9200", "https://b:9201"), "duskwatch")),
        ("http://[::1]:9200/x", Address(("http://[::1]:9200",), "x")),
    ],
)
def test_an_url_names_hosts_and_a_prefix(url: str, address: Address) -> None:
    assert read_url(url) == address


@pytest.mark.parametrize(
    "url",
    ["https://", "https://a:port/x", "https://a/Upper", "https://a/x/y", "https://a/_x", "https://a,,b/x"],
)
def test_a_bad_url_is_refused(url: str) -> None:
    with pytest.raises(StoreRefused):
        open_store(url)


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(StoreRefused) as caught:
        open_store("https://ann:hunter2@a/x")
    assert "hunter2" not in str(caught.value)


def test_credentials_are_not_sent_in_clear() -> None:
    with pytest.raises(StoreRefused, match="in clear"):
        open_store("http://elastic.invalid/x", ElasticsearchSettings(api_key=SecretStr("hunter2")))


@pytest.mark.parametrize(
    "values", [{"username": "ann"}, {"password": "x"}, {"username": "a", "password": "b", "api_key": "c"}]
)
def test_credentials_are_whole_and_of_one_kind(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ElasticsearchSettings.model_validate(values)


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (401, ERROR, StoreRefused),
        (403, ERROR, StoreRefused),
        (429, ERROR, StoreUnavailable),
        (503, ERROR, StoreUnavailable),
        (200, {"nodes": {"n": {"version": "8.19.0"}}}, StoreRefused),
        (200, {}, StoreRefused),
        (400, {"error": {"type": "media_type_header_exception", "reason": "Invalid"}}, StoreRefused),
    ],
)
def test_a_server_that_does_not_do_is_told_from_one_that_will(
    status: int, answer: Any, error: type[Exception]
) -> None:
    server = ElasticsearchSettings(username="ann", password=SecretStr("hunter2"))
    with Proxy(lambda *_: (status, answer)) as proxy, pytest.raises(error) as caught:
        open_store(f"{proxy.url}/x", server)
    assert "hunter2" not in repr(caught.value)
    assert "(" in str(caught.value)  # the cure


def test_another_product_is_refused() -> None:
    with (
        Proxy(lambda *_: (200, {}), product={}) as proxy,
        pytest.raises(StoreRefused, match="something else"),
    ):
        open_store(f"{proxy.url}/x")


def test_nobody_there_is_unavailable() -> None:
    with Proxy(lambda *_: (200, {})) as proxy:
        url = proxy.url
    with pytest.raises(StoreUnavailable):
        open_store(f"{url}/x")


def test_an_authority_that_is_not_there_is_told() -> None:
    with pytest.raises(StoreRefused, match="is not there"):
        open_store("https://127.0.0.1:1/x", ElasticsearchSettings(ca_file="/nowhere.pem"))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that signs itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(key.private_bytes(pem, kind, serialization.NoEncryption()) + made.public_bytes(pem))
    return file


@pytest.mark.parametrize(
    ("server", "sent"),
    [
        ({"api_key": "a2V5"}, "ApiKey a2V5"),
        ({"username": "ann", "password": "hunter2"}, "Basic YW5uOmh1bnRlcjI="),
    ],
)
def test_tls_with_an_authority_of_its_own(certificate: Path, server: dict[str, str], sent: str) -> None:
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificate)
    with Proxy(lambda *_: (401, ERROR), secure=secure) as proxy:
        trusting = ElasticsearchSettings.model_validate(server | {"ca_file": certificate})
        with pytest.raises(StoreRefused, match="401"):  # so it was asked
            open_store(f"{proxy.url}/x", trusting)
        assert proxy.authorisations == {sent}
        proxy.authorisations.clear()
        with pytest.raises(StoreRefused, match="certificate"):
            open_store(f"{proxy.url}/x", ElasticsearchSettings.model_validate(server))
        assert proxy.authorisations == set()


class Full:
    """A server that takes one operation of each request and is too busy for the rest."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.requests: list[int] = []

    def __call__(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        actions = [json.loads(line) for line in body.splitlines()[::2]]
        self.requests.append(len(body))
        if len(self.requests) == 2:
            return 429, ERROR
        items = []
        for at, action in enumerate(actions):
            ((name, head),) = action.items()
            status = 201 if at == 0 else 429
            if status == 201:
                self.taken.append(head["_id"])
            items.append({name: {"status": status, "_id": head["_id"], **({} if at == 0 else ERROR)}})
        return 200, {"errors": True, "items": items}


@pytest.fixture
def full() -> Iterator[tuple[Full, Elasticsearch]]:
    behaviour = Full()
    with Proxy(behaviour) as proxy, closing(Elasticsearch(proxy.url, retry_on_status=())) as client:
        yield behaviour, client


def test_a_full_server_gets_everything_in_the_end(
    full: tuple[Full, Elasticsearch], monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour, client = full
    paused: list[float] = []
    monkeypatch.setattr(bulk.time, "sleep", paused.append)
    operations = [Operation("create", "i", str(number), b"{}") for number in range(5)]
    answers = send(client, operations, patience=60)
    assert [answer.done for answer in answers] == [True] * 5
    assert sorted(behaviour.taken) == list("01234")
    assert len(paused) == 5
    assert paused[-1] > paused[0]


def test_patience_ends(full: tuple[Full, Elasticsearch]) -> None:
    _, client = full
    with pytest.raises(StoreUnavailable, match="no reason"):
        send(client, [Operation("create", "i", "1", b"{}"), Operation("create", "i", "2", b"{}")], patience=0)


def test_requests_are_bounded(full: tuple[Full, Elasticsearch], monkeypatch: pytest.MonkeyPatch) -> None:
    behaviour, client = full
    monkeypatch.setattr(bulk, "CHUNK_BYTES", 300)
    monkeypatch.setattr(bulk.time, "sleep", lambda _: None)
    send(client, [Operation("create", "i", str(number), b'{"a":1}') for number in range(20)], patience=60)
    assert max(behaviour.requests) <= 300
    assert len(behaviour.taken) == 20


def test_pages_shrink_where_posts_are_long() -> None:
    short, long = ({"_source": {"post": {"text": "x" * size}}} for size in (10, 1_000_000))
    assert next_size(50, [short] * 50) == 100
    assert next_size(400, [short] * 400) == 500
    assert next_size(400, [short, long]) < 5
    assert next_size(1, [long]) >= 1
    assert next_size(50, [{"_id": "x"}]) == 100
