// How the page talks to the device: requests, the socket, and uploads where the socket is refused. It draws nothing.

const PROTOCOL = "facekiosk.v1";
const BATCH = 8;
const OPEN_MS = 6000;

export class Refused extends Error {
  constructor(code) { super(code); this.code = code; }
}

export async function ask(path, body) {
  let answer;
  try {
    answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new Refused("offline");
  }
  const said = await answer.json().catch(() => ({ error_code: "internal_error" }));
  if (!answer.ok && !("session_status" in said)) throw new Refused(said.error_code);
  return said;
}

// A browser that let its user past a certificate it does not trust may still refuse the socket, and says only that it closed
// before it opened. The page itself answers then, so a socket that never opens means uploads.
export async function connect(session, hear) {
  const socket = await opened(session.websocket_url);
  return socket ? overSocket(socket, hear) : overUploads(session.session_token, hear);
}

function opened(url) {
  return new Promise((resolve) => {
    let socket;
    try { socket = new WebSocket(url, PROTOCOL); } catch { resolve(null); return; }
    const late = setTimeout(() => { socket.onclose = null; socket.close(); resolve(null); }, OPEN_MS);
    socket.onopen = () => { clearTimeout(late); resolve(socket); };
    socket.onclose = () => { clearTimeout(late); resolve(null); };
  });
}

const CLOSED = { 4404: "link_not_valid", 4409: "taken_over", 4410: "session_expired" };

// One frame at a time: the next is taken when the answer to the one before has come.
function overSocket(socket, hear) {
  let waiting = false;
  socket.onmessage = ({ data }) => {
    const said = JSON.parse(data);
    if (said.type !== "session_state") waiting = false;
    hear(said);
  };
  socket.onclose = ({ code }) => hear({ type: "closed", code: CLOSED[code] ?? "offline" });
  return {
    fast: true,
    ready: () => !waiting && socket.readyState === WebSocket.OPEN,
    send: (jpeg) => { waiting = true; socket.send(jpeg); },
    close: () => { socket.onclose = null; socket.onmessage = null; socket.close(); },
  };
}

function overUploads(token, hear) {
  let frames = [], busy = false, over = false, enough = 1;
  async function upload() {
    const batch = frames.splice(0);
    busy = true;
    enough = BATCH / 2;
    try {
      const said = await ask("/enroll/process-frame/", { session_token: token, frames: batch });
      if (!over) hear(asMessage(said));
    } catch (error) {
      if (!over) hear({ type: "closed", code: error.code ?? "offline" });
    }
    busy = false;
    // Frames that came meanwhile may be as many as a call takes: then no further one sets it going.
    if (!over && frames.length >= enough) upload();
  }
  return {
    fast: false,
    ready: () => !over && frames.length < BATCH,
    send: async (jpeg, time) => {
      frames.push({ frame_data: await base64(jpeg), t_ms: time });
      if (!busy && frames.length >= enough) upload();
    },
    close: () => { over = true; },
  };
}

function asMessage(said) {
  if (said.session_status === "completed") return { type: "enrollment_complete" };
  if (said.session_status !== "in_progress") return { type: "closed", code: said.error_code ?? said.reason ?? "session_expired" };
  if (said.error_code) return { type: "error", error_code: said.error_code };
  return { type: "enrollment_progress", ...said };
}

function base64(blob) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });
}
