"""A program that speaks to a vision socket as real vision does, or misbehaves: `pretend_vision.py SOCKET INSTANCE MANNER`."""

import os
import socket
import sys
import time

from camera.frame import boot_time
from inference.channel import Ended, Heartbeat, Hello, Message, Seen, encode
from inference.observation import Observation


def main() -> None:
    path, instance, manner = sys.argv[1:]
    if manner == "deaf":
        time.sleep(60)
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
    for seq in range(1, 10_000):
        if manner == "hangs" and seq > 5:
            time.sleep(60)
        say(Heartbeat(seq, 0, 1.0))
        if instance == "camera" and (manner != "blind" or seq < 5):
            say(Seen(Observation(seq=seq, time=boot_time(), width=640, height=480)))
        time.sleep(0.05)


if __name__ == "__main__":
    main()
