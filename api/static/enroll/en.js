// What the enrolment page says in English, by the codes of the wire contract and the places on the page.

export const INSTRUCTIONS = {
  look_straight: "Look straight ahead",
  blink: "Please blink",
  close_eyes: "Close your eyes briefly",
  turn_left: "Turn your head left",
  turn_right: "Turn your head right",
  move_closer: "Come closer",
  move_back: "Move back a little",
  hold_still: "Hold still",
  step_closer: "Put your face in the oval",
  uncover_mouth: "Uncover your mouth",
  remove_sunglasses: "Take off your sunglasses",
  lift_hat: "Lift your hat",
  more_light: "Find more light",
};

export const CONDITIONS = {
  no_face_detected: ["step_closer", "No face is to be seen."],
  multiple_faces: ["step_closer", "One person only, please."],
  face_too_small: ["move_closer", "Your face is too far away."],
  face_not_centered: ["look_straight", "Your face belongs in the middle of the oval."],
  face_covered: ["uncover_mouth", "Your face is partly covered."],
  too_dark: ["more_light", "It is too dark."],
  too_bright: ["move_back", "There is too much light."],
  poor_image_quality: ["hold_still", "The picture is not sharp."],
};

// Headline, detail, and whether trying again can help.
export const ENDS = {
  done: ["You are enrolled", "You may close this page. An operator confirms you before the door opens for you.", false],
  no_link: ["The link is missing", "Open the whole link that you were given, up to its end.", false],
  link_not_valid: ["This link is no longer good", "It was used, or its time is over. Ask for a new one.", false],
  insecure: ["The connection is not secure", "Browsers give the camera to secure pages only. Open the link with https.", false],
  no_camera: ["No camera was found", "Connect a camera, or open the link on a phone.", true],
  camera_denied: ["The camera was not allowed", "Allow the camera for this page in your browser's settings, then try again.", true],
  camera_busy: ["The camera is in use", "Close the other program that uses it, then try again.", true],
  duplicate_person: ["This face is enrolled already", "Somebody with this face is known under another id. Ask the operator.", false],
  liveness_failed: ["That took too long", "Look into the oval, blink, and turn your head a little.", true],
  session_expired: ["That took too long", "Try again when you have a minute.", true],
  too_many_attempts: ["That did not work", "Find even light, hold the phone at eye level, and try again.", true],
  vision_unavailable: ["The kiosk is busy", "Try again in a moment.", true],
  rate_limited: ["The kiosk is busy", "Try again in a moment.", true],
  text_changed: ["The text was changed", "Please read it again.", true],
  taken_over: ["Opened elsewhere", "This enrolment goes on in another window.", false],
  offline: ["The kiosk does not answer", "Check that you are on the same network, then try again.", true],
};
export const FAILED = ["That did not work", "Try again, or ask the operator.", true];

export const GO = { consent: "I agree, start the camera", agreement: "Go on, start the camera", law: "Go on, start the camera" };

export const PAGE = {
  title: "Enrol",
  enroll: "Enrol your face",
  hello: (name) => `Hello, ${name}`,
  version: (version) => `Version ${version}`,
  allow: "Allow the camera",
  asks: "Your browser asks whether this page may use it.",
  moment: "One moment",
  views: (done, wanted) => `${done} of ${wanted} views`,
  starting: "The kiosk is getting ready.",
  again: "Try again",
  mirrored: "Your camera, mirrored",
  slow: "Your browser refuses the fast connection, most likely because it does not trust this kiosk's certificate. It goes on without it, a little slower. To be rid of this,",
  trust: "install the certificate",
  reopen: "and open the link again.",
};
