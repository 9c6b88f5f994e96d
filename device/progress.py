"""How far a vision instance has come, as control has heard. Judging that is the supervisor's business."""

from dataclasses import dataclass, field

from camera.frame import boot_time
from inference.channel import Work


@dataclass
class Progress:
    """How far vision has come since it connected; times are boot-time seconds."""

    captured: int = 0
    """Number of the last capture (camera) or of images judged (remote)."""
    captured_at: float = field(default_factory=boot_time)
    observed_at: float = field(default_factory=boot_time)
    begun: bool = False
    """Whether the first observation has come, or, of vision@remote, the first sign of life."""
    resident_mb: float = 0.0
    """Resident memory of the process, as it last said."""
    work: Work | None = None
    """How hard it works, as it last said."""

    def note(self, captured: int) -> None:
        """A heartbeat said this number."""
        if captured > self.captured:
            self.captured, self.captured_at = captured, boot_time()

    def rest(self) -> None:
        """Nothing is to be done, and vision said that it lives."""
        self.captured_at = self.observed_at = boot_time()
        self.begun = True
