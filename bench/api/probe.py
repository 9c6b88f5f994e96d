"""How long /healthz takes to answer, from a process of its own: `python -m bench.api.probe HOST PORT`, until standard input ends.

Then one line of JSON: milliseconds of each answer, and how many were no 200.
"""

import http.client
import json
import sys
import threading
import time

EVERY_S = 0.05
_TIMEOUT_S = 10.0


def _wait(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def main() -> None:
    """Ask on one connection, 50 ms after the answer before."""
    over = threading.Event()
    threading.Thread(target=_wait, args=(over,), daemon=True).start()
    connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=_TIMEOUT_S)
    took, failed = [], 0
    while not over.wait(EVERY_S):
        began = time.perf_counter()
        try:
            connection.request("GET", "/healthz/")
            answer = connection.getresponse()
            answer.read()
            failed += answer.status != http.client.OK
        except (OSError, http.client.HTTPException):
            failed += 1
            connection.close()
        took.append((time.perf_counter() - began) * 1000)
    print(json.dumps({"ms": took, "failed": failed}), flush=True)


if __name__ == "__main__":
    main()
