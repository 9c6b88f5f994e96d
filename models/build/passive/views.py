"""Training views, made once and kept in shards below the work folder: crops, what the teachers say of them, and what is true.

A scene is one source (or a simulated attack on one) framed, lit and filmed anew; the teachers see it with its exact square box,
re-derived from the moved mesh. Each scene gives two views, whose boxes are off in scale and place: no verdict may hang on that.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inference.liveness.crops import CropError, Square, crop, face_square
from passive import recapture
from passive.light import Random, exposed, filmed
from passive.sources import Mesh, Picture, Source, load
from passive.structure import CLEAN_SEED, KINDS, SCALES, SIDE
from passive.teachers import Teachers

SHARD = 500
"""Scenes of a shard."""
VIEWS = 2
"""Of a scene."""
_SHARES = (0.19, 0.22, 0.20, 0.12, 0.11, 0.16)
"""How often each kind is drawn: sources evenly, simulated attacks as an addition."""
_CONTENT = {"webcam_live": 0.25, "photo": 0.55, "clip": 0.20}
"""Where simulated attacks take their faces from."""
_STRONG = 0.2
"""Share of scenes filmed so badly that only the teachers' word counts."""
_LEAST_INSIDE = 0.9
_FACE = (75.0, 300.0)
"""Range of a face's width, pixels."""


@dataclass(frozen=True)
class Scene:
    """A filmed frame with its mesh, its kind, the kind of source it was made of, and whether what is true of it may be learnt."""

    picture: Picture
    mesh: Mesh
    kind: str
    origin: str
    told: bool


class Scenes:
    """Makes scenes from sources; each depends on the seed and its number alone."""

    def __init__(self, sources: list[Source], seed: int, reach: tuple[float, float] = (1.9, 5.2)) -> None:
        """`reach`: least and largest width of the frame, in widths of the face."""
        self.seed, self.reach = seed, reach
        self._of = {kind: [source for source in sources if source.kind == kind] for kind in KINDS[:4]}
        self.sources = sources

    def make(self, number: int) -> Scene:
        """Scene number so and so."""
        random = np.random.default_rng((self.seed, number))
        kind = str(random.choice(KINDS, p=np.array(_SHARES) / sum(_SHARES)))
        if kind in self._of:
            source = _one(self._of[kind], random)
            picture, mesh, origin = source.picture, source.mesh, kind
        else:
            origin = str(random.choice(list(_CONTENT), p=list(_CONTENT.values())))
            source = _one(self._of[origin], random)
            picture, mesh, kind = recapture.shown(source.picture, source.mesh, _one(self.sources, random).picture, random)
        picture, mesh = framed(picture, mesh, random, self.reach)
        strong = random.random() < _STRONG
        strength = 2.2 if strong else 0.8
        picture = filmed(exposed(picture, random, strength), random, strength)
        return Scene(picture, mesh, kind, origin, not strong and kind != "photo")


def _one(sources: list[Source], random: Random) -> Source:
    return sources[int(random.integers(len(sources)))]


def framed(picture: Picture, mesh: Mesh, random: Random, reach: tuple[float, float]) -> tuple[Picture, Mesh]:
    """Another frame of the same: turned a little, cut to `reach` widths of the face, scaled, mirrored; the mesh goes along."""
    low, high = mesh.min(axis=0), mesh.max(axis=0)
    side = float(np.sqrt(np.prod(high - low)))
    if random.random() < 0.6:
        middle = (low + high) / 2
        matrix = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), random.normal(0, 5), 1.0)
        picture = np.asarray(cv2.warpAffine(picture, matrix, picture.shape[1::-1], borderMode=cv2.BORDER_REFLECT_101))
        mesh = mesh @ matrix[:, :2].T.astype(np.float32) + matrix[:, 2].astype(np.float32)
    height, width = picture.shape[:2]
    wide, tall = side * np.exp(random.uniform(*np.log(reach))) * np.exp(random.choice([-1, 0, 1]) * np.array([0.14, -0.14]))
    centre = mesh.mean(axis=0) + random.normal(0, 0.12, 2) * (wide, tall) * 0.7
    left, top = max(0, int(centre[0] - wide / 2)), max(0, int(centre[1] - tall / 2))
    right, bottom = min(width, int(centre[0] + wide / 2)), min(height, int(centre[1] + tall / 2))
    picture, mesh = picture[top:bottom, left:right], mesh - np.array((left, top), np.float32)
    wanted = np.exp(random.uniform(*np.log(_FACE)))
    factor = float(np.clip(wanted / side, 0.4, 1.5))
    how = cv2.INTER_AREA if factor < 1 and random.random() < 0.6 else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=how), dtype=np.uint8)
    mesh = mesh * np.float32(factor)
    if random.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
        mesh = mesh * np.array((-1, 1), np.float32) + np.array((picture.shape[1] - 1, 0), np.float32)
    return picture, mesh


