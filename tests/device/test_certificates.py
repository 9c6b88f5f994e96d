"""The device's own authority and certificates, judged by OpenSSL over real connections."""

import asyncio
import socket
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from device.certificates import TlsRefused, days_left, fingerprint, general_name, init, load_certificate, names_of, renew
from device.settings import LanSettings
from device.tls import follow, load_chain, server_context

NAMES = ("kiosk.local", "localhost", "127.0.0.1", "::1")


@pytest.fixture
def lan(tmp_path: Path) -> LanSettings:
    files = {name: tmp_path / "tls" / name for name in ("certificate", "key", "authority", "authority_key")}
    return LanSettings(**files)


def trusting(lan: LanSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=lan.authority)


async def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bytes:
    """The certificate that a client gets which calls the server by the name."""
    listening = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=server)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=name)
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return certificate


@pytest.mark.parametrize("name", NAMES)
async def test_clients_that_trust_the_authority_accept_every_name(lan: LanSettings, name: str) -> None:
    init(lan, NAMES)
    assert await shake_hands(server_context(lan), trusting(lan), name)


async def test_other_names_and_clients_that_do_not_trust_it_are_refused(lan: LanSettings) -> None:
    init(lan, NAMES)
    for client, name in ((trusting(lan), "other.local"), (ssl.create_default_context(), "localhost")):
        with pytest.raises(ssl.SSLCertVerificationError):
            await shake_hands(server_context(lan), client, name)


async def test_the_authority_cannot_vouch_for_the_rest_of_the_world(lan: LanSettings, tmp_path: Path) -> None:
    init(lan, NAMES)
    with pytest.raises(TlsRefused, match="does not vouch for bank"):
        renew(lan, ["bank.example"])
    for name in ("bank.example", "203.0.113.7"):
        rogue = issue_by_force(lan, name, tmp_path)
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
            await shake_hands(rogue, trusting(lan), name)


def issue_by_force(lan: LanSettings, name: str, folder: Path) -> ssl.SSLContext:
    """What a thief of the authority's key could make."""
    from device import certificates

    key = certificates._load_key(lan.authority_key)
    made = certificates._server(
        certificates._load_key(lan.key).public_key(),
        load_certificate(lan.authority),
        key,
        [name],
        load_certificate(lan.certificate).not_valid_before_utc,
    )
    (folder / "rogue").write_bytes(certificates._pem(made))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "rogue", lan.key)
    return context


def test_keys_are_the_owners_alone_and_nothing_is_written_over(lan: LanSettings) -> None:
    authority = init(lan, NAMES)
    for path in (lan.key, lan.authority_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = {path: path.read_bytes() for path in lan.key.parent.iterdir()}
    assert len(before) == 4
    with pytest.raises(TlsRefused, match="already there"):
        init(lan, NAMES)
    assert {path: path.read_bytes() for path in lan.key.parent.iterdir()} == before
    assert fingerprint(load_certificate(lan.authority)) == fingerprint(authority)
    assert len(fingerprint(authority)) == 32 * 3 - 1


def test_a_certificate_is_good_for_its_names_and_about_a_year(lan: LanSettings) -> None:
    init(lan, NAMES)
    certificate = load_certificate(lan.certificate)
    assert names_of(certificate) == NAMES
    assert 300 < days_left(certificate) <= 397
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


async def test_renewing_keeps_the_key_and_a_server_takes_it_over(lan: LanSettings) -> None:
    init(lan, NAMES)
    first, context = load_certificate(lan.certificate), server_context(lan)
    following = asyncio.create_task(follow(context, lan, look_s=0.01))
    try:
        await asyncio.sleep(0)
        second = renew(lan, ["localhost", "10.1.2.3"])
        assert second.public_key() == first.public_key()
        await asyncio.sleep(0.1)
        assert await shake_hands(context, trusting(lan), "localhost") == second.public_bytes(Encoding.DER)
        lan.certificate.write_bytes(b"broken")
        await asyncio.sleep(0.1)
        assert await shake_hands(context, trusting(lan), "localhost")
    finally:
        following.cancel()
    assert names_of(second) == ("localhost", "10.1.2.3")


def test_what_cannot_be_served_is_told(lan: LanSettings) -> None:
    with pytest.raises(TlsRefused, match="kioskctl tls init"):
        server_context(lan)
    init(lan, NAMES)
    lan.key.chmod(0o640)
    with pytest.raises(TlsRefused, match="chmod 600"):
        server_context(lan)
    lan.key.chmod(0o600)
    lan.key.write_bytes(lan.authority_key.read_bytes())
    with pytest.raises(TlsRefused, match="cannot be used"):
        load_chain(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), lan)


def test_a_folder_that_cannot_be_written_leaves_nothing(lan: LanSettings, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    names = ("certificate", "key", "authority", "authority_key")
    with pytest.raises(TlsRefused, match="cannot be written"):
        init(lan.model_copy(update={name: blocked / name for name in names}), NAMES)
    assert list(tmp_path.iterdir()) == [blocked]


@given(st.text(max_size=40))
def test_a_name_is_a_host_name_an_address_or_refused(text: str) -> None:
    try:
        name = general_name(text)
    except TlsRefused:
        return
    if isinstance(name, x509.DNSName):
        assert name.value == text.lower()
        assert name.value.isascii()
        assert not set(name.value) & set(" /:*@")
    else:
        assert isinstance(name, x509.IPAddress)


@given(st.ip_addresses())
def test_every_address_is_a_name(address: object) -> None:
    assert general_name(str(address)) == x509.IPAddress(address)


def test_names_of_this_machine_are_good_ones() -> None:
    from provisioning.tls import own_names

    assert [general_name(name) for name in own_names()]
    assert f"{socket.gethostname().lower().partition('.')[0]}.local" == own_names()[0]
