"""Writes the PAD report's figures into docs/liveness.md, so that no figure is typed by hand.

.venv/bin/python -m bench.pad.card            # from build/reports/pad.json
.venv/bin/python -m bench.pad.card --check    # 1 where the text and the report differ
"""

import argparse
import json
import sys
from pathlib import Path

from bench.accuracy.card import CardError, fill
from bench.pad.tables import BLOCKS

TEXT = Path("docs/liveness.md")


def main() -> int:
    """Write the text; 1 where it cannot be, or, to check, where it differs."""
    parser = argparse.ArgumentParser(prog="python -m bench.pad.card", description=__doc__)
    parser.add_argument("--report", type=Path, default=Path("build/reports/pad.json"))
    parser.add_argument("--check", action="store_true", help="change nothing, say whether it differs")
    parser.add_argument("text", type=Path, nargs="?", default=TEXT)
    options = parser.parse_args()
    try:
        before = options.text.read_text(encoding="utf-8")
        after = fill(before, json.loads(options.report.read_text(encoding="utf-8")), BLOCKS)
    except (OSError, ValueError, KeyError, CardError) as error:
        print(f"no figures were written: {error}; run `make pad-report` first", file=sys.stderr)
        return 1
    if before == after:
        return 0
    print(f"{options.text}: {'differs from the report' if options.check else 'written'}")
    if not options.check:
        options.text.write_text(after, encoding="utf-8")
    return int(options.check)


if __name__ == "__main__":
    sys.exit(main())
