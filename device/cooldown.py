"""The pause after failures of unknown faces, so that guessing is slow and a passer-by can never lock the door for long. Pure."""

from dataclasses import dataclass, replace

from device.settings import KioskSettings


@dataclass(frozen=True, slots=True)
class Cooldown:
    """Failures of unknown faces so far, and until when nobody is judged. Times are boot-time seconds."""

    failures: int = 0
    until: float = 0.0
    face_at: float = 0.0
    """When a face was last in front."""

    def left(self, now: float) -> float:
        """Seconds still to wait, 0 where visits may begin."""
        return max(0.0, self.until - now)

    def looked(self, face: bool, now: float, rules: KioskSettings) -> "Cooldown":
        """After a frame: failures are forgotten once no face was there for `forgive_s`."""
        if face:
            return replace(self, face_at=now)
        return replace(self, failures=0) if now - self.face_at >= rules.forgive_s else self

    def failed(self, now: float, rules: KioskSettings) -> "Cooldown":
        """After a failure of an unknown face: the next pause is twice as long as the last, up to `cooldown_max_s`."""
        pause = min(rules.cooldown_s * 2.0 ** min(self.failures, 30), rules.cooldown_max_s)
        return Cooldown(self.failures + 1, now + pause, now)

    def granted(self, now: float) -> "Cooldown":
        """After a grant: nothing is held against whoever comes next."""
        return Cooldown(face_at=now)
