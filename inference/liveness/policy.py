"""The levels of liveness that can be demanded, and what each of them is made of. Pure values; nothing is judged here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much is demanded of whoever stands in front, lowest first."""

    BASIC = "basic"
    PASSIVE = "passive"
    ADAPTIVE = "adaptive"
    STRICT = "strict"


class Challenging(StrEnum):
    """When a challenge is made."""

    NEVER = "never"
    IN_DOUBT = "in_doubt"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Policy:
    """What must be shown. The parts stand beside each other, so that some of them can be tested without the others."""

    name: str
    gestures: bool = False
    """The reference's frames, blinks and motion."""
    passive: bool = False
    """What a picture of a picture looks like, over windows of frames."""
    integrity: bool = False
    """That the stream is one of a camera: nothing doubled, frozen, looped, reordered or seen before, one person throughout."""
    planarity: bool = False
    """That a head turned which is no flat or bent picture."""
    challenge: Challenging = Challenging.NEVER


POLICIES: Mapping[Level, Policy] = {
    Level.BASIC: Policy("basic", gestures=True),
    Level.PASSIVE: Policy("passive", passive=True, integrity=True),
    Level.ADAPTIVE: Policy("adaptive", passive=True, integrity=True, challenge=Challenging.IN_DOUBT),
    Level.STRICT: Policy("strict", passive=True, integrity=True, planarity=True, challenge=Challenging.ALWAYS),
}
"""What each level demands."""

LEAVES_OPEN: Mapping[Level, tuple[str, ...]] = {
    Level.BASIC: (
        "a screen that shows somebody blinking",
        "a photo moved about, its eyes cut out",
        "a clip sent in place of a camera's picture",
    ),
    Level.PASSIVE: (
        "a screen or print of better quality than any the network has learnt from",
        "a clip sent in place of a camera's picture that was never sent before",
    ),
    Level.ADAPTIVE: ("as passive, where nothing raises a doubt",),
    Level.STRICT: ("a live, remotely controlled screen good enough for the network", "a deepfake sent as a camera", "a 3-D mask"),
}
"""The attacks that each level leaves open; what a higher level leaves open, the lower ones do too."""
