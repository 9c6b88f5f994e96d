"""The network as PyTorch: two crops in, one logit out (and, while it learns, what its teachers would say). Pure structure."""

import torch
from torch import Tensor, nn

from passive.structure import BLOCKS, MEAN, STD, STEM, TOP

FEATURES, CLASSES = 2 * 128, 2 * 3
"""What both teachers say: features and logits."""


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, momentum=0.05)


class Block(nn.Module):
    """Depthwise 3x3 and pointwise convolution, each with batch norm and ReLU6; added to its input where shapes allow."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        self.depthwise_norm = _norm(inputs)
        self.pointwise = nn.Conv2d(inputs, width, 1, bias=False)
        self.pointwise_norm = _norm(width)
        self.added = stride == 1 and inputs == width

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, width, h / stride, w / stride)."""
        y = nn.functional.relu6(self.depthwise_norm(self.depthwise(x)))
        y = nn.functional.relu6(self.pointwise_norm(self.pointwise(y)))
        return x + y if self.added else y


class Branch(nn.Module):
    """One crop to a map of 5x5."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, STEM, 3, 2, 1, bias=False)
        self.stem_norm = _norm(STEM)
        widths = [STEM, *(width for width, _ in BLOCKS)]
        self.blocks = nn.Sequential(*(Block(inputs, *block) for inputs, block in zip(widths, BLOCKS, strict=False)))

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, 80, 80) to (n, 96, 5, 5)."""
        x = nn.functional.relu6(self.stem_norm(self.stem(x)))
        out: Tensor = self.blocks(x)
        return out


class Student(nn.Module):
    """A branch for each crop; where in the crop something lies is kept by a depthwise 5x5, as the teachers do it."""

    def __init__(self) -> None:
        super().__init__()
        self.face, self.context = Branch(), Branch()
        width = 2 * BLOCKS[-1][0]
        self.mix = nn.Conv2d(width, TOP, 1, bias=False)
        self.mix_norm = _norm(TOP)
        self.gather = nn.Conv2d(TOP, TOP, 5, groups=TOP, bias=False)
        self.gather_norm = _norm(TOP)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(TOP, 1)
        self.as_features = nn.Linear(TOP, FEATURES)
        self.as_logits = nn.Linear(TOP, CLASSES)

    def top(self, x: Tensor) -> Tensor:
        """(n, 6, 80, 80) to (n, 128)."""
        maps = torch.cat([self.face(x[:, :3]), self.context(x[:, 3:])], dim=1)
        mixed = nn.functional.relu6(self.mix_norm(self.mix(maps)))
        return nn.functional.relu6(self.gather_norm(self.gather(mixed))).flatten(1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 6, 80, 80) to the live logit (n,), the teachers' features and logits."""
        top = self.top(x)
        return self.head(self.drop(top))[:, 0], self.as_features(top), self.as_logits(top)


def as_input(crops: Tensor) -> Tensor:
    """(n, 2, 80, 80, 3) uint8, face then context, to (n, 6, 80, 80) float32."""
    x = (crops.float() - MEAN) / STD
    return x.permute(0, 1, 4, 2, 3).flatten(1, 2).contiguous(memory_format=torch.channels_last)
