"""A program that speaks to a vision socket as real vision does, or misbehaves: `pretend_vision.py SOCKET INSTANCE MANNER`."""

import os
import socket
import sys
import time
from collections.abc import Callable

import msgspec

from camera.frame import boot_time
from inference.channel import Ended, Heartbeat, Hello, Judge, Judged, Message, Seen, ToVision, encode
from inference.observation import Observation


def main() -> None:
    path, instance, manner = sys.argv[1:]
    if manner == "deaf":
        time.sleep(60)
    if manner == "slow":
        time.sleep(1.5)
    if manner == "dies":
        sys.exit(3)
    channel = socket.socket(socket.AF_UNIX)
    channel.connect(path)

    def say(message: Message) -> None:
        channel.sendall(encode(message))

    if manner in ("absent", "ended"):
        if manner == "ended":
            say(Hello(instance, "model", "replay:clip.mp4", live=False))
        say(Ended(manner, f"the source is {manner}"))
        sys.exit(1)
    if manner == "garbage":
        channel.sendall(os.urandom(4096))
        channel.recv(1)
        sys.exit(0)
    say(Hello(instance, "model", "demo", live=False))
    if manner == "judges":
        judge(channel, say)
    else:
        see(instance, manner, say)


def see(instance: str, manner: str, say: Callable[[Message], None]) -> None:
    """Beat, and as a camera see an empty room."""
    for seq in range(1, 10_000):
        if manner == "hangs" and seq > 5:
            time.sleep(60)
        say(Heartbeat(seq, 0, 1.0))
        if instance == "camera" and (manner != "blind" or seq < 5):
            say(Seen(Observation(seq=seq, time=boot_time(), width=640, height=480)))
        time.sleep(0.05)


def judge(channel: socket.socket, say: Callable[[Message], None]) -> None:
    """Answer images as their bytes say: an observation, `slow`, `hang`, `grow MB`, `crash`, `model` (its end for good) or any."""
    asked = channel.makefile("rb")
    size, judged = 100.0, 0
    say(Heartbeat(judged, 0, size))
    while head := asked.read(4):
        request = msgspec.msgpack.decode(asked.read(int.from_bytes(head)), type=ToVision)
        if not isinstance(request, Judge):
            continue
        script = request.image.removeprefix(b"\xff\xd8\xff")
        what, _, amount = script.decode().partition(" ")
        if what == "crash":
            os._exit(9)
        while what == "hang":
            say(Heartbeat(judged, 0, size))
            time.sleep(0.1)
        if what == "model":
            say(Ended("model", "the model cannot be used"))
            sys.exit(5)
        time.sleep(1.0 if what == "slow" else 0.002)
        size, judged = float(amount) if what == "grow" else size, judged + 1
        say(Heartbeat(judged, 0, size))
        seen = Observation(seq=judged, time=request.time, width=640, height=480)
        if what.startswith("{"):
            seen = msgspec.structs.replace(msgspec.json.decode(script, type=Observation), time=request.time)
        say(Judged(request.request, seen))
    sys.exit(0)


if __name__ == "__main__":
    main()
