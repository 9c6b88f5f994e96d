// The aiming view. The link's token is read once from the fragment and taken out of the address; the key that the device gives
// for it stays in this page's memory.

const find = (id) => document.getElementById(id);
const canvas = find("picture");
const draw = canvas.getContext("2d");
const WORDS = {
  no_face_detected: "Nobody is in the picture",
  multiple_faces: "Several faces of the same size",
  face_too_small: "The face is too far away",
  face_not_centered: "The face is turned, or outside the zone",
  too_dark: "The face is too dark",
  too_bright: "The face is too bright",
  poor_image_quality: "The face is not sharp",
};
let credential = { token: location.hash.slice(1) };
let zone = [0, 0, 1, 1];
let seen = null;
let ends = 0;

history.replaceState(null, "", location.pathname);

function say(text) {
  // Set with every frame, it would be read out with every frame.
  if (find("status").textContent !== text) find("status").textContent = text;
}

function show(id, text, good) {
  const cell = find(id);
  cell.textContent = text;
  cell.className = good === undefined ? "" : good ? "good" : "bad";
}

function measure(name, digits) {
  const value = seen.measures[name];
  if (value === undefined) {
    show(name, "–");
  } else {
    show(name, value.toFixed(digits), !seen.problems.includes(name));
  }
}

function told(view) {
  seen = view;
  show("eyes", view.eye_distance ? `${view.eye_distance.toFixed(0)} px` : "–");
  show("faces", String(view.faces));
  measure("sharpness", 2);
  measure("exposure", 0);
  say(view.condition ? (WORDS[view.condition] ?? view.condition) : "This face can be used");
}

function box([x, y, width, height], colour) {
  draw.lineWidth = Math.max(2, canvas.width / 240);
  draw.strokeStyle = colour;
  draw.strokeRect(x * canvas.width, y * canvas.height, width * canvas.width, height * canvas.height);
}

async function picture(jpeg) {
  const image = await createImageBitmap(jpeg);
  canvas.width = image.width;
  canvas.height = image.height;
  draw.drawImage(image, 0, 0);
  image.close();
  box(zone, "#8fb4ff");
  if (seen?.face) box(seen.face, seen.condition ? "#ffb454" : "#5ee0a0");
}

// Nobody's picture stays on a phone.
function over() {
  ends = 0;
  canvas.width = canvas.height = 0;
  find("stage").hidden = find("numbers").hidden = true;
  say("This view is over. Ask kioskctl commission for a new link.");
}

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/aim/live`);
  socket.binaryType = "blob";
  socket.onopen = () => socket.send(JSON.stringify({ type: "credential", ...credential }));
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") {
      picture(data).catch(() => {});
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "hello") {
      credential = { key: message.key };
      zone = message.zone;
      ends = Date.now() + message.seconds_left * 1000;
      find("stage").hidden = find("numbers").hidden = false;
    } else {
      told(message);
    }
  };
  socket.onclose = ({ code }) => {
    if (code === 4401) {
      say("This link is used up or too old. Ask kioskctl commission for a new one.");
    } else if (code === 4408 || Date.now() >= ends) {
      over();
    } else {
      say("The connection is lost; trying again");
      setTimeout(connect, 2000);
    }
  };
}

setInterval(() => {
  const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
  if (ends) show("left", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
}, 1000);

if (credential.token) {
  connect();
} else {
  say("Open this page by the link that kioskctl commission shows.");
}
