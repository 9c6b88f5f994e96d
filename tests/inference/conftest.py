"""Pictures and meshes that the tests of inference share."""

import asyncio
import contextlib
import json
import sys
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from tests.inference.vision_process import Control


@pytest.fixture(scope="session")
def portrait_file() -> Path:
    """A public-domain photo of one person, 512x600: Grace Hopper, US Navy, as matplotlib ships it."""
    return Path(str(files("matplotlib"))) / "mpl-data" / "sample_data" / "grace_hopper.jpg"


@pytest.fixture(scope="session")
def portrait(portrait_file):
    return cv2.imread(str(portrait_file))


@pytest.fixture(scope="session")
def finder():
    finder = MediaPipeFinder()
    yield finder
    finder.close()


@pytest.fixture(scope="session")
def portrait_mesh(portrait, finder):
    mesher = MediaPipeMesher(tracking=False)
    (face,) = finder.find(portrait)
    mesh = mesher.start(portrait, face)
    mesher.close()
    assert mesh is not None
    return mesh


@pytest.fixture(scope="session")
def beside(portrait):
    """A picture with the person on the left and, reduced to `scale`, again on the right."""

    def make(scale: float) -> np.ndarray:
        small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        canvas = np.full((portrait.shape[0], portrait.shape[1] * 2, 3), 90, np.uint8)
        canvas[:, : portrait.shape[1]] = portrait
        canvas[: small.shape[0], portrait.shape[1] : portrait.shape[1] + small.shape[1]] = small
        return canvas

    return make


@pytest.fixture
async def vision(tmp_path, root):
    """Start vision processes on a socket of this test; what still runs at its end is killed."""
    running = []

    @contextlib.asynccontextmanager
    async def start(instance, settings, *more):
        control, path = Control(), tmp_path / f"{len(running)}.sock"
        server = await asyncio.start_unix_server(control.serve, path)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "error",
            "-m",
            "inference.vision",
            instance,
            "--socket",
            str(path),
            "--config",
            json.dumps(settings),
            *more,
            cwd=root,
            stderr=asyncio.subprocess.PIPE,
        )
        running.append(process)
        try:
            yield control, process
        finally:
            server.close()

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.wait()
