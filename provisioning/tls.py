"""`kioskctl tls`: the device's own authority and the certificate of its listener on the network."""

import socket
import sys
from pathlib import Path
from typing import Annotated

import segno
import typer
from cryptography import x509

from device.certificates import days_left, fingerprint, init, load_certificate, names_of, renew
from device.config import Config
from device.lan import url
from device.offline import become_owner
from device.settings import LanSettings
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import Output, reporting

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Certificates of the listener on the network.")

NameOption = Annotated[
    list[str] | None, typer.Option("--name", metavar="NAME", help="Host name or address that clients use; repeat for several.")
]


@app.command("init")
def init_command(name: NameOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Make an authority of the device's own and a server certificate; their keys get mode 0600. Nothing is written over.

    Example: kioskctl tls init --name kiosk.local --name 192.168.1.20
    """
    with reporting(as_json=as_json) as out:
        settings = _settings(config, as_json=as_json)
        authority = init(settings.lan, name or own_names())
        _report(out, settings, authority)
        if not settings.lan.host:
            out.say("next           set host under [lan] of the configuration (0.0.0.0: every address), and restart the kiosk")


@app.command("show")
def show(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show the authority's fingerprint, to compare with a phone's, and the certificate's names and end."""
    with reporting(as_json=as_json) as out:
        settings = _settings(config, as_json=as_json)
        _report(out, settings, load_certificate(settings.lan.authority))
        if not as_json and sys.stdout.isatty():
            segno.make(f"{url(settings.lan)}/trust/").terminal(compact=True)


@app.command("renew")
def renew_command(name: NameOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Make a new server certificate for the same key, under the same authority. A running kiosk takes it over by itself.

    Example: kioskctl tls renew --name kiosk.local --name 192.168.1.21
    """
    with reporting(as_json=as_json) as out:
        settings = _settings(config, as_json=as_json)
        renew(settings.lan, name or ())
        _report(out, settings, load_certificate(settings.lan.authority))


def _settings(config: Path | None, *, as_json: bool) -> Config:
    """The configuration; keys are made and read as the user who runs the kiosk."""
    settings = Common(config, as_json).load()
    become_owner(settings.paths.data_dir)
    return settings


def _report(out: Output, settings: Config, authority: x509.Certificate) -> None:
    lan: LanSettings = settings.lan
    certificate = load_certificate(lan.certificate)
    names, trust = names_of(certificate), f"{url(lan)}/trust/"
    out.document(
        {
            "authority": str(lan.authority),
            "fingerprint": fingerprint(authority),
            "certificate": str(lan.certificate),
            "certificate_fingerprint": fingerprint(certificate),
            "names": names,
            "days_left": days_left(certificate),
            "trust_page": trust,
            "listening": bool(lan.host),
        }
    )
    out.say(f"authority      {lan.authority}")
    out.say(f"fingerprint    {fingerprint(authority)}", style="bold")
    out.say(f"certificate    {lan.certificate}, {days_left(certificate)} days left")
    out.say(f"good for       {', '.join(names)}")
    out.say(f"trust page     {trust}")


def own_names() -> list[str]:
    """What this device is called and its addresses, as far as it knows, the most lasting first."""
    host = socket.gethostname().lower().partition(".")[0]
    return list(dict.fromkeys([f"{host}.local", host, *_addresses(), "localhost", "127.0.0.1", "::1"]))


def _addresses() -> list[str]:
    """Addresses by which this device reaches others. Connecting a datagram socket sends nothing."""
    found = []
    for family, other in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((other, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:
            continue
    return found
