"""The settings of sessions and of the API, frozen, a sentence each, and the reference's environment names that override them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LARGEST_EXPIRY_MINUTES = 24 * 60


class SessionSettings(BaseModel):
    """How sessions judge. Names in capitals are the reference's; as environment variables they override the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    face_recognition_threshold: Annotated[
        float, Field(description="Least confidence of a match; a client's min_confidence can only raise it.", ge=0.5, le=0.99)
    ] = 0.65
    face_min_quality_score: Annotated[
        float, Field(description="Least quality of a sample, 0 to 1; .6 is usable.", ge=0, le=1)
    ] = 0.6
    face_min_liveness_frames: Annotated[
        int, Field(description="Frames of one track that liveness needs at least.", ge=1, le=1000)
    ] = 3
    face_min_liveness_blinks: Annotated[
        int, Field(description="Blinks of one track that liveness needs at least.", ge=0, le=20)
    ] = 1
    face_min_liveness_motion: Annotated[
        float, Field(description="Movement of the face, 0 (a still picture) to 1, that liveness needs at least.", ge=0, le=1)
    ] = 0.25
    session_expiry_minutes: Annotated[
        float, Field(description="Minutes after which a session is over, used or not.", gt=0, le=LARGEST_EXPIRY_MINUTES)
    ] = 30
    max_enrollment_attempts: Annotated[int, Field(description="Samples that one enrolment session may try.", ge=1, le=10_000)] = (
        50
    )
    max_auth_attempts: Annotated[
        int, Field(description="Recognition decisions that one authentication session may take.", ge=1, le=1000)
    ] = 20
    session_active_s: Annotated[
        float, Field(description="Seconds from its first frame in which a session must come to its end.", gt=0, le=3600)
    ] = 60.0
    match_samples: Annotated[
        int, Field(description="Samples of a face that a recognition decision waits for, where they come in time.", ge=2, le=10)
    ] = 3
    match_wait_s: Annotated[
        float,
        Field(description="Seconds after liveness that a decision waits for more than the two samples it needs.", ge=0, le=10),
    ] = 1.0
    match_tries: Annotated[
        int,
        Field(
            description="Recognition decisions, each on new samples, before `no_match` is final; none past MAX_AUTH_ATTEMPTS.",
            ge=1,
            le=20,
        ),
    ] = 2
    sample_spacing_s: Annotated[
        float, Field(description="Seconds between two samples of an enrolment, so that they differ.", ge=0, le=10)
    ] = 0.35
    allow_waived_liveness: Annotated[
        bool, Field(description="Whether a client with the grant waive_liveness may do without liveness on this device.")
    ] = True
    instructed_liveness: Annotated[
        bool,
        Field(
            description="Whether clients must show people the device's instructions (`facekiosk.v1`) where liveness is needed, "
            "so that more can be demanded than people show unasked; others get `stronger_liveness_required`."
        ),
    ] = False

    duplicates: Annotated[
        Literal["refuse", "flag"],
        Field(
            description="What becomes of an enrolment whose face is another user's of the realm; "
            "flagged, neither is told from the other, and 1:N may know both no more."
        ),
    ] = "refuse"
    client_sessions: Annotated[int, Field(description="Running sessions that one client may have.", ge=1, le=10_000)] = 64


ENVIRONMENT: Mapping[str, str] = {
    name.upper(): name
    for name in (
        "face_recognition_threshold",
        "face_min_quality_score",
        "face_min_liveness_frames",
        "face_min_liveness_blinks",
        "session_expiry_minutes",
        "max_enrollment_attempts",
        "max_auth_attempts",
    )
}
"""Environment variable of the reference → field of `SessionSettings`."""


class ApiSettings(BaseModel):
    """How the API is served."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    jwt_minutes: Annotated[float, Field(description="Minutes for which a client's token is good.", gt=0, le=60)] = 60
    max_frame_bytes: Annotated[
        int, Field(description="Bytes of one decoded image; larger ones are refused.", ge=10_000, le=15_000_000)
    ] = 4_000_000
    max_body_bytes: Annotated[
        int, Field(description="Bytes of one request, a batch of frames included.", ge=20_000, le=64_000_000)
    ] = 12_000_000
    vision_timeout_s: Annotated[float, Field(description="Seconds to wait for vision to judge a frame.", gt=0, le=60)] = 10.0
    connect_timeout_s: Annotated[
        float, Field(description="Seconds from a connection to its first whole request head.", gt=0, le=300)
    ] = 10.0
    read_timeout_s: Annotated[float, Field(description="Seconds that a request's body may take to come.", gt=0, le=600)] = 30.0
    idle_timeout_s: Annotated[
        float, Field(description="Seconds that a connection stays open between two requests.", ge=1, le=3600)
    ] = 75.0
    socket_idle_s: Annotated[
        float, Field(description="Seconds without a message after which a socket is closed.", ge=1, le=3600)
    ] = 60.0
    socket_linger_s: Annotated[
        float, Field(description="Seconds that a socket stays open after its session's last message.", ge=5, le=60)
    ] = 5.0
