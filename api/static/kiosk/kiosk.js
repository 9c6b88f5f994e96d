// The kiosk's page: draws what the device says over its live socket. It decides nothing and sends nothing.

import { CLOSED, CONDITIONS, INSTRUCTIONS, PHASES, REFUSALS, REFUSED } from "./words.js";

const RETRY_MS = 1000;
const CORNER = 0.22;

const element = (id) => document.getElementById(id);
const canvas = element("preview");
const pencil = canvas.getContext("2d");

function words(sign) {
  if (sign.phase === "result") {
    return sign.outcome === "granted"
      ? [sign.name ? `Welcome, ${sign.name}` : "Welcome", "The door is unlocked."]
      : ["Not admitted", REFUSALS[sign.reason] ?? REFUSED];
  }
  if (sign.phase === "pause") return [PHASES.pause[0], `Next try in ${Math.ceil(sign.seconds)} seconds.`];
  if (sign.phase === "closed") return [PHASES.closed[0], CLOSED[sign.reason] ?? ""];
  const [headline, detail] = PHASES[sign.phase] ?? ["", ""];
  return [INSTRUCTIONS[sign.instruction] ?? headline, CONDITIONS[sign.condition] ?? detail];
}

function notices({ source, live, policy, door }) {
  if (!source) return [];
  return [live ? source : `${source.split(":")[0]} source`, `policy ${policy}`, `${door} door`];
}

// The picture is shown mirrored, as people expect of themselves; so is the place of the face.
function corners({ face, width, height }) {
  if (!face) return "";
  const x = width - face.x - face.width, arm = CORNER * face.width;
  const [left, right, top, bottom] = [x, x + face.width, face.y, face.y + face.height];
  element("frame").setAttribute("viewBox", `0 0 ${width} ${height}`);
  return [
    `M${left} ${top + arm}V${top}H${left + arm}`, `M${right - arm} ${top}H${right}V${top + arm}`,
    `M${right} ${bottom - arm}V${bottom}H${right - arm}`, `M${left + arm} ${bottom}H${left}V${bottom - arm}`,
  ].join("");
}

function put(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

function show(sign) {
  const [headline, detail] = words(sign);
  document.body.dataset.phase = sign.phase;
  document.body.dataset.outcome = sign.outcome;
  document.body.dataset.door = sign.door;
  put("headline", headline);
  put("detail", detail);
  put("door", sign.door === "unlocked" ? "Door unlocked" : "Door locked");
  element("progress").value = sign.progress;
  element("corners").setAttribute("d", corners(sign));
  const list = notices(sign.notice);
  if (element("notice").textContent !== list.join("")) {
    element("notice").replaceChildren(...list.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  }
}

async function draw(jpeg) {
  const picture = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    [canvas.width, canvas.height] = [picture.width, picture.height];
    canvas.style.aspectRatio = `${picture.width} / ${picture.height}`;
  }
  pencil.setTransform(-1, 0, 0, 1, canvas.width, 0);
  pencil.drawImage(picture, 0, 0);
  picture.close();
  document.body.dataset.picture = "yes";
}

function connect() {
  const socket = new WebSocket(`ws://${location.host}/kiosk/live`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => (typeof data === "string" ? show(JSON.parse(data)) : draw(data));
  socket.onclose = () => {
    show({ phase: "closed", reason: "offline", outcome: "", progress: 0, door: "locked", notice: {} });
    document.body.dataset.picture = "";
    setTimeout(connect, RETRY_MS);
  };
}

function tick() {
  put("clock", new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
}

tick();
setInterval(tick, 1000);
connect();
