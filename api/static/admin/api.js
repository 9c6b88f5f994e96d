// Asking the device. The session is a cookie that no script sees; changes carry the session's own token besides.

export class Refused extends Error {
  constructor(code, details, seconds) {
    super(code);
    this.code = code;
    this.details = details ?? {};
    this.seconds = seconds;
  }
}

export const session = { name: "", role: "", may: [], csrf: "", basis: "consent", text: "", text_de: "", text_version: "" };
export const may = (what) => session.may.includes(what);

export async function ask(method, path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": session.csrf };
  let answer;
  try {
    answer = await fetch(`/admin/api/${path}`, { method, headers, body: method === "GET" ? undefined : JSON.stringify(body ?? {}) });
  } catch {
    throw new Refused("offline");
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(said.error_code ?? "failed", said.details, Number(answer.headers.get("Retry-After")) || 0);
  return said;
}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body);

export async function open(said) {
  Object.assign(session, said ?? await get("session/"));
}