def jittered(square: Square, random: Random) -> Square:
    """The box as another finder might have it: up to a quarter larger or smaller, up to a tenth away."""
    scale = np.exp(random.uniform(-0.22, 0.22))
    across, down = random.uniform(-0.1, 0.1, 2) * square.side
    return Square(square.x + across, square.y + down, square.side * scale)


def shard(scenes: Scenes, teachers: Teachers, first: int) -> dict[str, npt.NDArray[np.generic]]:
    """Scenes number `first` and on, without those whose face is not in the frame."""
    rows: dict[str, list[object]] = {key: [] for key in ("crops", "logits", "features", "kind", "origin", "told", "scene")}
    for number in range(first, first + SHARD):
        scene = scenes.make(number)
        random = np.random.default_rng((scenes.seed, number, 1))
        try:
            square = face_square(scene.mesh)
            if square.inside(scene.picture.shape[1], scene.picture.shape[0]) < _LEAST_INSIDE:
                continue
            logits, features = teachers.ask(scene.picture, square)
            boxes = [jittered(square, random) for _ in range(VIEWS)]
            crops = [[crop(scene.picture, box, scale, SIDE) for scale in SCALES] for box in boxes]
        except CropError:
            continue
        for of in crops:
            rows["crops"].append(np.stack(of))
            rows["logits"].append(logits)
            rows["features"].append(features.astype(np.float16))
            rows["kind"].append(KINDS.index(scene.kind))
            rows["origin"].append(KINDS.index(scene.origin))
            rows["told"].append(scene.told)
            rows["scene"].append(number)
    return {key: np.array(values) for key, values in rows.items()}


def clean(sources: list[Source], teachers: Teachers) -> dict[str, npt.NDArray[np.generic]]:
    """The sources as they are (of photos every fourth), with their exact boxes: for the curve, never learnt from."""
    photos = [source for source in sources if source.kind == "photo"][::4]
    rows = []
    for source in [source for source in sources if source.kind != "photo"] + photos:
        square = face_square(source.mesh)
        logits, _ = teachers.ask(source.picture, square)
        rows.append((np.stack([crop(source.picture, square, scale, SIDE) for scale in SCALES]), logits, KINDS.index(source.kind)))
    crops, logits, kinds = zip(*rows, strict=True)
    return {"crops": np.array(crops), "logits": np.array(logits), "kind": np.array(kinds)}


def prepare(
    folder: Path, teachers: Path, work: Path, count: int, seed: int, reach: tuple[float, float], threads: tuple[int, int]
) -> None:
    """Make the shards that are not there; `threads`: this worker's number, and how many there are."""
    target = work / f"views-{seed}"
    target.mkdir(parents=True, exist_ok=True)
    scenes, asked = Scenes(load(folder, work), seed, reach), Teachers(teachers)
    if threads[0] == 0 and not (work / f"views-{CLEAN_SEED}" / "clean.npz").exists():
        (work / f"views-{CLEAN_SEED}").mkdir(exist_ok=True)
        np.savez(work / f"views-{CLEAN_SEED}" / "clean.npz", **clean(scenes.sources, asked))  # type: ignore[arg-type]
    for position, first in enumerate(range(0, count, SHARD)):
        path = target / f"{first:07}.npz"
        if path.exists() or position % threads[1] != threads[0]:
            continue
        began = time.monotonic()
        partial = path.with_suffix(f".partial{threads[0]}")
        with partial.open("wb") as file:
            np.savez(file, **shard(scenes, asked, first))  # type: ignore[arg-type]
        partial.rename(path)
        print(f"{path.name} of {count}: {time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eval", type=Path, required=True, help="folder with pad/, lfw/ and video/")
    parser.add_argument("--teachers", type=Path, required=True, help="folder with the MiniFASNet pair as ONNX")
    parser.add_argument("--work", type=Path, required=True, help="folder to keep meshes and views in")
    parser.add_argument("--count", type=int, default=24_000, help="scenes to make")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reach", type=float, nargs=2, default=(1.9, 5.2), help="width of the frame in widths of the face")
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), help="number of this worker, and how many there are")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    prepare(given.eval, given.teachers, given.work, given.count, given.seed, tuple(given.reach), tuple(given.part))


if __name__ == "__main__":
    main()
