"""The network's measures, which training (PyTorch) and export (TensorFlow) share. No framework here."""

MEAN = STD = 127.5
"""The network gets (pixel - MEAN) / STD."""
PLAN = ((16, 2), (32, 2), (32, 1), (64, 2), (64, 1), (96, 2), (96, 1))
"""Width and stride of each 3x3 convolution: 80 → 40 → 20 → 10 → 5. What keeps width and size is added to its input."""
TOP = 32
"""Width of the 5x5 map that the last layer looks at: places are told apart there."""
GRID = 5
EPSILON = 1e-3
"""Of the batch norms."""
