// What the admin screen says in English: TEXT by place, CODES by the device's codes.

export const TEXT = {
  signIn: "Sign in", name: "Name", password: "Password", code: "Code of the authenticator app, or a recovery code", signOut: "Sign out",
  signedIn: (name, role) => `${name} (${role})`,
  people: "People", queue: "Enrol", visits: "Visits", health: "Health", audit: "Audit log",
  loading: "One moment", none: "Nothing here", more: "Older ones", close: "Close", cancel: "Cancel", retry: (seconds) => `Try again in ${seconds} s.`,
  search: "Search", all: "all", id: "Id", state: "State", quality: "Quality", looks: "Looks", groups: "Groups", line: "Line", result: "Result",
  ordinary: "ordinary", samples: (count) => `${count} samples`, duplicate: "also somebody else's face", notLive: "without liveness",
  counts: (c) => `${c.enrolled} enrolled, ${c.to_confirm} to confirm, ${c.pending} pending, ${c.failed} failed`,
  enrol: "Enrol", addLook: "Add a look", confirm: "Confirm", log: "Log", erase: "Erase", links: (count) => `QR links for ${count}`,
  eraseSure: (name) => `Erase ${name} for good? Templates and personal fields are destroyed at once, everywhere.`,
  erased: (name) => `${name} is erased.`, confirmed: (name) => `The door knows ${name} now.`,
  import: "Import a roster", choose: "CSV file with the columns user_id and name; groups, language, valid_from and valid_until are optional.",
  preview: (c) => `${c.new} new, ${c.changed} changed, ${c.same} unchanged, ${c.error} with errors`, take: (count) => `Import ${count}`,
  imported: (c) => `Imported: ${c.new} new, ${c.changed} changed. ${c.error} left out.`, inColumn: (column) => `in ${column}`,
  next: "Next", nobodyNext: "Nobody is waiting.", waiting: (count) => `${count} waiting`, skip: "Skip", stop: "Stop", start: "Start",
  consent: "The person has read this text, and agrees:", agreed: (version) => `Shown and agreed (version ${version})`, look: "Name of the look (glasses, winter hat); empty: the ordinary one",
  basis: "Ground", ready: "Ask the person in front of the kiosk, then start.", testing: "Testing the match", done: (seconds) => `Enrolled and recognised, ${seconds} s`, untested: "Enrolled; gone before the test match",
  failedWhy: (why) => `Not enrolled: ${why}`, stopped: "Stopped", views: (done, wanted) => `${done} of ${wanted} views`, progress: "Progress",
  outcome: "Outcome", from: "From", until: "Until", show: "Show", time: "Time", person: "Person", confidence: "Confidence", took: "Took", reason: "Reason", means: "By", unknown: "unknown", seconds: (ms) => `${(ms / 1000).toFixed(1)} s`,
  purpose: (name) => `What do you open the log of ${name} for? It is written down.`, openLog: "Open", logOf: (name) => `Log of ${name}`, decisions: "Decisions", opened: "Visits",
  door: "Door", doorState: (d) => `${d.state === "locked" ? "locked" : "unlocked"} (${d.driver})`, opens: (ways) => `opens by ${ways}`, parts: "Parts", camera: (source, live) => `${source}, ${live ? "live" : "not live"}`, uptime: "Running for", hours: (h) => `${h} h`, minutes: (m) => `${m} min`, peopleCount: "People", disk: "Free", megabytes: (mb) => `${mb} MB`,
  fine: "fine", latency: "First face to decision, s", camera_fps: "Captures a second", temperature_c: "Temperature, °C", lastHour: "last hour", lastVisits: (count) => `last ${count} visits`,
  who: "Operator", act: "What", about: "About", detail: "Detail", print: "Print", sheet: "Enrolment links, each good once", goodUntil: (time) => `good until ${time}`, sheetHint: "They are shown this once. Print the sheet now, or make new links later.",
};

export const CODES = {
  enrolled: "enrolled", to_confirm: "to confirm", pending: "pending", failed: "failed", new: "new", changed: "changed", same: "unchanged", error: "error",
  granted: "granted", refused: "refused", abandoned: "abandoned", operator: "operator", viewer: "viewer", auditor: "auditor", consent: "consent", agreement: "agreement", law: "law",
  kiosk: "kiosk", photos: "photos", client: "client", link: "link", transition: "transition", camera: "face", pin: "PIN", card: "card",
  sign_in_failed: "Name, password or code is wrong.", locked_out: "Too many failures.", clock_not_trusted: "The device does not know the time, so it takes recovery codes only.", rate_limited: "Too many tries.",
  not_signed_in: "Please sign in again.", forbidden: "Your role does not allow this.", offline: "The device does not answer.", internal_error: "The device failed; its log says more.", queue_busy: "Somebody is being enrolled.",
  roster_too_large: "The file is too large.", roster_not_text: "The file is no text.", roster_no_head: "The first line must name the columns user_id and name.", roster_column_unknown: "A column is unknown:", roster_column_twice: "A column is there twice:", roster_no_rows: "There is nobody in the file.", roster_too_many_rows: "The file has too many rows.", roster_changed: "The file has changed since you looked at it.",
  id_missing: "no id", id_not_allowed: "not allowed as an id", id_twice: "id is there already, further up", name_missing: "no name", name_not_allowed: "not allowed as a name", language_unknown: "no language of two letters", date_not_understood: "no date such as 2027-01-31", dates_reversed: "ends before it begins", too_many_cells: "more cells than columns",
  duplicate_person: "this face is enrolled already, under another id", liveness_failed: "no sign of life in time", session_expired: "it took too long", too_many_attempts: "the pictures were not good enough", test_failed: "the test match failed; the enrolment was taken back", camera_reserved: "somebody else is using the kiosk's camera", vision_unavailable: "the camera does not work", store_failed: "it could not be stored", camera_ended: "the recording ended", lan_off: "no listener on the network",
  look_straight: "Look straight ahead", blink: "Please blink", close_eyes: "Close your eyes briefly", turn_left: "Turn your head left", turn_right: "Turn your head right", move_closer: "Come closer", move_back: "Move back a little", hold_still: "Hold still", step_closer: "Step in front of the camera", uncover_mouth: "Uncover your mouth", remove_sunglasses: "Take off your sunglasses", lift_hat: "Lift your hat", more_light: "Find more light",
};
