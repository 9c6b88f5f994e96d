"""The settings of PIN pad and card reader, frozen, a sentence each."""

from typing import Annotated

from pydantic import Field

from api.lockout import LockoutSettings


class PadSettings(LockoutSettings):
    """How the kiosk takes PINs and cards. What may open the door is `[door]` `grants`."""

    pin_digits: Annotated[int, Field(description="Fewest digits of a PIN that is set from now on.", ge=4, le=12)] = 6
    free_failures: Annotated[
        int, Field(description="Wrong PINs in a row, of one user number, after which the next try has to wait.", ge=1, le=20)
    ] = 3
    wait_s: Annotated[
        float,
        Field(description="Seconds of the first wait, of a number or the device; each further failure doubles it.", ge=1),
    ] = 30
    longest_wait_s: Annotated[float, Field(description="Longest wait, seconds.", ge=1, le=86_400)] = 3600
    most_failures: Annotated[
        int,
        Field(
            description="Wrong PINs in a row after which a number is refused until `kioskctl user pin set`.",
            ge=2,
            le=1000,
        ),
    ] = 20
    device_failures: Annotated[
        int,
        Field(description="Failures at pad and reader, of any number or card, after which the device waits.", ge=1, le=100),
    ] = 10
    device_forgive_s: Annotated[
        float, Field(description="Seconds without a failure after which those of the device are forgotten.", ge=60, le=86_400)
    ] = 900
    open_s: Annotated[
        float, Field(description="Seconds without a key after which the pad closes and faces are judged again.", ge=5, le=300)
    ] = 20
    claim_s: Annotated[
        float,
        Field(
            description="Seconds that a PIN or a card counts beside a face: to confirm a pending enrolment, or as the make-up.",
            ge=5,
            le=120,
        ),
    ] = 30
    reader: Annotated[
        str,
        Field(
            description="Card or code reader that types as a keyboard does, by its path below /dev/input; "
            "empty: what it types reaches the kiosk's page alone.",
            pattern=r"^(/dev/input/[A-Za-z0-9._:/-]+)?$",
        ),
    ] = ""
