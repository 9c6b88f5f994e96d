"""The network as PyTorch: a chip of 80x80 in, a logit for each region out. Pure structure."""

import torch
from torch import Tensor, nn

from covering.regions import REGIONS
from covering.structure import EPSILON, GRID, MEAN, PLAN, STD, TOP


class Layer(nn.Module):
    """A 3x3 convolution and its batch norm, added to its input where shapes allow, then ReLU."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(width, eps=EPSILON, momentum=0.03)
        self.added = stride == 1 and inputs == width

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, width, h / stride, w / stride)."""
        y = self.norm(self.convolution(x))
        return nn.functional.relu(x + y if self.added else y)


class CoveringNet(nn.Module):
    """Plain convolutions down to 5x5, then one layer: 215,000 parameters."""

    def __init__(self) -> None:
        super().__init__()
        widths = [3, *(width for width, _ in PLAN)]
        self.layers = nn.Sequential(*(Layer(inputs, *layer) for inputs, layer in zip(widths, PLAN, strict=False)))
        self.top = nn.Conv2d(widths[-1], TOP, 1)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(TOP * GRID * GRID, len(REGIONS))

    def forward(self, x: Tensor, done: int = 0) -> Tensor:
        """(n, 3, 80, 80), or what the first `done` layers make of it, to logits (n, 3)."""
        map_ = nn.functional.relu(self.top(self.layers[done:](x)))
        logits: Tensor = self.head(self.drop(map_.flatten(1)))
        return logits


def as_input(chips: Tensor) -> Tensor:
    """What the network gets for RGB chips (n, 80, 80, 3) of 0..255."""
    return ((chips.float() - MEAN) / STD).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
