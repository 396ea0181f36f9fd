"""S/MIME in mail (RFC 8551): encryption to the recipients' certificates, and a signature of our own."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID

from alerts.sealing import KeyState, KeyUnusable, multipart, read_key


class Smime:
    """Seals with X.509 certificates, one file a recipient, PEM or DER; our own file holds key and certificates, PEM.

    A certificate is used because the operator named it: neither its issuer nor a revocation list is asked for, which
    would be connections of our own."""

    def __init__(
        self, keys: Mapping[str, Path], own: Path | None = None, password: str | None = None
    ) -> None:
        self._keys = dict(keys)
        self._own = own
        self._password = password

    def key(self, address: str, now: datetime) -> KeyState:
        return _state(self._certificate(address, now))

    def own_key(self, now: datetime) -> KeyState | None:
        if self._own is None:
            return None
        _, certificates = self._signer(self._own, now)
        return _state(certificates[0])

    def encrypted(self, entity: bytes, addresses: Sequence[str], now: datetime) -> bytes:
        builder = pkcs7.PKCS7EnvelopeBuilder().set_data(self.signed(entity, now))
        builder = builder.set_content_encryption_algorithm(algorithms.AES256)
        for address in addresses:
            builder = builder.add_recipient(self._certificate(address, now))
        made = builder.encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])
        return _part("application/pkcs7-mime; smime-type=enveloped-data", "smime.p7m", made)

    def signed(self, entity: bytes, now: datetime) -> bytes:
        if self._own is None:
            return entity
        key, certificates = self._signer(self._own, now)
        builder = pkcs7.PKCS7SignatureBuilder().set_data(entity)
        builder = builder.add_signer(certificates[0], key, hashes.SHA256())
        for certificate in certificates[1:]:
            builder = builder.add_certificate(certificate)
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        made = _part("application/pkcs7-signature", "smime.p7s", builder.sign(Encoding.DER, options))
        parameters = 'micalg="sha-256"; protocol="application/pkcs7-signature"'
        return multipart("signed", parameters, (entity, made))

    def _certificate(self, address: str, now: datetime) -> x509.Certificate:
        path = self._keys[address]
        data = read_key(path)
        try:
            pem = b"-----BEGIN" in data
            found = x509.load_pem_x509_certificate(data) if pem else x509.load_der_x509_certificate(data)
        except ValueError:
            raise KeyUnusable(f"{path} holds no certificate", cure="write it as PEM or DER") from None
        _check_alive(found, path, now)
        if not isinstance(found.public_key(), rsa.RSAPublicKey):
            raise KeyUnusable(
                f"the certificate in {path} has no RSA key", cure="only RSA can be encrypted to"
            )
        usage = _extension(found, x509.KeyUsage)
        if usage and not usage.key_encipherment:
            raise KeyUnusable(
                f"the certificate in {path} may not encrypt", cure="name the one for encryption"
            )
        return found

    def _signer(self, path: Path, now: datetime) -> tuple[Any, list[x509.Certificate]]:
        """The key that signs, and its certificate with those above it."""
        data = read_key(path)
        try:
            key = load_pem_private_key(data, self._password.encode() if self._password else None)
            certificates = x509.load_pem_x509_certificates(data)
        except (ValueError, TypeError) as error:
            cure = "write both as PEM into one file; its password belongs into signing_password_env"
            raise KeyUnusable(f"{path} holds no key with its certificate: {error}", cure=cure) from None
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise KeyUnusable(f"the key in {path} is neither RSA nor EC")
        if certificates[0].public_key() != key.public_key():
            raise KeyUnusable(f"the first certificate in {path} is not its key's", cure="put it first")
        _check_alive(certificates[0], path, now)
        return key, certificates


def _check_alive(certificate: x509.Certificate, path: Path, now: datetime) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if ends <= now:
        reason = f"the certificate in {path} expired on {ends:%Y-%m-%d}"
        raise KeyUnusable(reason, cure="put the renewed one there")
    if now < begins:
        raise KeyUnusable(f"the certificate in {path} is not valid before {begins:%Y-%m-%d}")
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    mail = {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if purposes and not mail & set(purposes):
        raise KeyUnusable(f"the certificate in {path} is not for mail", cure="name one for mail protection")


def _extension(certificate: x509.Certificate, kind: Any) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except ValueError:
        raise KeyUnusable("an extension of a certificate cannot be read") from None


def _state(certificate: x509.Certificate) -> KeyState:
    return KeyState(certificate.fingerprint(hashes.SHA256()).hex().upper(), certificate.not_valid_after_utc)


def _part(kind: str, name: str, data: bytes) -> bytes:
    head = (
        f'Content-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(data).replace(b"\n", b"\r\n")
