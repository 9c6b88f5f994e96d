"""The forms of requests, answers and messages on the wire, one model each, named after the reference's serializers."""

import math
import unicodedata
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from api.errors import ApiError
from api.terms import FEWEST_TARGET_SAMPLES, MOST_TARGET_SAMPLES, TARGET_SAMPLES

PROTOCOL = "facekiosk.v1"
"""The protocol of clients that show people the device's instructions."""
MOST_FRAMES = 8
"""Frames in one call."""
_MOST_METADATA = 32
_FORBIDDEN = {"Cc", "Cs", "Cn", "Zl", "Zp"}
"""Unicode categories that no user id has: control characters, surrogates, unassigned ones, line and paragraph separators."""
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Bidirectional classes that make a text look like another one: embeddings, overrides and isolates (UAX #9)."""
_LARGEST_NUMBER = 2**53
"""Whole numbers beyond it are not the same in every JSON reader (RFC 8259, section 6)."""
_LONGEST_NAME = 100

T = TypeVar("T", bound="Request")
ReadyName = Literal["ready", "degraded", "not_ready"]
SessionStatusName = Literal["in_progress", "completed", "failed", "expired"]


def _plain(user_id: str) -> str:
    if any(unicodedata.category(character) in _FORBIDDEN for character in user_id):
        raise ValueError("must hold no control characters")
    if any(unicodedata.bidirectional(character) in _TURNING for character in user_id):
        raise ValueError("must hold no characters that turn the direction of text")
    if user_id in (".", ".."):
        raise ValueError("must not be a step in a path")
    if user_id != user_id.strip():
        raise ValueError("must not begin or end with a space")
    return user_id


UserId = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_plain)]
SessionToken = Annotated[str, Field(min_length=1, max_length=64)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Request(BaseModel):
    """Base of requests: exact types, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Metadata(BaseModel):
    """Base of `metadata`, in which a client may keep fields of its own, as in the reference."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    def own(self) -> dict[str, Any]:
        """The client's own fields."""
        extra = self.model_extra or {}
        if len(extra) > _MOST_METADATA:
            raise ApiError("invalid_request", f"metadata holds more than {_MOST_METADATA} fields of its own", status=422)
        if any(len(name) > _LONGEST_NAME or not _scalar(value) for name, value in extra.items()):
            raise ApiError("invalid_request", "metadata holds a field that is nested, too long or no number of JSON", status=422)
        return extra


def _scalar(value: object) -> bool:
    if isinstance(value, int):
        return abs(value) <= _LARGEST_NUMBER
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, str) and len(value) <= 1000)


class ClientAuthenticationRequest(Request):
    """`POST /api/auth/client/`."""

    api_key: Annotated[str, Field(max_length=1000)]


class EnrollmentMetadata(Metadata):
    """How an enrolment is to be made."""

    target_samples: Annotated[int, Field(ge=FEWEST_TARGET_SAMPLES, le=MOST_TARGET_SAMPLES)] = TARGET_SAMPLES
    enable_quality_check: bool = True


class EnrollmentRequest(Request):
    """`POST /api/auth/enrollment/`."""

    user_id: UserId
    require_liveness: bool | None = None
    """None: as the client's grants have it."""
    protocol: Literal["facekiosk.v1"] | None = None
    """What the client offers to speak; see `instructed_liveness`."""
    metadata: EnrollmentMetadata = EnrollmentMetadata()


class AuthenticationMetadata(Metadata):
    """How somebody is to be recognised."""

    min_confidence: Share | None = None
    """Raises the device's threshold; never lowers it."""


class AuthenticationRequest(Request):
    """`POST /api/auth/authentication/`: 1:1 with a user id, 1:N without."""

    user_id: UserId | None = None
    require_liveness: bool = True
    protocol: Literal["facekiosk.v1"] | None = None
    """What the client offers to speak; see `instructed_liveness`."""
    metadata: AuthenticationMetadata = AuthenticationMetadata()


class BatchFrame(Request):
    """One frame of a batch."""

    frame_data: str
    t_ms: Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)] | None = None


class FaceFrame(Request):
    """`POST …/process-frame/`: one frame, or a batch."""

    session_token: SessionToken
    frame_data: str | None = None
    frames: Annotated[list[str | BatchFrame], Field(min_length=1, max_length=MOST_FRAMES)] | None = None
    timestamp: Annotated[AwareDatetime, Field(strict=False)] | None = None

    def batch(self) -> list[BatchFrame]:
        """The frames, at least one. `ApiError`: none, or both forms at once."""
        if (self.frame_data is None) == (self.frames is None):
            raise ApiError("invalid_request", "a call has either frame_data or frames", status=422)
        if self.frame_data is not None:
            return [BatchFrame(frame_data=self.frame_data)]
        return [BatchFrame(frame_data=each) if isinstance(each, str) else each for each in self.frames or ()]


