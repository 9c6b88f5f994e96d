"""How what was measured of a mounted kiosk is judged, and what the installer should change. Pure."""

from collections.abc import Iterator, Mapping

from provisioning.commission_steps import Measured, Step

SEEN = 0.9
"""Share of the frames in which a face must be found."""
USABLE = 0.7
"""Share of the frames of which a recognition could be made: people blink and move."""
RESERVE = 0.7
"""Least median score of sharpness, exposure, clipping and pose. By inference's own bars a frame is just usable at .6, and more
does not help at 1: whoever stands still for an installer leaves a quarter of the way between for a dirty lens, people in motion
and darker or paler skin. In figures: sharpness .23, a grey of 54 to 214, 36 % of the face black or white, 25° off."""
LEVEL_PITCH = -5.0
"""Degrees of pitch of people who look straight into the lens, as inference sees them."""


def problems(step: Step, found: Measured) -> tuple[str, ...]:
    """What the installer should change, in words; empty: nothing."""
    if found.seen < SEEN:
        return (f"a face was found in {found.seen:.0%} of the frames only: is the person in the picture?",)
    if step.zone:
        return tuple(_of_the_mark(step, found))
    return tuple(_of_the_picture(step, found))


def _of_the_picture(step: Step, found: Measured) -> Iterator[str]:
    if found.eye_distance < step.eyes_px:
        yield f"{found.eye_distance:.0f} px between the eyes, {step.eyes_px:.0f} are needed: a longer lens, or more pixels"
    worst = ""
    if found.usable < USABLE:
        worst = max(found.conditions, key=lambda code: found.conditions[code], default="")
        advice = _ADVICE.get(worst, f" (mostly {worst})" if worst else "")
        yield f"{found.usable:.0%} of the frames could be judged{advice}"
    for name, said_already in _CONDITIONS.items():
        if found.scores.get(name, 1.0) < RESERVE and worst not in said_already:
            yield _little(name, found)


def _little(name: str, found: Measured) -> str:
    """What to do about a measure that is usable, but leaves too little in reserve."""
    if name == "sharpness":
        return f"a sharpness of {found.sharpness:.2f} leaves too little in reserve: focus the lens, clean it, give more light"
    if name == "exposure" and found.exposure < 128:
        return f"the face's grey of {found.exposure:.0f} leaves too little in reserve: light from the front, none behind"
    if name == "exposure":
        return f"the face's grey of {found.exposure:.0f} leaves too little in reserve: no direct sun or lamp on the face"
    if name == "clipping":
        return f"{found.clipping:.0%} of the face is black or white: softer light, none straight on the face or from behind it"
    off = found.pitch - LEVEL_PITCH
    if abs(off) >= max(abs(found.yaw), found.turned - 1):
        return f"faces are seen from {'above' if off < 0 else 'below'}, {abs(off):.0f}° off: change the lens's height"
    if abs(found.yaw) >= found.turned - 1:
        return f"faces are seen from the side, {abs(found.yaw):.0f}° off: put the lens to the screen's middle"
    return f"faces are {found.turned:.0f}° off upright or frontal: is the camera upright, and does the person look at the screen?"


def _of_the_mark(step: Step, found: Measured) -> Iterator[str]:
    """Who is off the mark must never be embedded; on it nobody may have to wait or step about."""
    if step.zone == "off":
        if found.nearest_eyes >= step.mark_px:
            yield (
                f"{found.nearest_eyes:.0f} px between the eyes off the mark, and {step.mark_px:.0f} open the zone: "
                "raise mark_eye_distance, or put the mark nearer to the screen"
            )
        if found.embedded:
            yield f"in {found.embedded:.0%} of the frames a face off the mark was embedded: was the screen touched, or at work?"
        return
    if found.farthest_eyes < step.mark_px:
        yield (
            f"{found.farthest_eyes:.0f} px between the eyes on the mark, and {step.mark_px:.0f} open the zone: "
            "lower mark_eye_distance, or put the mark nearer to the screen"
        )
    elif not found.embedded:
        yield "nobody was embedded on the mark: is mark_eye_distance of the configuration the running kiosk's?"


_CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "sharpness": ("poor_image_quality",),
    "exposure": ("too_dark", "too_bright"),
    "clipping": ("too_dark", "too_bright"),
    "pose": ("face_not_centered",),
}
"""Measure that must leave something in reserve → conditions of frames by which the same was said already."""

_ADVICE = {
    "poor_image_quality": ": the face is not sharp; focus the lens, clean it, give more light",
    "too_dark": ": the face is too dark; light from the front, no bright thing behind",
    "too_bright": ": the face is too bright; no direct sun or lamp on the face",
    "face_not_centered": ": the face is turned or outside the zone; aim the camera at it",
    "face_too_small": ": the face is too small",
    "multiple_faces": ": several faces; is there a mirror or a poster?",
}
