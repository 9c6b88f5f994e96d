"""Whether the wall clock may be trusted, and the clocks that say so. What depends on it is not known here.

`SystemClock` is the machine's own; `ManualClock` stands still until told, for tests. Both are `api.clock.Clock`s.
"""

import ctypes
import time
from pathlib import Path

from camera.frame import boot_time

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
_RTC = Path("/sys/class/rtc")
EARLIEST = 1_704_067_200.0
"""POSIX seconds of the start of 2024, when there was none of this: a real-time clock behind it has lost its time."""
_TIME_ERROR = 5
_TIMEX_BYTES = 512
"""More than `struct timex` has on any platform (208 on 64 bits)."""


def kernel_synchronized() -> bool:
    """Whether the kernel's clock is disciplined by NTP now: `adjtimex(2)`, read only, does not answer TIME_ERROR."""
    state: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return 0 <= state < _TIME_ERROR


def set_from_rtc(folder: Path = _RTC, floor: float | None = None) -> bool:
    """Whether the kernel set its clock at boot from a real-time clock that has kept its time.

    Without a battery one begins at 1970 or so after each power cut, and stays there until somebody sets it.
    """
    least = max(floor or 0.0, EARLIEST)
    return any(_read(rtc / "hctosys") == "1" and _seconds(rtc / "since_epoch") >= least for rtc in folder.glob("rtc*"))


def _seconds(file: Path) -> float:
    try:
        return float(_read(file))
    except ValueError:
        return 0.0


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""


class SystemClock:
    """The machine's clocks. Wall time is trusted once NTP, a real-time clock or an operator set it in this boot.

    Trust is kept until reboot, since a clock drifts by seconds a day, but never while wall time is behind `floor`.
    """

    def __init__(self, *, synchronized: Path = _SYNCHRONIZED, rtc: Path = _RTC, floor: float | None = None) -> None:
        self._boot_id = _BOOT_ID.read_text(encoding="ascii").strip()
        self._synchronized = synchronized
        self.set_by = "rtc" if set_from_rtc(rtc, floor) else ""
        """Who set wall time in this boot: `rtc`, `ntp` or `operator`; empty: nobody yet."""
        self.floor = floor
        """POSIX seconds of the newest row or of the time kept last, whichever is later: a wall clock behind it is wrong."""

    @property
    def boot_id(self) -> str:
        """The kernel's boot id."""
        return self._boot_id

    def boot(self) -> float:
        """Boot-time seconds, suspend included."""
        return boot_time()

    def wall(self) -> float:
        """POSIX seconds, whether trusted or not."""
        return time.time()

    def trusted(self) -> bool:
        """Whether calendar rules and tokens' expiry may go by wall time."""
        if not self.set_by and (self._synchronized.exists() or kernel_synchronized()):
            self.set_by = "ntp"
        return self.set_by != "" and not _behind(self.wall(), self.floor)

    def dated(self) -> float | None:
        """POSIX seconds, or None while they are not trusted."""
        return self.wall() if self.trusted() else None

    def set_by_operator(self) -> None:
        """An operator has set or confirmed the time, for this boot."""
        self.set_by = "operator"


class ManualClock:
    """A clock that stands still until told: for tests, and for replaying what happened."""

    def __init__(self, boot: float = 1000.0, wall: float = 1_800_000_000.0, *, boot_id: str = "manual") -> None:
        self._boot = boot
        self._wall = wall
        self._set = True
        self.boot_id = boot_id
        self.floor: float | None = None

    def boot(self) -> float:
        """Boot-time seconds, as told."""
        return self._boot

    def wall(self) -> float:
        """POSIX seconds, as told."""
        return self._wall

    def trusted(self) -> bool:
        """As told, and not behind `floor`."""
        return self._set and not _behind(self._wall, self.floor)

    def dated(self) -> float | None:
        """POSIX seconds, or None while they are not trusted."""
        return self._wall if self.trusted() else None

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self._boot += seconds
        self._wall += seconds

    def set_wall(self, wall: float, *, trusted: bool = True) -> None:
        """Set wall time (POSIX seconds), as NTP or an operator would."""
        self._wall = wall
        self._set = trusted


def _behind(wall: float, floor: float | None) -> bool:
    return floor is not None and wall < floor
