"""What people on the photos really wear over their faces, labelled by eye: `worn.csv` holds names of photos and regions only.

Only what counts by `regions` is in there: a hat over half the forehead, sunglasses, a mask, a hand over the mouth; no
fringes, beards or clear glasses, and no headscarves that leave the face free, whatever a network said of them. `partly` is
what is between free and covered.
"""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from covering.regions import REGIONS

LIST = Path(__file__).with_name("worn.csv")


_HOW_FAR = {"covered": 1.0, "partly": -1.0}


@cache
def _listed() -> dict[str, dict[str, float]]:
    named: dict[str, dict[str, float]] = defaultdict(dict)
    with LIST.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            if row["region"] not in REGIONS or row["how_far"] not in _HOW_FAR:
                raise ValueError(f"{LIST}: {row} names no region, or says no {' or '.join(_HOW_FAR)}")
            named[f"{row['source']}/{row['file']}"][row["region"]] = _HOW_FAR[row["how_far"]]
    return dict(named)


def worn(names: npt.NDArray[np.str_]) -> npt.NDArray[np.float32]:
    """(n, 3) 1 where something really covers a region of the photo of that name (`source/file`), -1 partly, else 0.

    Raises:
        ValueError: the list says something else than regions and how far they are covered.
    """
    known = _listed()
    found = [[known.get(str(name), {}).get(region, 0.0) for region in REGIONS] for name in names]
    return np.array(found, dtype=np.float32).reshape(-1, len(REGIONS))
