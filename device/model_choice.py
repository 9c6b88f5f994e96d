"""An operator's choice of an embedding model, as a record, and whether its transition still lasts. Pure."""

from dataclasses import dataclass

from api.clock import Clock

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model to use and, for a set time, the one before it, which is then compared beside it."""

    model_id: str
    former_id: str
    """Empty: no transition."""
    operator: str
    boot_id: str
    boot_time: float
    until_boot: float
    """End of the transition by the boot-time clock of `boot_id`."""
    until: float
    """The same in POSIX seconds, by the wall clock as it was."""
    created_at: float | None

    def left_s(self, clock: Clock) -> float:
        """Seconds of the transition that are left, 0 or less once it is over or where there is none.

        In the boot of the choice its own clock counts, whatever is done to the wall clock; later the wall clock does.
        """
        if not self.former_id:
            return 0.0
        if clock.boot_id == self.boot_id:
            return self.until_boot - clock.boot()
        return self.until - clock.wall()


def chosen(model_id: str, former_id: str, days: float, operator: str, clock: Clock) -> ModelChoice:
    """A choice made now; `days` of transition from `former_id`."""
    seconds = days * DAY_S
    return ModelChoice(
        model_id=model_id,
        former_id=former_id if days > 0 else "",
        operator=operator,
        boot_id=clock.boot_id,
        boot_time=clock.boot(),
        until_boot=clock.boot() + seconds,
        until=clock.wall() + seconds,
        created_at=clock.dated(),
    )
