"""Encrypted and signed mail, read with other programs than those that wrote it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from mail_server import Box, self_signed, server
from pysequoia import Tsk

from alerts.channel import Delivery
from alerts.channels import open_channels
from alerts.channels.mail import Config, Mail, open_channel
from alerts.openpgp import OpenPgp
from alerts.sealing import KeyUnusable
from config.errors import ChannelBusy, ChannelRefused, InputError

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
DELIVERY = Delivery(
    "key-1",
    "soc",
    1,
    NOON,
    {
        "alert": "a1",
        "organisation": "Invented Bank",
        "severity": "high",
        "tlp": "amber",
        "title": "卫生部 offer",
        "claim": "full dump",
        "url": "hxxp://board[.]invalid/1",
    },
)
SUBJECT = "[TLP:AMBER] HIGH Invented Bank: 卫生部 offer"
A, B = "a@soc.example", "b@soc.example"


class Keys:
    """Keys of a form for two recipients and for us, and another program that reads with them."""

    def __init__(self, folder: Path, form: str) -> None:
        self.folder, self.form = folder, form
        self.public = {A: folder / "a.pub", B: folder / "b.pub"}
        self.own = folder / "own"
        if form == "pgp":
            for name in (A, B):
                with Gpg() as gpg:
                    gpg("--passphrase", "", "--quick-gen-key", name, "future-default")
                    self.public[name].write_bytes(gpg("--armor", "--export").stdout)
                    (folder / f"{name}.secret").write_bytes(gpg("--export-secret-keys").stdout)
            own = Tsk.generate("<duskwatch@soc.example>")
            self.own.write_text(str(own))
            (folder / "own.pub").write_text(str(own.extract_certificate()))
        else:
            for name in (A, B):
                (folder / f"{name}.secret").write_bytes(certified(self.public[name]))
            key = certified(folder / "own.pub", ec.generate_private_key(ec.SECP256R1()))
            self.own.write_bytes(key + (folder / "own.pub").read_bytes())

    def read(self, mail: EmailMessage, name: str = A) -> bytes:
        """What a sealed mail holds. Fails where it is not ours to read, or its signature is wrong."""
        if self.form == "pgp":
            return self._gpg(mail, name)
        inside = self._openssl(
            "smime", "-decrypt", "-inkey", self.folder / f"{name}.secret", given=bytes(mail)
        )
        return self.verified(inside) if b"multipart/signed" in inside.partition(b"\r\n\r\n")[0] else inside

    def verified(self, entity: bytes) -> bytes:
        """What a signed entity holds. Fails where the signature is not ours, or not of this."""
        if self.form == "smime":
            trust = "-CAfile", self.folder / "own.pub", "-purpose", "any"
            return self._openssl("smime", "-verify", *trust, given=entity)
        head, _, body = entity.partition(b"\r\n\r\n")
        boundary = message_from_bytes(head + b"\r\n\r\n").get_boundary()
        assert boundary is not None
        _, first, second, _ = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
        (self.folder / "said").write_bytes(first.removeprefix(b"\r\n"))
        (self.folder / "sig").write_bytes(second.partition(b"\r\n\r\n")[2])
        with self._home() as gpg:
            assert b"Good signature" in gpg("--verify", self.folder / "sig", self.folder / "said").stderr
        return (self.folder / "said").read_bytes()

    def _gpg(self, mail: EmailMessage, name: str) -> bytes:
        control, body = mail.iter_parts()
        assert (
            mail["Content-Type"].params["protocol"]
            == control.get_content_type()
            == "application/pgp-encrypted"
        )
        assert armoured(control).strip() == b"Version: 1"
        (self.folder / "sealed").write_bytes(armoured(body))
        with self._home(self.folder / f"{name}.secret") as gpg:
            done: subprocess.CompletedProcess[bytes] = gpg("--decrypt", self.folder / "sealed")
        assert b"Good signature" in done.stderr
        return done.stdout

    def _home(self, *more: Path) -> Any:
        return Gpg(self.folder / "own.pub", *more)

    @staticmethod
    def _openssl(*arguments: Any, given: bytes) -> bytes:
        return subprocess.run(
            ["openssl", *map(str, arguments)], input=given, capture_output=True, check=True
        ).stdout


def armoured(part: Any) -> bytes:
    return bytes(part.get_payload(decode=True))


class Gpg:
    """GnuPG with a key ring of its own, whose agent ends with it."""

    def __init__(self, *keys: Path) -> None:
        self._keys = keys

    def __enter__(self) -> Any:
        self._home = tempfile.mkdtemp(prefix="gpg-")  # an agent's socket wants a short path
        if self._keys:
            self("--import", *self._keys)
        return self

    def __call__(self, *arguments: Any) -> subprocess.CompletedProcess[bytes]:
        return self._run("gpg", "--batch", "--trust-model", "always", *arguments)

    def __exit__(self, *_: object) -> None:
        self._run("gpgconf", "--kill", "all")
        shutil.rmtree(self._home)

    def _run(self, program: str, *arguments: Any) -> subprocess.CompletedProcess[bytes]:
        command = [program, "--homedir", self._home, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, check=True, timeout=60)


def certified(
    path: Path,
    key: Any = None,
    *,
    days: tuple[int, int] = (-1, 90),
    purpose: Any = ExtendedKeyUsageOID.EMAIL_PROTECTION,
) -> bytes:
    """Write a certificate; its key as PEM."""
    key = key or rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, path.stem)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    return bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))


@pytest.fixture(scope="module", params=["pgp", "smime"])
def keys(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Keys:
    program = {"pgp": "gpg", "smime": "openssl"}[request.param]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed; it reads what was sealed")
    return Keys(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def sent(certificate: Path) -> Iterator[tuple[Box, dict[str, Any]]]:
    box = Box()
    with server(box, certificate) as port:
        secret = certificate.parent / "password"
        secret.write_text("s3cret")
        login = {"username": "duskwatch", "password_file": secret, "sender": "duskwatch@soc.example"}
        yield box, {"host": "localhost", "port": port, "ca_file": certificate, "recipients": (A, B)} | login


def channel(options: dict[str, Any], made: Keys, **more: Any) -> Mail:
    given = {"encryption": made.form, "keys": made.public, "signing_key": made.own}
    return open_channel("soc", Config.model_validate(options | given | more))


def test_only_the_recipients_can_read_it_and_its_subject(sent: Any, keys: Keys) -> None:
    box, options = sent
    channel(options, keys).send(DELIVERY)
    ((to, mail),) = box.taken
    assert to == [A, B]
    assert mail["Subject"] == "Duskwatch alert"
    assert "key-1" in mail["Message-ID"]
    assert b"Invented Bank" not in bytes(mail)
    for name in (A, B):
        inside = message_from_bytes(keys.read(mail, name), policy=default)
        assert inside["Subject"] == SUBJECT
        assert inside.get_content_type() == "multipart/alternative"
        assert inside["Content-Type"].params["hp"] == "cipher"
        assert "HP-Outer: Subject: Duskwatch alert" in bytes(inside).decode()
        text = inside.get_body(("plain",))
        assert text is not None
        assert "| full dump" in text.get_content()


def test_a_recipient_named_for_it_gets_it_in_clear_and_signed(sent: Any, keys: Keys) -> None:
    box, options = sent
    channel(options, keys, keys={B: keys.public[B]}, in_clear=(A,), subject="full").send(DELIVERY)
    (to_a, clear), (to_b, closed) = box.taken
    assert (to_a, to_b) == ([A], [B])
    assert clear["Subject"] == closed["Subject"] == SUBJECT
    assert clear.get_content_type() == "multipart/signed"
    inside = message_from_bytes(keys.verified(box.raw[0]), policy=default)
    assert inside["Subject"] == SUBJECT
    assert b"Invented Bank" not in bytes(closed).partition(b"\n\n")[2]


def test_a_key_that_cannot_be_used_keeps_its_recipient_waiting_and_nobody_else(
    sent: Any, keys: Keys, tmp_path: Path
) -> None:
    box, options = sent
    gone = tmp_path / "b.pub"
    mail = channel(options, keys, keys=keys.public | {B: gone})
    with pytest.raises(ChannelBusy, match=r"b@soc.*No such file"):
        mail.send(DELIVERY)
    with pytest.raises(ChannelRefused, match=r"b@soc.*No such file"):
        mail.check()
    gone.write_bytes(keys.public[B].read_bytes())  # counts without a restart
    mail.send(DELIVERY)
    assert [to for to, _ in box.taken] == [[A], [B]]
    assert A in mail.check()


def pgp_expired(_folder: Path) -> bytes:
    made = bytes(Tsk.generate("<a@soc.example>", validity_seconds=1).extract_certificate())
    time.sleep(1.1)  # nothing makes a key in the past
    return made


def pgp_revoked(_folder: Path) -> bytes:
    key = Tsk.generate("<a@soc.example>")
    cert = key.extract_certificate()
    return bytes(cert) + bytes(cert.revoke(key.certifier()))


def smime_expired(folder: Path) -> bytes:
    certified(folder / "x", days=(-9, -1))
    return (folder / "x").read_bytes()


def smime_ahead(folder: Path) -> bytes:
    certified(folder / "x", days=(1, 9))
    return (folder / "x").read_bytes()


def smime_elliptic(folder: Path) -> bytes:
    certified(folder / "x", ec.generate_private_key(ec.SECP256R1()))
    return (folder / "x").read_bytes()


def smime_of_a_server(folder: Path) -> bytes:
    certified(folder / "x", ec.generate_private_key(ec.SECP256R1()), purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    return (folder / "x").read_bytes()


@pytest.mark.parametrize(
    ("form", "made", "said"),
    [
        ("pgp", lambda _: b"no key", "holds no key"),
        ("pgp", lambda _: bytes(Tsk.generate("<a@soc.example>")), "secret key"),
        (
            "pgp",
            lambda _: b"".join(bytes(Tsk.generate(x).extract_certificate()) for x in "ab"),
            "several keys",
        ),
        ("pgp", pgp_expired, "expired on"),
        ("pgp", pgp_revoked, "was revoked"),
        ("smime", lambda _: b"no certificate", "holds no certificate"),
        ("smime", smime_expired, "expired on"),
        ("smime", smime_ahead, "not valid before"),
        ("smime", smime_elliptic, "no RSA key"),
        ("smime", smime_of_a_server, "not for mail"),
    ],
)
def test_channel_test_tells_what_is_wrong_with_a_key(
    tmp_path: Path, form: str, made: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    key.write_bytes(made(tmp_path))
    text = f"type: mail\nhost: localhost\nport: 9\nsecurity: none\nsender: d@soc.example\nrecipients: [{A}]\n"
    (tmp_path / "a.yaml").write_text(f"{text}encryption: {form}\nkeys: {{{A}: {key}}}\n")
    opened = open_channels(tmp_path)["a"]
    assert "a recipient's mail waits" in (told := capsys.readouterr()).out + told.err
    with pytest.raises(ChannelRefused, match=said):
        opened.check()
    with pytest.raises(ChannelBusy, match=said):
        opened.send(DELIVERY)


@pytest.mark.skipif(not shutil.which("gpg"), reason="gpg is not installed; it makes and reads the key")
def test_nothing_is_encrypted_to_a_subkey_that_expired(tmp_path: Path) -> None:
    public = tmp_path / "a.pub"
    with Gpg() as gpg:
        then = "--faked-system-time", "20250101T000000", "--passphrase", ""
        gpg(*then, "--quick-gen-key", A, "ed25519", "cert", "0")
        shown = gpg("--list-keys", "--with-colons").stdout.decode().splitlines()
        mine = next(line.split(":")[9] for line in shown if line.startswith("fpr"))
        gpg(*then, "--quick-add-key", mine, "cv25519", "encr", "1d")
        public.write_bytes(gpg("--export").stdout)
        sealer = OpenPgp({A: public})
        with pytest.raises(KeyUnusable, match="no key to encrypt to"):
            sealer.encrypted(b"said", [A], datetime.now(UTC))
        gpg("--passphrase", "", "--quick-add-key", mine, "cv25519", "encr", "0")
        public.write_bytes(gpg("--export").stdout)
        made = message_from_bytes(sealer.encrypted(b"said", [A], datetime.now(UTC)), policy=default)
        (tmp_path / "sealed").write_bytes(armoured(list(made.iter_parts())[1]))
        packets = gpg("--list-packets", tmp_path / "sealed")
        fresh = gpg("--list-keys", "--with-colons").stdout.decode().splitlines()
        living = [line.split(":")[4] for line in fresh if line.startswith(("sub:u:", "sub:-:"))]
        assert len(living) == 1
        assert living[0].encode() in packets.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("encryption: pgp\n", "has no key"),
        (f"encryption: pgp\nkeys: {{{A}: k}}\nin_clear: [{A}]\n", "stands in in_clear"),
        (f"encryption: pgp\nkeys: {{{A}: k, {B}: k}}\n", "is no recipient"),
        (f"keys: {{{A}: k}}\n", "need encryption"),
        (f"encryption: pgp\nin_clear: [{A}]\nsigning_password_env: P\n", "needs signing_key"),
    ],
)
def test_a_recipient_is_sealed_to_or_named_for_clear_mail(tmp_path: Path, more: str, said: str) -> None:
    text = f"type: mail\nhost: h\nsender: d@soc.example\nrecipients: [{A}]\n"
    (tmp_path / "a.yaml").write_text(text + more)
    with pytest.raises(InputError, match=said):
        open_channels(tmp_path)


def test_a_signing_key_that_cannot_sign_keeps_all_mail_waiting(tmp_path: Path) -> None:
    (tmp_path / "a.pub").write_text(str(Tsk.generate("<a@soc.example>").extract_certificate()))
    text = f"type: mail\nhost: h\nsender: d@soc.example\nrecipients: [{A}]\nencryption: pgp\n"
    text += f"keys: {{{A}: {tmp_path / 'a.pub'}}}\nsigning_key: {tmp_path / 'a.pub'}\n"
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ChannelBusy, match="signing_key"):
        open_channels(tmp_path)["a"].send(DELIVERY)
