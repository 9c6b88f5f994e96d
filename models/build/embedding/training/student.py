"""dlib's network in PyTorch, trainable: affine layers become batch norms that compute the same, and back again for export."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from embedding.dlib_file import Affine, Conv, DlibNetwork, Input, Layer, Linear, Plain, Pool

MOMENTUM = 0.02
"""Of the batch norms: dlib's own statistics are good, so they move slowly."""
_EPSILON = 1e-5


class Student(nn.Module):
    """The network on (n, 3, 150, 150) RGB 0..255, giving (n, 128), not normalised."""

    def __init__(self, network: DlibNetwork) -> None:
        super().__init__()
        self.plan: Sequence[Layer] = network.layers
        self.source: Input = network.input
        self.register_buffer("mean", torch.tensor(network.input.mean).view(1, 3, 1, 1), persistent=False)
        self.steps = nn.ModuleDict()
        for number, layer in enumerate(network.layers):
            module = _module(layer)
            if module is not None:
                self.steps[str(number)] = module

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.get_buffer("mean").device

    def forward(self, chips: Tensor) -> Tensor:
        """Embeddings of a batch of chips."""
        x = self.features(chips)
        last: Tensor = self.steps[str(len(self.plan) - 1)](x)
        return last

    def features(self, chips: Tensor) -> Tensor:
        """What the last, linear layer is given: (n, 256)."""
        x = (chips - self.get_buffer("mean")) / 256.0
        tags: dict[str, Tensor] = {}
        for number, layer in enumerate(self.plan[:-1]):
            if isinstance(layer, Plain):
                x = _plain(layer.kind, x, tags)
            elif isinstance(layer, Pool):
                x = _pool(layer, x)
            else:
                x = self.steps[str(number)](x)
        return x

    @torch.no_grad()
    def adopt_statistics(self, batches: Iterable[Tensor]) -> None:
        """Give every batch norm the statistics of these photos, and scale and shift such that the function stays the same."""
        norms = [module for module in self.steps.values() if isinstance(module, nn.BatchNorm2d)]
        gathered: dict[nn.Module, list[Tensor]] = {norm: [] for norm in norms}
        hooks = [
            norm.register_forward_pre_hook(lambda module, given: gathered[module].append(_moments(given[0]))) for norm in norms
        ]
        self.eval()
        for batch in batches:
            self(batch)
        for hook in hooks:
            hook.remove()
        for norm in norms:
            mean, square = torch.stack(gathered[norm]).mean(dim=0)
            variance = (square - mean**2).clamp(min=1e-8)
            gamma, beta = norm.weight.clone(), norm.bias.clone()
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_(gamma * (variance + norm.eps).sqrt())
            norm.bias.copy_(beta + gamma * mean)

    @torch.no_grad()
    def to_network(self) -> DlibNetwork:
        """The same function as plain layers, batch norms as affines: what the conversion reads."""
        layers = [self._layer(number, layer) for number, layer in enumerate(self.plan)]
        return DlibNetwork(self.source, tuple(layers))

    def _layer(self, number: int, layer: Layer) -> Layer:
        module = self.steps[str(number)] if str(number) in self.steps else None  # noqa: SIM401 - a ModuleDict has no get
        if isinstance(layer, Conv) and isinstance(module, nn.Conv2d):
            return Conv(_array(module.weight), _array(module.bias), layer.stride, layer.padding)
        if isinstance(module, nn.BatchNorm2d):
            gamma = module.weight / (module.running_var + module.eps).sqrt()
            return Affine(_array(gamma), _array(module.bias - gamma * module.running_mean))
        if isinstance(module, nn.Linear):
            return Linear(_array(module.weight.T), _array(module.bias))
        return layer


def _array(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().numpy(), dtype=np.float32)


def _moments(x: Tensor) -> Tensor:
    return torch.stack([x.mean(dim=(0, 2, 3)), (x**2).mean(dim=(0, 2, 3))])


def _module(layer: Layer) -> nn.Module | None:
    if isinstance(layer, Conv):
        filters, channels, height, width = layer.weights.shape
        conv = nn.Conv2d(channels, filters, (height, width), layer.stride, layer.padding)
        conv.weight.data.copy_(torch.tensor(layer.weights))
        conv.bias.data.copy_(torch.tensor(layer.bias))  # type: ignore[union-attr]
        return conv
    if isinstance(layer, Affine):
        norm = nn.BatchNorm2d(len(layer.gamma), momentum=MOMENTUM, eps=_EPSILON)
        norm.weight.data.copy_(torch.tensor(layer.gamma))
        norm.bias.data.copy_(torch.tensor(layer.beta))
        norm.running_var.fill_(1 - _EPSILON)  # type: ignore[union-attr]
        return norm
    if isinstance(layer, Linear):
        linear = nn.Linear(*layer.weights.shape)
        linear.weight.data.copy_(torch.tensor(layer.weights).T)
        linear.bias.data.copy_(torch.zeros(layer.weights.shape[1]) if layer.bias is None else torch.tensor(layer.bias))
        return linear
    return None


def _plain(kind: str, x: Tensor, tags: dict[str, Tensor]) -> Tensor:
    if kind == "relu":
        return functional.relu(x)
    if kind.startswith("tag"):
        tags[kind[3:]] = x
        return x
    if kind.startswith("skip"):
        return tags[kind[4:]]
    return _add(x, tags[kind[3:]])


def _add(a: Tensor, b: Tensor) -> Tensor:
    """Add, the smaller zero-filled at its last channels, its bottom and its right, as dlib does."""
    size = [max(m, n) for m, n in zip(a.shape[1:], b.shape[1:], strict=True)]
    return _grow(a, size) + _grow(b, size)


def _grow(x: Tensor, size: list[int]) -> Tensor:
    channels, height, width = (wanted - has for wanted, has in zip(size, x.shape[1:], strict=True))
    return functional.pad(x, (0, width, 0, height, 0, channels)) if channels or height or width else x


def _pool(layer: Pool, x: Tensor) -> Tensor:
    if layer.window == (0, 0):
        return x.mean(dim=(2, 3))
    pool = functional.max_pool2d if layer.kind == "max" else functional.avg_pool2d
    return pool(x, layer.window, layer.stride)
