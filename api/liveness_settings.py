"""The settings of liveness, frozen, a sentence each. Read from the configuration file's `[liveness]` table."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from inference.liveness.policy import Level
from inference.observation import SAME_SCENE

AUTO = "auto"


class LivenessSettings(BaseModel):
    """How much liveness is demanded, of whom and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Annotated[
        Literal["auto", "basic", "passive", "adaptive", "strict"],
        Field(
            description="Liveness demanded at the door (docs/policies.md); "
            "`auto` is `adaptive` with a live camera, and `basic` with any other source."
        ),
    ] = "auto"
    remote: Annotated[
        Literal["basic", "passive", "adaptive", "strict"],
        Field(
            description="Liveness demanded of API clients' sessions; from `adaptive` on they must show people instructions "
            "(`facekiosk.v1`), others get `stronger_liveness_required`."
        ),
    ] = "basic"
    remote_watch_s: Annotated[
        float,
        Field(
            description="Seconds for which a client's stream is watched before it can count as sound, where integrity is "
            "demanded: a loop must come round to be seen. The device's own camera is nobody's to send a stream to.",
            ge=0,
            le=20,
        ),
    ] = 3.0
    window_frames: Annotated[
        int, Field(description="Frames over which the passive network's scores are averaged.", ge=5, le=50)
    ] = 5
    after_refusal_s: Annotated[
        float, Field(description="`adaptive`: seconds after a refusal in which a challenge is made.", ge=0, le=86_400)
    ] = 120.0
    hours: Annotated[
        str,
        Field(
            description="`adaptive`: hours of the day, local time, outside which a challenge is made, such as 06:30-19:00; "
            "also whenever the time is not known. Empty: at no hour.",
            pattern=r"^(|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)$",
        ),
    ] = ""
    groups: Annotated[tuple[str, ...], Field(description="`adaptive`: groups of people of whom a challenge is always made.")] = ()
    seen_hours: Annotated[
        float,
        Field(description="Hours in which later sessions may not show the same frames again; 0: they may.", ge=0, le=168),
    ] = 24.0
    seen_bits: Annotated[
        int,
        Field(
            description="Bits of 64 in which the hashes of two pictures may differ that still count as the same picture, encoded "
            "anew; more finds coarser copies, and soon people who stand as they stood before.",
            ge=0,
            le=8,
        ),
    ] = SAME_SCENE

    def at_door(self, *, live: bool) -> Level:
        """The level at the door, with a source that is live or not."""
        if self.policy == AUTO:
            return Level.ADAPTIVE if live else Level.BASIC
        return Level(self.policy)
