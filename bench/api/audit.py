"""What readers that were killed saw, held against the log. Pure: no process and no socket here."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Life:
    """What a reader saw from one connection to its end, or in one webhook message."""

    begin: int
    """The cursor that it began from."""
    stored: int
    """The newest cursor that was stored for certain before it began."""
    numbers: list[int] = field(default_factory=list)


def lives(text: str) -> list[Life]:
    """The lives in a reader's file; a line cut off by a kill does not count.

    Args:
        text: lines `begin CURSOR`, `event NUMBER`, and `stored CURSOR` where that cursor was stored for certain.
    """
    found: list[Life] = []
    stored = 0
    for line in text.split("\n")[:-1]:
        word, _, value = line.partition(" ")
        match word:
            case "begin":
                found.append(Life(int(value), stored))
            case "event":
                found[-1].numbers.append(int(value))
            case "stored":
                stored = max(stored, int(value))
    return found


def audit(seen: Sequence[Life], log: Sequence[int]) -> dict[str, int]:
    """What went wrong: events lost, lives out of order, events repeated although a cursor behind them was stored.

    `repeated` counts all that came more than once, which is allowed where the cursor was not yet stored.

    Args:
        seen: the lives of one reader, in order.
        log: the numbers of all events of its realm, rising.
    """
    everything = [number for life in seen for number in life.numbers]
    known = set(everything)
    return {
        "lost": sum(number not in known for number in log),
        "out_of_order": _out_of_order(seen, log),
        "repeated_though_stored": sum(number <= life.stored for life in seen for number in life.numbers),
        "repeated": len(everything) - len(known),
    }


def _out_of_order(seen: Sequence[Life], log: Sequence[int]) -> int:
    """Lives that are not the log's next events from their cursor on, or that began behind events nobody had seen."""
    wrong = reached = 0
    for life in seen:
        first = bisect_right(log, life.begin)
        end = first + len(life.numbers)
        wrong += first > reached or life.numbers != list(log[first:end])
        reached = max(reached, end)
    return wrong
