"""What a card or code reader says, as data: which texts are a card's, and under what one is kept. No reader, no store."""

import re
import secrets

from api.auth import KeyHash

TEXT = re.compile(r"[A-Za-z0-9_-]{6,64}\Z", re.ASCII)
"""What a card or a QR code may say: nothing that could be an address, a command or markup."""

_NAME = "abcdefghjkmnpqrstuvwxyz23456789"
_NAME_LENGTH = 6


def parsed(text: str) -> str | None:
    """The text, where it can be a card's; readers end it with a line's end or a tabulator, which does not count."""
    text = text.rstrip("\r\n\t")
    return text if TEXT.match(text) else None


def card_hash(key_hash: KeyHash, text: str) -> bytes:
    """The keyed hash by which a card is kept: a stolen database tells nobody what to write onto a blank one."""
    return key_hash(f"card {text}")


def new_name() -> str:
    """How operators call a card; says nothing of what it holds."""
    return "".join(secrets.choice(_NAME) for _ in range(_NAME_LENGTH))
