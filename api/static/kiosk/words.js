// What the screen says, by the codes of the wire contract. Instructions have four words at most.

export const INSTRUCTIONS = {
  look_straight: "Look straight ahead",
  blink: "Please blink",
  close_eyes: "Close your eyes briefly",
  turn_left: "Turn head left",
  turn_right: "Turn head right",
  move_closer: "Come closer",
  move_back: "Step back a little",
  hold_still: "Hold still",
  step_closer: "Step closer",
  uncover_mouth: "Uncover your mouth",
  remove_sunglasses: "Take off sunglasses",
  lift_hat: "Lift your hat",
  more_light: "More light, please",
};

export const CONDITIONS = {
  multiple_faces: "One person at a time, please.",
  face_too_small: "Come a little closer.",
  face_not_centered: "Face the camera, in the middle of the picture.",
  face_covered: "Your face is partly covered.",
  too_dark: "It is too dark to see you well.",
  too_bright: "It is too bright to see you well.",
  poor_image_quality: "The picture is not sharp; hold still for a moment.",
};

// Neutral on purpose: they tell a visitor what to do next, not how close an attempt came.
export const REFUSALS = {
  no_match: "No match was found. You can try again, or ask for help.",
  liveness_failed: "The live check was not completed. You can try again.",
  too_many_attempts: "Please ask for help.",
};
export const REFUSED = "Entry is not open to you at the moment. Please ask for help.";

export const CLOSED = {
  vision_unavailable: "The camera is not working. It is being started again.",
  vision_failing: "The camera keeps failing. Please tell whoever looks after this door.",
  store_failed: "Entries cannot be recorded, so the door stays shut.",
  offline: "The kiosk is not running.",
};

export const PHASES = {
  starting: ["Starting", "One moment."],
  waiting: ["Look at the camera", ""],
  pause: ["Please wait", ""],
  reserved: ["Enrolment in progress", ""],
  closed: ["Out of service", ""],
};
