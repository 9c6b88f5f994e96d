"""What all commands and replies of the administration socket have in common. The commands themselves are others' business."""

from typing import Annotated

import msgspec

UserId = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Realm = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Label = Annotated[str, msgspec.Meta(max_length=255)]
OverlapHours = Annotated[float, msgspec.Meta(ge=0, le=744)]
"""For how long what is replaced stays good beside the new one."""
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class OperationRefused(Exception):
    """The device did not do what was asked, and changed nothing; `code` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Command(msgspec.Struct, frozen=True, tag=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all commands."""

    by: str = ""
    """The user who typed sudo, as the sender says; empty: nobody did. See `device.asker`."""


class Reply(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Base of all replies."""
