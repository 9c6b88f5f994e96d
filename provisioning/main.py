"""kioskctl's entry: what an interrupt or wrong usage comes to. The commands are put together in `provisioning.app`."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run kioskctl and exit."""
    try:
        # Imported here, since that takes most of a second, in which Ctrl-C must be as quiet as later.
        from provisioning.usage import run_app

        sys.exit(run_app(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
