"""Certificates: an authority of the device's own and the server's certificate under it. Serving them is `device.tls`'."""

import ipaddress
import os
import re
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from device.keys import sync_folder
from device.settings import LanSettings

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
"""Phones refuse certificates of a longer life, those of an authority that its owner trusts included (Apple: 825 days)."""
_BACKDATED = timedelta(days=1)
"""Clients' clocks may be behind ours."""
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.ASCII)
_LOCAL_NAMES = ("local", "lan", "internal", "home.arpa", "localhost")
_LOCAL_NETS = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)


class TlsRefused(Exception):
    """Certificate or key cannot be made or used; the message says what to do."""


def general_name(name: str) -> x509.GeneralName:
    """A DNS name or an IP address, as certificates have it.

    Raises:
        TlsRefused: it is neither.
    """
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if len(name) > 253 or not _NAME.fullmatch(name.lower()):
        raise TlsRefused(f"{name!r} is neither a host name nor an IP address")
    return x509.DNSName(name.lower())


def init(lan: LanSettings, names: Sequence[str]) -> x509.Certificate:
    """Make authority, server key and server certificate in the places that are configured; the authority's certificate.

    Raises:
        TlsRefused: something is there already, which is left as it is, a name is none, or a folder cannot be written.
    """
    places = (lan.authority, lan.authority_key, lan.certificate, lan.key)
    there = [str(path) for path in places if os.path.lexists(path)]
    if there:
        raise TlsRefused(f"{' and '.join(there)} already there; nothing was changed. A new certificate: `kioskctl tls renew`")
    now = datetime.now(UTC)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _authority(authority_key, names, now)
    contents = (_pem(authority), _pem_key(authority_key), _pem(_server(key.public_key(), authority, authority_key, names, now)))
    _write_all(dict(zip(places, (*contents, _pem_key(key)), strict=True)))
    return authority


def _write_all(contents: dict[Path, bytes]) -> None:
    """Write all of the files, or none."""
    made: list[Path] = []
    try:
        for path, content in contents.items():
            _put(path, content)
            made.append(path)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        raise TlsRefused(f"{error.filename}: cannot be written: {error.strerror}") from error


def renew(lan: LanSettings, names: Sequence[str] = ()) -> x509.Certificate:
    """A new server certificate for the same key, so that whoever pinned the key goes on; the certificate.

    Args:
        lan: where the files are.
        names: names and addresses; none: those of the certificate before.

    Raises:
        TlsRefused: the authority or the key is not there, or a name lies outside of what the authority vouches for.
    """
    authority, before = load_certificate(lan.authority), load_certificate(lan.certificate)
    authority_key, key = _load_key(lan.authority_key), _load_key(lan.key)
    wanted = names or names_of(before)
    _check_vouched(authority, wanted)
    made = _server(key.public_key(), authority, authority_key, wanted, datetime.now(UTC))
    try:
        _put(lan.certificate, _pem(made))
    except OSError as error:
        raise TlsRefused(f"{lan.certificate}: cannot be written: {error.strerror}") from error
    return made


def _subject(kind: str, name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "facekiosk"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{kind} {name}"[:64]),
        ]
    )


def _authority(key: ec.EllipticCurvePrivateKey, names: Sequence[str], now: datetime) -> x509.Certificate:
    """A self-signed authority that can vouch for local names and private addresses only, and for the names given.

    Whoever trusts it on a phone trusts it for this network, not for the rest of the world (RFC 5280, 4.2.1.10).
    """
    given = [general_name(name) for name in names]
    if not given:
        raise TlsRefused("a certificate needs a name")
    subject = _subject("authority of", names[0])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return (
        _builder(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.NameConstraints([*_local(), *map(_only, given)], None), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )


def _local() -> list[x509.GeneralName]:
    nets = [x509.IPAddress(ipaddress.ip_network(net)) for net in _LOCAL_NETS]
    return [*(x509.DNSName(name) for name in _LOCAL_NAMES), *nets]


def _only(name: x509.GeneralName) -> x509.GeneralName:
    """The constraint that permits the name: of an address, the net that holds nothing else."""
    return x509.IPAddress(ipaddress.ip_network(name.value)) if isinstance(name, x509.IPAddress) else name


def _check_vouched(authority: x509.Certificate, names: Sequence[str]) -> None:
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    for name in names:
        if not any(_within(general_name(name).value, constraint.value) for constraint in permitted):
            raise TlsRefused(
                f"the device's authority does not vouch for {name}: make a new one, with that name, in another place"
            )


def _within(name: object, constraint: object) -> bool:
    if isinstance(name, str) and isinstance(constraint, str):
        return name == constraint or name.endswith(f".{constraint}")
    if isinstance(name, ipaddress.IPv4Address) and isinstance(constraint, ipaddress.IPv4Network):
        return name in constraint
    return isinstance(name, ipaddress.IPv6Address) and isinstance(constraint, ipaddress.IPv6Network) and name in constraint


def _server(
    key: ec.EllipticCurvePublicKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    now: datetime,
) -> x509.Certificate:
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    alternatives = x509.SubjectAlternativeName([general_name(name) for name in dict.fromkeys(names)])
    return (
        _builder(_subject("kiosk", names[0]), authority.subject, key, now, SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(alternatives, critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    return builder.not_valid_before(now - _BACKDATED).not_valid_after(now - _BACKDATED + timedelta(days=days))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _put(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 and put it in place at once: readers see the old one or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    sync_folder(path.parent)


def load_certificate(path: Path) -> x509.Certificate:
    """The first certificate in a PEM file.

    Raises:
        TlsRefused: it is missing, cannot be read, or holds none.
    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except FileNotFoundError as error:
        raise TlsRefused(f"the certificate {path} is missing; make one with `kioskctl tls init`") from error
    except (OSError, ValueError) as error:
        raise TlsRefused(f"the certificate {path} cannot be used: {error}") from error


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise TlsRefused(f"the key {path} cannot be used: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TlsRefused(f"the key {path} is not one that `kioskctl tls init` made")
    return key


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The names and addresses that a certificate is good for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in found if isinstance(name, x509.DNSName | x509.IPAddress))


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, as pairs of hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def days_left(certificate: x509.Certificate) -> int:
    """Whole days until the certificate ends; negative once it has."""
    return (certificate.not_valid_after_utc - datetime.now(UTC)).days
