"""The settings of the admin screen's accounts, frozen, a sentence each."""

from typing import Annotated

from pydantic import Field

from api.lockout import LockoutSettings


class OperatorSettings(LockoutSettings):
    """How operators sign in to the admin screen, which the listener on the network serves."""

    idle_minutes: Annotated[
        float, Field(description="Minutes without a request after which an operator has to sign in again.", ge=1, le=240)
    ] = 15
    session_hours: Annotated[
        float, Field(description="Hours after which an operator has to sign in again, whatever happens.", gt=0, le=24)
    ] = 8
    password_length: Annotated[
        int, Field(description="Fewest characters of a password that is set from now on.", ge=8, le=64)
    ] = 12
    free_failures: Annotated[
        int, Field(description="Failures to sign in in a row, of one name, after which the next try has to wait.", ge=1, le=20)
    ] = 5
    wait_s: Annotated[float, Field(description="Seconds of the first wait; each further failure doubles it.", ge=1)] = 15
    longest_wait_s: Annotated[float, Field(description="Longest wait, seconds.", ge=1, le=86_400)] = 900
    most_failures: Annotated[
        int,
        Field(description="Failures in a row after which a name is refused until `kioskctl operator reset`.", ge=2, le=1000),
    ] = 100
