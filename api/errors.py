"""Every error that the API answers with: its code, its status, and its JSON. Nothing else maps errors to statuses.

ApiError
├── 400 invalid_request (malformed) · invalid_frame
├── 401 invalid_api_key · invalid_token
├── 403 forbidden · stronger_liveness_required
├── 404 session_not_found · user_not_enrolled · enrollment_not_found · link_not_valid · not_found
├── 405 method_not_allowed
├── 409 session_completed · too_many_attempts · superseded · duplicate_person · text_changed
├── 410 session_expired
├── 413 frame_too_large
├── 415 unsupported_image
├── 422 invalid_request (fields)
├── 429 rate_limited · locked_out
├── 500 internal_error
└── 503 vision_unavailable

A frame that cannot be used (`CONDITIONS`) is no ApiError: a 200 with `success: false`, and on the socket an `error` message.
"""

from typing import Any

STATUS: dict[str, int] = {
    "invalid_request": 400,
    "invalid_frame": 400,
    "invalid_api_key": 401,
    "invalid_token": 401,
    "forbidden": 403,
    "stronger_liveness_required": 403,
    "session_not_found": 404,
    "user_not_enrolled": 404,
    "enrollment_not_found": 404,
    "link_not_valid": 404,
    "not_found": 404,
    "method_not_allowed": 405,
    "session_completed": 409,
    "too_many_attempts": 409,
    "superseded": 409,
    "duplicate_person": 409,
    "text_changed": 409,
    "session_expired": 410,
    "frame_too_large": 413,
    "unsupported_image": 415,
    "rate_limited": 429,
    "locked_out": 429,
    "internal_error": 500,
    "vision_unavailable": 503,
}

MESSAGE: dict[str, str] = {
    "invalid_request": "The request cannot be understood",
    "invalid_frame": "The frame is not an image in base64",
    "invalid_api_key": "The API key is not valid",
    "invalid_token": "The token is missing, not valid or no longer valid",
    "forbidden": "This client may not do that",
    "stronger_liveness_required": "This device demands a liveness check that this client does not offer",
    "session_not_found": "There is no such session",
    "user_not_enrolled": "This user has no enrolment",
    "enrollment_not_found": "There is no such enrolment",
    "link_not_valid": "This link was used, has expired, or was never good",
    "text_changed": "The text was changed meanwhile; read it again",
    "not_found": "There is nothing here",
    "method_not_allowed": "This method is not allowed here",
    "session_completed": "The session is over",
    "too_many_attempts": "The session has used up its attempts",
    "superseded": "A newer frame took this one's place",
    "duplicate_person": "This face belongs to another user",
    "session_expired": "The session has expired",
    "frame_too_large": "The frame is too large",
    "unsupported_image": "The frame is not JPEG, PNG or WebP",
    "rate_limited": "Too many requests; try again later",
    "locked_out": "Too many failures; try again later",
    "internal_error": "The device failed; its log says more",
    "vision_unavailable": "The device is not ready to look at frames; try again",
    "no_face_detected": "No face in the frame",
    "multiple_faces": "More than one face in the frame",
    "face_too_small": "The face is too far away",
    "face_not_centered": "The face is not in the middle, or turned away",
    "face_covered": "The face is covered",
    "too_dark": "Too dark",
    "too_bright": "Too bright",
    "poor_image_quality": "Image quality too low",
    "liveness_failed": "No sign of life was seen in time",
    "no_match": "The face was not recognised",
}

CONDITIONS = (
    "no_face_detected",
    "multiple_faces",
    "face_too_small",
    "face_not_centered",
    "face_covered",
    "too_dark",
    "too_bright",
    "poor_image_quality",
)
"""Why a frame cannot be used; the session goes on."""


class ApiError(Exception):
    """An answer other than success, by its code."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int | None = None,
        details: dict[str, Any] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = STATUS[code] if status is None else status
        self.message = message or MESSAGE[code]
        self.details = details
        self.retry_after_s = retry_after_s
        self.beside: dict[str, Any] = {}
        """What an answer carries besides, where clients look for it even in a failure: `success`, `session_status`."""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that every error is."""
        return {**error_body(self.code, self.message, self.details), **self.beside}

    @property
    def headers(self) -> dict[str, str]:
        """`Retry-After`, where trying again later can help."""
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}


def error_body(code: str, message: str = "", details: dict[str, Any] | None = None) -> dict[str, Any]:
    """`{"error_code", "message", "details"?}` of a code."""
    body: dict[str, Any] = {"error_code": code, "message": message or MESSAGE.get(code, code)}
    return body if details is None else {**body, "details": details}
