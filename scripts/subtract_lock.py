"""Take the packages of one lock out of another: a group's lock then holds only what the group adds to the base."""

import sys
from pathlib import Path


def blocks(text: str) -> dict[str, str]:
    """Map each pinned requirement (first word of its line) to its whole text, hashes included."""
    found: dict[str, str] = {}
    current = ""
    for line in text.splitlines(keepends=True):
        if line[0] not in " #\n":
            current = line.split()[0]
            found[current] = ""
        if current:
            found[current] += line
    return found


def main() -> None:
    """Usage: subtract_lock.py GROUP_LOCK BASE_LOCK; rewrites GROUP_LOCK."""
    target, base = Path(sys.argv[1]), Path(sys.argv[2])
    held = blocks(base.read_text())
    own = {name: text for name, text in blocks(target.read_text()).items() if name not in held}
    target.write_text("".join(own.values()))


main()
