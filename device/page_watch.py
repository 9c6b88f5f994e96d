"""The screen unit's own process: starts compositor and browser at the kiosk's page, and feeds the watchdog while that draws.

`python -m device.page_watch --config FILE -- COMMAND…`; the page's address is added to the command. Where control cannot be
asked, the page counts as alive: it says by itself that the kiosk is out of service, which another browser would not change.
Nothing but the standard library is imported, since this runs all day beside a browser on a small machine.
"""

import argparse
import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from inference import notify

log = logging.getLogger(__name__)

UNIT_FOLDER = Path("/run/facekiosk-screen")
"""There while the screen's unit is wanted (its RuntimeDirectory)."""

START_S = 60.0
"""Seconds that a browser may take until its page draws; a Pi with a cold card takes twenty."""
POLL_S = 5.0
ANSWER_S = 3.0
"""How long control may take to say how the page is."""
END_S = 5.0
"""Seconds from asking the compositor to end until it is killed, and from then until it is not waited for any more."""

LOOPBACK = ("127.0.0.1", "::1")
LEASH = Path(__file__).with_name("leash.py")
PR_SET_CHILD_SUBREAPER = 36
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
OF_SYSTEMD = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class AddressUnknown(Exception):
    """The configuration does not say where the page is."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where control listens on loopback; the defaults are those of `ListenSettings`."""

    host: str = "127.0.0.1"
    port: int = 8080

    @property
    def page(self) -> str:
        """The page's URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/kiosk/"


def address_of(config: Path) -> Address:
    """What the configuration says. Its other mistakes are control's to refuse.

    Raises:
        AddressUnknown: the file cannot be read, or names no fixed port.
    """
    try:
        listen = tomllib.loads(config.read_text(encoding="utf-8")).get("listen", {})
        address = Address(**listen)
    except (OSError, ValueError, TypeError) as error:
        raise AddressUnknown(f"{config}: {error}") from error
    if address.host not in LOOPBACK or type(address.port) is not int or not address.port:
        raise AddressUnknown(f"{config}: [listen] must name loopback and, for the screen, a fixed port, not {listen}")
    return address


def said_of_page(address: Address) -> str | None:
    """What `/readyz` says of the page: `ok`, or what is wrong; None: nothing, or control does not answer."""
    connection = HTTPConnection(address.host, address.port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/readyz/")
        said = json.loads(connection.getresponse().read(100_000))["checks"].get("screen")
    except (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError):
        return None
    finally:
        connection.close()
    return None if said is None else str(said)


@dataclass(slots=True)
class Verdict:
    """Whether the page counts as alive, look by look; times are monotonic seconds."""

    began: float
    dead: bool = False

    def alive(self, said: str | None, now: float) -> bool:
        """After one look: a browser that has just begun is given time, whatever is said of the one before it."""
        dead = said not in (None, "ok") and now - self.began >= START_S
        if dead and not self.dead:
            log.error("%s; the watchdog of the screen's unit starts the browser anew", said)
        self.dead = dead
        return not dead


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """The command, on a leash: it dies with this process. What it leaves behind becomes a child of this process."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    environment = {name: value for name, value in os.environ.items() if name not in OF_SYSTEMD}
    leashed = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *command)
    return subprocess.Popen(leashed, env=environment)


def end(screen: subprocess.Popen[bytes]) -> None:
    """End the command and everything it started: a browser that hangs would hold on to its profile, and shut the next one out.

    What is killed and still does not go, held up by a driver or by a machine that is too busy, is not waited for.
    """
    screen.terminate()
    with suppress(subprocess.TimeoutExpired):
        screen.wait(END_S)
    over = time.monotonic() + END_S
    while (left := _children()) and time.monotonic() < over:
        for pid in left:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.05)


def _children() -> list[int]:
    """This process's children; by `stat`, since not every kernel has their list. The name in brackets may hold anything."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == os.getpid():
            found.append(int(process.name))
    return found


def watch(screen: subprocess.Popen[bytes], address: Address, poll_s: float) -> int:
    """Feed the unit's watchdog until the command ends; its exit status."""
    verdict = Verdict(time.monotonic())
    while True:
        if verdict.alive(said_of_page(address), time.monotonic()):
            notify.alive()
        try:
            return screen.wait(poll_s)
        except subprocess.TimeoutExpired:
            continue


def _told_to_stop(number: int, _: FrameType | None) -> None:
    sys.exit(0 if number == signal.SIGTERM else 128 + number)


def main() -> None:
    """Run until told to stop, or until the command ends."""
    parser = argparse.ArgumentParser(prog="page_watch", description="Shows the kiosk's page and watches over it.")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="configuration file")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="compositor and browser; the page's address is added")
    arguments = parser.parse_args()
    logging.basicConfig(level="INFO", format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        address = address_of(arguments.config)
    except AddressUnknown as error:
        sys.exit(f"facekiosk: {error}")
    screen = start([*arguments.command, address.page])
    for number in STOPS:
        signal.signal(number, _told_to_stop)
    allowed = notify.watchdog_s()
    try:
        notify.ready(f"the page is {address.page}")
        status = watch(screen, address, POLL_S if allowed is None else min(POLL_S, allowed / 3))
        sys.exit(f"facekiosk: compositor and browser ended with {status}")
    finally:
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)
        notify.stopping()
        end(screen)


if __name__ == "__main__":
    main()
