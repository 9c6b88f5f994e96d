// The kiosk's page: shows what the device says over its live socket, and tells it what is typed. It decides nothing.

import { allow, loadSymbols, picture, progress } from "./draw.js";
import { Pad, listen } from "./pad.js";
import { chime, say, volumeAt } from "./sound.js";
import { has, icon, loadLanguages, nameOf, spoken, textsOf, words } from "./words.js";

const RETRY_MS = 1000;
const BEAT_MS = 2000;
// What changes colours and shapes does so at most twice a second, so that nothing flashes (WCAG 2.3.1: three).
const HOLD_MS = 500;
const LANGUAGE_MS = 30_000;
const SCREEN = { language: "en", volume: 0.6, night_volume: 0.2, night_from: "22:00", night_to: "06:00" };
const LARGE = ["phase", "outcome", "fill"];
// Out of service by these, the pad does not work either.
const PADLESS = ["offline", "store_failed"];
const OFFLINE = { phase: "closed", reason: "offline", outcome: "", progress: 0, seconds: 0, door: "locked", fill: false, dim: false, notice: {} };

const element = (id) => document.getElementById(id);
let socket = null, sign = { ...OFFLINE, phase: "starting", reason: "" }, screen = SCREEN;
let chosen = "", chosenAt = 0, shownAt = -HOLD_MS, waiting = 0, longest = 1;

const send = (message) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
const volume = () => volumeAt(new Date(), screen);
const pad = new Pad(send, () => say("pin", language(), volume()));

function language() {
  if (sign.phase === "result" && has(sign.language)) return sign.language;
  return has(chosen) ? chosen : has(screen.language) ? screen.language : "en";
}

function put(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

function notices({ source, live, policy, door }, texts) {
  if (!source) return [];
  return [live ? source : texts.source(source.split(":")[0]), texts.policy(policy), texts.door(door)];
}

function list(id, texts) {
  if (element(id).textContent !== texts.join("")) {
    element(id).replaceChildren(...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  }
}

const idle = (of = sign) => of.phase === "waiting" && !of.condition && !of.face && !of.instruction;

// Nobody before the camera is not nobody there: somebody may be typing beside it.
const dim = (of = sign) => of.dim && idle(of);

// What never changes what is asked of the person: drawn with every sign.
function drawTexts() {
  const code = language(), texts = textsOf(code), [headline, detail, count] = words(sign, code, idle());
  document.documentElement.lang = code;
  put("headline", headline);
  put("detail", detail);
  put("count", count ?? "");
  put("door", sign.door === "unlocked" ? texts.unlocked : texts.locked);
  put("privacy", idle() ? (sign.notice.frontage === "public" ? texts.public : texts.privacy) : "");
  element("preview").setAttribute("aria-label", texts.preview);
  element("progress").setAttribute("aria-label", texts.progress);
  element("notice").setAttribute("aria-label", texts.running);
  element("languages").setAttribute("aria-label", texts.language);
  list("notice", notices(sign.notice, texts));
  element("begin").lastElementChild.textContent = texts.touch;
  if (pad.texts !== texts) pad.speak(texts);
  for (const button of element("languages").children) button.setAttribute("aria-pressed", String(button.dataset.code === code));
}

function drawState() {
  const symbol = icon(sign, idle()), open = sign.phase === "pad" || sign.phase === "factor";
  const { dataset } = document.body;
  Object.assign(dataset, {
    phase: sign.phase, outcome: sign.outcome, door: sign.door, idle: idle() ? "yes" : "no", dim: dim() ? "yes" : "no", fill: sign.fill ? "yes" : "no",
  });
  element("icon").setAttribute("href", `#icon-${symbol}`);
  element("resting").setAttribute("href", `#icon-${symbol}`);
  allow(!idle() && sign.phase !== "closed" && sign.phase !== "starting");
  element("begin").hidden = !idle() || sign.notice.frontage !== "public";
  element("open").hidden = open || sign.phase === "starting" || sign.phase === "reserved" || PADLESS.includes(sign.reason)
    || ["granted", "enrolled", "not_enrolled"].includes(sign.outcome) || !(sign.notice.ways ?? []).includes("pin");
  const said = sign.phase === "factor" ? words(sign, language(), false)[1] : "";
  put("hint", sign.reason ? "" : said);
  pad.show(open, sign.reason ? said : "");
  if (sign.phase === "pause") longest = Math.max(longest, sign.seconds);
  else longest = 1;
  progress(sign.phase === "pause" ? sign.seconds / longest : sign.progress);
}

function sound(before, wasIdle) {
  const name = spoken(sign, idle());
  if (name && name !== spoken(before, wasIdle)) {
    const kind = sign.phase === "result" ? sign.outcome : sign.phase;
    chime(kind, volume());
    say(name, language(), volume());
  }
}

function show(next) {
  const apart = LARGE.some((name) => next[name] !== sign[name]) || idle(next) !== idle() || dim(next) !== dim();
  const left = shownAt + HOLD_MS - performance.now();
  clearTimeout(waiting);
  if (apart && left > 0) {
    waiting = setTimeout(() => show(next), left);
    return;
  }
  const [before, wasIdle] = [sign, idle()];
  if (apart) shownAt = performance.now();
  sign = next;
  screen = { ...SCREEN, ...next.notice.screen };
  drawState();
  drawTexts();
  sound(before, wasIdle);
}

function connect() {
  socket = new WebSocket(`ws://${location.host}/kiosk/live`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => (typeof data === "string" ? show(JSON.parse(data)) : picture(data));
  socket.onclose = () => {
    show({ ...OFFLINE, notice: sign.notice });
    setTimeout(connect, RETRY_MS);
  };
}

function tick() {
  put("clock", new Date().toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit" }));
  if (chosen && idle() && Date.now() - chosenAt > LANGUAGE_MS) {
    chosen = "";
    drawTexts();
  }
}

function offer(codes) {
  element("languages").replaceChildren(...codes.map((code) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: nameOf(code), lang: code });
    button.dataset.code = code;
    button.onclick = () => {
      [chosen, chosenAt] = [code, Date.now()];
      drawTexts();
    };
    return button;
  }));
}

await loadSymbols();
offer(await loadLanguages());
listen(pad, send);
// A touch anywhere counts; by keyboard or screen reader it is the button.
document.addEventListener("pointerdown", () => send({ type: "tap" }));
element("begin").onclick = () => send({ type: "tap" });
// A beat means that the page draws, not only that it runs.
setInterval(() => requestAnimationFrame(() => send({ type: "beat" })), BEAT_MS);
setInterval(tick, 1000);
drawTexts();
tick();
connect();
