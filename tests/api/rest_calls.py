"""Sessions over REST as tests make and feed them: the reference's requests, and calls until a session is over."""

ENROLLMENT = {"user_id": "external_user_123", "metadata": {"target_samples": 5, "enable_quality_check": True}}
AUTHENTICATION = {"user_id": "external_user_123", "require_liveness": True, "metadata": {"min_confidence": 0.85}}
ENROLL_FRAME = "/api/auth/enrollment/process-frame/"
AUTH_FRAME = "/api/auth/authentication/process-frame/"


async def create(device, key, kind="authentication", **body):
    status, made = await device.post(f"/api/auth/{kind}/", body, key)
    assert status == 201, made
    return made


async def send(device, key, path, token, frame, count=40, blink_at=5, **named):
    """Send frames until the session is over; the last answer."""
    for n in range(1, count + 1):
        body = {"session_token": token, "frame_data": frame(blinks=int(n >= blink_at), **named)}
        status, told = await device.post(path, body, key)
        assert status == 200, told
        if told["session_status"] != "in_progress":
            break
    return told
