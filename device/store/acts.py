"""Tells of operators' acts once they are written. What they are is the rows' business."""

from collections.abc import Awaitable, Callable
from typing import Any

from device.factor_records import OperatorAct

Work = Callable[..., Awaitable[Any]]


def telling(write: Work, told: Callable[[str], None]) -> Work:
    """The same writing; `told` hears the kind of each act that was committed by it."""

    async def writing(work: Callable[..., Any], *values: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the work returns
        found = await write(work, *values, **named)
        # What says that there was nothing to change (False, 0) has written no act either.
        if found is None or found:
            for value in values:
                if isinstance(value, OperatorAct):
                    told(value.act)
        return found

    return writing
