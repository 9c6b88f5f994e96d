"""What a camera and a day may do to a face, on tensors: geometry, light, noise, blur, low resolution, coverings.

The target is always the teacher's answer to the clean view. Everything is drawn from one torch generator.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

SIDE = 150
_CROP = 192
_CENTRE = (96.0, 109.0)
"""Middle of dlib's window in the crop, (x, y) pixels: the window is [34:184, 21:171]."""


class Augmenter:
    """Makes training views of (n, 3, 192, 192) RGB 0..255 crops as (n, 3, 150, 150) chips, where the crops are: CPU or GPU."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.random = torch.Generator(device).manual_seed(seed)

    def views(self, crops: Tensor) -> Tensor:
        """One random view of each crop."""
        chips = self._geometry(crops)
        chips = self._covered(chips, share=0.12)
        chips = self._light(chips)
        chips = self._softened(chips, share=0.4)
        return self._noisy(chips).clamp(0, 255)

    def _normal(self, n: int, sigma: float) -> Tensor:
        return torch.randn(n, generator=self.random, device=self.device) * sigma

    def _uniform(self, n: int, low: float, high: float) -> Tensor:
        return torch.rand(n, generator=self.random, device=self.device) * (high - low) + low

    def _chosen(self, n: int, share: float) -> Tensor:
        return torch.rand(n, generator=self.random, device=self.device) < share

    def _drawn(self, kinds: int, count: int) -> list[int]:
        return torch.randint(0, kinds, (count,), generator=self.random, device=self.device).tolist()

    def _geometry(self, crops: Tensor) -> Tensor:
        """Mirror, rotation (sigma 2 degrees), scale (3 %), shift (1 %) around dlib's window."""
        n = len(crops)
        angle, scale = self._normal(n, math.radians(2)), 1 + self._normal(n, 0.03)
        mirror = torch.where(self._chosen(n, 0.5), -1.0, 1.0)
        half = SIDE / _CROP * scale
        cos, sin = torch.cos(angle) * half, torch.sin(angle) * half
        middle = [(2 * c) / _CROP - 1 for c in _CENTRE]
        shift = [m + self._normal(n, 0.01) * 2 * SIDE / _CROP for m in middle]
        theta = torch.stack(
            [torch.stack([cos * mirror, -sin, shift[0]], 1), torch.stack([sin * mirror, cos, shift[1]], 1)], dim=1
        )
        grid = functional.affine_grid(theta, [n, 3, SIDE, SIDE], align_corners=False)
        return functional.grid_sample(crops, grid, mode="bilinear", padding_mode="zeros", align_corners=False)

    def _light(self, chips: Tensor) -> Tensor:
        """Contrast, brightness, darkness, saturation, grey, colour cast and light from one side."""
        n = len(chips)
        shape = (n, 1, 1, 1)
        mean = chips.mean(dim=(1, 2, 3), keepdim=True)
        chips = (chips - mean) * self._uniform(n, 0.7, 1.3).view(shape) + mean + self._normal(n, 12).view(shape)
        dark = torch.where(self._chosen(n, 0.1), self._uniform(n, 0.15, 0.6), 1.0)
        chips = chips * dark.view(shape)
        grey = chips.mean(dim=1, keepdim=True)
        saturation = torch.where(self._chosen(n, 0.12), 0.0, self._uniform(n, 0.5, 1.4)).view(shape)
        chips = grey + (chips - grey) * saturation
        chips = chips * (1 + torch.randn((n, 3, 1, 1), generator=self.random, device=self.device) * 0.06)
        ramp = torch.linspace(-1, 1, SIDE, device=self.device).view(1, 1, 1, SIDE)
        side = torch.where(self._chosen(n, 0.3), self._normal(n, 0.35), 0.0).view(shape)
        return chips * (1 + side * ramp).clamp(0.1, 2)

    def _softened(self, chips: Tensor, share: float) -> Tensor:
        """Down and up again (a small face), or a box blur (out of focus)."""
        factors = (1.5, 2.0, 2.6, 3.5)
        chosen = self._chosen(len(chips), share).nonzero().flatten()
        chips = chips.clone()
        for position, kind in zip(chosen.tolist(), self._drawn(6, len(chosen)), strict=True):
            one = chips[position : position + 1]
            if kind < len(factors):
                small = functional.interpolate(one, scale_factor=1 / factors[kind], mode="area")
                chips[position] = functional.interpolate(small, size=(SIDE, SIDE), mode="bilinear")[0]
            else:
                size = 3 if kind == len(factors) else 5
                chips[position] = functional.avg_pool2d(one, size, 1, size // 2)[0]
        return chips

    def _noisy(self, chips: Tensor) -> Tensor:
        sigma = torch.where(self._chosen(len(chips), 0.5), self._uniform(len(chips), 0, 12), 0.0)
        return chips + torch.randn(chips.shape, generator=self.random, device=self.device) * sigma.view(-1, 1, 1, 1)

    def _covered(self, chips: Tensor, share: float) -> Tensor:
        """A mask or scarf over nose and mouth, dark glasses, a hat or fringe, or a hand: flat or striped cloth."""
        chosen = self._chosen(len(chips), share).nonzero().flatten().tolist()
        if not chosen:
            return chips
        side = torch.arange(SIDE, dtype=torch.float32, device=self.device)
        y, x = torch.meshgrid(side, side, indexing="ij")
        chips = chips.clone()
        for position in chosen:
            (kind,), (a, b, c) = self._drawn(4, 1), self._uniform(3, -1, 1).tolist()
            if kind == 0:
                inside = y > 76 + 10 * a + 0.0016 * (x - 74) ** 2 * (1 + b)
            elif kind == 1:
                inside = _glasses(x, y, a, b)
            elif kind == 2:
                inside = y < 24 + 10 * a - 0.001 * (x - 74) ** 2 * b
            else:
                inside = ((x - 74 - 50 * a) / (22 + 8 * c)) ** 2 + ((y - 88 - 35 * b) / (20 + 8 * c)) ** 2 < 1
            chips[position] = torch.where(inside, self._cloth(x, y), chips[position])
        return chips

    def _cloth(self, x: Tensor, y: Tensor) -> Tensor:
        colour = self._uniform(3, 5, 230).view(3, 1, 1)
        angle, pitch, depth = self._uniform(3, 0, 1).tolist()
        folds = torch.sin((x * math.cos(6.3 * angle) + y * math.sin(6.3 * angle)) / (2 + 12 * pitch))
        return (colour * (1 + 0.25 * depth * folds)).clamp(0, 255)


def _glasses(x: Tensor, y: Tensor, a: float, b: float) -> Tensor:
    """Two dark lenses over the eyes of dlib's chip (about (47, 47) and (100, 47))."""
    wide, high = 22 + 4 * a, 15 + 4 * b
    left = ((x - 47) / wide) ** 4 + ((y - 49) / high) ** 4 < 1
    right = ((x - 100) / wide) ** 4 + ((y - 49) / high) ** 4 < 1
    return left | right | ((y - 44).abs() < 2) & (x > 47) & (x < 100)
