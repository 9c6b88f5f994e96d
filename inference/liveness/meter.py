"""All liveness evidence of one track in one place. What evidence suffices is decided elsewhere."""

from inference.liveness.blinks import BlinkDetector
from inference.liveness.motion import MotionMeter
from inference.liveness.turns import TurnDetector
from inference.mesh import Landmarks, centroid, eye_aspect_ratio, eye_distance
from inference.observation import LivenessEvidence, Pose
from inference.patch import Patch


class LivenessMeter:
    """Feed it every frame of one track, in order; another track needs another meter."""

    def __init__(self) -> None:
        self._blinks = BlinkDetector()
        self._turns = TurnDetector()
        self._motion = MotionMeter()
        self._frames = 0

    def update(self, time: float, landmarks: Landmarks, pose: Pose | None, patch: Patch) -> LivenessEvidence:
        """Take in one frame; what the track has shown so far.

        Args:
            time: of the frame, seconds.
            landmarks: the mesh, pixels.
            pose: None where it is not known: neither lids nor turns are measured then.
            patch: the face, cut out of the frame.
        """
        self._frames += 1
        if pose is not None:
            self._blinks.update(time, eye_aspect_ratio(landmarks), pose.yaw, pose.pitch)
            self._turns.update(time, pose.yaw, patch)
        x, y = centroid(landmarks)
        self._motion.update(time, (float(x), float(y)), eye_distance(landmarks))
        return LivenessEvidence(
            frames=self._frames,
            blinks=self._blinks.blinks,
            long_closures=self._blinks.long_closures,
            eyes_closed=self._blinks.eyes_closed,
            motion=self._motion.score,
            closed_s=self._blinks.closed_s,
            turns=self._turns.turns,
        )
