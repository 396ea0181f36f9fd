"""OpenPGP in mail (RFC 3156), by Sequoia: encryption to the recipients' keys, and a signature of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pysequoia import Cert, PySigner, Sig, SignatureMode, Tsk, encrypt, sign
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

from alerts.sealing import KeyState, KeyUnusable, multipart, read_key

_SECRET = (Tag.SecretKey, Tag.SecretSubkey)


class OpenPgp:
    """Seals with OpenPGP keys, one file a recipient, as ``gpg --export`` writes them."""

    def __init__(
        self, keys: Mapping[str, Path], own: Path | None = None, password: str | None = None
    ) -> None:
        self._keys = dict(keys)
        self._own = own
        self._password = password

    def key(self, address: str, now: datetime) -> KeyState:
        cert = self._certificate(address, now)
        return KeyState(cert.fingerprint.upper(), cert.expiration)

    def own_key(self, now: datetime) -> KeyState | None:
        if self._own is None:
            return None
        key = self._secret(self._own)
        public = key.extract_certificate()
        _check_alive(public, str(self._own), now)
        self._signer(key)
        return KeyState(public.fingerprint.upper(), public.expiration)

    def encrypted(self, entity: bytes, addresses: Sequence[str], now: datetime) -> bytes:
        certs = [self._certificate(address, now) for address in addresses]
        self.own_key(now)
        signer = self._signer(self._secret(self._own)) if self._own else None
        try:
            made = bytes(encrypt(bytes=entity, recipients=certs, signer=signer))
        except RuntimeError as error:
            raise KeyUnusable(f"the message cannot be encrypted: {_first_line(error)}") from None
        control = b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        head = b'Content-Type: application/octet-stream; name="encrypted.asc"\r\n'
        head += b'Content-Disposition: inline; filename="encrypted.asc"\r\n\r\n'
        parts = (control, head + _crlf(made))
        return multipart("encrypted", 'protocol="application/pgp-encrypted"', parts)

    def signed(self, entity: bytes, now: datetime) -> bytes:
        if self.own_key(now) is None or self._own is None:
            return entity
        made = bytes(sign(self._signer(self._secret(self._own)), entity, mode=SignatureMode.DETACHED))
        algorithm = str(Sig.from_bytes(made).hash_algorithm).rpartition(".")[2].lower()
        head = b'Content-Type: application/pgp-signature; name="signature.asc"\r\n\r\n'
        parameters = f'micalg="pgp-{algorithm}"; protocol="application/pgp-signature"'
        return multipart("signed", parameters, (entity, head + _crlf(made)))

    def _certificate(self, address: str, now: datetime) -> Cert:
        """The recipient's key with nothing in it that must not be used now: the library encrypts to a key that has
        expired or was revoked as readily as to any."""
        path = self._keys[address]
        data = read_key(path)
        try:
            packets = list(PacketPile.from_bytes(data))
            if any(packet.tag in _SECRET for packet in packets):
                raise KeyUnusable(f"{path} holds a secret key", cure="export the public one: gpg --export")
            if sum(packet.tag == Tag.PublicKey for packet in packets) > 1:
                raise KeyUnusable(f"{path} holds several keys", cure="export the recipient's alone")
            _check_alive(Cert.from_bytes(data), str(path), now)
            cert = Cert.from_packets(_living(packets, now))
            encrypt(bytes=b"", recipients=[cert])
        except RuntimeError as error:
            reason = f"{path} holds no key to encrypt to: {_first_line(error)}"
            raise KeyUnusable(reason, cure="export it with gpg --armor --export") from None
        return cert

    def _secret(self, path: Path) -> Tsk:
        try:
            return Tsk.from_bytes(read_key(path))
        except RuntimeError as error:
            raise KeyUnusable(f"{path} holds no secret key: {_first_line(error)}") from None

    def _signer(self, key: Tsk) -> PySigner:
        try:
            return key.signer(self._password) if self._password else key.signer()
        except RuntimeError as error:
            raise KeyUnusable(f"{self._own} cannot sign: {_first_line(error)}") from None


def _living(packets: Sequence[Packet], now: datetime) -> list[Packet]:
    """The packets of a key without those of its subkeys that expired or were revoked."""
    groups: list[list[Packet]] = [[]]
    for packet in packets:
        if packet.tag == Tag.PublicSubkey:
            groups.append([])
        groups[-1].append(packet)
    return [*groups[0], *(packet for group in groups[1:] if _lives(group, now) for packet in group)]


def _lives(group: Sequence[Packet], now: datetime) -> bool:
    subkey, *rest = group
    signatures = [packet for packet in rest if packet.tag == Tag.Signature]
    if any(signature.signature_type == SignatureType.SubkeyRevocation for signature in signatures):
        return False
    bindings = [each for each in signatures if each.signature_type == SignatureType.SubkeyBinding]
    dated = [
        (each.signature_created, each.key_validity_period) for each in bindings if each.signature_created
    ]
    if not dated or subkey.key_created is None:
        return False
    _, validity = max(dated, key=lambda each: each[0])
    return validity is None or subkey.key_created + validity > now


def _check_alive(cert: Cert, where: str, now: datetime) -> None:
    if cert.is_revoked:
        raise KeyUnusable(f"the key in {where} was revoked", cure="put the new one there")
    if cert.expiration is not None and cert.expiration <= now:
        reason = f"the key in {where} expired on {cert.expiration:%Y-%m-%d}"
        raise KeyUnusable(reason, cure="put the renewed one there")


def _first_line(error: RuntimeError) -> str:
    """What the library says, without the backtrace that it appends."""
    return str(error).partition("\n")[0]


def _crlf(armoured: bytes) -> bytes:
    return armoured.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
