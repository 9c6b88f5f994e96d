// The enrolment page: link, text, camera, frames, end. What is said is in words.js and its languages, how the device is reached in device.js.

import { CONDITIONS, ENDS, FAILED, GO, INSTRUCTIONS, LANGUAGE, PAGE } from "./words.js";
import { ask, connect, Refused } from "./device.js";

const PACE_MS = 80;
const WIDTH = 640;
const KEPT = "enroll-token";
const PASSING = new Set(["superseded", "rate_limited", "invalid_request"]);
const HOPELESS = new Set(["link_not_valid", "duplicate_person"]);

const element = (id) => document.getElementById(id);
const picture = element("picture");
const canvas = document.createElement("canvas");
let token = "", link = null, camera = null, line = null, timer = 0;

function show(state, section) {
  document.body.dataset.state = state;
  for (const id of ["text", "look", "end"]) element(id).hidden = id !== section;
}

function put(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

function speak() {
  document.documentElement.lang = LANGUAGE;
  document.title = PAGE.title;
  for (const [id, text] of [["again", PAGE.again], ["slow-why", PAGE.slow], ["slow-link", PAGE.trust], ["slow-then", PAGE.reopen]]) put(id, text);
  picture.setAttribute("aria-label", PAGE.mirrored);
}

function keep(value) {
  token = value;
  try { sessionStorage.setItem(KEPT, value); } catch { /* a browser that keeps nothing only loses the way back */ }
}

// The link's secret leaves the address bar, the history and every screenshot at once; this window keeps what opens it again.
function takeToken() {
  const given = location.hash.slice(1);
  if (given) {
    history.replaceState(null, "", location.pathname);
    keep(given);
    return given;
  }
  let kept = "";
  try { kept = sessionStorage.getItem(KEPT) ?? ""; } catch { /* as above */ }
  return kept;
}

function stop() {
  clearTimeout(timer);
  line?.close();
  line = null;
  camera?.getTracks().forEach((track) => track.stop());
  camera = null;
  picture.srcObject = null;
}

function end(code) {
  stop();
  const [headline, detail, again] = ENDS[code] ?? FAILED;
  show(code === "done" ? "done" : HOPELESS.has(code) ? "failed" : "trouble", "end");
  document.body.dataset.code = code;
  put("headline", headline);
  put("detail", detail);
  element("again").hidden = !again;
  if (code === "done") { try { sessionStorage.removeItem(KEPT); } catch { /* nothing was kept */ } }
}

async function open() {
  show("loading", "");
  if (!window.isSecureContext || !navigator.mediaDevices) return end("insecure");
  if (!token) return end("no_link");
  link = await ask("/enroll/link/", { token });
  put("greeting", link.name ? PAGE.hello(link.name) : PAGE.enroll);
  const german = LANGUAGE === "de" && link.text_de;
  put("basis", german || link.text);
  element("basis").removeAttribute("lang");
  if (german) element("basis").lang = "de";
  put("version", PAGE.version(link.text_version));
  put("go", GO[link.basis] ?? GO.consent);
  show("text", "text");
}

const CAMERA_ERRORS = { NotAllowedError: "camera_denied", NotFoundError: "no_camera", OverconstrainedError: "no_camera", NotReadableError: "camera_busy" };

async function startCamera() {
  try {
    const wanted = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 } };
    camera = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch (error) {
    throw new Refused(CAMERA_ERRORS[error.name] ?? "camera_busy");
  }
  picture.srcObject = camera;
  await picture.play();
}

// The camera comes before the link is used, so that a refused camera costs nothing.
async function start() {
  put("instruction", PAGE.allow);
  put("hint", PAGE.asks);
  progress(0);
  element("slow").hidden = true;
  show("camera", "look");
  await startCamera();
  put("instruction", PAGE.moment);
  put("hint", "");
  const session = await ask("/enroll/session/", { token, text_version: link.text_version });
  keep(session.again);
  line = await connect(session, hear);
  element("slow").hidden = line.fast;
  show("looking", "look");
  put("instruction", INSTRUCTIONS.look_straight);
  pump();
}

function progress(share) {
  element("ring").style.strokeDasharray = `${Math.round(share * 100)} 100`;
  document.body.dataset.progress = String(Math.round(share * 100));
}

async function pump() {
  if (!line) return;
  timer = setTimeout(pump, PACE_MS);
  if (!line.ready() || !picture.videoWidth) return;
  const scale = Math.min(1, WIDTH / Math.max(picture.videoWidth, picture.videoHeight));
  canvas.width = Math.round(picture.videoWidth * scale);
  canvas.height = Math.round(picture.videoHeight * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const taken = performance.now(), sending = line;
  const jpeg = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  if (jpeg && line === sending && line.ready()) line.send(jpeg, taken);
}

function instruct(code, hint) {
  put("instruction", INSTRUCTIONS[code] ?? INSTRUCTIONS.look_straight);
  put("hint", hint);
}

function hear(said) {
  if (!line) return;
  if (said.type === "enrollment_complete") { progress(1); return end("done"); }
  if (said.type === "closed") return end(said.code);
  if (said.type === "enrollment_progress") {
    const samples = Math.min(1, said.completed_samples / said.target_samples);
    const alive = Math.min(1, said.liveness_data.blinks_detected) * 0.5 + Math.min(1, said.liveness_data.motion_score * 2) * 0.5;
    progress(0.5 * samples + 0.45 * alive);
    return instruct(said.liveness_data.instruction, PAGE.views(said.completed_samples, said.target_samples));
  }
  if (said.type !== "error") return;
  if (said.error_code in CONDITIONS) instruct(...CONDITIONS[said.error_code]);
  else if (said.error_code === "vision_unavailable") put("hint", PAGE.starting);
  else if (!PASSING.has(said.error_code)) end(said.error_code);
}

const guarded = (work) => () => work().catch((error) => end(error instanceof Refused ? error.code : "failed"));

element("go").addEventListener("click", guarded(start));
element("again").addEventListener("click", guarded(open));
addEventListener("hashchange", () => { token = takeToken(); stop(); guarded(open)(); });
speak();
token = takeToken();
guarded(open)();
