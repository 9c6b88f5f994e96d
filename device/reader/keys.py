"""From key events of the kernel to texts: a reader types as a US keyboard does (linux/input-event-codes.h). Pure."""

import struct
from dataclasses import dataclass

from device.reader.base import LONGEST

EVENT = struct.Struct("llHHi")
"""`struct input_event` of this machine: two times, type, code, value."""

EV_KEY = 1
PRESSED = 1
ENTER = frozenset({28, 96, 15})
"""Enter, that of the number pad, and the tabulator: each ends a text."""
SHIFT = frozenset({42, 54})

_ROWS = ((2, "1234567890-", "!@#$%^&*()_"), (16, "qwertyuiop", "QWERTYUIOP"), (30, "asdfghjkl", "ASDFGHJKL"))
_LAST = ((44, "zxcvbnm,./", "ZXCVBNM<>?"), (57, " ", " "), (39, ";'", ':"'), (13, "=", "+"))
_PAD = {71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0"}
PLAIN = {first + step: key for first, keys, _ in (*_ROWS, *_LAST) for step, key in enumerate(keys)} | _PAD
SHIFTED = {first + step: key for first, _, keys in (*_ROWS, *_LAST) for step, key in enumerate(keys)} | _PAD


@dataclass
class Typed:
    """What has been typed since the last end of a text."""

    text: str = ""
    shift: bool = False

    def take(self, events: bytes) -> list[str]:
        """Take in whole `input_event`s; the texts that ended in them. What is too long for a card is thrown away."""
        ended = []
        for _, _, kind, code, value in EVENT.iter_unpack(events):
            if kind != EV_KEY:
                continue
            if code in SHIFT:
                self.shift = value != 0
            elif value == PRESSED and code in ENTER:
                if 0 < len(self.text) <= LONGEST:
                    ended.append(self.text)
                self.text = ""
            elif value == PRESSED and len(self.text) <= LONGEST:
                # A key that no card has must spoil the text, not be left out of it.
                self.text += (SHIFTED if self.shift else PLAIN).get(code, "\x00")
        return ended
