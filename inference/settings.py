"""The settings of vision, frozen, a sentence each, and what a vision process is told at its start. No secrets are in them."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from camera.settings import CameraSettings


class ZoneSettings(BaseModel):
    """The capture zone, in shares of the frame: whoever wants in has the middle of the face here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    left: Annotated[float, Field(description="Where it begins, from the left edge.", ge=0, le=0.9)] = 0.1
    top: Annotated[float, Field(description="Where it begins, from the top.", ge=0, le=0.9)] = 0.05
    width: Annotated[float, Field(description="How wide it is.", ge=0.1, le=1)] = 0.8
    height: Annotated[float, Field(description="How high it is.", ge=0.1, le=1)] = 0.9


class VisionSettings(BaseModel):
    """How faces are found, judged and embedded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    manifest: Annotated[
        Path | None, Field(description="Manifest of the embedding model unless another is chosen; else the shipped.")
    ] = None
    models: Annotated[Path | None, Field(description="Folder of further models, each in a folder with its manifest.toml.")] = None
    passive: Annotated[
        bool, Field(description="Score whether a face is live by the passive network, where a model for that is there.")
    ] = True
    covering: Annotated[bool, Field(description="Ask for coverings to be taken off, where a model for that is there.")] = True
    threads: Annotated[int, Field(description="Threads of the embedding network.", ge=1, le=16)] = 1
    zone: Annotated[ZoneSettings, Field(description="Where in the frame a face has to be.")] = ZoneSettings()
    min_eye_distance: Annotated[
        float, Field(description="Pixels between the eyes below which a face is too far away.", ge=16, le=400)
    ] = 30.0
    candidate_ratio: Annotated[
        float, Field(description="How many times larger than any other face the candidate must be.", ge=1.1, le=5)
    ] = 1.6
    look_interval_s: Annotated[
        float, Field(description="Seconds after which the whole frame is searched for other faces again.", ge=0, le=1)
    ] = 0.2
    lost_s: Annotated[
        float, Field(description="Seconds without the candidate after which whoever comes is somebody else.", ge=0, le=3)
    ] = 0.5
    embed_interval_s: Annotated[
        float, Field(description="Seconds between two embeddings of a face that has not changed.", ge=0, le=5)
    ] = 0.1
    idle_after_s: Annotated[
        float,
        Field(
            description="Seconds without a face and without motion after which only a cheap look for motion is made; 0: never.",
            ge=0,
            le=3600,
        ),
    ] = 5.0
    idle_fps: Annotated[float, Field(description="Frames a second that are looked at meanwhile.", ge=6, le=30)] = 8.0
    hot_c: Annotated[
        float,
        Field(
            description="Degrees Celsius of the board from which only 10 frames a second are looked at; from 7 below, fewer.",
            ge=40,
            le=120,
        ),
    ] = 80.0
    preview_width: Annotated[int, Field(description="Width of the preview picture, pixels.", ge=160, le=1280)] = 480
    preview_fps: Annotated[float, Field(description="Preview pictures a second while somebody watches.", gt=0, le=30)] = 12.0
    max_pixels: Annotated[
        int, Field(description="Pixels of a client's image above which it is not decoded.", ge=100_000, le=100_000_000)
    ] = 25_000_000
    max_streams: Annotated[
        int, Field(description="Remote sessions that are tracked at once; the longest unused one goes.", ge=1, le=1024)
    ] = 128
    max_graphs: Annotated[
        int,
        Field(
            description="Mesh graphs, of 30 MB each, that remote sessions share; where more of them send at once, "
            "those too many find their faces anew in every frame.",
            ge=1,
            le=64,
        ),
    ] = 8


class ProcessSettings(BaseModel):
    """All that one vision process is told: `python -m inference.vision camera|remote --socket PATH --config JSON`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: Annotated[CameraSettings, Field(description="Which camera; vision@remote has none.")] = CameraSettings()
    vision: Annotated[VisionSettings, Field(description="How faces are judged.")] = VisionSettings()
    beside: Annotated[
        Path | None, Field(description="Manifest of a second embedding model that runs beside, in a transition.")
    ] = None
    backoff_s: Annotated[float, Field(description="Pause after the first early end, where it counts them.", ge=0.1, le=60)] = 0.5
    backoff_max_s: Annotated[float, Field(description="The longest such pause.", ge=0.1, le=600)] = 30.0
    log_level: Annotated[str, Field(description="Least severity that is written.", pattern="^(debug|info|warning|error)$")] = (
        "info"
    )
