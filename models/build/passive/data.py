"""The views as arrays for training, which of them are learnt from, and how well a network does on the camera left out."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from passive.network import as_input
from passive.structure import ATTACKS, CLEAN_SEED, CONTEXT, FACE, SIMULATED

CAMERAS = {"webcam": (0, 1), "clip": (3,), "": ()}
"""Origins of views that a camera's name leaves out."""


@dataclass(frozen=True)
class Data:
    """Views in a row, all arrays of the same length, and the clean views that are measured on."""

    crops: npt.NDArray[np.uint8]
    logits: npt.NDArray[np.float32]
    features: npt.NDArray[np.float16]
    kind: npt.NDArray[np.int64]
    origin: npt.NDArray[np.int64]
    told: npt.NDArray[np.bool_]
    learnt: tuple[npt.NDArray[np.intp], ...]
    """Positions of those that are learnt from, set by set; each set is drawn as often as the others."""
    clean: dict[str, npt.NDArray[np.generic]]

    def draw(self, count: int, random: np.random.Generator) -> npt.NDArray[np.intp]:
        """Positions of a batch."""
        parts = np.array_split(np.arange(count), len(self.learnt))
        return np.concatenate([random.choice(of, len(part)) for of, part in zip(self.learnt, parts, strict=True)])

    def targets(self, at: npt.NDArray[np.intp], truth: float, simulated: float) -> npt.NDArray[np.float32]:
        """That the face is live, 0..1: the teachers' word, mixed with what is true where that may be learnt.

        `truth` and `simulated` are the shares of what is true, of real presentations and of simulated attacks.
        """
        said = teachers_word(self.logits[at])
        true = (~np.isin(self.kind[at], ATTACKS)).astype(np.float32)
        known = np.where(np.isin(self.kind[at], SIMULATED), np.float32(simulated), np.float32(truth))
        share = np.where(self.told[at], known, np.float32(0))
        return np.asarray(share * true + (1 - share) * said, dtype=np.float32)

    def feature_scale(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation of each of the teachers' features, (256,)."""
        some = self.features[self.learnt[0][:: max(1, len(self.learnt[0]) // 8000)]].astype(np.float32).reshape(-1, 256)
        return torch.from_numpy(some.mean(axis=0)), torch.from_numpy(some.std(axis=0) + 1e-3)

    @torch.no_grad()
    def scores(self, model: nn.Module) -> npt.NDArray[np.float32]:
        """The network's scores of the sources as they are."""
        model.eval()
        crops = self.clean["crops"][:, [FACE, CONTEXT]]
        parts = np.array_split(crops, max(1, len(crops) // 128))
        return np.concatenate([model(as_input(torch.from_numpy(part)))[0].sigmoid().numpy() for part in parts])

    def left_out(self, model: nn.Module, camera: str) -> dict[str, npt.NDArray[np.generic]]:
        """Scores and kinds of the camera that was left out."""
        of = np.isin(self.clean["kind"], CAMERAS[camera])
        return {"scores": self.scores(model)[of], "kind": self.clean["kind"][of]}

    def measure(self, model: nn.Module) -> dict[str, float]:
        """On sources as they are: AUC between live and print webcam frames, errors at .5, agreement with the teachers."""
        live = self.scores(model)
        kind, said = self.clean["kind"], teachers_word(np.asarray(self.clean["logits"], dtype=np.float32))
        found = {"agreement": float(((live > 0.5) == (said > 0.5)).mean()), "correlation": float(np.corrcoef(live, said)[0, 1])}
        bona, prints = live[kind == 0], live[kind == 1]
        if len(bona) and len(prints):
            found["webcam_auc"] = float((bona[:, None] > prints).mean() + (bona[:, None] == prints).mean() / 2)
            found["webcam_bpcer"], found["webcam_apcer"] = float((bona < 0.5).mean()), float((prints >= 0.5).mean())
        if (kind == 3).any():
            found["clip_bpcer"] = float((live[kind == 3] < 0.5).mean())
        return {name: round(value, 5) for name, value in found.items()}


def teachers_word(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Mean of both teachers' probability of a live face, (n,) for logits (n, 2, 3)."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray((powers / powers.sum(axis=-1, keepdims=True))[..., 1].mean(axis=-1), dtype=np.float32)


def load(work: Path, without: str, most: int, seeds: tuple[int, ...] = (1,)) -> Data:
    """Views of one or more seeds, each a set; those whose origin is the camera left out are not learnt from.

    Raises:
        FileNotFoundError: none were made.
    """
    rows: dict[str, list[npt.NDArray[np.generic]]] = {}
    ends = [0]
    for seed in seeds:
        paths = sorted((work / f"views-{seed}").glob("*.npz"))
        if not paths:
            raise FileNotFoundError(f"{work}/views-{seed} holds no views: run `python -m passive.views` first")
        for path in paths:
            with np.load(path) as part:
                for key in part.files:
                    rows.setdefault(key, []).append(part[key][:, [FACE, CONTEXT]] if key == "crops" else part[key])
            if most and sum(map(len, rows["kind"])) - ends[-1] >= most:
                break
        ends.append(sum(map(len, rows["kind"])))
    arrays = {key: np.concatenate(values) for key, values in rows.items()}
    wanted = ~np.isin(arrays["origin"], CAMERAS[without])
    learnt = tuple(first + np.flatnonzero(wanted[first:last]) for first, last in pairwise(ends))
    with np.load(work / f"views-{CLEAN_SEED}" / "clean.npz") as kept:
        clean = {key: kept[key] for key in kept.files}
    names = ("crops", "logits", "features", "kind", "origin", "told")
    return Data(*(arrays[name] for name in names), learnt=learnt, clean=clean)  # type: ignore[arg-type]