class ProcessFrameMessage(Request):
    """A client's message on the socket."""

    type: Literal["process_frame"]
    frame_data: str
    timestamp: Annotated[AwareDatetime, Field(strict=False)] | None = None


def _say_what_is_there(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """In the schema of an answer: which fields are always there, defaults or not."""
    left_out = getattr(model, "left_out", ())
    schema["required"] = [name for name in schema.get("properties", {}) if name not in left_out]


class Answer(BaseModel):
    """Base of answers. Times are RFC 3339 UTC with `Z`."""

    model_config = ConfigDict(frozen=True, json_schema_extra=_say_what_is_there)

    left_out: ClassVar[tuple[str, ...]] = ()
    """Fields that are there only when there is something to say; any other that is not known yet is null."""

    def wire(self) -> dict[str, Any]:
        """The JSON object."""
        said = self.model_dump(mode="json")
        return {name: value for name, value in said.items() if value is not None or name not in self.left_out}


class ErrorResponse(Answer):
    """Every failure."""

    left_out: ClassVar[tuple[str, ...]] = ("details",)

    error_code: str
    message: str
    details: dict[str, Any] | None = None


class FrameErrorResponse(ErrorResponse):
    """A refused call with frames; the two fields more are there once the session is known to be the caller's."""

    left_out: ClassVar[tuple[str, ...]] = ("details", "success", "session_status")

    success: Literal[False] = False
    session_status: SessionStatusName | None = None


class HealthResponse(Answer):
    """The process answers."""

    status: Literal["alive"] = "alive"


class ReadinessResponse(Answer):
    """Whether the device can do its work, and what each of its components has to say; `ok` where nothing is wrong."""

    status: ReadyName
    checks: dict[str, str]
    camera_fps: float | None = None
    vision_age_s: float | None = None


class ClientAuthenticationResponse(Answer):
    """A token for a client."""

    jwt_token: str
    expires_at: str
    client_id: str


class SessionCreatedResponse(Answer):
    """A new session."""

    session_token: str
    websocket_url: str
    expires_at: str
    status: Literal["active"] = "active"


class LivenessData(Answer):
    """What the face has shown so far; never a passive score."""

    blinks_detected: int
    motion_score: float
    instruction: str


class FrameAnswer(Answer):
    """Base of the answers to frames over REST. `error_code` and `message` are there when a frame was no use."""

    left_out: ClassVar[tuple[str, ...]] = ("error_code", "message", "reason")

    success: bool
    session_status: SessionStatusName
    liveness_data: LivenessData
    error_code: str | None = None
    message: str | None = None
    reason: str | None = None


class EnrollmentResponse(FrameAnswer):
    """The answer to a frame of an enrolment."""

    completed_samples: int
    target_samples: int
    quality_score: float | None
    enrollment_id: str | None
    liveness_verified: bool | None


class AuthenticationResponse(FrameAnswer):
    """The answer to a frame of an authentication."""

    authenticated: bool | None
    confidence: float | None
    user_id: str | None
    liveness_passed: bool
    progress: float


class SessionStatusResponse(Answer):
    """`GET /api/auth/session/{token}/`."""

    session_token: str
    session_type: Literal["enrollment", "authentication"]
    status: Literal["active", "completed", "failed", "expired", "cancelled"]
    session_status: SessionStatusName
    user_id: str | None
    require_liveness: bool
    created_at: str
    expires_at: str
    completed_at: str | None
    completed_samples: int | None
    target_samples: int | None
    enrollment_id: str | None
    liveness_verified: bool | None
    authenticated: bool | None
    confidence: float | None
    liveness_data: LivenessData
    instruction: str
    progress: float
    reason: str | None


class EnrollmentView(Answer):
    """An enrolment, without its template."""

    enrollment_id: str
    quality_score: float
    samples: int
    liveness_verified: bool
    status: str
    origin: str
    door: str
    created_at: str | None


class UserView(Answer):
    """Somebody of the client's realm."""

    user_id: str
    display_name: str
    status: str
    created_at: str | None
    enrollments: list[EnrollmentView]


class UsersResponse(Answer):
    """`GET /api/auth/users/`: ids only; what is enrolled is asked for one by one."""

    users: list[str]


class ErasedResponse(Answer):
    """What is gone, in store and index."""

    erased: Literal[True] = True
    user_id: str | None = None
    enrollment_id: str | None = None


def parse(model: type[T], body: bytes | str) -> T:
    """A request out of JSON.

    Raises:
        ApiError: `invalid_request`, 400 where it is no JSON object, 422 where fields are wrong; no value is repeated.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
    if problems[0]["type"] == "json_invalid" or not problems[0]["loc"]:
        raise ApiError("invalid_request", "the request is no JSON object") from None
    fields = [{"field": ".".join(map(str, problem["loc"])), "message": problem["msg"]} for problem in problems[:10]]
    raise ApiError("invalid_request", "some fields are not as they must be", status=422, details={"fields": fields})
