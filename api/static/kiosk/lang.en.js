// English. A language is one file like this one, lang.CODE.js; its recorded speech, where there is any, is speech/CODE/NAME.ogg.
// Instructions have four words at most.

export const NAME = "English";

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
  face_too_small: "You are still too far away.",
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
  pin_wrong: "Number and PIN were not accepted.",
  card_unknown: "This card is not known here.",
  locked_out: "Too many tries.",
  make_up_missing: "No PIN or card came in time. You can try again.",
  make_up_failed: "PIN or card were not accepted.",
  enrollment_not_confirmed: "Your enrolment is not confirmed yet. Enter your PIN, then look at the camera.",
};

export const CLOSED = {
  vision_unavailable: "The camera is not working. It is being started again.",
  vision_failing: "The camera keeps failing. Please tell an operator.",
  store_failed: "Entries cannot be recorded, so the door stays shut.",
  offline: "The kiosk is not running.",
};

// Headline and detail of what is going on.
export const PHASES = {
  starting: ["Starting", "One moment."],
  idle: ["Welcome", "Step in front of the camera."],
  waiting: ["Look at the camera", ""],
  pause: ["Please wait", ""],
  pad: ["Enter your PIN", ""],
  factor: ["PIN or card, please", "You were recognised. Enter your PIN or show your card as well."],
  reserved: ["Enrolment in progress", ""],
  closed: ["Out of service", ""],
};

export const TEXTS = {
  granted: "Welcome",
  grantedTo: (name) => `Welcome, ${name}`,
  open: "The door is unlocked.",
  confirm: "Look at the camera once more: it confirms your enrolment.",
  refused: "Not admitted",
  enrolled: "You are enrolled",
  thanks: "Thank you, that was all.",
  notEnrolled: "Not enrolled",
  otherwise: "Entry is not open to you at the moment. Please ask for help.",
  again: (time) => `Next try in ${time}.`,
  askOperator: "Please ask an operator.",
  code: (reason) => `Code: ${reason}`,
  locked: "Door locked",
  unlocked: "Door unlocked",
  privacy: "A camera looks at this place. Your face is compared with those of people enrolled here; pictures are not kept.",
  public: "A camera looks at this place. Your face is compared only after you touch the screen, show a card, or step onto the mark.",
  touch: "Touch to begin",
  preview: "What the camera sees, mirrored",
  progress: "Progress",
  running: "What runs here",
  language: "Language",
  source: (source) => `${source} source`,
  policy: (policy) => `policy ${policy}`,
  door: (door) => `${door} door`,
  usePin: "Use PIN",
  number: "Your user number",
  pin: "Your PIN",
  digits: (count) => (count === 1 ? "1 digit" : `${count} digits`),
  next: "Next",
  enter: "Enter",
  cancel: "Cancel",
  erase: "Delete",
};

export const SPEECH = {
  granted: "Welcome. The door is open.",
  refused: "Not admitted.",
  enrolled: "Thank you. You are enrolled.",
  not_enrolled: "You were not enrolled.",
  pad: "Enter your user number.",
  pin: "Now enter your PIN.",
  factor: "Enter your PIN, or show your card.",
  pause: "Please wait a moment.",
  closed: "Out of service.",
};
