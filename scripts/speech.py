"""Record the kiosk's speech anew, after a change of words: `python -m scripts.speech [CODE…]`, with espeak-ng and vorbis-tools.

What is said stands in `api/static/kiosk/lang.CODE.js`, under INSTRUCTIONS and SPEECH. The recordings go into the repository.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

KIOSK = Path(__file__).resolve().parents[1] / "api" / "static" / "kiosk"
VOICES = {"en": "en-gb", "de": "de"}
"""Language → voice of espeak-ng; a language without one here is asked of espeak-ng by its own code."""
SPEED = "150"
"""Words a minute: slow enough to be understood at a door."""


def phrases(code: str) -> dict[str, str]:
    """Name → what is said, of a language's file."""
    text = (KIOSK / f"lang.{code}.js").read_text(encoding="utf-8")
    found = {}
    for table in ("INSTRUCTIONS", "SPEECH"):
        block = re.search(rf"export const {table} = \{{(.*?)\n\}};", text, re.DOTALL)
        found |= dict(re.findall(r'^  (\w+): "([^"]+)",$', block[1], re.MULTILINE)) if block else {}
    return found


def record(code: str) -> int:
    """Record a language; returns how many phrases it has."""
    folder = KIOSK / "speech" / code
    folder.mkdir(parents=True, exist_ok=True)
    spoken = phrases(code)
    with tempfile.TemporaryDirectory() as scratch:
        wave = Path(scratch) / "said.wav"
        for name, text in spoken.items():
            subprocess.run(["espeak-ng", "-v", VOICES.get(code, code), "-s", SPEED, "-w", wave, text], check=True)
            subprocess.run(["oggenc", "-Q", "-q", "1", "-s", "1", "-o", folder / f"{name}.ogg", wave], check=True)
    for stale in folder.glob("*.ogg"):
        if stale.stem not in spoken:
            stale.unlink()
    return len(spoken)


if __name__ == "__main__":
    for each in sys.argv[1:] or sorted(path.suffixes[0][1:] for path in KIOSK.glob("lang.*.js")):
        print(f"{each}: {record(each)} phrases")
