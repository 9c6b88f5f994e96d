"""The aiming view of a commissioning: opened for the installer, and closed again however the installer leaves."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import segno

from device.aiming_commands import AimClose, AimClosed, AimOpen, AimOpened
from provisioning.commission_site import Site, prompt, tell


def aim(site: Site, minutes: float) -> None:
    """Show the link and wait. Ctrl-C, a terminal that is gone and an end from outside close the view too."""
    with _interrupted_by(signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        try:
            opened = site.ask(AimOpen(minutes=minutes), AimOpened)
            tell(f"Open this once on a phone or laptop, within {opened.minutes:g} minutes; give it to nobody else:")
            tell(opened.url)
            if sys.stderr.isatty():
                segno.make(opened.url).terminal(out=sys.stderr, compact=True)
            prompt("Aim and focus; then Enter closes the view")
        finally:
            site.ask(AimClose(), AimClosed)


@contextmanager
def _interrupted_by(*numbers: signal.Signals) -> Iterator[None]:
    """Make signals that end a process at once, as an SSH connection that breaks does, end it as Ctrl-C does."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
