"""The client programs of the reference document, run against a served API; only address and frame source are changed.

Usage: reference_client.py PROGRAM ADDRESS API_KEY FRAMES_FOLDER USER_ID SECONDS_BETWEEN_FRAMES
"""
# ruff: noqa: ASYNC240, RET508 - the programs stay as the reference has them

import asyncio
import base64
import json
import sys
import time
from pathlib import Path

import requests
import websockets

PROGRAM, ADDRESS, API_KEY, FOLDER, USER, PAUSE = sys.argv[1:7]
WS_ADDRESS = ADDRESS.replace("http://", "ws://")


def capture_frames():
    for path in sorted(Path(FOLDER).iterdir()):
        time.sleep(float(PAUSE))
        yield path.read_bytes()


async def capture_frames_async():
    for path in sorted(Path(FOLDER).iterdir()):
        await asyncio.sleep(float(PAUSE))
        yield path.read_bytes()


def frame_to_base64(frame):
    return "data:image/jpeg;base64," + base64.b64encode(frame).decode()


# ----------------------------------------------------------------- 1. Client Authentication Flow
# Step 1: Authenticate with API key
response = requests.post(
    f"{ADDRESS}/api/auth/client/",
    json={"api_key": API_KEY},
)
jwt_token = response.json()["jwt_token"]

# Use JWT token for subsequent requests
headers = {"Authorization": f"Bearer {jwt_token}"}


# ----------------------------------------------------------------- 2. Enrollment Flow (REST API)
def enroll_rest():
    # Step 1: Create enrollment session
    response = requests.post(
        f"{ADDRESS}/api/auth/enrollment/",
        headers=headers,
        json={
            "user_id": USER,
            "metadata": {"target_samples": 5},
        },
    )
    session_token = response.json()["session_token"]

    # Step 2: Send frames
    for frame in capture_frames():
        response = requests.post(
            f"{ADDRESS}/api/auth/enrollment/process-frame/",
            headers=headers,
            json={
                "session_token": session_token,
                "frame_data": frame_to_base64(frame),
            },
        )

        result = response.json()
        if result["session_status"] == "completed":
            print(f"Enrollment completed: {result['enrollment_id']}")
            break


def create_enrollment_session():
    response = requests.post(
        f"{ADDRESS}/api/auth/enrollment/",
        headers=headers,
        json={"user_id": USER, "metadata": {"target_samples": 5, "enable_quality_check": True}},
    )
    return response.json()["session_token"]


def create_authentication_session():
    response = requests.post(
        f"{ADDRESS}/api/auth/authentication/",
        headers=headers,
        json={"require_liveness": True, "metadata": {"min_confidence": 0.85}},
    )
    return response.json()["session_token"]


# ----------------------------------------------------------------- 3. Enrollment Flow (WebSocket)
async def enroll_user():
    # Step 1: Create session (REST API)
    session_token = create_enrollment_session()

    # Step 2: Connect to WebSocket
    ws_url = f"{WS_ADDRESS}/ws/auth/process-image/{session_token}/"

    async with websockets.connect(ws_url) as websocket:
        # Step 3: Send frames
        async for frame in capture_frames_async():
            await websocket.send(
                json.dumps(
                    {
                        "type": "process_frame",
                        "frame_data": frame_to_base64(frame),
                    }
                )
            )

            # Step 4: Receive responses
            response = await websocket.recv()
            data = json.loads(response)

            if data["type"] == "enrollment_complete":
                print(f"Enrollment completed: {data['enrollment_id']}")
                break
            elif data["type"] == "enrollment_progress":
                print(f"Progress: {data['completed_samples']}/{data['target_samples']}")


# ----------------------------------------------------------------- 4. Authentication Flow (WebSocket)
async def authenticate_user():
    # Step 1: Create authentication session
    session_token = create_authentication_session()

    # Step 2: Connect to WebSocket
    ws_url = f"{WS_ADDRESS}/ws/auth/process-image/{session_token}/"

    async with websockets.connect(ws_url) as websocket:
        # Step 3: Send frames until authenticated
        async for frame in capture_frames_async():
            await websocket.send(
                json.dumps(
                    {
                        "type": "process_frame",
                        "frame_data": frame_to_base64(frame),
                    }
                )
            )

            response = await websocket.recv()
            data = json.loads(response)

            if data["type"] == "authentication_result":
                if data["authenticated"]:
                    print(f"Authentication successful: {data['user_id']}")
                    print(f"Confidence: {data['confidence']}")
                else:
                    print(f"Authentication failed: {data.get('reason')}")
                break


if PROGRAM == "enroll-rest":
    enroll_rest()
elif PROGRAM == "enroll-socket":
    asyncio.run(enroll_user())
else:
    asyncio.run(authenticate_user())
