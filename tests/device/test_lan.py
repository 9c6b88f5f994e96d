"""The listener on the network: off until configured, TLS or nothing, its own routes, and who may call it by which name."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from api.server import NotLoopback, serve
from api.services import Services
from api.settings import ApiSettings
from device.certificates import TlsRefused, init
from device.lan import names, serve_lan, url
from device.settings import LanSettings

NAMES = ("kiosk.local", "localhost", "127.0.0.1")


@pytest.fixture
def lan(tmp_path: Path) -> LanSettings:
    files = {name: tmp_path / "tls" / name for name in ("certificate", "key", "authority", "authority_key")}
    return LanSettings(host="127.0.0.1", port=0, **files)


@pytest.fixture
def services() -> Services:
    """As much of the services as a request without credentials reaches."""
    nothing = dict.fromkeys(("store", "sessions", "desk", "credentials", "recognition", "clock", "look"))
    return Services(settings=ApiSettings(), **nothing)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def trusting(lan: LanSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=lan.authority)


async def test_it_is_off_until_configured(lan: LanSettings, services: Services) -> None:
    said: list[str] = []
    async with serve_lan(lan.model_copy(update={"host": ""}), services, said.append):
        assert said == []


async def test_it_speaks_tls_and_serves_the_api_alone(lan: LanSettings, services: Services, http) -> None:
    init(lan, NAMES)
    said: list[str] = []
    async with serve_lan(lan, services, said.append):
        address = said[0].rpartition(" ")[2].replace("kiosk.local", "localhost")
        assert address.startswith("https://localhost:")
        async with http.get(f"{address}api/auth/users/", ssl=trusting(lan)) as answer:
            assert (answer.status, (await answer.json())["error_code"]) == (401, "invalid_token")
            assert "Access-Control-Allow-Origin" not in answer.headers
        for path in ("kiosk/", "kiosk/live", "healthz", "readyz", "metrics", ""):
            async with http.get(address + path, ssl=trusting(lan)) as answer:
                assert answer.status == 404
        with pytest.raises(aiohttp.ClientError):
            await http.get(address.replace("https", "http"))


@pytest.mark.parametrize(
    ("host", "status"), [("evil.example", 403), ("evil.example:1", 403), ("kiosk.local", 404), ("10.9.8.7", 404)]
)
async def test_it_answers_to_its_names_and_to_addresses_only(lan: LanSettings, services: Services, http, host, status) -> None:
    init(lan, NAMES)
    said: list[str] = []
    async with serve_lan(lan, services, said.append):
        address = said[0].rpartition(" ")[2].replace("kiosk.local", "localhost")
        async with http.get(f"{address}nothing", ssl=trusting(lan), headers={"Host": host}) as answer:
            assert answer.status == status


async def test_pages_of_other_sites_open_no_sockets(lan: LanSettings, services: Services, http) -> None:
    init(lan, NAMES)
    said: list[str] = []
    async with serve_lan(lan, services, said.append):
        address = said[0].rpartition(" ")[2].replace("kiosk.local", "localhost")
        for origin in ("https://evil.example", "null", address.replace("https", "http").rstrip("/")):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await http.ws_connect(f"{address}ws/auth/process-image/x/", ssl=trusting(lan), headers={"Origin": origin})


async def test_without_tls_it_stays_on_loopback_unless_told_otherwise(lan: LanSettings, services: Services) -> None:
    with pytest.raises(NotLoopback):
        async with serve(web.Application(), "0.0.0.0", 0):
            pass
    with pytest.raises(TlsRefused, match="kioskctl tls init"):
        async with serve_lan(lan.model_copy(update={"host": "0.0.0.0"}), services, print):
            pass
    plain = lan.model_copy(update={"host": "0.0.0.0", "plain_http_on_the_network_without_tls": True})
    said: list[str] = []
    async with serve_lan(plain, services, said.append):
        assert " http://" in said[0]


def test_links_name_the_device_as_configured_else_by_its_certificate(lan: LanSettings) -> None:
    init(lan, NAMES)
    assert url(lan) == "https://kiosk.local:0"
    assert url(lan, 8443) == "https://kiosk.local:8443"
    assert url(lan.model_copy(update={"public_url": "https://door.example"})) == "https://door.example"
    assert names(lan)[:3] == NAMES
    init_v6 = lan.model_copy(
        update={name: getattr(lan, name).with_suffix(".6") for name in ("certificate", "key", "authority", "authority_key")}
    )
    init(init_v6, ["fd00::1"])
    assert url(init_v6, 1) == "https://[fd00::1]:1"
