"""What the accuracy report shares with the recipe of the embedding: how it reads training photos, and which it keeps out."""

import sys
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "models" / "build"
if str(BUILD) not in sys.path:
    sys.path.insert(0, str(BUILD))

from embedding.calibrate import SAME_PERSON  # noqa: E402 - from the folder put on the path above
from embedding.crops import Photo, chip_of, is_held_out, read_crops, read_index  # noqa: E402
from embedding.spec import load as load_spec  # noqa: E402

__all__ = ["BUILD", "SAME_PERSON", "Photo", "chip_of", "is_held_out", "load_spec", "read_crops", "read_index"]
