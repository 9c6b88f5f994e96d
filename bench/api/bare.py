"""The bare pipeline, decoding included: `python -m bench.api.bare FRAMES`, one process, one thread, no socket.

FRAMES is a folder of JPEGs. Each line `STREAMS SECONDS` on standard input is answered by one of JSON: images judged, and seconds.
Streams take turns, as sessions do; frames are as old as the moment in which they are taken up, as clients' are.
"""

import itertools
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2

from camera.frame import Frame, boot_time
from inference.decode import decode
from inference.duty import Networks
from inference.pipeline import Pipeline
from inference.settings import ProcessSettings, VisionSettings

WARM_UP = 5
"""Images of each stream that are not counted."""


def judged(streams: Sequence[Pipeline], images: Sequence[bytes], seconds: float, settings: VisionSettings) -> tuple[int, float]:
    """How many images were judged, and the seconds it took."""
    began, count = boot_time(), 0
    warm = WARM_UP * len(streams)
    for number in itertools.count():
        now = boot_time()
        if number == warm:
            began = now
        elif number > warm and now - began >= seconds:
            break
        # Every stream sees all frames in their order, as every session does.
        image = images[number // len(streams) % len(images)]
        streams[number % len(streams)].observe(Frame(number, now, decode(image, settings.max_pixels)))
        count = max(0, number + 1 - warm)
    return count, boot_time() - began


def main() -> None:
    """Answer line by line."""
    process = ProcessSettings()
    settings = process.vision
    cv2.setNumThreads(settings.threads)
    networks = Networks.open(process)
    images = [path.read_bytes() for path in sorted(Path(sys.argv[1]).glob("*.jpg"))]
    for line in sys.stdin:
        count, seconds = line.split()
        with ExitStack() as stack:
            streams = [stack.enter_context(networks.stream(settings)) for _ in range(int(count))]
            frames, took = judged(streams, images, float(seconds), settings)
        print(json.dumps({"frames": frames, "seconds": took}), flush=True)


if __name__ == "__main__":
    main()
