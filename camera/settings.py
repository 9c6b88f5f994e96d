"""The settings of the camera, frozen, a sentence each. Read from the configuration file's `[camera]` table."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FIRST = 4
"""Times as long as another that the first frame may take: cameras start slowly."""


class CameraSettings(BaseModel):
    """Which camera, and how it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[
        str,
        Field(
            description="`auto` (a camera that is found, else the demo; under systemd as `camera`), `camera` (one that is found; "
            "where none is, one is waited for), `picamera2` (Raspberry Pi), `argus` (Jetson), `v4l2` (USB and others), "
            "`replay`, or `demo`.",
            pattern="^(auto|camera|picamera2|argus|v4l2|replay|demo)$",
        ),
    ] = "auto"
    device: Annotated[
        str,
        Field(
            description="V4L2: device path, best the stable one below /dev/v4l/by-id; picamera2 and argus: the camera's number; "
            "empty: the first."
        ),
    ] = ""
    path: Annotated[str, Field(description="Replay: a video file, a photo, or a folder of photos.")] = ""
    pace: Annotated[
        Literal["real-time", "fast"],
        Field(description="Replay and demo: at their own rate, or as fast as frames are taken."),
    ] = "real-time"
    loop: Annotated[bool, Field(description="Replay: begin again at the end instead of ending.")] = False
    width: Annotated[int, Field(description="Pixels asked of the camera, across.", ge=160, le=3840)] = 640
    height: Annotated[int, Field(description="Pixels asked of the camera, down.", ge=120, le=2160)] = 480
    fps: Annotated[float, Field(description="Frames a second asked of the camera or made by the demo.", ge=1, le=120)] = 24.0
    rotate: Annotated[Literal[0, 90, 180, 270], Field(description="Degrees clockwise that make the picture upright.")] = 0
    mirror: Annotated[bool, Field(description="The camera's picture is mirrored, and is to be turned back.")] = False
    capture_timeout_s: Annotated[
        float,
        Field(
            description="Seconds without a frame after which the camera counts as failed, and says so; less than `progress_s` of "
            "`[watch]`. The first frame may take four times as long.",
            gt=0,
            le=60,
        ),
    ] = 1.5
    seed: Annotated[int, Field(description="Demo: seed of its noise and script, so that a run can be repeated.", ge=0)] = 1

    def patience_s(self, *, first: bool) -> float:
        """Seconds that a frame may take, the first one or another."""
        return self.capture_timeout_s * (FIRST if first else 1)
