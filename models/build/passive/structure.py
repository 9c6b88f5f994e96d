"""The network's measures, which training (PyTorch) and export (TensorFlow) share. No framework here."""

SIDE = 80
"""Pixels of a crop's side."""
SCALES = (1.4, 2.7, 4.0)
"""How much the crops that are kept of a view enlarge the square around the face."""
FACE, CONTEXT = 1, 2
"""Which of them the network sees."""
KINDS = ("webcam_live", "webcam_print", "photo", "clip", "print", "screen")
"""Of views: sources, then simulated attacks."""
ATTACKS = (1, 4, 5)
"""Which kinds are attacks."""
SIMULATED = (4, 5)
"""Which of those are simulated."""
CLEAN_SEED = 0
"""Of the views that are sources as they are."""
MEAN = STD = 127.5
"""The network gets (pixel - MEAN) / STD."""
STEM = 24
BLOCKS = ((32, 2), (32, 1), (64, 2), (64, 1), (64, 1), (96, 2), (96, 1))
"""Width and stride of each depthwise-separable block of a branch, after a stem of stride 2: 80 → 40 → 20 → 10 → 5."""
TOP = 128
